// A school's first day: the wizard behind the set-up code, then the people from the
// list that the school has. The tests of this file go on from one another.
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { assertAccessible } from './lib/axe.mjs';
import { assertFits, freshPage, useBrowser } from './lib/browser.mjs';
import { NEW, WIZARD, confirm, fill, openClass, setUp } from './lib/station.mjs';

useBrowser();

const DATA = path.join(import.meta.dirname, '../data');
const PASSWORD = 'trong dua ba mua';

const labels = WIZARD;

async function enter(page) {
  await page.goto('/sign-in');
  await page.getByLabel('Tên đăng nhập').fill('lan.nguyen');
  await page.getByLabel('Mật khẩu hoặc mã PIN').fill(PASSWORD);
  await page.locator('main form[action="/sign-in"] button').click();
  await page.locator('form[data-sign-out]').waitFor();
}

test('whatever address is opened, a new station shows its wizard', async () => {
  const page = await freshPage({ base: NEW });
  for (const address of ['/', '/catalogue', '/sign-in', '/admin']) {
    await page.goto(address);
    assert.equal(new URL(page.url()).pathname, '/setup', address);
  }
  assert.match(await page.locator('main').innerText(), /Đồng hồ máy chủ: \d\d:\d\d, \d\d\/\d\d\/\d{4}/);
  // Nothing here leads anywhere but to the wizard.
  assert.equal(await page.locator('header form, header .who, nav.menu').count(), 0);
  for (const width of [1280, 360, 320]) {
    const narrow = await freshPage({ base: NEW, width });
    await narrow.goto('/setup');
    await assertFits(narrow, `the wizard at ${width}`);
  }
});

test('the clock of the station is compared with the browser’s', async () => {
  const page = await freshPage({ base: NEW });
  await page.goto('/setup');
  const box = page.locator('[data-clock]');
  assert.match(await box.innerText(), /Chưa rõ đồng hồ này có đúng không/);
  assert.match(await box.locator('[data-clock-says]').innerText(), /khớp với thiết bị này/);
  assert.ok(Math.abs(Number(await page.locator('input[name=browser-time]').inputValue()) - Date.now()) < 60_000);
  assert.equal(await page.getByLabel('Dùng giờ của thiết bị này cho máy chủ').isChecked(), true);
  // A device that is a day ahead.
  const ahead = await freshPage({ base: NEW });
  await ahead.clock.install({ time: new Date(Date.now() + 86_400_000) });
  await ahead.goto('/setup');
  assert.match(await ahead.locator('[data-clock-says]').innerText(), /Thiết bị này đang là .*khác giờ của máy chủ/);
  // One whose clock was never set: its time is refused in words, and nothing is set up.
  const behind = await freshPage({ base: NEW });
  await behind.clock.install({ time: new Date('2001-01-01T00:00:00Z') });
  await behind.goto('/setup');
  await setUp(behind);
  await behind.getByText('Giờ của thiết bị này còn sai').first().waitFor();
  const plain = await freshPage({ base: NEW, script: false });
  await plain.goto('/setup');
  assert.match(await plain.locator('[data-clock-says]').innerText(), /so bằng mắt/);
});

test('a wrong code lets nobody in, and what was typed stays', async () => {
  const page = await freshPage({ base: NEW });
  await page.goto('/setup');
  await setUp(page, { code: 'AAAA-AAAA' });
  await page.getByText('Mã cài đặt chưa đúng').first().waitFor();
  assert.equal(await page.getByLabel(labels.school).inputValue(), 'Trường THCS Rạch Miễu');
  await page.goto('/');
  assert.equal(new URL(page.url()).pathname, '/setup');
});

test('a weak password and two that differ are explained at their field', async () => {
  const page = await freshPage({ base: NEW });
  await page.goto('/setup');
  await setUp(page, { password: '12345678' });
  const weak = page.locator('input[name=password]');
  await page.locator('input[name=password][aria-invalid]').waitFor();
  const described = (await weak.getAttribute('aria-describedby')).split(' ');
  assert.ok((await page.locator(`#${described.at(-1)}`).innerText()).length > 15);
  await setUp(page, { again: 'trong dua hai mua' });
  await page.locator('input[name=again][aria-invalid]').waitFor();
  assert.match(await page.getByRole('alert').first().innerText(), /không giống nhau/);
});

test('the wizard ends signed in, and is never there again', async () => {
  const page = await freshPage({ base: NEW });
  await page.goto('/setup');
  await setUp(page);
  await page.getByRole('heading', { level: 1, name: 'Trường THCS Rạch Miễu' }).waitFor();
  assert.equal((await page.locator('header .who a[href="/me"]').innerText()).trim(), 'Nguyễn Thị Lan');
  assert.ok((await page.locator('nav.menu a').allInnerTexts()).includes('Quản trị'));
  await page.getByText('Hiện không có việc gì chờ bạn.').waitFor();
  await page.goto('/setup');
  assert.equal(new URL(page.url()).pathname, '/');
  const stranger = await freshPage({ base: NEW });
  await stranger.goto('/setup');
  assert.equal(new URL(stranger.url()).pathname, '/');
  // No one-click sign-in outside of the demonstration school.
  await stranger.goto('/sign-in');
  assert.equal(await stranger.locator('form[action="/sign-in/demo"]').count(), 0);
  await stranger.getByLabel('Tên đăng nhập').fill('bay.tran');
  await stranger.getByLabel('Mật khẩu hoặc mã PIN').fill('ghe xuong ba la');
  await stranger.locator('main form[action="/sign-in"] button').click();
  await stranger.locator('form[data-sign-out]').waitFor();
});

const figures = async (page) => Object.fromEntries(await page.locator('.figures li').evaluateAll((items) => items.map((item) => [item.lastElementChild.innerText.trim(), Number(item.querySelector('.value').innerText)])));

async function preview(page, file) {
  await page.goto('/people/import');
  await page.getByLabel(/^Tệp/).setInputFiles(path.join(DATA, file));
  await page.getByRole('button', { name: 'Xem trước' }).click();
  await page.getByRole('heading', { level: 1, name: 'Xem trước khi nhập' }).waitFor();
  await assertAccessible(page, `the preview of ${file}`);
  return figures(page);
}

test('rows that cannot be taken are listed by number before anything is saved', async () => {
  const page = await freshPage({ base: NEW });
  await enter(page);
  const seen = await preview(page, 'vnedu-38-loi.xlsx');
  assert.equal(seen['Dòng không nhập được'], 6);
  assert.equal(seen['Thêm mới'], 4);
  const rows = await page.locator('main table').first().locator('tbody tr').evaluateAll((all) => all.map((row) => [...row.cells].map((cell) => cell.innerText.trim())));
  assert.deepEqual(rows.map(([row]) => row), ['10', '11', '13', '14', '15', '17']);
  for (const [row, , reason] of rows) { assert.ok(reason.length > 8, `row ${row}: ${reason}`); }
  await page.goto('/people');
  assert.match(await page.locator('main').innerText(), /Chưa có lớp nào/);
});

test('the 38-column list of vnEdu fills the classes', async () => {
  const page = await freshPage({ base: NEW });
  await enter(page);
  const seen = await preview(page, 'vnedu-38.xlsx');
  assert.equal(seen['Thêm mới'], 90);
  assert.equal(seen['Dòng không nhập được'], 0);
  await page.getByRole('button', { name: 'Nhập danh sách' }).click();
  await page.getByText('Đã nhập xong.').waitFor({ timeout: 30_000 });
  assert.equal((await figures(page))['Thêm mới'], 90);
});

test('a class is listed by given name, as Vietnamese lists are', async () => {
  const page = await freshPage({ base: NEW });
  await enter(page);
  await openClass(page, '6A1');
  const names = await page.locator('tbody tr td:nth-child(2)').allInnerTexts();
  assert.ok(names.length > 20);
  // By given name, then by what stands before it.
  const key = (name) => { const parts = name.trim().split(/\s+/); return [parts.at(-1), parts.slice(0, -1).join(' ')]; };
  const { compare } = new Intl.Collator('vi');
  const sorted = [...names].sort((a, b) => compare(key(a)[0], key(b)[0]) || compare(key(a)[1], key(b)[1]));
  assert.deepEqual(names, sorted);
  assert.match(await page.locator('tbody tr').first().innerText(), /\d\d\/\d\d\/20\d\d/, 'birth dates as people write them');
});

test('the next list updates and doubles nobody', async () => {
  const page = await freshPage({ base: NEW });
  await enter(page);
  const seen = await preview(page, 'vnedu-38-lan-2.xlsx');
  assert.equal(seen['Thêm mới'], 2, JSON.stringify(seen));
  assert.equal(seen['Không đổi'], 86, JSON.stringify(seen));
  assert.match(await page.locator('main').innerText(), /Có trong lớp nhưng không có trong danh sách \(1\)/);
  await page.getByRole('button', { name: 'Nhập danh sách' }).click();
  await page.getByText('Đã nhập xong.').waitFor({ timeout: 30_000 });
  const again = await preview(page, 'vnedu-38-lan-2.xlsx');
  assert.equal(again['Thêm mới'], 0);
  assert.equal(again['Cập nhật'], 0);
});

test('an old font is shown before and after', async () => {
  const page = await freshPage({ base: NEW });
  await enter(page);
  await preview(page, 'pupils-tcvn3.csv');
  const table = page.locator('table:has(caption:text("Tệp dùng phông chữ cũ"))');
  await table.waitFor();
  assert.match(await table.innerText(), /Sau khi chuyển/);
  const rows = await table.locator('tbody tr').evaluateAll((all) => all.map((row) => [...row.cells].map((cell) => cell.innerText)));
  assert.ok(rows.length > 0 && rows.every(([before, now]) => before !== now), JSON.stringify(rows.slice(0, 3)));
});

test('a file that is none is answered with words', async () => {
  const page = await freshPage({ base: NEW });
  await enter(page);
  for (const name of ['truncated.xlsx', 'password.xlsx', 'zero-bytes.xlsx', 'html-as-excel.xls']) {
    await page.goto('/people/import');
    await page.getByLabel(/^Tệp/).setInputFiles(path.join(DATA, 'broken', name));
    await page.getByRole('button', { name: 'Xem trước' }).click();
    const alert = page.locator('main [role=alert]').first();
    await alert.waitFor();
    assert.ok((await alert.innerText()).length > 25, name);
  }
});

test('new PINs of a class come on one sheet, once', async () => {
  const page = await freshPage({ base: NEW });
  await enter(page);
  await openClass(page, '6A1');
  const count = await page.locator('tbody tr').count();
  await confirm(page, 'Cấp lại mã PIN cho cả lớp');
  await page.locator('.tickets li').first().waitFor({ timeout: 60_000 });
  const pins = await page.locator('.tickets .pin').allInnerTexts();
  assert.equal(pins.length, count);
  assert.ok(pins.every((pin) => /^\d{6}$/.test(pin.trim())));
  assert.ok(new Set(pins).size > count - 3);
  // Who had no sign-in name has one now, and it stands beside the PIN.
  const lines = await page.locator('.tickets p:not(.pin)').allInnerTexts();
  assert.ok(lines.every((line) => /Tên đăng nhập: \S+/.test(line)), lines[0]);
  const [name, pin, person] = [/Tên đăng nhập: (\S+)/.exec(lines[0])[1], pins[0].trim(), (await page.locator('.tickets strong').first().innerText()).trim()];
  const pupil = await freshPage({ base: NEW });
  await pupil.goto('/sign-in');
  await pupil.getByLabel('Tên đăng nhập').fill(name);
  await pupil.getByLabel('Mật khẩu hoặc mã PIN').fill(pin);
  await pupil.locator('main form[action="/sign-in"] button').click();
  await pupil.locator('form[data-sign-out]').waitFor();
  assert.equal((await pupil.locator('header .who a[href="/me"]').innerText()).trim(), person);
  await page.emulateMedia({ media: 'print' });
  assert.equal(await page.locator('header.top').isVisible(), false, 'the sheet has nothing of the screen');
  assert.equal(await page.locator('.tickets li').first().isVisible(), true);
});

test('staff come from the office’s list', async () => {
  const page = await freshPage({ base: NEW });
  await enter(page);
  await page.goto('/people/import');
  await page.getByLabel('Cán bộ, giáo viên').check();
  await page.getByLabel(/^Tệp/).setInputFiles(path.join(DATA, 'staff.xlsx'));
  await page.getByRole('button', { name: 'Xem trước' }).click();
  await page.getByRole('heading', { level: 1, name: 'Xem trước khi nhập' }).waitFor();
  const seen = await figures(page);
  assert.equal(seen['Thêm mới'] + seen['Cập nhật'] + seen['Không đổi'], 44, JSON.stringify(seen));
  await page.getByRole('button', { name: 'Nhập danh sách' }).click();
  await page.getByText('Đã nhập xong.').waitFor({ timeout: 30_000 });
});

test('the librarian is appointed, and changes the first password', async () => {
  const page = await freshPage({ base: NEW });
  await enter(page);
  await page.goto('/people/staff');
  const row = page.locator('tbody tr').filter({ hasNotText: 'Nguyễn Thị Lan' }).filter({ hasNotText: 'Trần Văn Bảy' }).first();
  const name = (await row.locator('a').innerText()).trim();
  await row.locator('a').click();
  await page.getByLabel('Tên đăng nhập', { exact: true }).fill('thu.vien');
  await page.getByLabel('Cán bộ thư viện').check();
  await page.getByRole('button', { name: 'Lưu tài khoản' }).click();
  assert.match(await page.locator('main .error').first().innerText(), /cần một mật khẩu đầu tiên/);
  assert.equal(await page.getByLabel('Cán bộ thư viện').isChecked(), true, 'nothing that was chosen is lost');
  await page.getByLabel('Mật khẩu đầu tiên').fill('sach moi thom giay');
  await page.getByRole('button', { name: 'Lưu tài khoản' }).click();
  await page.getByText('Đã lưu tài khoản.').waitFor();

  const librarian = await freshPage({ base: NEW });
  await librarian.goto('/sign-in');
  await librarian.getByLabel('Tên đăng nhập').fill('thu.vien');
  await librarian.getByLabel('Mật khẩu hoặc mã PIN').fill('sach moi thom giay');
  await librarian.locator('main form[action="/sign-in"] button').click();
  await librarian.getByRole('heading', { level: 1, name: 'Đổi mật khẩu' }).waitFor();
  await fill(librarian, { 'Mật khẩu hiện nay *': 'sach moi thom giay', 'Mật khẩu mới *': 'ke sach ba ngan', 'Nhập lại mật khẩu mới *': 'ke sach ba ngan' });
  await librarian.locator('main form button[type=submit]').click();
  await librarian.getByRole('heading', { level: 1, name: 'Tài khoản của tôi' }).waitFor();
  assert.equal((await librarian.locator('header .who a[href="/me"]').innerText()).trim(), name);
  const menu = await librarian.locator('nav.menu a').allInnerTexts();
  assert.ok(menu.includes('Biên mục') && !menu.includes('Quản trị'), menu.join(', '));
});

test('an administrator does not give up his own role by mistake', async () => {
  const page = await freshPage({ base: NEW });
  await enter(page);
  await page.goto('/people/staff');
  await page.locator('main td').getByRole('link', { name: 'Nguyễn Thị Lan', exact: true }).click();
  await page.getByLabel('Quản trị máy chủ').uncheck();
  await page.getByRole('button', { name: 'Lưu tài khoản' }).click();
  assert.match(await page.getByRole('alert').first().innerText(), /người quản trị thứ hai/);
  await page.goto('/admin');
  assert.equal(await page.locator('h1').innerText(), 'Quản trị');
});

test('a password is changed, and the old one is good for nothing', async () => {
  const page = await freshPage({ base: NEW });
  await enter(page);
  await page.goto('/me/password');
  await fill(page, { 'Mật khẩu hiện nay *': PASSWORD, 'Mật khẩu mới *': 'mua nay dua trung', 'Nhập lại mật khẩu mới *': 'mua nay dua trung' });
  await page.locator('main form button[type=submit]').click();
  await page.getByRole('heading', { level: 1, name: 'Tài khoản của tôi' }).waitFor();
  const other = await freshPage({ base: NEW });
  await other.goto('/sign-in');
  await other.getByLabel('Tên đăng nhập').fill('lan.nguyen');
  await other.getByLabel('Mật khẩu hoặc mã PIN').fill(PASSWORD);
  await other.locator('main form[action="/sign-in"] button').click();
  assert.match(await other.getByRole('alert').first().innerText(), /chưa đúng/);
});
