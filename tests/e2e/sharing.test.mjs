// Two schools share: they get to know each other's keys, one sends a package, the other
// checks it, takes it, and refuses what was changed, what is foreign, what is old.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { assertFits, DEMO, freshPage, useBrowser, WIDTHS } from './lib/browser.mjs';
import { assertAccessible } from './lib/axe.mjs';
import { confirm, enterAs } from './lib/station.mjs';

useBrowser();

const OTHER = process.env.TRAM_OTHER_URL;
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tram-goi-'));
const shots = process.env.TRAM_SHOTS;
const shot = (page, name) => (shots ? page.screenshot({ path: path.join(shots, `${name}.png`), fullPage: true }) : null);
const main = (page) => page.locator('main').innerText();
/** What is taken is named by its title, which must not be in the repository already. */
const chosen = 2;

/** Makes a package of the first items that may be shared; answers its bytes. */
async function pack(page) {
  await page.goto('/materials/share/new');
  const boxes = page.locator('main input[type=checkbox][name^="item-"]');
  assert.ok((await boxes.count()) >= chosen, 'the demonstration school has something to share');
  for (let at = 0; at < chosen; at += 1) { await boxes.nth(at).check(); }
  await page.getByLabel('Tên gói').fill('Học liệu dùng chung');
  await page.getByRole('button', { name: 'Đóng gói' }).click();
  await page.waitForURL(/\/materials\/share$/);
  const link = page.locator('main a[href*="share/packages/"]').first();
  await link.waitFor({ timeout: 30_000 });
  const [download] = await Promise.all([page.waitForEvent('download'), link.click()]);
  const file = path.join(folder, 'goi.goi');
  await download.saveAs(file);
  return fs.readFileSync(file);
}

/** Brings a package to a station; the page that says what it thinks of it. */
async function bring(page, bytes, name = 'goi.goi') {
  const file = path.join(folder, name);
  fs.writeFileSync(file, bytes);
  await page.goto('/materials/share');
  await page.locator('main input[type=file]').setInputFiles(file);
  await page.getByRole('button', { name: 'Kiểm tra gói' }).click();
  await page.waitForURL(/\/share\/in\//, { timeout: 30_000 });
  await page.getByText(/Gói bị từ chối|Gói nguyên vẹn/).first().waitFor({ timeout: 30_000 });
  return main(page);
}

test('a package goes from one school to the other', { skip: OTHER ? false : 'no second station' }, async () => {
  const ours = await freshPage({ base: DEMO });
  const theirs = await freshPage({ base: OTHER });
  await enterAs(ours, 'quantri');
  await enterAs(theirs, 'quantri');
  const bytes = await pack(ours);
  await shot(ours, 'share-packed');
  assert.equal(bytes.subarray(0, 7).toString(), 'tramgoi');

  // Nobody knows the school yet.
  assert.match(await bring(theirs, bytes), /chưa có trong danh sách “Trường bạn”/);
  await shot(theirs, 'share-foreign');

  // Its card is pasted, its code compared by telephone.
  await ours.goto('/admin/stations');
  await assertAccessible(ours, 'partner schools');
  const card = (await ours.locator('.own-card .code').innerText()).trim();
  const code = (await ours.locator('.own-card .fingerprint').innerText()).trim();
  assert.match(code, /^(\d{5} ){5}\d{5}$/);
  await shot(ours, 'stations-own');
  await theirs.goto('/admin/stations');
  await theirs.getByLabel('Mã trường của trường bạn').fill(card.replace(/.$/, '?'));
  await theirs.getByRole('button', { name: 'Xem và so mã' }).click();
  assert.match(await main(theirs), /bị thiếu hoặc sai vài ký tự/);
  await theirs.getByLabel('Mã trường của trường bạn').fill(`Mã trường mình đây:\n${card}`);
  await theirs.getByRole('button', { name: 'Xem và so mã' }).click();
  assert.ok((await main(theirs)).includes(code), 'both see the same code');
  await shot(theirs, 'stations-compare');
  await theirs.getByLabel('Tên trường bạn').fill('THCS Rạch Miễu (trường bạn)');
  await theirs.getByLabel(/Tôi đã gọi điện/).check();
  await theirs.getByRole('button', { name: 'Thêm vào danh sách' }).click();
  assert.match(await main(theirs), /Đã thêm trường bạn/);
  assert.match(await main(theirs), /THCS Rạch Miễu \(trường bạn\)/);
  for (const width of WIDTHS) {
    await theirs.setViewportSize({ width, height: 900 });
    await assertFits(theirs, `partner schools at ${width}`);
  }
  await theirs.setViewportSize({ width: 1280, height: 900 });
  await shot(theirs, 'stations-list');

  // A flipped bit anywhere: the list, the key, the signature, the last file.
  for (const at of [20, 300, bytes.length - 1]) {
    const broken = Buffer.from(bytes);
    broken[at] ^= 1;
    assert.match(await bring(theirs, broken, 'hong.goi'), /Gói bị từ chối/, `byte ${at}`);
  }
  assert.match(await bring(theirs, bytes.subarray(0, bytes.length - 9), 'cut.goi'), /thiếu phần cuối/);

  // The whole one is listed, taken, and waits for review with its origin shown.
  const listed = await bring(theirs, bytes);
  assert.match(listed, /đúng chữ ký của THCS Rạch Miễu \(trường bạn\)/);
  await assertAccessible(theirs, 'what is in a package');
  await shot(theirs, 'share-listed');
  assert.equal(await theirs.locator('main input[name^="take-"]').count(), chosen);
  await theirs.getByLabel(/Tổ chuyên môn duyệt/).selectOption({ index: 1 });
  await theirs.getByRole('button', { name: 'Nhận và chuyển tổ duyệt' }).click();
  await theirs.getByText(/Đã nhận 2 học liệu từ THCS Rạch Miễu/).waitFor({ timeout: 30_000 });
  await shot(theirs, 'share-taken');
  await theirs.locator('main a[href*="/items/"]').first().click();
  assert.match(await main(theirs), /Nhận từ\s+THCS Rạch Miễu \(trường bạn\)/);
  await shot(theirs, 'share-item');

  // The same again has nothing new.
  assert.match(await bring(theirs, bytes), /không có gì mới để nhận/);
  assert.match(await main(theirs), /đã nhận rồi/);

  // A school that is removed is foreign again.
  await theirs.goto('/admin/stations');
  await confirm(theirs, 'Xoá khỏi danh sách');
  assert.match(await main(theirs), /Đã xoá khỏi danh sách/);
  assert.match(await bring(theirs, bytes), /chưa có trong danh sách “Trường bạn”/);
});

test('a harvester is told of what is open and shared, and of nothing else', async () => {
  const list = await (await fetch(`${DEMO}/materials/oai?verb=ListRecords&metadataPrefix=oai_dc`)).text();
  const items = [...list.matchAll(/<dc:identifier>([^<]*\/materials\/items\/[0-9a-f]{32})<\/dc:identifier>/g)];
  const paths = items.map(([, address]) => new URL(address).pathname);
  assert.ok(paths.length > 0 && paths.length === list.match(/<dc:title>/g).length, `${paths.length} addresses`);
  // Each is open to a guest, and says that it may be shared.
  const guest = await freshPage();
  for (const item of paths) {
    assert.equal((await guest.goto(item)).status(), 200, item);
    assert.match(await main(guest), /Cho phép chia sẻ với trường khác/, item);
  }
  // What guests see and its authors did not share, what is for teachers, and a draft.
  const seen = async (words) => {
    await guest.goto(`/materials/?q=${encodeURIComponent(words)}`);
    return guest.locator('main .card a[href*="/items/"]').evaluateAll((links) => links.map((link) => [link.textContent.trim(), new URL(link.href).pathname]));
  };
  let kept = 0;
  for (const [title, item] of (await seen('bài')).filter(([, path]) => !paths.includes(path))) {
    await guest.goto(item);
    assert.doesNotMatch(await main(guest), /Cho phép chia sẻ với trường khác/, `${title} is shared and not told of`);
    kept += 1;
  }
  assert.ok(kept > 0, 'the demonstration has something open that is not shared');
  for (const title of ['Đề kiểm tra giữa học kì I, Toán 7', 'Trường hợp bằng nhau thứ nhất']) { assert.ok(!list.includes(title), title); }
  // Ids of persons and files are 26 letters: the pattern knows one when it sees it.
  const id = /(?<![0-9a-z])[0-9a-hjkmnp-tv-z]{26}(?![0-9a-z])/;
  const ours = await freshPage();
  await enterAs(ours, 'quantri');
  await ours.goto('/people');
  assert.match(await ours.content(), id);
  assert.doesNotMatch(list, id);
});
