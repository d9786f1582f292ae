// A lesson's life in the browser: files are uploaded, handed in, sent back, changed,
// approved twice, published, found by a pupil on a telephone by words inside the file,
// read, and withdrawn. And what others do not see meanwhile.
import assert from 'node:assert/strict';
import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';

import { assertFits, freshPage, useBrowser } from './lib/browser.mjs';
import { enterAs } from './lib/station.mjs';

useBrowser();

// Where pictures for the eye go, when somebody wants to look.
const PICTURES = process.env.TRAM_PICTURES;
async function picture(page, name) {
  if (!PICTURES) { return; }
  await mkdir(PICTURES, { recursive: true });
  await page.screenshot({ path: path.join(PICTURES, `${name}.png`), fullPage: true });
}

const TITLE = 'Sự nở vì nhiệt của chất lỏng';
const INSIDE = 'Nút bình thuỷ tinh bị đẩy bật khi nước trà xanh sôi sùng sục.';
const CHANGED = 'Đeo kính bảo hộ, không cúi mặt sát miệng ống nghiệm.';

function file(name, text) {
  return { name, mimeType: 'text/plain', buffer: Buffer.from(text, 'utf8') };
}

/** A picture of one point. */
const PICTURE = {
  name: 'Sơ đồ.png',
  mimeType: 'image/png',
  buffer: Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64'),
};

/** The address of its own that the picture on an item's page has. */
function ownAddress(page) {
  return page.locator('main [data-picture] img').getAttribute('src');
}

async function main(page) {
  return page.locator('main').innerText();
}

/** Opens a folded form by its summary, fills in its words and sends it. */
async function answer(page, summary, words = '') {
  const folded = page.locator(`main details.disclosure:has(> summary:text-is("${summary}"))`);
  await folded.locator('> summary').click();
  if (words) { await folded.locator('textarea').fill(words); }
  await folded.locator('button[type=submit]').click();
}

test('a lesson goes from its teacher to a pupil, and back', async () => {
  const teacher = await freshPage();
  await enterAs(teacher, 'giaovien');
  await teacher.goto('/materials/');
  await teacher.getByRole('link', { name: 'Đưa học liệu lên' }).first().click();
  await teacher.locator('input[type=file]:not([webkitdirectory])').setInputFiles([
    file('Bài giảng.txt', `${INSIDE}\n`),
    file('Phiếu học tập.txt', 'Câu 1. Vì sao không đổ nước đầy ấm khi đun?\n'),
    PICTURE,
  ]);
  await picture(teacher, 'form');
  await teacher.locator('[name=title]').fill(TITLE);
  await teacher.locator('[name=kind]').selectOption('slides');
  await teacher.locator('[name=subject]').selectOption('Khoa học tự nhiên');
  await teacher.locator('[name=grades]').fill('8');
  await teacher.locator('[name=description]').fill('Ba thí nghiệm nhỏ với ống nghiệm.');
  await teacher.locator('main form:has([name=title]) button[type=submit]').click();
  await teacher.getByText('Đã lưu bản nháp').waitFor();
  const item = new URL(teacher.url()).pathname;
  await picture(teacher, 'draft');

  const pupil = await freshPage({ width: 360, height: 740 });
  await enterAs(pupil, 'hocsinh');
  const search = async (words) => {
    await pupil.goto(`/materials/?q=${encodeURIComponent(words)}`);
    return main(pupil);
  };
  assert.equal((await pupil.goto(item)).status(), 404, 'a draft by its address');
  assert.equal((await pupil.goto(`${item}/files/1`)).status(), 404, 'its file by its address');
  const blob = await ownAddress(teacher);
  assert.match(blob, /\/blob\//);
  const sent = async (page) => (await page.request.get(blob)).status();
  assert.equal(await sent(teacher), 200, 'the picture in a draft, to its author');
  assert.equal(await sent(pupil), 404, 'the picture in a draft by its own address');
  assert.doesNotMatch(await search('bình thuỷ tinh sùng sục'), new RegExp(TITLE));

  await teacher.getByRole('button', { name: 'Gửi tổ chuyên môn duyệt' }).click();
  await teacher.getByText('Đã gửi tổ chuyên môn duyệt').waitFor();

  const head = await freshPage();
  await enterAs(head, 'totruong');
  await head.goto('/');
  await picture(head, 'start-of-the-head');
  await head.getByRole('link', { name: 'Học liệu chờ bạn duyệt' }).click();
  await picture(head, 'waiting');
  await head.getByRole('link', { name: TITLE }).click();
  await answer(head, 'Yêu cầu sửa', 'Thêm một câu về an toàn.');
  await head.getByText('Đã gửi yêu cầu sửa').waitFor();

  await teacher.goto('/');
  await teacher.getByRole('link', { name: 'Học liệu bạn cần sửa' }).click();
  await teacher.getByRole('link', { name: TITLE }).click();
  assert.match(await main(teacher), /Thêm một câu về an toàn/);
  await teacher.getByRole('link', { name: 'Sửa', exact: true }).click();
  await teacher.locator('input[type=file]:not([webkitdirectory])').setInputFiles(file('An toàn.txt', `${CHANGED}\n`));
  await teacher.locator('main form:has([name=title]) button[type=submit]').click();
  await teacher.getByText('Đã lưu.').waitFor();
  await teacher.getByRole('button', { name: 'Gửi tổ chuyên môn duyệt' }).click();
  await teacher.getByText('Đã gửi tổ chuyên môn duyệt').waitFor();

  await head.goto(`${item}?edition=work`);
  await answer(head, 'Duyệt', 'Rõ ràng, dễ làm.');
  await head.getByText('Đã duyệt.').waitFor();
  assert.equal((await pupil.goto(item)).status(), 404, 'one approval is not two');

  const principal = await freshPage();
  await enterAs(principal, 'hieutruong');
  await principal.goto('/materials/review');
  await principal.getByRole('link', { name: TITLE }).click();
  await picture(principal, 'leadership');
  await answer(principal, 'Duyệt và công bố');
  await principal.getByText('Đã công bố').first().waitFor();

  // By words inside the file, without marks, on a telephone.
  for (const end = Date.now() + 20_000; !(await search('binh thuy tinh sung suc')).includes(TITLE);) {
    assert.ok(Date.now() < end, 'the index did not follow');
    await pupil.waitForTimeout(400);
  }
  await assertFits(pupil, 'hits on a telephone');
  await picture(pupil, 'phone-hits');
  await pupil.getByRole('link', { name: TITLE }).click();
  assert.match(pupil.url(), /file=1&page=1/);
  assert.match(await main(pupil), /sôi sùng sục/);
  assert.doesNotMatch(await main(pupil), /Lịch sử|Thêm một câu về an toàn/);
  await assertFits(pupil, 'a lesson on a telephone');
  await picture(pupil, 'phone-lesson');
  const [download] = await Promise.all([
    pupil.waitForEvent('download'),
    pupil.getByRole('link', { name: /Tải Bài giảng\.txt/ }).click(),
  ]);
  assert.equal(download.suggestedFilename(), 'Bài giảng.txt');

  // The picture is sent by its own address while its lesson is published.
  await pupil.goto(item);
  assert.equal(await ownAddress(pupil), blob);
  const got = await pupil.request.get(blob);
  assert.equal(got.status(), 200);
  assert.deepEqual(await got.body(), PICTURE.buffer);
  const guest = await freshPage();
  assert.equal(await sent(guest), 404, 'it is for people of the school');

  // The shell's one search box finds it too.
  await pupil.goto(`/search?q=${encodeURIComponent('nước trà xanh sùng sục')}`);
  assert.match(await main(pupil), new RegExp(TITLE));

  await teacher.goto(`${item}/history`);
  const history = await main(teacher);
  for (const did of ['Gửi duyệt', 'Yêu cầu sửa', 'Tổ chuyên môn thông qua', 'Nhà trường phê duyệt', 'Công bố']) {
    assert.ok(history.includes(did), `${did} is not in the history`);
  }
  await picture(teacher, 'history');
  await teacher.goto('/materials/proof');
  assert.match(await main(teacher), /Lương Văn Khải, Phạm Thị Thu Hà/);
  await picture(teacher, 'proof');

  await principal.goto(item);
  await answer(principal, 'Thu hồi', 'Số liệu ở trang 1 chưa đúng.');
  await principal.getByText('Đã thu hồi').first().waitFor();
  assert.equal((await pupil.goto(item)).status(), 404);
  assert.equal(await sent(pupil), 404, 'whoever kept the address of a file is not sent it any more');
  assert.equal(await sent(teacher), 200);
  for (const end = Date.now() + 20_000; (await search('binh thuy tinh sung suc')).includes(TITLE);) {
    assert.ok(Date.now() < end, 'the index did not follow');
    await pupil.waitForTimeout(400);
  }
});

test('an old form overwrites nothing and says what to do', async () => {
  const [one, two] = [await freshPage(), await freshPage()];
  await enterAs(one, 'giaovien');
  await one.goto('/materials/new');
  await one.locator('[name=title]').fill('Bài đọc thêm về nam châm');
  await one.locator('main form:has([name=title]) button[type=submit]').click();
  await one.getByText('Đã lưu bản nháp').waitFor();
  const edit = `${new URL(one.url()).pathname}/edit`;
  await enterAs(two, 'giaovien');
  await Promise.all([one.goto(edit), two.goto(edit)]);
  for (const [page, title] of [[one, 'Nam châm điện'], [two, 'Nam châm vĩnh cửu']]) {
    await page.locator('[name=title]').fill(title);
    await page.locator('main form:has([name=title]) button[type=submit]').click();
  }
  await two.getByText('Người khác vừa lưu học liệu này').waitFor();
  const text = await main(two);
  assert.ok(text.includes('Nam châm điện') && text.includes('Nam châm vĩnh cửu'));
});

test('guests, pupils and teachers find what is theirs among the demonstration', async () => {
  const guest = await freshPage();
  await guest.goto('/materials/');
  await picture(guest, 'desktop');
  await guest.goto(`/materials/?q=${encodeURIComponent('hạn mặn')}`);
  assert.match(await main(guest), /sống chung với hạn mặn/);
  await picture(guest, 'desktop-hits');
  for (const [role, sees] of [[null, false], ['hocsinh', false], ['giaovien', true]]) {
    const page = await freshPage();
    if (role) { await enterAs(page, role); }
    await page.goto(`/materials/?q=${encodeURIComponent('đề kiểm tra giữa học kì toán 7')}`);
    assert.equal((await main(page)).includes('Đề kiểm tra giữa học kì I, Toán 7'), sees, `${role}`);
    await page.goto(`/materials/?q=${encodeURIComponent('trường hợp bằng nhau của tam giác')}`);
    assert.ok(!(await main(page)).includes('Trường hợp bằng nhau thứ nhất'), `a draft for ${role}`);
  }
  const phone = await freshPage({ width: 360, height: 740, dark: true });
  await phone.goto('/materials/curriculum');
  await phone.getByRole('link', { name: 'Lớp 8' }).first().click();
  await assertFits(phone, 'a plan on a telephone');
  await picture(phone, 'phone-plan-dark');
  await phone.goto('/materials/');
  await assertFits(phone, 'the first page on a telephone');
  await picture(phone, 'phone-dark');
});

test('those who keep the repository see figures and take everything out', async () => {
  const page = await freshPage();
  await enterAs(page, 'hieutruong');
  await page.goto('/materials/reports');
  assert.match(await main(page), /Tổ Khoa học tự nhiên/);
  await picture(page, 'reports');
  const [sheet] = await Promise.all([
    page.waitForEvent('download'), page.getByRole('link', { name: 'Tải bảng Excel' }).click(),
  ]);
  assert.match(sheet.suggestedFilename(), /^hoc-lieu-.*\.xlsx$/);
  await page.goto('/materials/export');
  await page.getByRole('button', { name: 'Bắt đầu xuất' }).click();
  const done = page.getByText(/Đã xuất 3\d học liệu, \d+ tệp/);
  await done.waitFor({ timeout: 60_000 });
  const [, files] = /(\d+) tệp/.exec(await done.innerText());
  assert.equal(await page.getByRole('link', { name: /\.zip$/ }).count(), 1);
  const [zip] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: /\.zip$/ }).first().click()]);
  const bytes = await readFile(await zip.path());
  const end = bytes.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  assert.ok(end > 0 && bytes.subarray(0, 4).toString('latin1') === 'PK\x03\x04', 'a whole archive');
  assert.equal(bytes.readUInt16LE(end + 10), Number(files) + 1, 'every file, and the workbook');
  const names = bytes.subarray(bytes.readUInt32LE(end + 16)).toString('utf8');
  for (const name of ['hoc-lieu.xlsx', 'sống chung với hạn mặn', 'Đề kiểm tra giữa học kì I, Toán 7']) {
    assert.ok(names.includes(name), `${name} is not in the archive`);
  }
  assert.ok(!names.includes('Trường hợp bằng nhau thứ nhất'), 'a draft was taken out');
});
