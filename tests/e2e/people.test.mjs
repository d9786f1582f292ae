// People by hand, roles and rights as data, who has seen what, the station's names and
// connections: what the office and the administrator do after the first day.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertAccessible } from './lib/axe.mjs';
import { DEMO, assertFits, freshPage, useBrowser } from './lib/browser.mjs';
import { confirm, enterAs, openClass } from './lib/station.mjs';

useBrowser();

async function addPupil(page, { name, birth, class: className = '7A1' }) {
  await openClass(page, className);
  await page.getByRole('link', { name: 'Thêm một người' }).click();
  await page.locator('input[name=name]').fill(name);
  await page.locator('input[name=birth]').fill(birth);
  await page.locator('input[name=from]').fill('2026-09-05');
}

const save = (page) => page.getByRole('button', { name: 'Lưu thông tin' }).click();

test('a pupil is added to a class, with a guardian, and corrected', async () => {
  const page = await freshPage();
  await enterAs(page, 'quantri');
  await addPupil(page, { name: 'Đặng Thị Thử Nghiệm', birth: '2013-02-03' });
  assert.equal(await page.locator('select[name=class] option:checked').innerText(), '7A1 (2026-2027)');
  await page.locator('input[name=g1-name]').fill('Đặng Văn Cha');
  await page.locator('select[name=g1-relation]').selectOption('cha');
  await page.locator('input[name=g1-phone]').fill('0912 345 678');
  await save(page);
  await page.getByRole('heading', { level: 1, name: 'Đặng Thị Thử Nghiệm' }).waitFor();
  const text = await page.locator('main').innerText();
  for (const words of ['03/02/2013', 'Đặng Văn Cha, cha, 0912 345 678', '7A1 2026-2027', '05/09/2026']) {
    assert.ok(text.includes(words), `${words}:\n${text}`);
  }
  await assertAccessible(page, 'a person');
  await page.getByRole('link', { name: 'Sửa thông tin' }).click();
  await page.locator('input[name=name]').fill('Đặng Thị Thử Nghiêm');
  await page.locator('select[name=class]').selectOption({ label: '7A2 (2026-2027)' });
  await page.locator('input[name=from]').fill('2026-11-02');
  await save(page);
  await page.getByRole('heading', { level: 1, name: 'Đặng Thị Thử Nghiêm' }).waitFor();
  const rows = await page.locator('table tbody tr').evaluateAll((all) => all.map((row) => [...row.cells].map((cell) => cell.innerText.trim())));
  assert.deepEqual(rows.map(([group, , from, to]) => [group, from, to]), [['7A2 2026-2027', '02/11/2026', ''], ['7A1 2026-2027', '05/09/2026', '01/11/2026']]);
  await openClass(page, '7A2');
  assert.ok((await page.locator('main').innerText()).includes('Đặng Thị Thử Nghiêm'));
});

test('a double is noticed and offered, and added only when it is somebody else', async () => {
  const page = await freshPage();
  await enterAs(page, 'quantri');
  for (const [turn, birth] of [['first', '2013-05-06'], ['second', '2013-05-06']]) {
    await addPupil(page, { name: 'Hồ Thị Thuý Trùng', birth });
    await save(page);
    if (turn === 'first') { await page.getByRole('heading', { level: 1, name: 'Hồ Thị Thuý Trùng' }).waitFor(); }
  }
  await page.getByText('Có thể người này đã có trong danh sách').waitFor();
  assert.equal(await page.locator('input[name=name]').inputValue(), 'Hồ Thị Thuý Trùng', 'what was typed stays');
  await page.getByRole('link', { name: 'Hồ Thị Thuý Trùng, 7A1, 06/05/2013' }).waitFor();
  await assertAccessible(page, 'the offer of a double');
  await page.getByLabel('Đây là người khác, vẫn thêm mới').check();
  await save(page);
  await page.getByRole('heading', { level: 1, name: 'Hồ Thị Thuý Trùng' }).waitFor();
  await openClass(page, '7A1');
  assert.equal(await page.getByRole('link', { name: 'Hồ Thị Thuý Trùng', exact: true }).count(), 2);
});

test('what is wrong is said at its field, at phone width too', async () => {
  const page = await freshPage({ width: 360, height: 740 });
  await enterAs(page, 'quantri');
  await page.goto('/people/new');
  await assertFits(page, 'the form of a person');
  await page.locator('input[name=name]').fill('Trần Tương Lai');
  await page.locator('input[name=birth]').fill('2099-01-01');
  await save(page);
  await page.locator('input[name=birth][aria-invalid]').waitFor();
  assert.match(await page.locator('.field:has(input[name=birth]) .error').innerText(), /còn ở tương lai/);
  assert.equal(await page.locator('input[name=name]').inputValue(), 'Trần Tương Lai');
});

test('only who manages people adds one; a teacher sees the own class', async () => {
  const page = await freshPage();
  await enterAs(page, 'giaovien');
  assert.equal((await page.goto('/people/new')).status(), 403);
  await openClass(page, '8A1');
  await page.locator('tbody tr td:nth-child(2) a').first().click();
  assert.match(await page.locator('main').innerText(), /Ngày sinh/);
  const mine = page.url();
  assert.equal((await page.goto(`${mine}/edit`)).status(), 403);
  const pupil = await freshPage();
  await enterAs(pupil, 'hocsinh');
  assert.equal((await pupil.goto(mine)).status(), 403);
  for (const path of ['/people/roles', '/people/reads', '/admin/station', '/people/new']) {
    assert.equal((await pupil.goto(path)).status(), 403, path);
  }
});

test('a duty is given and ended', async () => {
  const page = await freshPage();
  await enterAs(page, 'quantri');
  await page.goto('/people/staff');
  await page.locator('main td a').nth(9).click();
  await page.getByText('Thêm phân công hoặc tổ').click();
  await page.locator('select[name=group]').selectOption({ label: '7A2 (2026-2027)' });
  await page.locator('select[name=role]').selectOption('teacher');
  await page.locator('input[name=subject]:not([type=hidden])').fill('Cờ vua');
  await page.locator('input[name=from]:not([type=hidden])').fill('2026-09-05');
  await page.getByRole('button', { name: 'Thêm', exact: true }).click();
  await page.getByText('Giáo viên bộ môn: Cờ vua').waitFor();
  const row = page.locator('tbody tr').filter({ hasText: 'Cờ vua' });
  assert.equal((await row.locator('td').nth(3).innerText()).trim(), '');
  await page.locator('details.confirm', { hasText: 'Kết thúc: 7A2' }).last().locator('summary').click();
  await page.locator('details.confirm[open] button[type=submit]').click();
  await page.waitForURL(/said=saved/);
  assert.match(await row.locator('td').nth(3).innerText(), /\d\d\/\d\d\/20\d\d/);
});

test('who has seen a pupil’s date of birth stands in the read log', async () => {
  const teacher = await freshPage();
  await enterAs(teacher, 'giaovien');
  const name = (await teacher.locator('header .who a[href="/me"]').innerText()).trim();
  await openClass(teacher, '8A1');
  await teacher.locator('tbody tr td:nth-child(2) a').first().click();
  const pupil = (await teacher.locator('h1').innerText()).trim();
  const head = await freshPage();
  await enterAs(head, 'hieutruong');
  await head.goto(`/people/reads?person=${teacher.url().split('/').at(-1)}`);
  await head.getByRole('heading', { level: 1, name: `Ai đã xem thông tin của ${pupil}` }).waitFor();
  const first = await head.locator('tbody tr').first().innerText();
  assert.ok(first.includes(name) && first.includes('Ngày sinh') && first.includes(pupil), first);
  const all = await head.locator('tbody tr').allInnerTexts();
  assert.ok(all.some((row) => /và \d+ người khác/.test(row)), 'the list of the class is one line');
  // The pupil may ask for himself.
  const own = await freshPage();
  await enterAs(own, 'hocsinh');
  await own.goto('/me');
  await own.getByRole('link', { name: 'Ai đã xem thông tin của tôi' }).click();
  assert.ok((await own.locator('tbody').innerText()).includes(name));
  assert.equal((await own.goto('/people/reads')).status(), 403);
});

test('a right is given to a role, told to its holder, and taken again', async () => {
  const page = await freshPage();
  await enterAs(page, 'quantri');
  await page.goto('/people/roles');
  await page.getByRole('link', { name: 'Cán bộ thư viện' }).click();
  assert.ok((await page.locator('main').innerText()).includes('Biên mục'), 'rights in words');
  await page.locator('select[name=permission]').selectOption('people.read');
  await page.locator('select[name=relation]').selectOption('class-taught');
  await page.getByRole('button', { name: 'Thêm quyền' }).click();
  await page.getByText('Xem danh sách người và lớp (lớp mình chủ nhiệm hoặc dạy)').first().waitFor();
  const librarian = await freshPage();
  await enterAs(librarian, 'thuvien');
  await librarian.goto('/');
  await librarian.getByRole('link', { name: /Quyền của vai trò “Cán bộ thư viện” đã thay đổi/ }).first().click();
  assert.ok((await librarian.locator('nav.menu').innerText()).includes('Người và lớp'));
  await librarian.getByText('Cán bộ thư viện', { exact: true }).click();
  assert.ok((await librarian.locator('main').innerText()).includes('lớp mình chủ nhiệm hoặc dạy'));
  await librarian.getByRole('button', { name: 'Tôi đã xem' }).click();
  await librarian.waitForURL(/\/me$/);
  assert.equal(await librarian.getByRole('button', { name: 'Tôi đã xem' }).count(), 0);
  await page.getByText('Bỏ bớt quyền').click();
  await confirm(page, 'Bỏ: Xem danh sách người và lớp (lớp mình chủ nhiệm hoặc dạy)');
  await page.waitForURL(/said=saved/);
  assert.ok(!(await page.locator('ol.steps').innerText()).includes('Xem danh sách người và lớp'));
  await librarian.goto('/');
  assert.ok(!(await librarian.locator('nav.menu').innerText()).includes('Người và lớp'));
});

test('a role of the school’s own; the administrators keep what undoes mistakes', async () => {
  const page = await freshPage();
  await enterAs(page, 'quantri');
  await page.goto('/people/roles');
  await page.locator('input[name=name]').fill('Y tế học đường');
  await page.getByRole('button', { name: 'Tạo vai trò' }).click();
  await page.getByRole('heading', { level: 1, name: 'Y tế học đường' }).waitFor();
  await page.locator('select[name=person]').selectOption({ index: 3 });
  await page.getByRole('button', { name: 'Giao vai trò' }).click();
  await page.waitForURL(/said=saved/);
  assert.equal(await page.locator('main .card').count(), 1);
  await assertAccessible(page, 'a role');
  await page.goto('/people/roles/administrator');
  await page.getByText('Bỏ bớt quyền').click();
  await confirm(page, 'Bỏ: Cấp tài khoản, vai trò và quyền (tất cả)');
  await page.getByText('không ai cấp lại được').waitFor();
});

test('names and the way of signing in are changed later', async () => {
  const page = await freshPage();
  await enterAs(page, 'quantri');
  await page.goto('/admin');
  await page.getByRole('link', { name: 'Tên, kết nối của trạm' }).click();
  await page.getByLabel('Tên khác của máy chủ').fill('thư-viện.vn');
  await page.getByRole('button', { name: 'Lưu', exact: true }).click();
  assert.match(await page.locator('.field:has(textarea) .error').innerText(), /không phải là tên máy/);
  await page.getByLabel('Tên khác của máy chủ').fill('https://thuvien.huongdua.example/');
  await page.getByLabel('Trường có tên miền và chứng chỉ riêng').check();
  await page.getByRole('button', { name: 'Lưu', exact: true }).click();
  await page.getByText('cần chứng chỉ của trường').first().waitFor();
  await page.getByLabel(/Mọi người bắt buộc dùng https/).check();
  await page.getByRole('button', { name: 'Lưu', exact: true }).click();
  await page.getByText('Đã lưu.').waitFor();
  assert.equal(await page.getByLabel('Tên khác của máy chủ').inputValue(), 'thuvien.huongdua.example');
  const named = await page.request.get(`${DEMO}/healthz`, { headers: { host: 'thuvien.huongdua.example' } });
  assert.equal(named.status(), 200);
  await page.getByLabel(/Cán bộ, giáo viên bắt buộc dùng https/).check();
  await page.getByRole('button', { name: 'Lưu', exact: true }).click();
  await page.getByText('Đã lưu.').waitFor();
});

/** Names of the persons who are found, in order. */
async function found(page, typed) {
  await page.goto('/people');
  await page.getByRole('searchbox', { name: 'Tìm người theo tên' }).fill(typed);
  await page.locator('form.search[action="/people"] button').click();
  await page.waitForURL(/\/people\?q=/);
  return (await page.locator('main .card h2').allInnerTexts()).map((name) => name.trim());
}

test('a person is found by name as it is typed, by code and by sign-in name, without script too', async () => {
  const page = await freshPage({ script: false });
  await enterAs(page, 'quantri');
  await addPupil(page, { name: 'Đặng Ngọc Thuỷ Tiên', birth: '2013-04-05' });
  await page.locator('input[name=code]').fill('HS-TIM-01');
  await save(page);
  await addPupil(page, { name: 'Dang Ngoc Thuy', birth: '2013-04-06' });
  await save(page);
  await page.getByRole('heading', { level: 1, name: 'Dang Ngoc Thuy' }).waitFor();
  for (const typed of ['thuy dang tien', 'Đặng Ngọc Thủy Tiên', 'ĐẶNG THUỶ TIÊN', 'tiên thuỷ ngọc đặng'.normalize('NFD'), 'hs-tim-01']) {
    assert.deepEqual(await found(page, typed), ['Đặng Ngọc Thuỷ Tiên'], typed);
  }
  assert.equal(await page.getByRole('searchbox', { name: 'Tìm người theo tên' }).inputValue(), 'hs-tim-01', 'what was typed stays');
  assert.ok((await page.locator('main .card').innerText()).includes('Học sinh 7A1'));
  assert.deepEqual(await found(page, 'đặng ngọc thuỷ'), ['Đặng Ngọc Thuỷ Tiên', 'Dang Ngoc Thuy'], 'the marks that were typed first');
  assert.deepEqual(await found(page, 'dang ngoc thuy'), ['Dang Ngoc Thuy', 'Đặng Ngọc Thuỷ Tiên']);
  await found(page, 'giaovien');
  assert.ok((await page.locator('main .card').innerText()).includes('Tên đăng nhập: giaovien'));
  await page.locator('main .card a').click();
  assert.match(new URL(page.url()).pathname, /^\/people\/person\//);
  assert.deepEqual(await found(page, 'khongcoaitenthe'), []);
  assert.match(await page.locator('main').innerText(), /Không tìm thấy ai với “khongcoaitenthe”/);
});

test('many are found in parts that say how many there are', async () => {
  const page = await freshPage();
  await enterAs(page, 'quantri');
  const first = await found(page, 'n');
  assert.equal(first.length, 50);
  const text = await page.locator('main').innerText();
  const total = Number(/Tìm thấy (\d+) người/.exec(text)[1]);
  assert.ok(total > 100 && text.includes(`1–50 trong ${total} người`), text.slice(0, 300));
  await assertAccessible(page, 'persons who were found');
  await page.getByRole('link', { name: 'Trang sau' }).click();
  await page.waitForURL(/page=2/);
  const second = await page.locator('main .card h2').allInnerTexts();
  assert.ok(second.length > 0 && !first.includes(second[0].trim()) && (await page.locator('main').innerText()).includes('51–'));
  const phone = await freshPage({ width: 320, height: 640 });
  await enterAs(phone, 'quantri');
  await found(phone, 'nguyen');
  await assertFits(phone, 'persons who were found');
});

test('a teacher finds the own classes’ people alone, a pupil nobody', async () => {
  const office = await freshPage();
  await enterAs(office, 'quantri');
  await addPupil(office, { name: 'Quách Kín Đáo', birth: '2013-07-08', class: '7A2' });
  await save(office);
  assert.deepEqual(await found(office, 'quach kin'), ['Quách Kín Đáo']);
  const teacher = await freshPage();
  await enterAs(teacher, 'giaovien');
  const own = await teacher.goto('/people').then(() => teacher.locator('main .card a').allInnerTexts());
  assert.ok(!own.includes('7A2'), own.join(', '));
  assert.deepEqual(await found(teacher, 'quach kin'), []);
  assert.ok((await found(teacher, 'nguyen')).length > 0);
  const pupil = await freshPage();
  await enterAs(pupil, 'hocsinh');
  assert.equal((await pupil.goto('/people?q=quach')).status(), 403);
});

test('a class is made and renamed; what is wrong is said at its field', async () => {
  const page = await freshPage({ width: 360, height: 740 });
  await enterAs(page, 'quantri');
  await page.goto('/people');
  await page.getByRole('link', { name: 'Thêm lớp hoặc tổ' }).click();
  await assertFits(page, 'the form of a class');
  await assertAccessible(page, 'the form of a class');
  const name = page.locator('input[name=name]');
  const wrong = (field) => page.locator(`.field:has(input[name=${field}]) .error`);
  const make = () => page.getByRole('button', { name: 'Thêm', exact: true }).click();
  await name.fill(' 7a1 ');
  await page.locator('input[name=year]').fill('2026-2027');
  await make();
  assert.match(await wrong('name').innerText(), /Năm học 2026-2027 đã có “7a1”/);
  assert.equal(await name.inputValue(), '7a1', 'what was typed stays');
  await name.fill('7'.repeat(61));
  await make();
  assert.match(await wrong('name').innerText(), /quá dài/);
  await name.fill('7A9');
  await page.locator('input[name=year]').fill('2026');
  await make();
  assert.match(await wrong('year').innerText(), /2026-2027/);
  await page.locator('input[name=year]').fill('2026-2027');
  await make();
  await page.getByRole('heading', { level: 1, name: '7A9' }).waitFor();
  await page.getByRole('link', { name: 'Đổi tên' }).click();
  assert.equal(await name.inputValue(), '7A9');
  await name.fill('7A2');
  await page.getByRole('button', { name: 'Lưu tên' }).click();
  assert.match(await wrong('name').innerText(), /đã có “7A2”/);
  await name.fill('7A10');
  await page.getByRole('button', { name: 'Lưu tên' }).click();
  await page.getByRole('heading', { level: 1, name: '7A10' }).waitFor();
  const address = new URL(page.url()).pathname;
  await page.goto('/people');
  const classes = await page.locator('main .card h3').allInnerTexts();
  assert.ok(classes.indexOf('7A10') > classes.indexOf('7A2') && !classes.includes('7A9'), classes.join(', '));
  // With the right to import alone.
  const teacher = await freshPage();
  await enterAs(teacher, 'giaovien');
  for (const path of ['/people/groups/new', `${address}/edit`]) {
    assert.equal((await teacher.goto(path)).status(), 403, path);
  }
  await openClass(teacher, '8A1');
  assert.equal(await teacher.getByRole('link', { name: 'Đổi tên' }).count(), 0);
});

test('who has seen what is read on a phone without scrolling sideways', async () => {
  const teacher = await freshPage();
  await enterAs(teacher, 'giaovien');
  await openClass(teacher, '8A1');
  for (const width of [360, 320]) {
    const page = await freshPage({ width, height: 740 });
    await enterAs(page, 'hieutruong');
    await page.goto('/people/reads');
    await assertFits(page, `who has seen (${width})`);
    const [inner, outer] = await page.locator('.scroll').evaluate((box) => [box.scrollWidth, box.clientWidth]);
    assert.ok(inner <= outer, `the table is ${inner} px wide in ${outer} px`);
    assert.equal(await page.getByRole('row').count() > 1, true, 'still a table for those who hear it');
    const cell = page.getByRole('cell').nth(2);
    assert.match(await cell.evaluate((td) => getComputedStyle(td, '::before').content), /Thông tin/);
    await assertAccessible(page, `who has seen (${width})`);
  }
});

test('the start page suggests, and never while a syllable is composed', async () => {
  const page = await freshPage();
  await page.goto('/');
  const asked = [];
  page.on('request', (request) => { if (request.url().includes('/search/suggest')) { asked.push(new URL(request.url()).searchParams.get('q')); } });
  const field = page.locator('main input[type=search]');
  await field.focus();
  await field.evaluate((input) => {
    const set = (value, data) => {
      input.value = value;
      input.dispatchEvent(new InputEvent('input', { bubbles: true, isComposing: true, data, inputType: 'insertCompositionText' }));
    };
    input.dispatchEvent(new CompositionEvent('compositionstart', { bubbles: true, data: '' }));
    for (const step of ['đ', 'đa', 'đâ', 'đất']) {
      input.dispatchEvent(new CompositionEvent('compositionupdate', { bubbles: true, data: step }));
      set(step, step);
    }
  });
  await page.waitForTimeout(900);
  assert.deepEqual(asked, [], 'nothing is asked while a syllable is composed');
  await field.evaluate((input) => input.dispatchEvent(new CompositionEvent('compositionend', { bubbles: true, data: 'đất' })));
  await page.locator('.suggestions li').first().waitFor();
  assert.deepEqual(asked, ['đất'], 'once, when it is whole');
  const words = await page.locator('.suggestions li').allInnerTexts();
  assert.ok(words.some((word) => /đất/i.test(word)), words.join(', '));
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/search\?q=/);
});
