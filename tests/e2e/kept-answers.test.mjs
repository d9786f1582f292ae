// Answers that the station gives again: never older than what was saved, never another
// reader's, and the same whatever the coding.
import assert from 'node:assert/strict';
import http from 'node:http';
import { test } from 'node:test';
import zlib from 'node:zlib';
import { DEMO, freshPage, useBrowser } from './lib/browser.mjs';
import { enterAs, fill } from './lib/station.mjs';

useBrowser();

/** A GET by somebody without cookies: status, headers, text. */
function ask(path, headers = {}) {
  return new Promise((resolve, reject) => {
    http.get(new URL(path, DEMO), { headers }, (reply) => {
      const pieces = [];
      reply.on('data', (piece) => pieces.push(piece));
      reply.on('end', () => {
        const raw = Buffer.concat(pieces);
        const text = (reply.headers['content-encoding'] === 'gzip' ? zlib.gunzipSync(raw) : raw).toString();
        resolve({ status: reply.statusCode, headers: reply.headers, text, length: raw.length });
      });
      reply.on('error', reject);
    }).on('error', reject);
  });
}

/** How often an earlier answer of the catalogue was given again. */
async function given() {
  const { text } = await ask('/metrics');
  return Number(/tram_plugin_recalled_total\{plugin="catalogue"\} (\d+)/.exec(text)[1]);
}

test('a page is given again to strangers, compressed or plain, and holds nothing of theirs', async () => {
  const path = '/catalogue?q=trang&kept=1';
  const first = await ask(path);
  const before = await given();
  const [again, packed] = [await ask(path), await ask(path, { 'accept-encoding': 'gzip, deflate, br' })];
  assert.equal(await given() - before, 2);
  assert.equal(again.text, first.text);
  assert.equal(packed.text, first.text);
  assert.equal(first.headers['set-cookie'], undefined);
  assert.match(first.headers.vary, /accept-encoding/);
  const fresh = await ask('/catalogue?q=trang&kept=2', { 'accept-encoding': 'gzip' });
  assert.equal(fresh.headers['content-encoding'], 'gzip');
  assert.ok(fresh.length * 2 < first.length, `${fresh.length} of ${first.length} bytes`);
  // Language, theme and host are the reader's own.
  assert.match((await ask(path, { cookie: 'lang=en' })).text, /<html lang="en"/);
  assert.match((await ask(path, { cookie: 'theme=dark' })).text, /data-theme="dark"/);
  assert.equal((await ask(path)).text, first.text);
});

test('a form is its visitor\'s own', async () => {
  const token = async () => /name="_token" value="([^"]+)"/.exec((await ask('/sign-in')).text)[1];
  const [one, other] = [await token(), await token()];
  assert.notEqual(one, other);
});

test('what was saved is on the very next page, and what is not for a stranger never is', async () => {
  const librarian = await freshPage();
  await enterAs(librarian, 'thuvien');
  const found = async () => (await ask('/catalogue?q=thuyen+thung+e2e')).text.includes('>Thuyền thúng e2e</a>');
  assert.deepEqual([await found(), await found()], [false, false]);
  await librarian.getByRole('link', { name: 'Biên mục' }).click();
  await fill(librarian, { 'Nhan đề *': 'Thuyền thúng e2e' });
  await librarian.getByRole('button', { name: 'Lưu', exact: true }).click();
  await librarian.getByText('Đã thêm nhan đề vào mục lục.').waitFor();
  const record = new URL(librarian.url()).pathname;
  for (let round = 1; round <= 5; round += 1) {
    // Kept, and given again.
    await ask(record);
    const before = await given();
    await ask(record);
    assert.equal(await given() - before, 1, `round ${round}`);
    await librarian.goto(record);
    await librarian.getByRole('link', { name: 'Sửa', exact: true }).click();
    await librarian.getByLabel('Tóm tắt', { exact: true }).fill(`Tóm tắt lần ${round} của bài thử`);
    await librarian.getByRole('button', { name: 'Lưu', exact: true }).click();
    await librarian.getByText('Đã lưu.').waitFor();
    const next = await ask(record);
    assert.ok(next.text.includes(`Tóm tắt lần ${round} của bài thử`), `round ${round}: the first reader after the save sees it`);
    assert.ok(!/data-sign-out|_token|>Sửa</.test(next.text), 'the librarian\'s page was shown to a stranger');
    assert.equal(await librarian.getByRole('link', { name: 'Sửa', exact: true }).count(), 1);
  }
  // The search follows within moments, with its index.
  const until = Date.now() + 10_000;
  while (!await found()) {
    assert.ok(Date.now() < until, 'a stranger does not find what was saved');
  }
});
