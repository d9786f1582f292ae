// The peer of the uploads: @tus/server with its own file store, as its manual has it.
//   node tus_server.cjs PORT FOLDER
const path = require('node:path');
const { createRequire } = require('node:module');
const need = createRequire(path.join(process.env.TRAM_TOOLS, 'package.json'));
const { Server } = need('@tus/server');
const { FileStore } = need('@tus/file-store');
const [port, directory] = process.argv.slice(2);
new Server({ path: '/upload', datastore: new FileStore({ directory }) }).listen({ host: '127.0.0.1', port: Number(port) });
