// What users do again and again on a station.
import assert from 'node:assert/strict';

/** The roles of the demonstration school: sign-in name, password or PIN. */
export const ROLES = {
  quantri: 'dua-xanh-2026',
  hieutruong: 'song-ham-luong-26',
  thuvien: 'ke-sach-tang-2',
  giaovien: 'phan-trang-8a1',
  totruong: 'dong-bang-xanh-26',
  hocsinh: '273849',
  phuhuynh: 'con-hoc-8a1',
};

/** Signs in by the one click of the demonstration school. */
export async function enterAs(page, role) {
  await page.goto('/sign-in');
  await page.locator(`form[action="/sign-in/demo"]:has(input[value="${role}"]) button`).click();
  await page.locator('form[data-sign-out]').waitFor();
}

/** Answers a form by its labels, then sends it. */
export async function fill(page, values) {
  for (const [label, value] of Object.entries(values)) {
    await page.getByLabel(label, { exact: true }).first().fill(value);
  }
}

/** Titles of the hits on the page, in order. */
export async function titles(page) {
  return (await page.locator('main .card :is(h2, h3, h4)').allTextContents()).map((title) => title.trim());
}

/** How many hits the page says there are. */
export async function total(page) {
  const text = await page.locator('main').innerText();
  const found = /Tìm thấy (?:hơn )?([\d.]+) tài liệu|(?:More than )?([\d,]+) titles found/.exec(text);
  assert.ok(found, `no number of hits on the page:\n${text.slice(0, 400)}`);
  return Number((found[1] || found[2]).replace(/[.,]/g, ''));
}

/** Opens a class of /people by its name. */
export async function openClass(page, name) {
  await page.goto('/people');
  await page.getByRole('link', { name, exact: true }).click();
  await page.getByRole('heading', { level: 1, name }).waitFor();
}

/** Presses a button that asks back, and says yes. */
export async function confirm(page, label) {
  const question = page.locator(`details.confirm:has(> summary:text-is("${label}"))`);
  await question.locator('summary').click();
  await question.locator('button[type=submit]').click();
}

/** A station that nobody has set up yet, with the code that `tram init` printed. */
export const NEW = process.env.TRAM_NEW_URL;

/** Labels of the wizard. */
export const WIZARD = {
  code: 'Mã cài đặt *',
  school: 'Tên trường *',
  name: 'Họ và tên *',
  username: 'Tên đăng nhập *',
  password: 'Mật khẩu mới *',
  again: 'Nhập lại mật khẩu mới *',
};

/** Fills in the wizard on the page and sends it. */
export async function setUp(page, { code = process.env.TRAM_NEW_CODE, password = 'trong dua ba mua', again = password } = {}) {
  await fill(page, {
    [WIZARD.code]: code,
    [WIZARD.school]: 'Trường THCS Rạch Miễu',
    [WIZARD.name]: 'Nguyễn Thị Lan',
    [WIZARD.username]: 'lan.nguyen',
    [WIZARD.password]: password,
    [WIZARD.again]: again,
  });
  await page.locator('input[name=name2]').fill('Trần Văn Bảy');
  await page.locator('input[name=username2]').fill('bay.tran');
  await page.locator('input[name=password2]').fill('ghe xuong ba la');
  await page.locator('input[name=again2]').fill('ghe xuong ba la');
  await page.getByRole('button', { name: 'Hoàn tất cài đặt' }).click();
}

/** Enters the new station as its second administrator; sets it up when nobody did. */
export async function enterNew(page) {
  await page.goto('/sign-in');
  if (new URL(page.url()).pathname === '/setup') {
    await setUp(page);
    await page.locator('form[data-sign-out]').waitFor();
    await page.goto('/sign-in');
  }
  await page.getByLabel('Tên đăng nhập').fill('bay.tran');
  await page.getByLabel('Mật khẩu hoặc mã PIN').fill('ghe xuong ba la');
  await page.locator('main form[action="/sign-in"] button').click();
  await page.locator(`header .who a:text-is("Trần Văn Bảy")`).waitFor();
}

/** Waits, as an administrator who reloads the page of a plugin, until it runs. */
export async function untilRunning(page) {
  await page.getByText(/Đang (chạy|chuẩn bị)/).first().waitFor({ timeout: 60_000 });
  for (const end = Date.now() + 60_000; (await page.getByText('Đang chạy').count()) === 0 && Date.now() < end;) {
    await page.waitForTimeout(300);
    await page.reload();
  }
  await page.getByText('Đang chạy').waitFor();
}
