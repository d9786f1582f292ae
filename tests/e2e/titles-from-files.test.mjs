// The librarian brings in what the school has: an Excel list and MARC files, with
// wrong rows and broken records in them. On the new school's station, so that the
// demonstration school keeps the titles that others search for.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { assertAccessible } from './lib/axe.mjs';
import { freshPage, useBrowser } from './lib/browser.mjs';
import { book } from './lib/marc.mjs';
import { NEW, enterNew, titles } from './lib/station.mjs';

useBrowser();

const DATA = path.join(import.meta.dirname, '../data');
const EXPECTED = JSON.parse(fs.readFileSync(path.join(DATA, 'expected.json'), 'utf8'));

/** Uploads files, looks at the preview, starts, and waits for the outcome. */
async function bringIn(page, files, { atomic = false, script = true } = {}) {
  await page.goto('/catalogue/import');
  await page.getByLabel('Tệp cần nhập').setInputFiles(files);
  await page.getByRole('button', { name: 'Tải lên và xem trước' }).click();
  await page.getByRole('heading', { level: 1, name: 'Xem trước khi nhập' }).waitFor();
  const preview = await page.locator('main').innerText();
  if (script) { await assertAccessible(page, 'the preview of an import'); }
  if (atomic) { await page.getByLabel('Được cả hoặc không gì cả').check(); }
  await page.getByRole('button', { name: 'Bắt đầu nhập' }).click();
  // By script, or because a page without it refreshes itself every three seconds.
  await page.getByRole('heading', { level: 1, name: 'Kết quả nhập' }).waitFor({ timeout: 60_000 });
  return preview;
}

/** The rows of the table of what was not taken. */
async function refused(page) {
  return page.locator('main table tbody tr').evaluateAll((rows) => rows.map((row) => [...row.cells].map((cell) => cell.innerText.trim())));
}

async function figure(page, label) {
  const text = await page.locator(`.figures li:has(span:text-is("${label}")) .value`).innerText();
  return Number(text.replace(/\D/g, ''));
}

test('an Excel list with wrong rows: the good ones are found, the wrong ones are named', async () => {
  const page = await freshPage({ base: NEW });
  await enterNew(page);
  const title = 'Tuyển tập truyện ngắn Việt Nam hiện đại';
  await page.goto(`/catalogue?q=${encodeURIComponent(`"${title}"`)}`);
  assert.equal((await titles(page)).includes(title), false, 'the title is new to the station');

  const preview = await bringIn(page, path.join(DATA, 'books-danh-muc.xlsx'));
  assert.match(preview, /Đất rừng phương Nam/, 'the preview shows the first rows');
  assert.match(preview, /Số ĐKCB/, 'and what each column is taken for');
  const expected = EXPECTED['books-danh-muc.xlsx'];
  const rows = await refused(page);
  for (const { row, reason } of expected.bad) {
    assert.ok(rows.some((cells) => cells[1] === String(row) && cells[4].length > 10), `row ${row} (${reason}) is named with its reason in ${JSON.stringify(rows)}`);
  }
  assert.equal(await figure(page, 'không nhập được'), expected.bad.length);
  const copies = expected.good.flatMap((row) => row.accessions).length;
  assert.equal(await figure(page, 'bản sách'), copies);

  await assertAccessible(page, 'the report of an import');
  await page.goto(`${page.url()}?lang=en`);
  await assertAccessible(page, 'the report in English');
  await page.goto(page.url().replace('lang=en', 'lang=vi'));

  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'Tải báo cáo đầy đủ (CSV)' }).click()]);
  const report = fs.readFileSync(await download.path(), 'utf8');
  assert.match(download.suggestedFilename(), /^bao-cao-nhap-.*\.csv$/);
  assert.equal(report.charCodeAt(0), 0xfeff, 'Excel opens it with its marks');
  for (const { row } of expected.bad) { assert.match(report, new RegExp(`books-danh-muc\\.xlsx,${row},`)); }

  await page.goto(`/catalogue?q=${encodeURIComponent(title)}`);
  assert.equal((await titles(page))[0], title);
  // A copy is found by its number, also as an input method spoils it.
  await page.goto('/catalogue?q=TK.00024');
  assert.match(await page.locator('main .notice').first().innerText(), new RegExp(`TK\\.00024: ${title}`));
});

test('the same list again doubles nothing', async () => {
  const page = await freshPage({ base: NEW });
  await enterNew(page);
  await bringIn(page, path.join(DATA, 'books-danh-muc.xlsx'));
  assert.equal(await figure(page, 'thêm mới'), 0);
  assert.equal(await figure(page, 'bản sách'), 0);
});

test('a register in an old font is read, and the preview says so', async () => {
  const page = await freshPage({ base: NEW });
  await enterNew(page);
  const preview = await bringIn(page, path.join(DATA, 'books-so-dkcb-tcvn3.xlsx'));
  assert.match(preview, /phông cũ \(TCVN3/);
  assert.match(preview, /Dấu chân người lính/);
  const rows = await refused(page);
  for (const { row } of EXPECTED['books-so-dkcb-tcvn3.xlsx'].bad) {
    assert.ok(rows.some((cells) => cells[1] === String(row)), `row ${row} in ${JSON.stringify(rows)}`);
  }
  const proverbs = 'Tục ngữ, ca dao, dân ca Việt Nam';
  assert.equal(await firstFound(page, proverbs, proverbs), proverbs);
});

test('an old .xls under the name .xlsx is read all the same', async () => {
  const page = await freshPage({ base: NEW });
  await enterNew(page);
  await page.goto('/catalogue/import');
  await page.getByLabel('Tệp cần nhập').setInputFiles(path.join(DATA, 'broken/xls-renamed.xlsx'));
  await page.getByRole('button', { name: 'Tải lên và xem trước' }).click();
  await page.getByText('tìm thấy tiêu đề cột').first().waitFor();
  assert.ok((await page.locator('main table tbody tr').count()) > 0);
});

// A job's changes are searchable within moments, not at once: the index follows.
async function firstFound(page, query, title) {
  let found;
  for (let tries = 0; tries < 50; tries += 1) {
    await page.goto(`/catalogue?q=${encodeURIComponent(query)}`);
    [found] = await titles(page);
    if (found === title) break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return found;
}

const good = [book('e2e-1', 'Chim trời đồng nước', 'Võ Thị Thử'), book('e2e-2', 'Mùa nước nổi ở cù lao', 'Võ Thị Thử')];
const broken = book('e2e-x', 'Biểu ghi bị cắt', 'Không Ai').subarray(0, 90);
const mixed = Buffer.concat([good[0], broken, good[1]]);
const file = (name, buffer) => ({ name, mimeType: 'application/marc', buffer });

test('all or nothing takes nothing from a file with a broken record', async () => {
  const page = await freshPage({ base: NEW });
  await enterNew(page);
  await bringIn(page, file('co-loi.mrc', mixed), { atomic: true });
  assert.match(await page.locator('main .notice').first().innerText(), /Không nhập biểu ghi nào/);
  await page.goto('/catalogue?q=chim+troi+dong+nuoc');
  assert.equal((await titles(page)).includes('Chim trời đồng nước'), false);
});

test('a broken record costs none of its neighbours and is named by its byte', async () => {
  const page = await freshPage({ base: NEW });
  await enterNew(page);
  const preview = await bringIn(page, file('co-loi.mrc', mixed));
  assert.match(preview, /MARC 21 \(ISO 2709\)/);
  assert.equal(await figure(page, 'thêm mới'), 2);
  const rows = await refused(page);
  assert.ok(rows.some((cells) => cells[2] === String(good[0].length)), `byte ${good[0].length} in ${JSON.stringify(rows)}`);
  for (const title of ['Chim trời đồng nước', 'Mùa nước nổi ở cù lao']) {
    assert.equal(await firstFound(page, title, title), title);
  }
});

test('MARCXML, without script', async () => {
  const page = await freshPage({ base: NEW, script: false });
  await enterNew(page);
  const xml = `<?xml version="1.0" encoding="UTF-8"?><collection xmlns="http://www.loc.gov/MARC21/slim"><record><leader>00000nam a2200000 a 4500</leader><controlfield tag="001">e2e-3</controlfield><datafield tag="245" ind1="0" ind2="0"><subfield code="a">Sông dài cá lội biệt tăm</subfield></datafield></record></collection>`;
  await bringIn(page, file('mot.xml', Buffer.from(xml)), { script: false });
  assert.equal(await firstFound(page, 'song dai ca loi', 'Sông dài cá lội biệt tăm'), 'Sông dài cá lội biệt tăm');
});

for (const name of fs.readdirSync(path.join(DATA, 'broken')).filter((name) => /\.xlsx?$/.test(name) && name !== 'xls-renamed.xlsx')) {
  test(`broken/${name} is refused with words, and harms nothing`, async () => {
    const page = await freshPage({ base: NEW });
    await enterNew(page);
    await page.goto('/catalogue/import');
    await page.getByLabel('Tệp cần nhập').setInputFiles(path.join(DATA, 'broken', name));
    await page.getByRole('button', { name: 'Tải lên và xem trước' }).click();
    // Empty files and unreadable ones are told apart, but both are told.
    await page.locator('main .notice, main .error').first().waitFor({ timeout: 30_000 });
    const words = await page.locator('main .notice, main .error').first().innerText();
    assert.ok(words.length > 30 && !/[a-z]+::[A-Z]|panicked|Error\(/.test(words), words);
  });
}

const corpus = process.env.TRAM_CORPUS && path.join(process.env.TRAM_CORPUS, 'marc/vietnamese.mrc');
test('a real file of Vietnamese records', { skip: corpus && fs.existsSync(corpus) ? false : 'the corpus is absent' }, async () => {
  const page = await freshPage({ base: NEW });
  await enterNew(page);
  // The first two megabytes, cut at the end of a record.
  const bytes = fs.readFileSync(corpus).subarray(0, 2 << 20);
  await bringIn(page, file('vietnamese.mrc', bytes.subarray(0, bytes.lastIndexOf(0x1d) + 1)));
  const read = await figure(page, 'đã đọc');
  const sum = (await figure(page, 'thêm mới')) + (await figure(page, 'thay thế')) + (await figure(page, 'đã có sẵn')) + (await figure(page, 'không nhập được'));
  assert.ok(read > 500, `${read} records`);
  assert.equal(sum, read, 'every record is taken or accounted for');
});
