// tus-js-client as it comes. Reads what to do as JSON from its input: a list of uploads,
// all begun at once, each { endpoint | url, file, headers, metadata, chunk, abortAt }.
// Prints a list of { url, sent } or { error } in the same order.
const fs = require('node:fs');
const path = require('node:path');
const { createRequire } = require('node:module');
const tus = createRequire(path.join(process.env.TRAM_TOOLS, 'package.json'))('tus-js-client');

function one(job) {
  return new Promise((resolve) => {
    const upload = new tus.Upload(fs.createReadStream(job.file, { start: 0 }), {
      endpoint: job.endpoint,
      uploadUrl: job.url,
      uploadSize: fs.statSync(job.file).size,
      chunkSize: job.chunk || Infinity,
      headers: job.headers,
      metadata: job.metadata || {},
      retryDelays: job.retry || null,
      onError: (error) => resolve({ error: String(error), url: upload.url, sent: 0 }),
      onSuccess: () => resolve({ url: upload.url, sent: fs.statSync(job.file).size }),
      onChunkComplete: (_size, accepted) => {
        process.stderr.write(`${accepted}\n`);
        if (job.abortAt && accepted >= job.abortAt) { upload.abort().then(() => resolve({ url: upload.url, sent: accepted })); }
      },
    });
    upload.start();
  });
}

const jobs = JSON.parse(fs.readFileSync(0, 'utf8'));
Promise.all(jobs.map(one)).then((done) => { process.stdout.write(JSON.stringify(done)); process.exit(0); });
