// Takes the pictures of docs/pictures; each stays below 200 KB so that a page with
// several of them loads over a telephone.
import fs from 'node:fs';
import path from 'node:path';
import { freshPage, launch } from './lib/browser.mjs';
import { NEW, enterAs, enterNew, openClass } from './lib/station.mjs';

const MOST = 200_000;
const to = process.argv[2];
fs.mkdirSync(to, { recursive: true });
const browser = await launch();

async function picture(name, options, work) {
  const page = await freshPage({ on: browser, ...options });
  await work(page);
  await page.waitForTimeout(150);
  const file = path.join(to, `${name}.png`);
  await page.screenshot({ path: file, animations: 'disabled', caret: 'hide', fullPage: options.whole ?? false });
  const { size } = fs.statSync(file);
  console.log(`${file}  ${Math.ceil(size / 1000)} KB`);
  if (size > MOST) {
    console.error(`${file} is larger than ${MOST / 1000} KB`);
    process.exitCode = 1;
  }
  await page.context().close();
}

async function firstRecord(page) {
  await page.goto('/catalogue?q=dat+rung+phuong+nam');
  await page.locator('main .card a').first().click();
  await page.locator('dl.details').waitFor();
}

const data = path.join(import.meta.dirname, '../data');
const telephone = { width: 390, height: 844 };

await picture('search-desktop', { width: 1280, height: 860 }, (page) => page.goto('/catalogue?q=truyện+thiếu+nhi'));
await picture('search-phone-dark', { ...telephone, dark: true }, (page) => page.goto('/catalogue?q=nguyen+nhat+anh'));
await picture('search-english', { width: 1280, height: 860, language: 'en' }, (page) => page.goto('/catalogue?q=truyen'));
await picture('start', { width: 1280, height: 860 }, async (page) => { await enterAs(page, 'thuvien'); await page.goto('/'); });
await picture('record', { width: 1280, height: 1000 }, firstRecord);
await picture('form', { width: 1280, height: 1000 }, async (page) => { await enterAs(page, 'thuvien'); await page.goto('/catalogue/new'); });
await picture('sign-in', { width: 1280, height: 1000 }, (page) => page.goto('/sign-in'));
await picture('wizard', { width: 1280, height: 1000, base: NEW }, (page) => page.goto('/setup'));
await picture('import-report', { width: 1280, height: 1000, base: NEW }, async (page) => {
  await enterNew(page);
  await page.goto('/catalogue/import');
  await page.locator('input[type=file]').setInputFiles(path.join(data, 'books-danh-muc.xlsx'));
  await page.locator('main form button[type=submit]').click();
  await page.getByRole('button', { name: 'Bắt đầu nhập' }).click();
  await page.getByRole('heading', { level: 1, name: 'Kết quả nhập' }).waitFor({ timeout: 60_000 });
});
await picture('class', { width: 1280, height: 860 }, async (page) => { await enterAs(page, 'giaovien'); await openClass(page, '8A1'); });
await picture('plugin', { width: 1280, height: 1000 }, async (page) => { await enterAs(page, 'quantri'); await page.goto('/admin/plugin/catalogue'); });
await browser.close();
