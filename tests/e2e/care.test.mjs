// What a station does for itself: the key sheet, a backup with its drill, the status page,
// and a fresh station that becomes the old one from a stick. The tests go on from one
// another, on stations of their own.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { assertAccessible } from './lib/axe.mjs';
import { assertFits, freshPage, useBrowser } from './lib/browser.mjs';

useBrowser();

const TRAM = path.join(process.env.CARGO_TARGET_DIR, 'release/tram');
const PASSWORD = 'rach nho song lon';
const SHOTS = process.env.TRAM_SHOTS;
const work = fs.mkdtempSync(path.join(os.tmpdir(), 'tram-care-'));
const stick = path.join(work, 'stick');
const running = [];
let words = [];

async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function answers(base) {
  for (let round = 0; round < 150; round += 1) {
    const well = await fetch(`${base}/healthz`).then((reply) => reply.ok).catch(() => false);
    if (well) { return; }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`${base} does not answer`);
}

/** A new station with its set-up code. */
async function station(name) {
  const data = path.join(work, name);
  const printed = execFileSync(TRAM, ['init', '--data', data]).toString();
  const code = /Set-up code[^:]*: *(\S+)/.exec(printed)[1];
  const base = `http://127.0.0.1:${await freePort()}`;
  const child = spawn(TRAM, ['serve', '--data', data, '--listen', base.slice(7), '--no-plugins', '--backup-to', stick], { stdio: 'ignore' });
  running.push(child);
  await answers(base);
  return { base, code, data };
}

async function enter(page) {
  await page.goto('/sign-in');
  await page.getByLabel('Tên đăng nhập').fill('quan.tri');
  await page.getByLabel('Mật khẩu hoặc mã PIN').fill(PASSWORD);
  await page.locator('main form[action="/sign-in"] button').click();
  await page.locator('form[data-sign-out]').waitFor();
}

async function shot(page, name) {
  if (SHOTS) { await page.screenshot({ path: path.join(SHOTS, `${name}.png`), fullPage: true }); }
}

let first = null;
before(async () => {
  fs.mkdirSync(stick);
  first = await station('first');
});
after(() => {
  running.forEach((child) => child.kill());
  // The station may still be writing its last lines.
  fs.rmSync(work, { recursive: true, force: true, maxRetries: 20, retryDelay: 200 });
});

test('whoever cannot find the station is told what to check', async () => {
  const page = await freshPage({ base: first.base, width: 360 });
  await page.goto('/find');
  assert.equal(await page.locator('main ol > li').count(), 5);
  await assertFits(page, 'the page of five checks');
  await shot(page, 'find');
});

test('the administrator makes a key sheet, which is shown once and recognised', async () => {
  const page = await freshPage({ base: first.base });
  await page.goto('/setup');
  for (const [name, value] of Object.entries({ code: first.code, school: 'Trường THCS Cái Bè', name: 'Lê Thị Cồn', username: 'quan.tri', password: PASSWORD, again: PASSWORD })) {
    await page.locator(`input[name=${name}]`).fill(value);
  }
  await page.getByRole('button', { name: 'Hoàn tất cài đặt' }).click();
  await page.locator('form[data-sign-out]').waitFor();
  await page.goto('/');
  await page.getByText('Chưa có sao lưu').waitFor();
  await shot(page, 'start');
  await page.goto('/admin/backups');
  await page.getByRole('button', { name: 'Lập tờ khoá' }).click();
  const sheet = page.locator('.key-sheet');
  await sheet.waitFor();
  words = (await sheet.locator('ol > li').allInnerTexts()).join(' ').split(/\s+/);
  assert.equal(words.length, 27);
  assert.match(await sheet.innerText(), /AGE-SECRET-KEY-1/);
  await shot(page, 'sheet');
  const line = Number(/dòng (\d+)/.exec(await page.locator('form[action="/admin/backups/words"]').innerText())[1]);
  await page.locator('input[name=words]').fill('ba be bi');
  await page.getByRole('button', { name: 'Kiểm tra' }).click();
  await page.getByText('Không đúng dòng được hỏi').first().waitFor();
  await page.locator('input[name=words]').fill(words.slice(3 * line - 3, 3 * line).join('  ').toUpperCase());
  await page.getByRole('button', { name: 'Kiểm tra' }).click();
  await page.getByText('Lần cuối kiểm tra còn giữ tờ khoá').waitFor();
  assert.equal(await page.locator('.key-sheet').count(), 0);
  await page.goto('/');
  assert.equal(await page.getByText('Chưa có sao lưu').count(), 0);
});

test('a backup is made, tried, and told of', async () => {
  const page = await freshPage({ base: first.base });
  await enter(page);
  await page.goto('/admin/backups');
  await page.getByRole('button', { name: 'Sao lưu và phục hồi thử ngay' }).click();
  const told = page.getByText('phục hồi được và khớp với trạm');
  for (let round = 0; round < 60 && !(await told.count()); round += 1) {
    await page.waitForTimeout(500);
    await page.goto('/admin/backups');
  }
  await told.waitFor();
  await shot(page, 'backups');
  const folder = fs.readdirSync(path.join(stick, 'TRAM-BACKUP'));
  assert.equal(folder.length, 1);
  assert.match(folder[0], /^tram-[0-9a-f]{4}$/);
  await assertAccessible(page, 'backups');
});

test('the status page tells the way from the box', async () => {
  const page = await freshPage({ base: first.base });
  await enter(page);
  await page.goto('/admin/status');
  await page.locator('[data-told]').waitFor();
  assert.match(await page.locator('[data-told]').innerText(), /trạm mất \d+ ms|trạm chỉ mất \d+ ms|Trạm chậm/);
  await assertAccessible(page, 'status');
  await shot(page, 'status');
  for (const width of [360, 320]) {
    const narrow = await freshPage({ base: first.base, width });
    await enter(narrow);
    for (const address of ['/admin/status', '/admin/backups']) {
      await narrow.goto(address);
      await assertFits(narrow, `${address} at ${width}`);
    }
  }
  const stranger = await freshPage({ base: first.base });
  await stranger.goto('/admin/status');
  assert.equal(new URL(stranger.url()).pathname, '/sign-in');
});

test('a fresh station becomes the old one from a stick and the words of the sheet', async () => {
  const second = await station('second');
  const page = await freshPage({ base: second.base });
  await page.goto('/setup/restore');
  const send = async (code, key) => {
    await page.locator('input[name=code]').fill(code);
    await page.locator('textarea[name=key]').fill(key);
    await page.getByRole('button', { name: 'Phục hồi' }).click();
  };
  await send('AAAA-AAAA', words.join(' '));
  await page.locator('[role=alert]').first().waitFor();
  await send(second.code, words.slice(1).join(' '));
  await page.getByText('Cần đủ 27 tiếng, mới nhập 26').first().waitFor();
  await shot(page, 'restore');
  await send(second.code, words.join(' '));
  await page.getByText(/Đang phục hồi|khởi động lại/).waitFor();
  let ready = false;
  for (let round = 0; round < 100 && !ready; round += 1) {
    await new Promise((resolve) => setTimeout(resolve, 300));
    ready = await fetch(`${second.base}/`, { redirect: 'manual' }).then((reply) => reply.status === 200).catch(() => false);
  }
  assert.ok(ready, 'the restored station serves');
  const again = await freshPage({ base: second.base });
  await enter(again);
  await again.goto('/');
  await again.getByText('Trường THCS Cái Bè').first().waitFor();
});
