// A school changes the form of a document: downloads it, spoils it, corrects it, goes back.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { assertFits, freshPage, useBrowser } from './lib/browser.mjs';
import { assertAccessible } from './lib/axe.mjs';
import { confirm, enterAs, untilRunning } from './lib/station.mjs';

useBrowser();

const folder = process.env.TRAM_TEST_PLUGINS;
const file = folder && path.join(folder, 'exerciser.tram');
const skip = file && fs.existsSync(file) ? false : 'the test plugins are not built (TRAM_TEST_PLUGINS)';
const shots = process.env.TRAM_SHOTS;

async function shot(page, name) {
  if (shots) { await page.screenshot({ path: path.join(shots, `${name}.png`), fullPage: true }); }
}

/** The bytes that a link downloads, and the file's name. */
async function downloaded(page, name) {
  const coming = page.waitForEvent('download', { timeout: 60_000 });
  await page.getByRole('link', { name, exact: true }).click();
  const download = await coming;
  return [fs.readFileSync(await download.path()), download.suggestedFilename()];
}

async function upload(page, text) {
  await page.getByLabel(/^Mẫu của trường/).setInputFiles({ name: 'list.typ', mimeType: 'text/plain', buffer: Buffer.from(text) });
  await page.getByRole('button', { name: 'Kiểm tra và dùng mẫu này' }).click();
}

test('a template is downloaded, changed, refused when wrong, used, and given up', { skip, timeout: 180_000 }, async () => {
  const page = await freshPage();
  await enterAs(page, 'quantri');
  await page.goto('/admin');
  await page.getByLabel(/^Cài thêm từ tệp/).setInputFiles(file);
  await page.getByRole('button', { name: 'Xem phần này' }).click();
  await page.getByText('in văn bản PDF theo mẫu của nó').first().waitFor();
  await page.getByRole('button', { name: 'Cài và cho phép' }).click();
  await untilRunning(page);
  try {
    await page.goto('/admin/station');
    await page.getByLabel(/^Cơ quan chủ quản/).fill('Ủy ban nhân dân phường Bến Tre');
    await page.getByLabel(/^Địa danh/).fill('Bến Tre');
    await page.getByRole('button', { name: 'Lưu', exact: true }).click();
    await page.getByText('Đã lưu.').waitFor();
    await page.goto('/admin');
    await page.getByRole('link', { name: 'Mẫu in', exact: true }).click();
    await page.locator('main .card').filter({ hasText: 'Danh sách' }).first().waitFor();
    await assertAccessible(page, 'the list of templates');
    await page.locator('main .card').getByRole('link', { name: 'Danh sách' }).click();
    assert.match(await page.locator('main').innerText(), /Mẫu gốc/);
    const [pdf, name] = await downloaded(page, 'In thử');
    assert.equal(pdf.subarray(0, 5).toString(), '%PDF-');
    assert.equal(name, 'list.pdf');
    const [original] = await downloaded(page, 'Tải mẫu gốc về');
    const source = original.toString('utf8');
    assert.match(source, /#import "\/tram\/form\.typ"/);

    await upload(page, `${source}\n#khong-co\n`);
    const words = await page.getByRole('alert').first().innerText();
    const line = source.split('\n').length + 1;
    assert.ok(words.includes(`dòng ${line}`), words);
    assert.match(words, /không có tên gọi khong-co/);
    await shot(page, 'template-wrong');
    await assertAccessible(page, 'a template that is wrong');

    await upload(page, '#for i in range(10000) { for j in range(10000) { for k in range(100) { let x = calc.rem(i * j + k, 7) } } }');
    await page.getByText('Dàn trang quá lâu').first().waitFor({ timeout: 120_000 });

    await upload(page, source.replace('[Danh sách]', '[Danh sách của trường]'));
    await page.getByText('Đã in thử được').waitFor({ timeout: 60_000 });
    assert.match(await page.locator('main').innerText(), /Đang dùng\s+Mẫu của trường/);
    const [own] = await downloaded(page, 'Tải mẫu của trường về');
    assert.match(own.toString('utf8'), /Danh sách của trường/);
    await shot(page, 'template-own');

    const narrow = await freshPage({ width: 360, height: 740, dark: true });
    await enterAs(narrow, 'quantri');
    await narrow.goto(new URL(page.url()).pathname);
    await assertFits(narrow, 'the page of a template');
    await assertAccessible(narrow, 'the page of a template, dark');
    await shot(narrow, 'template-phone-dark');

    await confirm(page, 'Dùng lại mẫu gốc');
    await page.getByText('Đang dùng lại mẫu gốc.').waitFor();
    assert.equal(await page.getByRole('link', { name: 'Tải mẫu của trường về' }).count(), 0);

    // Whoever may not change plugins does not get there.
    const teacher = await freshPage();
    await enterAs(teacher, 'giaovien');
    assert.equal((await teacher.goto('/admin/templates')).status(), 403);
  } finally {
    await page.goto('/admin/plugin/exerciser.test');
    await confirm(page, 'Gỡ và xoá dữ liệu');
    await page.getByRole('heading', { level: 1, name: 'Quản trị' }).waitFor();
  }
});
