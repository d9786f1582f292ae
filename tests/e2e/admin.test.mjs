// The administrator takes in a vendor's file: reads what it may do, installs it, uses
// it, switches it off, removes it.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { assertFits, freshPage, useBrowser } from './lib/browser.mjs';
import { confirm, enterAs, untilRunning } from './lib/station.mjs';

useBrowser();

const folder = process.env.TRAM_TEST_PLUGINS;
const packed = (name) => folder && path.join(folder, name);
const unless = (name) => (packed(name) && fs.existsSync(packed(name)) ? false : 'the test plugins are not built (TRAM_TEST_PLUGINS)');

async function look(page, file) {
  await page.goto('/admin');
  await page.getByLabel(/^Cài thêm từ tệp/).setInputFiles(file);
  await page.getByRole('button', { name: 'Xem phần này' }).click();
}

test('the page of a plugin says what it may do, uses and is limited to', async () => {
  const page = await freshPage();
  await enterAs(page, 'quantri');
  await page.getByRole('link', { name: 'Quản trị', exact: true }).click();
  await page.locator('main .card').getByRole('link', { name: 'Mục lục thư viện' }).click();
  const text = await page.locator('main').innerText();
  assert.match(text, /Đang chạy/);
  assert.match(text, /Hiện tên người đã sửa biểu ghi/);
  assert.match(text, /Dung lượng đã dùng/);
  assert.equal(await page.getByRole('button', { name: 'Gỡ' }).count(), 0, 'what is built in is switched off, not removed');
});

test('a vendor’s file: sentences, consent, its page, off, on, removed', { skip: unless('class-list.tram') }, async () => {
  const page = await freshPage();
  await enterAs(page, 'quantri');
  await look(page, packed('class-list.tram'));
  await page.getByRole('heading', { level: 1, name: 'Danh sách lớp' }).waitFor();
  const sentences = (await page.locator('ol.steps li').allInnerTexts()).join('\n');
  assert.match(sentences, /In danh sách lớp để điểm danh/, 'the purpose is said');
  assert.match(sentences, /họ tên|tên/i, 'the fields are said');
  assert.ok(!/directory|name, classes/.test(sentences), `no words of programmers: ${sentences}`);
  await page.getByRole('link', { name: 'Không cài' }).click();
  assert.ok(!(await page.locator('main').innerText()).includes('Danh sách lớp'), 'nothing is installed by looking');

  await look(page, packed('class-list.tram'));
  await page.getByRole('button', { name: 'Cài và cho phép' }).click();
  await untilRunning(page);
  assert.match(page.url(), /\/admin\/plugin\/class-list\.example$/);
  await page.locator('nav.menu').getByRole('link', { name: 'Danh sách lớp' }).click();
  await page.getByRole('link', { name: '8A1' }).first().click();
  assert.match(page.url(), /\/x\/class-list\.example\//);
  assert.ok((await page.locator('main').innerText()).length > 300, 'a class is listed');
  const here = page.url();
  const birthdays = await page.goto(`${here}/birthdays`);
  const told = await page.locator('main').innerText();
  assert.ok(!/\d\d?\/\d\d?\/20\d\d|20\d\d-\d\d-\d\d/.test(told), 'no birth date, whatever it asks for');
  assert.ok(birthdays.status() < 500);

  await page.goto('/admin/plugin/class-list.example');
  await confirm(page, 'Tắt');
  await page.getByRole('button', { name: 'Bật' }).waitFor();
  const off = await page.goto(here);
  assert.ok(off.status() === 404 || off.status() === 503, String(off.status()));
  await page.goto('/admin/plugin/class-list.example');
  await page.getByRole('button', { name: 'Bật' }).click();
  await untilRunning(page);
  assert.equal((await page.goto(here)).status(), 200);

  await page.goto('/admin/plugin/class-list.example');
  await confirm(page, 'Gỡ và xoá dữ liệu');
  await page.getByRole('heading', { level: 1, name: 'Quản trị' }).waitFor();
  assert.ok(!(await page.locator('main').innerText()).includes('Danh sách lớp'));
  assert.equal((await page.goto(here)).status(), 404);
});

test('a file that is no plugin is refused with words', async () => {
  const page = await freshPage();
  await enterAs(page, 'quantri');
  for (const [name, buffer] of [['anh.tram', Buffer.from('GIF89a not a component')], ['rong.tram', Buffer.from('\0asm\x0d\0\x01\0', 'latin1')]]) {
    await look(page, { name, mimeType: 'application/wasm', buffer });
    const alert = page.locator('main [role=alert]').first();
    await alert.waitFor();
    const words = await alert.innerText();
    assert.ok(words.length > 30, words);
  }
});

test('a plugin that asks for what no plugin gets is refused', { skip: unless('outsider.tram') }, async () => {
  const page = await freshPage();
  await enterAs(page, 'quantri');
  await look(page, packed('outsider.tram'));
  await page.locator('main [role=alert]').first().waitFor();
  assert.equal(await page.getByRole('button', { name: 'Cài và cho phép' }).count(), 0);
});

test('a certificate that is none changes nothing and is explained', async () => {
  const page = await freshPage();
  await enterAs(page, 'quantri');
  await page.goto('/admin/certificate');
  await page.getByLabel(/^Chứng chỉ \(PEM\)/).fill('-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----');
  await page.getByLabel(/^Khoá riêng/).fill('không phải khoá');
  await page.getByRole('button', { name: 'Dùng chứng chỉ này' }).click();
  assert.match(await page.getByRole('alert').first().innerText(), /chứng chỉ cũ vẫn giữ nguyên/);
});

test('the administrator’s pages fit a telephone', async () => {
  const page = await freshPage({ width: 320, height: 700 });
  await enterAs(page, 'quantri');
  for (const address of ['/admin', '/admin/plugin/catalogue', '/admin/certificate', '/people', '/people/import', '/tls']) {
    await page.goto(address);
    await assertFits(page, address);
  }
});
