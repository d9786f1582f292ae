// Signing in, each way that a school has: password, one click, card, PIN, the code of
// a lesson; and out again, by hand and by itself.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEMO, freshPage, tool, useBrowser } from './lib/browser.mjs';
import { ROLES, confirm, enterAs, openClass } from './lib/station.mjs';

useBrowser();

const jsQR = tool('jsqr');

/** Reads a QR code from the picture of an element, as a camera would. */
async function scan(page, element) {
  const picture = await element.screenshot();
  const { data, width, height } = await page.context().newPage().then(async (blank) => {
    const pixels = await blank.evaluate(async (base64) => {
      const image = new Image();
      image.src = `data:image/png;base64,${base64}`;
      await image.decode();
      const canvas = new OffscreenCanvas(image.width, image.height);
      const pen = canvas.getContext('2d');
      pen.drawImage(image, 0, 0);
      const { data, width, height } = pen.getImageData(0, 0, image.width, image.height);
      return { data: [...data], width, height };
    }, picture.toString('base64'));
    await blank.close();
    return pixels;
  });
  const code = jsQR(new Uint8ClampedArray(data), width, height);
  assert.ok(code, 'the code on the card cannot be read');
  return code.data;
}

/** Waits for a page that knows nobody, and that is no error. */
async function signedOut(page) {
  await page.locator('header .who a[href="/sign-in"]').waitFor();
  assert.equal(await page.locator('main [role=alert]').count(), 0, 'signing out ended on an error');
}

const reader = (page) => page.locator('header .who a[href="/me"]').innerText();

test('by name and password, and back to where one wanted to be', async () => {
  const page = await freshPage();
  await page.goto('/catalogue/new');
  assert.match(page.url(), /\/sign-in\?back=/);
  await page.getByLabel('Tên đăng nhập').fill('thuvien');
  await page.getByLabel('Mật khẩu hoặc mã PIN').fill(ROLES.thuvien);
  await page.locator('main').getByRole('button', { name: 'Đăng nhập', exact: true }).click();
  await page.getByRole('heading', { level: 1, name: 'Biên mục nhan đề mới' }).waitFor();
  assert.equal(new URL(page.url()).pathname, '/catalogue/new');
});

test('without script too', async () => {
  const page = await freshPage({ script: false });
  await page.goto('/sign-in');
  await page.getByLabel('Tên đăng nhập').fill('hocsinh');
  await page.getByLabel('Mật khẩu hoặc mã PIN').fill(ROLES.hocsinh);
  await page.locator('main').getByRole('button', { name: 'Đăng nhập', exact: true }).click();
  await page.getByRole('heading', { name: 'Đang chờ bạn' }).waitFor();
  await page.getByRole('button', { name: 'Đăng xuất' }).click();
  await signedOut(page);
});

for (const language of ['vi', 'en']) {
  test(`a wrong password is explained and the name is kept (${language})`, async () => {
    const page = await freshPage({ language });
    await page.goto('/sign-in');
    await page.locator('main input[name=name]').last().fill('thuvien');
    await page.locator('input[name=secret]').fill('ke-sach-tang-3');
    await page.locator('main form[action="/sign-in"] button').click();
    const alert = page.getByRole('alert').first();
    assert.match(await alert.innerText(), language === 'vi' ? /chưa đúng/ : /is not right/);
    assert.equal(await page.locator('form[action="/sign-in"] input[name=name]').inputValue(), 'thuvien');
    assert.equal(await page.locator('input[name=secret]').inputValue(), '');
    assert.equal(await page.locator('form[data-sign-out]').count(), 0);
  });
}

test('an unknown name is answered as a wrong password is', async () => {
  const page = await freshPage();
  const answers = [];
  for (const name of ['thuvien', 'khong.co.ai']) {
    await page.goto('/sign-in');
    await page.getByLabel('Tên đăng nhập').fill(name);
    await page.getByLabel('Mật khẩu hoặc mã PIN').fill('sai-hoan-toan');
    await page.locator('main form[action="/sign-in"] button').click();
    answers.push(await page.getByRole('alert').first().innerText());
  }
  assert.equal(answers[0], answers[1]);
});

for (const role of Object.keys(ROLES)) {
  test(`one click enters as ${role}, and out again`, async () => {
    const page = await freshPage();
    await enterAs(page, role);
    const name = await reader(page);
    assert.ok(name.trim().length > 3);
    await page.goto('/me');
    assert.ok((await page.locator('main').innerText()).includes(name.trim()));
    const menu = await page.locator('nav.menu a').allInnerTexts();
    assert.equal(menu.includes('Biên mục'), ['quantri', 'thuvien'].includes(role), menu.join(', '));
    assert.equal(menu.includes('Quản trị'), role === 'quantri', menu.join(', '));
    assert.equal(menu.includes('Người và lớp'), ['quantri', 'hieutruong', 'giaovien', 'totruong'].includes(role), menu.join(', '));
    await page.locator('form[data-sign-out] button').click();
    await signedOut(page);
    await page.goto('/me');
    assert.match(page.url(), /\/sign-in/);
  });
}

test('what a role may not do is refused by address too', async () => {
  const page = await freshPage();
  await enterAs(page, 'hocsinh');
  for (const path of ['/catalogue/new', '/catalogue/import', '/admin', '/people', '/people/import']) {
    const reply = await page.goto(path);
    assert.equal(reply.status(), 403, path);
    assert.match(await page.locator('main').innerText(), /không có quyền/i, path);
  }
});

test('the cards of 8A1 are printed by its teacher, and one opens the station', async () => {
  const teacher = await freshPage();
  await enterAs(teacher, 'giaovien');
  await openClass(teacher, '8A1');
  await confirm(teacher, 'Cấp thẻ QR cho cả lớp');
  const cards = teacher.locator('.tickets li');
  await cards.first().waitFor();
  assert.ok((await cards.count()) > 20);
  const name = await cards.nth(3).locator('strong').innerText();
  const address = await scan(teacher, cards.nth(3).locator('svg'));
  assert.match(address, /^http:\/\/[^/]+\/card#[\w-]{20,}$/);

  const telephone = await freshPage({ width: 360, height: 740 });
  await telephone.goto(address);
  await telephone.locator('form[data-sign-out]').waitFor();
  assert.equal((await reader(telephone)).trim(), name.trim());
  assert.ok(!telephone.url().includes('#'), 'the secret is not left in the address');
  await telephone.goto('/me');
  assert.match(await telephone.locator('main').innerText(), /Bằng thẻ/);

  // A new print stops the old cards.
  await openClass(teacher, '8A1');
  await confirm(teacher, 'Cấp thẻ QR cho cả lớp');
  await cards.first().waitFor();
  const late = await freshPage();
  await late.goto(address);
  await late.getByRole('alert').first().waitFor();
  assert.equal(await late.locator('form[data-sign-out]').count(), 0);
});

test('a teacher reaches no class of others', async () => {
  const page = await freshPage();
  await enterAs(page, 'quantri');
  await openClass(page, '7A2');
  const other = page.url();
  const teacher = await freshPage();
  await enterAs(teacher, 'giaovien');
  await teacher.goto('/people');
  const seen = await teacher.locator('main .card a').allInnerTexts();
  assert.ok(seen.includes('8A1'), seen.join(', '));
  if (!seen.includes('7A2')) {
    assert.equal((await teacher.goto(other)).status(), 403);
  }
});

test('card and PIN together are more than the card', async () => {
  const page = await freshPage();
  await enterAs(page, 'quantri');
  await openClass(page, '7A1');
  await confirm(page, 'Cấp thẻ QR cho cả lớp');
  await page.locator('.tickets li').first().waitFor();
  const name = (await page.locator('.tickets li strong').nth(5).innerText()).trim();
  const secret = (await scan(page, page.locator('.tickets li svg').nth(5))).split('#')[1];
  await openClass(page, '7A1');
  await confirm(page, 'Cấp lại mã PIN cho cả lớp');
  const pins = page.locator('.tickets li');
  await pins.first().waitFor({ timeout: 60_000 });
  assert.equal((await pins.nth(5).locator('strong').innerText()).trim(), name);
  const pin = (await pins.nth(5).locator('.pin').innerText()).trim();
  assert.match(pin, /^\d{6}$/);

  const pupil = await freshPage();
  await pupil.goto('/card');
  await pupil.getByLabel('Mã trên thẻ').fill(secret);
  await pupil.getByLabel('Mã PIN').fill(pin === '000000' ? '000001' : '000000');
  await pupil.locator('main form button[type=submit]').click();
  assert.match(await pupil.getByRole('alert').first().innerText(), /chưa đúng/);
  await pupil.getByLabel('Mã trên thẻ').fill(secret);
  await pupil.getByLabel('Mã PIN').fill(pin);
  await pupil.locator('main form button[type=submit]').click();
  await pupil.locator('form[data-sign-out]').waitFor();
  assert.equal((await reader(pupil)).trim(), name);
  await pupil.goto('/me');
  assert.match(await pupil.locator('main').innerText(), /Bằng mã PIN/);
});

test('a scanner that types through a Vietnamese keyboard still opens a card', async () => {
  const page = await freshPage();
  await page.goto('/card');
  const field = page.getByLabel('Mã trên thẻ');
  // What UniKey makes of "AAb3dd9soof" when a scanner types it.
  await field.fill('Âb3đ9sồ');
  await field.dispatchEvent('change');
  assert.equal(await field.inputValue(), 'AAb3dd9soof');
});

test('a lesson: the teacher writes a code on the board, the class comes in', async () => {
  const teacher = await freshPage();
  await enterAs(teacher, 'giaovien');
  await openClass(teacher, '8A1');
  await teacher.getByLabel('Số phút').selectOption('45');
  await teacher.getByRole('button', { name: 'Cho lớp vào' }).click();
  await teacher.getByText('Viết mã này lên bảng').waitFor();
  const code = (await teacher.locator('h1').innerText()).trim();
  assert.match(code, /^\d{6}$/);
  const address = /http\S+\/lesson/.exec(await teacher.locator('main').innerText());
  assert.ok(address, 'the page says where the class goes');

  const pupil = await freshPage({ script: false });
  await pupil.goto('/lesson');
  await pupil.getByLabel('Mã sáu chữ số').fill(code === '111111' ? '111112' : '111111');
  await pupil.locator('main form button[type=submit]').click();
  await pupil.getByRole('alert').first().waitFor();
  await pupil.getByLabel('Mã sáu chữ số').fill(code);
  await pupil.getByRole('button', { name: 'Tiếp tục' }).click();
  const choices = pupil.locator('label.choice');
  await choices.first().waitFor();
  assert.ok((await choices.count()) > 20);
  const name = (await choices.nth(7).innerText()).trim();
  await choices.nth(7).click();
  await pupil.locator('main').getByRole('button', { name: 'Đăng nhập', exact: true }).click();
  await pupil.locator('form[data-sign-out]').waitFor();
  assert.equal((await reader(pupil)).trim(), name);
});

test('a shared computer asks after nine minutes and signs out after ten', async () => {
  const page = await freshPage();
  await page.clock.install();
  await page.goto('/sign-in');
  await page.getByLabel('Tên đăng nhập').fill('hocsinh');
  await page.getByLabel('Mật khẩu hoặc mã PIN').fill(ROLES.hocsinh);
  assert.equal(await page.getByLabel('Đây là máy dùng chung').isChecked(), true, 'shared is what is assumed');
  await page.locator('main form[action="/sign-in"] button').click();
  await page.locator('form[data-sign-out]').waitFor();
  await page.clock.runFor('09:10');
  const box = page.locator('.warn-box');
  assert.match(await box.innerText(), /tự đăng xuất/);
  await box.getByRole('button', { name: 'Tôi vẫn đang dùng' }).click();
  assert.equal(await box.count(), 0);
  await page.clock.runFor('05:00');
  assert.equal(await box.count(), 0, 'the clock began anew');
  await page.clock.runFor('05:10');
  await signedOut(page);
  await page.goto('/me');
  assert.match(page.url(), /\/sign-in/);
});

test('after signing out, "back" shows nothing of the session', async () => {
  const page = await freshPage();
  await enterAs(page, 'giaovien');
  await openClass(page, '8A1');
  const name = (await page.locator('td').nth(1).innerText()).trim();
  await page.locator('form[data-sign-out] button').click();
  await signedOut(page);
  await page.goBack();
  assert.ok(!(await page.locator('body').innerText()).includes(name));
});

test('a form of another site changes nothing', async () => {
  const page = await freshPage();
  await enterAs(page, 'quantri');
  const reply = await page.request.post(`${DEMO}/sign-out`, { headers: { origin: 'https://evil.example' }, form: {} });
  assert.equal(reply.status(), 403);
  const without = await page.request.post(`${DEMO}/sign-out`, { headers: { origin: DEMO }, form: {} });
  assert.equal(without.status(), 403, 'a form without the host’s token');
  await page.goto('/me');
  assert.match(await page.locator('h1').innerText(), /Tài khoản/);
});

test('re-issuing the PINs of 8A1 leaves the one-click pupil of that class in', async () => {
  const teacher = await freshPage();
  await enterAs(teacher, 'giaovien');
  await openClass(teacher, '8A1');
  await confirm(teacher, 'Cấp lại mã PIN cho cả lớp');
  await teacher.locator('.tickets li').first().waitFor({ timeout: 60_000 });
  const line = await teacher.locator('.tickets li').filter({ hasText: 'Tên đăng nhập: hocsinh' }).first();
  const pin = (await line.locator('.pin').innerText()).trim();
  const name = (await line.locator('strong').innerText()).trim();
  const pupil = await freshPage();
  await enterAs(pupil, 'hocsinh');
  assert.equal((await reader(pupil)).trim(), name);
  // By name it is the new PIN, as in a real school.
  const typed = await freshPage();
  for (const [secret, enters] of [[ROLES.hocsinh, false], [pin, true]]) {
    await typed.goto('/sign-in');
    await typed.getByLabel('Tên đăng nhập').fill('hocsinh');
    await typed.getByLabel('Mật khẩu hoặc mã PIN').fill(secret);
    await typed.locator('main form[action="/sign-in"] button').click();
    await typed.locator(enters ? 'form[data-sign-out]' : 'main [role=alert]').first().waitFor();
  }
});
