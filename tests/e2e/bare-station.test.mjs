// A station without plugins serves; the catalogue, packed as a vendor's file, is then
// installed by the administrator's page and serves as the built-in one does.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { freshPage, useBrowser } from './lib/browser.mjs';
import { titles, untilRunning } from './lib/station.mjs';

useBrowser();

const BARE = process.env.TRAM_BARE_URL;
const PASSWORD = 'rach nho song lon';

async function enter(page) {
  await page.goto('/sign-in');
  await page.getByLabel('Tên đăng nhập').fill('quan.tri');
  await page.getByLabel('Mật khẩu hoặc mã PIN').fill(PASSWORD);
  await page.locator('main form[action="/sign-in"] button').click();
  await page.locator('form[data-sign-out]').waitFor();
}

test('a station without plugins is set up, says what is missing and where to get it', async () => {
  const page = await freshPage({ base: BARE, script: false });
  await page.goto('/setup');
  for (const [name, value] of Object.entries({ code: process.env.TRAM_BARE_CODE, school: 'Trường Tiểu học Cồn Lát', name: 'Lê Thị Cồn', username: 'quan.tri', password: PASSWORD, again: PASSWORD })) {
    await page.locator(`input[name=${name}]`).fill(value);
  }
  await page.getByRole('button', { name: 'Hoàn tất cài đặt' }).click();
  await page.getByText('chưa có phần nào được cài').waitFor();
  await page.locator('main').getByRole('link', { name: 'Quản trị' }).click();
  assert.match(await page.locator('main').innerText(), /Chưa cài phần nào/);
  assert.equal((await page.goto('/catalogue')).status(), 404);
  const search = await page.goto('/search?q=dat+rung');
  assert.equal(search.status(), 200);
  assert.equal((await page.request.get(`${BARE}/healthz`)).status(), 200);
});

const catalogue = path.join(process.env.TRAM_BUNDLE ?? path.join(process.env.CARGO_TARGET_DIR, 'bundle'), 'catalogue.tram');
test('the catalogue as a vendor’s file is installed, searched and catalogued with', { skip: fs.existsSync(catalogue) ? false : 'the packed catalogue is absent' }, async () => {
  const page = await freshPage({ base: BARE });
  await enter(page);
  await page.goto('/admin');
  await page.getByLabel(/^Cài thêm từ tệp/).setInputFiles(catalogue);
  await page.getByRole('button', { name: 'Xem phần này' }).click();
  await page.getByRole('button', { name: 'Cài và cho phép' }).waitFor();
  assert.match(await page.locator('main').innerText(), /Hiện tên người đã sửa biểu ghi/);
  await page.getByRole('button', { name: 'Cài và cho phép' }).click();
  // It is compiled in a process of its own first.
  await untilRunning(page);
  await page.goto('/catalogue/new');
  await page.locator('main input[name=title]').fill('Trường em bên bờ rạch');
  await page.getByRole('button', { name: 'Lưu', exact: true }).click();
  await page.getByText('Đã thêm nhan đề vào mục lục.').waitFor();
  const reader = await freshPage({ base: BARE, script: false });
  // Who saved it finds it at once; for others the index may take a moment.
  let found = [];
  for (const end = Date.now() + 5000; found.length === 0 && Date.now() < end;) {
    await reader.goto('/catalogue?q=truong+em+ben+bo+rach');
    found = await titles(reader);
  }
  assert.deepEqual(found, ['Trường em bên bờ rạch']);
});
