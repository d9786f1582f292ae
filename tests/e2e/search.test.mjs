// Searching and reading, as pupils do: with and without script, by keyboard, through
// an input method, on every width, in both languages.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WIDTHS, assertFits, freshPage, useBrowser } from './lib/browser.mjs';
import { titles, total } from './lib/station.mjs';

useBrowser();

const TITLE = 'Đất rừng phương Nam';
const FORMS = {
  'as it is written': TITLE,
  'decomposed letters': TITLE.normalize('NFD'),
  'without marks': 'dat rung phuong nam',
  'marks but no đ': 'dất rừng phương nam',
  'capitals': 'ĐẤT RỪNG PHƯƠNG NAM',
  'Telex left over': 'ddaats ruwngf phuwowng nam',
  'VNI left over': 'd9a6t1 ru7ng2 phu7o7ng nam',
};

for (const script of [true, false]) {
  test(`every form of a title finds it first, ${script ? 'with' : 'without'} script`, async () => {
    const page = await freshPage({ script });
    for (const [form, typed] of Object.entries(FORMS)) {
      await page.goto('/catalogue');
      await page.locator('main input[name=q]').fill(typed);
      await page.locator('main form.search button').click();
      await page.locator('main .card').first().waitFor();
      assert.equal((await titles(page))[0].split(' : ')[0], TITLE, form);
    }
  });

  test(`facets narrow and widen, ${script ? 'with' : 'without'} script`, async () => {
    const page = await freshPage({ script });
    await page.goto('/catalogue?q=truyện');
    const all = await total(page);
    const facet = page.locator('aside .facet a:not(.chosen)').first();
    const label = (await facet.locator('span').first().innerText()).trim();
    const count = Number((await facet.locator('.count').innerText()).replace(/\D/g, ''));
    assert.ok(count > 0 && count <= all, `${label}: ${count} of ${all}`);
    await facet.click();
    assert.equal(await total(page), count, `the number beside “${label}” is the number of hits behind it`);
    const chosen = page.locator('aside .facet a.chosen');
    assert.match(await chosen.innerText(), new RegExp(label.slice(0, 6)));
    // The search box keeps what was chosen.
    await page.locator('main form.search button').click();
    assert.equal(await total(page), count);
    await page.locator('aside .facet a.chosen').click();
    assert.equal(await total(page), all);
  });
}

test('the one box of the start page finds books and leads on', async () => {
  const page = await freshPage();
  await page.goto('/');
  await page.locator('main input[name=q]').fill('nguyen nhat anh');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 2, name: 'Mục lục thư viện' }).waitFor();
  const found = await titles(page);
  assert.ok(found.length >= 5, found.join(', '));
  await page.getByRole('link', { name: /^Xem cả \d+ kết quả/ }).click();
  assert.ok((await total(page)) > 5);
  assert.match(await page.locator('main .card .subtitle').first().innerText(), /Nguyễn Nhật Ánh/);
});

test('hits are sorted by title as Vietnamese sorts, by year from the newest', async () => {
  const page = await freshPage();
  await page.goto('/catalogue?q=truyện');
  const before = await total(page);
  await page.getByRole('link', { name: 'Nhan đề', exact: true }).click();
  assert.equal(await total(page), before, 'another order has the same hits');
  const byTitle = await titles(page);
  // Word by word: “Án mạng…” stands before “Anh…”.
  const sorted = [...byTitle].sort(new Intl.Collator('vi').compare);
  assert.deepEqual(byTitle, sorted);
  await page.getByRole('link', { name: 'Năm xuất bản', exact: true }).click();
  const facts = await page.locator('main .card .facts li:first-child').allInnerTexts();
  const years = facts.map((fact) => Number(/(\d{4})$/.exec(fact)?.[1] ?? 0));
  assert.ok(years[0] > 0);
  assert.deepEqual(years, [...years].sort((a, b) => b - a));
});

test('pages of hits go on and back without repeating a title', async () => {
  const page = await freshPage();
  await page.goto('/catalogue?sort=title');
  assert.match(await page.locator('.pager .position').innerText(), /^1–10 /);
  const first = await page.locator('main .card a').evaluateAll((links) => links.map((link) => link.href));
  await page.getByRole('link', { name: /Trang sau/ }).click();
  assert.match(await page.locator('.pager .position').innerText(), /^11–20 /);
  assert.equal(await page.locator('ol.cards').first().getAttribute('start'), '11');
  const second = await page.locator('main .card a').evaluateAll((links) => links.map((link) => link.href));
  assert.equal(new Set([...first, ...second]).size, 20);
  await page.getByRole('link', { name: /Trang trước/ }).click();
  assert.deepEqual(await page.locator('main .card a').evaluateAll((links) => links.map((link) => link.href)), first);
});

test('finding nothing says what to try next', async () => {
  const page = await freshPage();
  await page.goto('/catalogue?q=qwxzv+kjhgf');
  const text = await page.locator('main').innerText();
  assert.match(text, /Không tìm thấy tài liệu nào/);
  assert.match(text, /Hỏi cán bộ thư viện/);
  await page.goto('/search?q=qwxzv+kjhgf');
  assert.match(await page.locator('main').innerText(), /Không tìm thấy gì với “qwxzv kjhgf”/);
  await page.goto('/catalogue?q=qwxzv+kjhgf&lang=en');
  assert.match(await page.locator('main').innerText(), /Nothing was found/);
});

test('a misspelt word is answered with the right one', async () => {
  const page = await freshPage();
  await page.goto('/catalogue?q=phuowng+nma');
  await page.goto('/catalogue?q=nguyễn+nhật+ánhh');
  await page.locator('main .notice:has-text("Có phải bạn muốn tìm") a').click();
  assert.ok((await total(page)) > 5);
});

test('suggestions come while typing and are taken by keyboard', async () => {
  const page = await freshPage();
  await page.goto('/catalogue');
  const box = page.getByRole('combobox');
  await box.focus();
  await page.keyboard.type('đất r', { delay: 30 });
  const list = page.getByRole('listbox');
  await list.waitFor();
  const offered = await list.getByRole('option').allInnerTexts();
  assert.ok(offered.some((words) => words.includes(TITLE)), offered.join(' · '));
  await page.keyboard.press('ArrowDown');
  const marked = await list.locator('[aria-selected=true]').innerText();
  assert.equal(await box.getAttribute('aria-activedescendant'), await list.locator('[aria-selected=true]').getAttribute('id'));
  await page.keyboard.press('Enter');
  await page.waitForURL(/q=/);
  assert.equal(new URL(page.url()).searchParams.get('q'), marked);
  assert.ok((await total(page)) > 0);
});

test('Escape closes the suggestions and leaves what was typed', async () => {
  const page = await freshPage();
  await page.goto('/catalogue');
  await page.getByRole('combobox').focus();
  await page.keyboard.type('dế mèn', { delay: 20 });
  await page.getByRole('listbox').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('listbox').waitFor({ state: 'hidden' });
  assert.equal(await page.getByRole('combobox').inputValue(), 'dế mèn');
});

test('suggestions never come while a syllable is being composed', async () => {
  const page = await freshPage();
  const asked = [];
  page.on('request', (request) => { if (request.url().includes('/suggest')) { asked.push(decodeURIComponent(request.url())); } });
  await page.goto('/catalogue');
  await page.getByRole('combobox').focus();
  // The input method of the system, as the browser sees it.
  const keyboard = await page.context().newCDPSession(page);
  for (const syllable of ['d', 'dd', 'đ', 'đa', 'đâ', 'đât', 'đất']) {
    await keyboard.send('Input.imeSetComposition', { text: syllable, selectionStart: syllable.length, selectionEnd: syllable.length });
    await page.waitForTimeout(120);
  }
  await page.waitForTimeout(700);
  assert.deepEqual(asked, [], 'a request went out while composing');
  await keyboard.send('Input.insertText', { text: 'đất' });
  await page.getByRole('listbox').waitFor();
  assert.equal(asked.length, 1, asked.join('\n'));
  // The next syllable closes them and asks once more when it is done.
  await page.keyboard.type(' ');
  await keyboard.send('Input.imeSetComposition', { text: 'rư', selectionStart: 2, selectionEnd: 2 });
  await page.getByRole('listbox').waitFor({ state: 'hidden' });
  const before = asked.length;
  await page.waitForTimeout(600);
  assert.equal(asked.length, before);
});

test('keyboards that retype the syllable do not set off a request at each stroke', async () => {
  const page = await freshPage();
  const asked = [];
  page.on('request', (request) => { if (request.url().includes('/suggest')) { asked.push(request.url()); } });
  await page.goto('/catalogue');
  await page.getByRole('combobox').focus();
  await page.keyboard.type('ddaats ruwngf', { delay: 60 });
  await page.getByRole('listbox').waitFor({ timeout: 3000 }).catch(() => {});
  await page.waitForTimeout(400);
  assert.equal(asked.length, 1, asked.join('\n'));
});

for (const language of ['vi', 'en']) {
  test(`a record is readable and shows its MARC (${language})`, async () => {
    const page = await freshPage({ language });
    await page.goto(`/catalogue?q=${encodeURIComponent(TITLE)}`);
    await page.locator('main .card :is(h2, h3, h4) a').first().click();
    await page.getByRole('heading', { level: 1, name: TITLE }).waitFor();
    const labels = await page.locator('dl.details dt').allInnerTexts();
    for (const label of language === 'vi' ? ['Nhan đề', 'Tác giả', 'Ngôn ngữ'] : ['Title', 'Author', 'Language']) {
      assert.ok(labels.includes(label), `${label} in ${labels.join(', ')}`);
    }
    // The author leads to the other books.
    const author = page.locator('dl.details a').first();
    const href = await author.getAttribute('href');
    assert.match(href, /author=/);
    await page.getByRole('link', { name: 'MARC', exact: true }).click();
    const marc = await page.locator('pre.code').innerText();
    assert.match(marc, /^LDR {4}/);
    assert.match(marc, /\n245 \d\d \$a Đất rừng phương Nam/);
    const files = await page.locator('main .actions a').evaluateAll((links) => links.map((link) => link.href));
    const [iso, xml] = await Promise.all(files.map(async (href) => (await page.request.get(href)).body()));
    assert.equal(iso.length, Number(iso.subarray(0, 5).toString()), 'a MARC file has the length that its leader states');
    assert.match(xml.toString(), /<controlfield tag="001">[^<]+<\/controlfield>/);
    await page.goto(href);
    assert.ok((await total(page)) >= 1);
  });
}

test('the advanced search finds by several fields', async () => {
  const page = await freshPage();
  await page.goto('/catalogue/advanced');
  await page.getByLabel('Tác giả', { exact: true }).fill('Tô Hoài');
  await page.getByLabel('Nhan đề', { exact: true }).fill('de men');
  await page.locator('main form').getByRole('button', { name: 'Tìm', exact: true }).click();
  assert.match((await titles(page))[0], /Dế Mèn/);
});

for (const width of WIDTHS) {
  test(`nothing scrolls sideways at ${width} px, in both languages`, async () => {
    for (const language of ['vi', 'en']) {
      const page = await freshPage({ width, height: 740, language });
      await page.goto(`/catalogue?q=${encodeURIComponent(TITLE)}`);
      const record = new URL(await page.locator('main .card a').first().getAttribute('href'), page.url()).pathname;
      for (const path of ['/', '/search?q=truyen', '/catalogue', '/catalogue?q=truyen', '/catalogue?q=qwxzv', '/catalogue/advanced', record, `${record}/marc`, '/sign-in', '/card', '/lesson', '/tls', '/nowhere']) {
        await page.goto(path);
        await assertFits(page, `${path} (${language})`);
      }
    }
  });
}

test('facets are folded on a telephone and open by a touch', async () => {
  const page = await freshPage({ width: 360, height: 740 });
  await page.goto('/catalogue?q=truyen');
  const facet = page.locator('aside .facet a').first();
  assert.equal(await facet.isVisible(), false);
  await page.locator('aside summary').first().click();
  assert.equal(await facet.isVisible(), true);
  const box = await facet.boundingBox();
  assert.ok(box.height >= 40, `a finger hits ${box.height} px`);
});

const brightness = (page) => page.evaluate(() => {
  const [r, g, b] = getComputedStyle(document.body).backgroundColor.match(/[\d.]+/g).map(Number);
  return (0.2126 * r + 0.7152 * g + 0.0722 * b) / 255;
});

test('dark follows the device, and a choice stays, with script and without', async () => {
  const dark = await freshPage({ dark: true });
  await dark.goto('/');
  assert.ok((await brightness(dark)) < 0.2);
  await dark.getByRole('link', { name: 'Nền sáng' }).click();
  assert.ok((await brightness(dark)) > 0.8);
  await dark.goto('/catalogue');
  assert.ok((await brightness(dark)) > 0.8, 'the choice is kept on the next page');
  const plain = await freshPage({ script: false });
  await plain.goto('/catalogue?q=truyen');
  await plain.getByRole('link', { name: 'Nền tối' }).click();
  assert.match(plain.url(), /q=truyen/, 'the search is still there');
  await plain.goto('/');
  assert.equal(await plain.locator('html').getAttribute('data-theme'), 'dark');
});

test('a language that was chosen stays, and the search with it', async () => {
  const page = await freshPage({ script: false });
  await page.goto('/catalogue?q=truyen');
  await page.getByRole('link', { name: 'English' }).click();
  assert.equal(await page.locator('html').getAttribute('lang'), 'en');
  assert.match(await page.locator('main').innerText(), /titles found/);
  await page.goto('/');
  assert.equal(await page.locator('html').getAttribute('lang'), 'en');
});

test('the keyboard reaches the content first and sees where it is', async () => {
  const page = await freshPage();
  await page.goto('/catalogue?q=truyen');
  await page.keyboard.press('Tab');
  const skip = page.locator('a.skip');
  assert.equal(await skip.evaluate((link) => link === document.activeElement), true);
  // Its style follows the focus with the next picture.
  await page.waitForFunction(() => document.activeElement.getBoundingClientRect().top >= 0, null, { timeout: 2000 });
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.closest('main') !== null), true);
  const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
  assert.notEqual(outline, 'none');
});
