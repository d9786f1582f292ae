// The administrator takes in a vendor's file: reads what it may do, installs it, uses
// it, switches it off, removes it.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { assertFits, freshPage, useBrowser } from './lib/browser.mjs';
import { assertAccessible } from './lib/axe.mjs';
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
  const sentences = (await page.locator('main .field.check').allInnerTexts()).join('\n');
  assert.match(await page.locator('main').innerText(), /Không có chữ ký/, 'an unsigned file is said to be unsigned');
  assert.match(sentences, /In danh sách lớp để điểm danh/, 'the purpose is said');
  assert.match(sentences, /họ tên|tên/i, 'the fields are said');
  assert.ok(!/directory|name, classes/.test(sentences), `no words of programmers: ${sentences}`);
  await page.getByRole('link', { name: 'Không cài' }).click();
  assert.ok(!(await page.locator('main').innerText()).includes('Danh sách lớp'), 'nothing is installed by looking');

  await look(page, packed('class-list.tram'));
  await page.getByRole('button', { name: 'Cài và cho phép' }).click();
  await untilRunning(page);
  assert.match(page.url(), /\/admin\/plugin\/class-list\.example$/);
  await assertAccessible(page, 'the page of a plugin');

  // One right is refused by itself, and what that means is said; then it is given back.
  await page.getByLabel('Trong danh bạ, nó đọc: họ và tên').uncheck();
  await page.getByRole('button', { name: 'Lưu quyền và giới hạn' }).click();
  await page.getByText('Đang chạy', { exact: true }).first().waitFor();
  assert.equal(await page.getByLabel('Trong danh bạ, nó đọc: họ và tên').isChecked(), false, 'it is remembered');
  await page.locator('nav.menu').getByRole('link', { name: 'Danh sách lớp' }).click();
  await page.getByRole('link', { name: '8A1' }).first().click();
  assert.match(await page.locator('main').innerText(), /chưa được phép đọc: họ và tên/);
  await page.goto('/admin/plugin/class-list.example');
  await page.getByLabel('Trong danh bạ, nó đọc: họ và tên').check();
  await page.getByLabel('Giới hạn bộ nhớ').fill('900');
  await page.getByRole('button', { name: 'Lưu quyền và giới hạn' }).click();
  assert.match(await page.getByRole('alert').first().innerText(), /từ 4 đến 64 MB/, 'a limit that cannot be is explained');
  await page.goto('/admin/plugin/class-list.example');
  await page.getByLabel('Trong danh bạ, nó đọc: họ và tên').check();
  await page.getByLabel('Giới hạn bộ nhớ').fill('32');
  await page.getByRole('button', { name: 'Lưu quyền và giới hạn' }).click();
  await page.getByText('Đang chạy', { exact: true }).first().waitFor();
  assert.equal(await page.getByLabel('Giới hạn bộ nhớ').inputValue(), '32');
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

test('after switching on, the page comes to “Đang chạy” by itself, without script', async () => {
  const page = await freshPage({ script: false });
  await enterAs(page, 'quantri');
  await page.goto('/admin/plugin/catalogue');
  const question = page.locator('details.confirm:has(> summary:text-is("Tắt"))');
  if (await question.count()) { await question.locator('summary').click(); await question.locator('button[type=submit]').click(); }
  await page.getByRole('button', { name: 'Bật' }).click();
  await page.getByText('Đang chạy', { exact: true }).first().waitFor({ timeout: 30_000 });
});

test('jobs are listed with their state, and by whom they may be seen', async () => {
  const page = await freshPage();
  await enterAs(page, 'quantri');
  await page.getByRole('link', { name: 'Quản trị', exact: true }).click();
  await page.getByRole('link', { name: 'Công việc', exact: true }).click();
  await page.getByRole('heading', { level: 1, name: 'Công việc' }).waitFor();
  const rows = page.locator('main tbody tr');
  assert.ok(await rows.count() > 0, 'the demonstration school was filled by a job');
  assert.match(await rows.first().innerText(), /Đã xong/);
  await assertAccessible(page, 'the list of jobs');
  await page.getByLabel('Trạng thái').selectOption('failed');
  await page.getByRole('button', { name: 'Hiện' }).click();
  await page.locator('main').getByText('Không có công việc nào như vậy.').waitFor();
  await page.goto('/jobs');
  await rows.first().getByRole('link').first().click();
  await page.waitForURL(/\/jobs\/[^/?]+$/);
  await page.locator('nav').getByRole('link', { name: 'Công việc', exact: true }).waitFor();

  const pupil = await freshPage();
  await enterAs(pupil, 'hocsinh');
  await pupil.goto('/jobs');
  await pupil.locator('main').getByText('Không có công việc nào như vậy.').waitFor();
  assert.equal((await (await freshPage()).goto('/jobs')).url().includes('/sign-in'), true, 'nobody in particular is asked to sign in');
});

test('the administrator’s pages fit a telephone', async () => {
  const page = await freshPage({ width: 320, height: 700 });
  await enterAs(page, 'quantri');
  for (const address of ['/admin', '/jobs', '/admin/plugin/catalogue', '/admin/certificate', '/people', '/people/import', '/tls']) {
    await page.goto(address);
    await assertFits(page, address);
  }
});
