// Files on their way from a browser: dropped, interrupted, gone on with after a lost
// connection, a killed station and a closed page, and saved with the form.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { assertAccessible } from './lib/axe.mjs';
import { assertFits, freshPage, useBrowser } from './lib/browser.mjs';
import { enterAs, untilRunning } from './lib/station.mjs';

useBrowser();

const TRAM = path.join(process.env.CARGO_TARGET_DIR, 'release/tram');
const package_ = path.join(process.env.TRAM_TEST_PLUGINS ?? '', 'uploader.tram');
const skip = fs.existsSync(package_) ? false : 'the test plugins are not built (TRAM_TEST_PLUGINS)';
const SHOTS = process.env.TRAM_SHOTS;
const MB = 1 << 20;
const work = fs.mkdtempSync(path.join(os.tmpdir(), 'tram-uploads-'));
const PAGE = '/x/uploader.test';
let station = null;
let base = '';
let lines = null;

async function start() {
  station = spawn(TRAM, ['demo', '--data', path.join(work, 'school'), '--listen', base.slice(7)], { stdio: 'ignore' });
  for (let round = 0; round < 300; round += 1) {
    if (await fetch(`${base}/healthz`).then((reply) => reply.ok).catch(() => false)) { return; }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('the station does not answer');
}
async function kill() {
  const gone = new Promise((resolve) => station.once('exit', resolve));
  station.kill('SIGKILL');
  await gone;
}

// What the browser reaches the station by: a line that can be slow, and can be cut.
function wire(target) {
  const sockets = new Set();
  const state = { up: true, pace: 0 };
  const server = net.createServer((near) => {
    if (!state.up) { near.destroy(); return; }
    const far = net.connect(target, '127.0.0.1');
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => { sockets.delete(socket); near.destroy(); far.destroy(); });
    }
    far.pipe(near);
    near.on('data', (bytes) => {
      far.write(bytes);
      if (!state.pace) { return; }
      near.pause();
      setTimeout(() => near.resume(), bytes.length / state.pace * 1000);
    });
  });
  return {
    listen: () => new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server.address().port))),
    cut: () => { state.up = false; sockets.forEach((socket) => socket.destroy()); },
    mend: () => { state.up = true; },
    slow: (pace) => { state.pace = pace; },
    close: () => { sockets.forEach((socket) => socket.destroy()); server.close(); },
  };
}

function file(name, bytes) {
  const place = path.join(work, name);
  fs.mkdirSync(path.dirname(place), { recursive: true });
  fs.writeFileSync(place, crypto.randomBytes(bytes));
  return place;
}
const hash = (bytes) => crypto.createHash('sha256').update(bytes).digest('hex');

async function open(more = {}) {
  const page = await freshPage({ base: lines.base, cut: true, ...more });
  await enterAs(page, 'quantri');
  await page.goto(PAGE);
  await page.locator('.drop').waitFor();
  return page;
}
const item = (page, name) => page.locator('.sending > li', { has: page.locator(`.name:text-is("${name}")`) }).first();
const state = (page, name, word) => page.locator(`.sending > li.${word}`, { has: page.locator(`.name:text-is("${name}")`) }).first().waitFor({ timeout: 60_000 });
async function sent(page, name) { return Number(await item(page, name).locator('progress').evaluate((bar) => bar.value)); }
async function reaches(page, name, bytes) {
  for (const end = Date.now() + 60_000; Date.now() < end;) {
    const at = await sent(page, name);
    if (at >= bytes) { return at; }
    await page.waitForTimeout(30);
  }
  throw new Error(`${name} stays at ${await sent(page, name)}`);
}
async function save(page, title) {
  await page.getByLabel(/^Tên bài/).fill(title);
  await page.getByRole('button', { name: 'Lưu bài' }).click();
}
async function kept(page, name, place) {
  const link = page.locator('main .card a', { hasText: name }).first();
  await link.waitFor({ timeout: 60_000 });
  const reply = await page.request.get(`${lines.base}${await link.getAttribute('href')}`);
  assert.equal(hash(await reply.body()), hash(fs.readFileSync(place)), `${name} is what was sent`);
}
async function shot(page, name) {
  if (SHOTS) { await page.screenshot({ path: path.join(SHOTS, `${name}.png`), fullPage: true }); }
}

before(async () => {
  if (skip) { return; }
  const free = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => free.once('listening', resolve));
  const { port } = free.address();
  await new Promise((resolve) => free.close(resolve));
  base = `http://127.0.0.1:${port}`;
  await start();
  lines = wire(port);
  lines.base = `http://127.0.0.1:${await lines.listen()}`;
  const page = await freshPage({ base });
  await enterAs(page, 'quantri');
  await page.goto('/admin');
  await page.getByLabel(/^Cài thêm từ tệp/).setInputFiles(package_);
  await page.getByRole('button', { name: 'Xem phần này' }).click();
  await page.getByRole('button', { name: 'Cài và cho phép' }).click();
  await untilRunning(page);
});
after(async () => {
  lines?.close();
  if (station && station.exitCode === null) { await kill(); }
  fs.rmSync(work, { recursive: true, force: true, maxRetries: 20, retryDelay: 200 });
});

test('files and folders are dropped, and the form waits for them', { skip }, async () => {
  const page = await open();
  await assertAccessible(page, 'the drop zone');
  await shot(page, 'uploads-empty');
  const place = file('Bài giảng.mp4', 3 * MB + 5);
  lines.slow(6 * MB);
  await page.getByLabel(/^Tệp của bài/).setInputFiles(place);
  // Dropped by hand: Playwright has no drag of a folder.
  await page.evaluate(async () => {
    const carried = new DataTransfer();
    carried.items.add(new File(['một hai ba'], 'ghi chú.txt', { type: 'text/plain', lastModified: 5 }));
    carried.items.add(new File([], 'trống.txt'));
    const zone = document.querySelector('.drop');
    zone.dispatchEvent(new DragEvent('dragover', { dataTransfer: carried, bubbles: true, cancelable: true }));
    zone.dispatchEvent(new DragEvent('drop', { dataTransfer: carried, bubbles: true, cancelable: true }));
  });
  await state(page, 'trống.txt', 'failed');
  await shot(page, 'uploads-sending');
  await save(page, 'Bài 1');
  await page.getByText('Có tệp chưa gửi được').waitFor();
  await item(page, 'trống.txt').getByRole('button', { name: /^Bỏ tệp này/ }).click();
  await save(page, 'Bài 1');
  await kept(page, 'Bài giảng.mp4', place);
  assert.equal(await page.locator('main .card a', { hasText: 'ghi chú.txt' }).count(), 1);
  lines.slow(0);
});

test('a folder keeps its paths', { skip }, async () => {
  file('Bài 5/slide.pptx', 1000);
  file('Bài 5/video/một.mp4', 2000);
  const page = await open();
  await page.locator('.drop input[webkitdirectory]').setInputFiles(path.join(work, 'Bài 5'));
  await state(page, 'Bài 5/slide.pptx', 'done');
  await state(page, 'Bài 5/video/một.mp4', 'done');
  await shot(page, 'uploads-done');
  await save(page, 'Bài 5');
  await kept(page, 'Bài 5/video/một.mp4', path.join(work, 'Bài 5/video/một.mp4'));
});

test('a lost connection, a pause and a killed station cost nothing that was sent', { skip }, async () => {
  const page = await open();
  const place = file('phim dài.mp4', 40 * MB + 77);
  lines.slow(12 * MB);
  await page.getByLabel(/^Tệp của bài/).setInputFiles(place);
  await reaches(page, 'phim dài.mp4', 3 * MB);
  lines.cut();
  await state(page, 'phim dài.mp4', 'offline');
  await shot(page, 'uploads-offline');
  const before = await sent(page, 'phim dài.mp4');
  assert.match(await item(page, 'phim dài.mp4').innerText(), /Mất kết nối · đã gửi .* sẽ tự gửi tiếp/);
  lines.mend();
  assert.ok(await reaches(page, 'phim dài.mp4', before + MB) > before, 'it goes on by itself, never back');
  await item(page, 'phim dài.mp4').getByRole('button', { name: /^Tạm dừng/ }).click();
  await state(page, 'phim dài.mp4', 'paused');
  const rested = await sent(page, 'phim dài.mp4');
  await page.waitForTimeout(700);
  assert.equal(await sent(page, 'phim dài.mp4'), rested);
  await item(page, 'phim dài.mp4').getByRole('button', { name: /^Gửi tiếp/ }).click();
  const running = await reaches(page, 'phim dài.mp4', rested + 3 * MB);
  await kill();
  await state(page, 'phim dài.mp4', 'offline');
  await start();
  lines.slow(0);
  await reaches(page, 'phim dài.mp4', running);
  await state(page, 'phim dài.mp4', 'done');
  await save(page, 'Phim');
  await kept(page, 'phim dài.mp4', place);
});

test('a page that was closed in the middle is gone on with', { skip }, async () => {
  const place = file('dang dở.mp4', 12 * MB);
  let page = await open();
  lines.slow(4 * MB);
  await page.getByLabel(/^Tệp của bài/).setInputFiles(place);
  const at = await reaches(page, 'dang dở.mp4', 2 * MB);
  await page.close();
  lines.slow(0);
  page = await open({ width: 360 });
  await page.locator('.earlier', { hasText: 'dang dở.mp4' }).waitFor();
  await assertFits(page, 'what was begun earlier');
  await shot(page, 'uploads-earlier-phone');
  await assertAccessible(page, 'what was begun earlier');
  const pieces = [];
  page.on('request', (request) => { if (request.method() === 'PATCH') { pieces.push(Number(request.headers()['upload-offset'])); } });
  await page.getByLabel(/^Tệp của bài/).setInputFiles(place);
  await state(page, 'dang dở.mp4', 'done');
  assert.ok(pieces[0] >= at, `it went on at ${pieces[0]}, not before ${at}`);
  // A form that comes back with a mistake has its files still.
  await save(page, 'again');
  await page.getByText('Hãy chọn tên khác.').first().waitFor();
  await state(page, 'dang dở.mp4', 'done');
  await save(page, 'Xong');
  await kept(page, 'dang dở.mp4', place);
  await page.goto('/upload/');
  await page.getByText('Bạn không có tệp nào đang gửi dở').waitFor();
});

test('what is refused says why, and what is on the way can be deleted', { skip }, async () => {
  const page = await open({ width: 360 });
  await page.getByLabel(/^Tệp của bài/).setInputFiles(file('trò chơi.exe', 100));
  await state(page, 'trò chơi.exe', 'failed');
  assert.match(await item(page, 'trò chơi.exe').innerText(), /Không gửi được: Không nhận chương trình\./);
  await page.getByLabel(/^Tệp của bài/).setInputFiles(file('bỏ.mp4', 2 * MB));
  await state(page, 'bỏ.mp4', 'done');
  await page.emulateMedia({ colorScheme: 'dark' });
  await assertFits(page, 'the drop zone');
  await shot(page, 'uploads-phone-dark');
  page.on('dialog', (dialog) => dialog.accept());
  await page.goto('/upload/');
  await page.getByText('bỏ.mp4').waitFor();
  await assertFits(page, 'own uploads');
  await assertAccessible(page, 'own uploads');
  await shot(page, 'uploads-own');
  await page.getByLabel(/^bỏ\.mp4/).check();
  const question = page.locator('details.confirm').first();
  await question.locator('summary').click();
  await question.locator('button[type=submit]').click();
  await page.getByText('Bạn không có tệp nào đang gửi dở').waitFor();
});

test('without script the form carries its files', { skip }, async () => {
  const page = await freshPage({ base, script: false });
  await enterAs(page, 'quantri');
  await page.goto(PAGE);
  const place = file('không script.mp4', 300_000);
  await page.getByLabel(/^Tệp của bài/).setInputFiles(place);
  await save(page, 'Thường');
  await kept(page, 'không script.mp4', place);
});
