// A title by the form in plain words: mistakes are explained, the record is found at
// once, edited, its history is kept, it is deleted and comes back.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { crc32, deflateSync } from 'node:zlib';
import { assertFits, freshPage, useBrowser } from './lib/browser.mjs';
import { confirm, enterAs, fill, titles } from './lib/station.mjs';

useBrowser();

test('from the empty form to the undone deletion', async () => {
  const page = await freshPage();
  await enterAs(page, 'thuvien');
  await page.getByRole('link', { name: 'Biên mục' }).click();
  await fill(page, {
    'Nhan đề *': 'Ghe xuồng miền sông nước',
    'Tác giả': 'Trần Thị Bến Ninh',
    'Năm xuất bản': '2019',
    ISBN: '978-604-2-18123-1',
    'Chủ đề': 'Ghe xuồng\nĐồng bằng sông Cửu Long',
    'Số ĐKCB': 'E2E.00001 - E2E.00003',
    'Vị trí kệ': 'Kệ B1',
  });
  await page.getByRole('button', { name: 'Lưu', exact: true }).click();
  const alert = page.getByRole('alert').first();
  assert.match(await alert.innerText(), /Chưa lưu được/);
  const isbn = page.getByLabel('ISBN', { exact: true });
  assert.equal(await isbn.getAttribute('aria-invalid'), 'true');
  const described = await isbn.getAttribute('aria-describedby');
  const words = await page.locator(described.split(' ').map((id) => `#${id}`).join(', ')).allInnerTexts();
  const [, digit] = /chữ số cuối lẽ ra là (\d|X)/.exec(words.join(' ')) ?? [];
  assert.ok(digit, words.join(' '));
  assert.equal(await page.getByLabel('Tác giả', { exact: true }).inputValue(), 'Trần Thị Bến Ninh', 'nothing that was typed is lost');
  assert.equal(await page.getByLabel('Số ĐKCB', { exact: true }).inputValue(), 'E2E.00001 - E2E.00003');

  await isbn.fill(`978-604-2-18123-${digit}`);
  await page.getByRole('button', { name: 'Lưu', exact: true }).click();
  await page.getByText('Đã thêm nhan đề vào mục lục.').waitFor();
  const record = new URL(page.url()).pathname;
  assert.equal(await page.locator('table tbody tr').count(), 3, 'three copies');

  // One's own save is found at once, by word, by number and by ISBN.
  for (const query of ['ghe xuong mien song nuoc', `978604218123${digit}`, 'tran thi ben ninh']) {
    await page.goto(`/catalogue?q=${encodeURIComponent(query)}`);
    assert.equal((await titles(page))[0], 'Ghe xuồng miền sông nước', query);
  }
  await page.goto('/catalogue?q=e2e.00002');
  assert.match(await page.locator('main .notice').first().innerText(), /Kệ B1/);

  await page.goto(record);
  await page.getByRole('link', { name: 'Sửa', exact: true }).click();
  await page.getByLabel('Tóm tắt', { exact: true }).fill('Các loại ghe xuồng của người miền Tây và cách đóng chúng.');
  await page.getByRole('button', { name: 'Lưu', exact: true }).click();
  await page.getByText('Đã lưu.').waitFor();
  assert.match(await page.locator('main').innerText(), /cách đóng chúng/);

  await page.getByRole('link', { name: 'Lịch sử thay đổi' }).click();
  const history = await page.locator('table tbody tr').evaluateAll((rows) => rows.map((row) => [...row.cells].map((cell) => cell.innerText)));
  assert.equal(history.length, 2, JSON.stringify(history));
  assert.match(history[0][2], /\+ 520/);
  assert.match(history[1][2], /Tạo biểu ghi/);
  const librarian = (await page.locator('header .who a[href="/me"]').innerText()).trim();
  for (const [when, who] of history) {
    assert.match(when, /^\d\d\/\d\d\/\d{4} \d\d:\d\d$/);
    assert.equal(who.trim(), librarian);
  }

  await page.goto(record);
  await confirm(page, 'Xoá biểu ghi');
  await page.getByText('Đã xoá “Ghe xuồng miền sông nước”').waitFor();
  await page.goto('/catalogue?q=ghe+xuong+mien+song+nuoc');
  assert.equal((await titles(page)).includes('Ghe xuồng miền sông nước'), false);
  assert.equal((await page.goto(record)).status(), 404);
  await page.goto('/catalogue/deleted');
  await page.getByRole('button', { name: 'Phục hồi' }).first().click();
  await page.getByText('Đã phục hồi biểu ghi và các bản sách.').waitFor();
  assert.equal(await page.locator('table tbody tr').count(), 3);
  await page.goto('/catalogue?q=ghe+xuong+mien+song+nuoc');
  assert.equal((await titles(page))[0], 'Ghe xuồng miền sông nước');
});

test('a question before deleting can be answered no, by Escape too', async () => {
  const page = await freshPage();
  await enterAs(page, 'thuvien');
  await page.goto('/catalogue?q=lao+hac');
  await page.locator('main .card a').first().click();
  const summary = page.locator('details.confirm > summary');
  await summary.click();
  assert.equal(await page.locator('details.confirm [data-cancel]').evaluate((no) => no === document.activeElement), true, '“no” has the focus');
  await page.keyboard.press('Escape');
  assert.equal(await page.locator('details.confirm').evaluate((details) => details.open), false);
  await summary.click();
  await page.getByRole('button', { name: 'Thôi, giữ nguyên' }).click();
  assert.equal(await page.locator('details.confirm').evaluate((details) => details.open), false);
});

test('a title that is there already is not added twice unawares', async () => {
  const page = await freshPage();
  await enterAs(page, 'thuvien');
  for (const again of [false, true]) {
    await page.goto('/catalogue/new');
    await fill(page, { 'Nhan đề *': 'Sổ tay trồng dừa', 'Tác giả': 'Lê Văn Rạch', 'Năm xuất bản': '2021' });
    await page.getByRole('button', { name: 'Lưu', exact: true }).click();
    if (!again) { await page.getByText('Đã thêm nhan đề vào mục lục.').waitFor(); }
  }
  assert.match(await page.locator('main .notice').first().innerText(), /đã có tài liệu cùng nhan đề/);
  await page.getByLabel(/vẫn thêm/).check();
  await page.getByRole('button', { name: 'Lưu', exact: true }).click();
  await page.getByText('Đã thêm nhan đề vào mục lục.').waitFor();
});

test('two people edit one record: the second is told and loses nothing', async () => {
  const first = await freshPage();
  const second = await freshPage();
  await enterAs(first, 'thuvien');
  await enterAs(second, 'quantri');
  await first.goto('/catalogue/new');
  await fill(first, { 'Nhan đề *': 'Chợ nổi lúc rạng đông', 'Tác giả': 'Phan Ngã Bảy' });
  await first.getByRole('button', { name: 'Lưu', exact: true }).click();
  await first.getByText('Đã thêm nhan đề vào mục lục.').waitFor();
  const record = new URL(first.url()).pathname;

  await first.goto(`${record}/edit`);
  await second.goto(`${record}/edit`);
  await fill(first, { 'Nơi xuất bản': 'Cần Thơ' });
  await first.getByRole('button', { name: 'Lưu', exact: true }).click();
  await first.getByText('Đã lưu.').waitFor();

  await fill(second, { 'Ghi chú': 'Có chữ ký của tác giả.', 'Số trang': '120' });
  const [reply] = await Promise.all([second.waitForResponse((reply) => reply.request().method() === 'POST'), second.getByRole('button', { name: 'Lưu', exact: true }).click()]);
  assert.equal(reply.status(), 409);
  assert.match(await second.locator('main .notice').first().innerText(), /Chưa có gì bị ghi đè/);
  const compared = await second.locator('main table').innerText();
  assert.match(compared, /Cần Thơ/, 'what the first one wrote is shown');
  assert.match(compared, /120/);
  assert.equal(await second.getByLabel('Ghi chú', { exact: true }).inputValue(), 'Có chữ ký của tác giả.');
  await fill(second, { 'Nơi xuất bản': 'Cần Thơ' });
  await second.getByRole('button', { name: 'Lưu', exact: true }).click();
  await second.getByText('Đã lưu.').waitFor();
  const page = await second.locator('main').innerText();
  for (const part of [/Cần Thơ/, /Có chữ ký của tác giả/, /120/]) { assert.match(page, part); }
});

test('a copy: its number, shelf and state', async () => {
  const page = await freshPage();
  await enterAs(page, 'thuvien');
  await page.goto('/catalogue/new');
  await fill(page, { 'Nhan đề *': 'Cây nhà lá vườn', 'Số ĐKCB': 'E2E.10001' });
  await page.getByRole('button', { name: 'Lưu', exact: true }).click();
  await page.getByText('Đã thêm nhan đề vào mục lục.').waitFor();
  await page.getByRole('link', { name: 'E2E.10001' }).click();
  await page.getByLabel('Tình trạng', { exact: true }).selectOption({ label: 'Đang sửa chữa' });
  await page.getByLabel('Vị trí kệ', { exact: true }).fill('Bàn thủ thư');
  await page.getByRole('button', { name: 'Lưu', exact: true }).click();
  await page.getByText('Đã lưu bản sách.').waitFor();
  assert.match(await page.locator('table').innerText(), /Bàn thủ thư[\s\S]*Đang sửa chữa/);
  // A number that another copy has is refused by name.
  await page.getByText('Thêm bản sách', { exact: true }).first().click();
  await page.getByLabel('Số ĐKCB', { exact: true }).fill('E2E.10001');
  await page.getByRole('button', { name: 'Thêm bản sách' }).click();
  assert.match(await page.locator('main .error').first().innerText(), /E2E\.10001/);
});

// A picture of one colour, as PNG: signature, IHDR, IDAT, IEND.
function png(width, height) {
  const chunk = (kind, data) => {
    const body = Buffer.concat([Buffer.from(kind), data]);
    const frame = Buffer.alloc(8);
    frame.writeUInt32BE(data.length, 0);
    frame.writeUInt32BE(crc32(body), 4);
    return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
  };
  const head = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 2, 0, 0, 0]);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  const row = Buffer.concat([Buffer.from([0]), Buffer.alloc(width * 3, 0x5a)]);
  const rows = Buffer.concat(Array(height).fill(row));
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), chunk('IHDR', head), chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0))]);
}

test('a cover picture: put up, seen by everybody, and removed', async () => {
  const page = await freshPage();
  await enterAs(page, 'thuvien');
  await page.goto('/catalogue/new');
  await fill(page, { 'Nhan đề *': 'Bìa chụp bằng điện thoại' });
  await page.getByRole('button', { name: 'Lưu', exact: true }).click();
  await page.getByText('Đã thêm nhan đề vào mục lục.').waitFor();
  const record = new URL(page.url()).pathname;
  const put = async (name, mimeType, buffer) => {
    await page.goto(record);
    await page.getByText(/^(Thêm ảnh bìa|Đổi hoặc bỏ ảnh bìa)$/).click();
    await page.getByLabel(/^Ảnh bìa/).setInputFiles({ name, mimeType, buffer });
    await page.getByRole('button', { name: 'Lưu ảnh bìa' }).click();
  };
  // Its bytes count, not its name.
  await put('bia.jpg', 'image/jpeg', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>'));
  await page.getByText(/không phải ảnh JPEG, PNG hay WebP/).first().waitFor();
  await put('bia.png', 'image/png', png(8, 8));
  await page.getByText(/Ảnh 8 × 8 điểm không dùng được/).first().waitFor();
  await put('bia.gif', 'text/html', png(200, 300));
  await page.getByText('Đã lưu ảnh bìa.').waitFor();

  const reader = await freshPage();
  await reader.goto('/catalogue?q=bia+chup+bang+dien+thoai');
  const shown = reader.locator('main .card img').first();
  await shown.waitFor();
  await reader.waitForFunction(() => document.querySelector('main .card img').naturalWidth === 200);
  const reply = await reader.request.get(new URL(await shown.getAttribute('src'), reader.url()).href);
  assert.equal(reply.headers()['content-type'], 'image/png');
  await reader.goto(record);
  await reader.waitForFunction(() => document.querySelector('main .cover img').naturalHeight === 300);

  // A deleted title comes back with its picture.
  await page.goto(record);
  await confirm(page, 'Xoá biểu ghi');
  await page.getByRole('button', { name: 'Phục hồi' }).first().click();
  await page.getByText('Đã phục hồi biểu ghi').waitFor();
  await page.locator('main .cover img').waitFor();
  await page.getByText('Đổi hoặc bỏ ảnh bìa').click();
  await page.getByRole('button', { name: 'Bỏ ảnh bìa' }).click();
  await page.getByText('Đã bỏ ảnh bìa').waitFor();
  assert.equal(await page.locator('main .cover svg').count(), 1);
});

test('the register: a part of it, and several copies moved at once', async () => {
  const page = await freshPage();
  await enterAs(page, 'thuvien');
  await page.goto('/catalogue/new');
  await fill(page, { 'Nhan đề *': 'Sổ tay kiểm kê', 'Số ĐKCB': 'SOK.00001 - SOK.00004', 'Vị trí kệ': 'Kho' });
  await page.getByRole('button', { name: 'Lưu', exact: true }).click();
  await page.getByText('Đã thêm nhan đề vào mục lục.').waitFor();
  await page.getByRole('link', { name: 'Sổ ĐKCB' }).click();
  await page.getByLabel('Từ số').fill('SOK.00001');
  await page.getByLabel('đến số').fill('SOK.00004');
  await page.getByRole('button', { name: 'Xem', exact: true }).click();
  assert.equal(await page.locator('table tbody tr').count(), 4);
  if (process.env.TRAM_SHOTS) { await page.screenshot({ path: `${process.env.TRAM_SHOTS}/register.png`, fullPage: true }); }
  await page.getByRole('link', { name: 'Sửa nhiều bản sách' }).click();
  await page.getByLabel(/^Số ĐKCB/).fill('SOK.00002\nSOK.99999');
  await page.getByLabel('Vị trí kệ').fill('Kệ C1');
  await page.getByRole('button', { name: 'Lưu cho tất cả' }).click();
  await page.getByText(/Chưa sửa bản nào/).first().waitFor();
  assert.match(await page.locator('main').innerText(), /SOK\.99999/);
  if (process.env.TRAM_SHOTS) { await page.screenshot({ path: `${process.env.TRAM_SHOTS}/many.png`, fullPage: true }); }
  await page.getByLabel(/^Số ĐKCB/).fill('SOK.00002 - SOK.00003');
  await page.getByLabel('Tình trạng').selectOption({ label: 'Mất' });
  await page.getByRole('button', { name: 'Lưu cho tất cả' }).click();
  await page.getByText('Đã lưu bản sách.').waitFor();
  const rows = await page.locator('table tbody tr').allInnerTexts();
  assert.equal(rows.length, 2);
  for (const row of rows) { assert.match(row, /Kệ C1\s+M/); }
});

test('the form fits a telephone', async () => {
  const page = await freshPage({ width: 320, height: 700 });
  await enterAs(page, 'thuvien');
  await page.goto('/catalogue/new');
  await assertFits(page, 'the form');
  for (const path of ['/catalogue/import', '/catalogue/export', '/catalogue/deleted', '/catalogue/register', '/catalogue/copies', '/me']) {
    await page.goto(path);
    await assertFits(page, path);
  }
});

test('the export is a file that can be brought in again', async () => {
  const page = await freshPage();
  await enterAs(page, 'thuvien');
  await page.goto('/catalogue/export');
  await page.getByLabel(/^MARC 21/).check();
  await page.getByRole('button', { name: 'Xuất', exact: true }).click();
  const link = page.getByRole('link', { name: /^Tải / });
  await link.waitFor({ timeout: 60_000 });
  const bytes = await (await page.request.get(new URL(await link.getAttribute('href'), page.url()).href)).body();
  let records = 0;
  for (let at = 0; at < bytes.length; records += 1) { at += Number(bytes.subarray(at, at + 5).toString()); }
  assert.ok(records > 500, `${records} records, each as long as its leader states`);

  // The copies travel along as holdings, and other readers have nothing to object to.
  const folder = mkdtempSync(join(tmpdir(), 'tram-export-'));
  const file = join(folder, 'export.mrc');
  writeFileSync(file, bytes);
  const dump = spawnSync('yaz-marcdump', ['-f', 'utf-8', '-t', 'utf-8', '-o', 'marcxml', file], { encoding: 'utf8', maxBuffer: 1 << 28 });
  assert.equal(dump.status, 0);
  assert.equal(dump.stderr, '');
  const holdings = dump.stdout.match(/<datafield tag="852"[\s\S]*?<\/datafield>/g) ?? [];
  await page.goto('/catalogue');
  const copies = Number((await page.locator('main .figures').innerText()).replaceAll('.', '').match(/(\d+)\s*Bản sách/)[1]);
  assert.equal(holdings.length, copies);
  assert.match(holdings[0], /code="p"/);
  const python = 'import pymarc,sys,warnings; warnings.simplefilter("error"); r=[x for x in pymarc.MARCReader(open(sys.argv[1],"rb"))]; print(len(r), sum(x is None for x in r), sum(len(x.get_fields("852")) for x in r))';
  const read = spawnSync(join(process.env.TRAM_TOOLS, 'venv/bin/python'), ['-c', python, file], { encoding: 'utf8' });
  assert.equal(read.stdout.trim(), `${records} 0 ${copies}`, read.stderr);
  rmSync(folder, { recursive: true });
});
