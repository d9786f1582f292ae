// Every page in both languages: the language is declared, no key of a message shows,
// no place of one is left unfilled, and what the program says is in one language.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { freshPage, useBrowser } from './lib/browser.mjs';
import { crawl } from './lib/crawl.mjs';
import { enterAs } from './lib/station.mjs';

useBrowser();

const messages = fs.readFileSync(path.join(import.meta.dirname, '../../core/web/messages/vi.toml'), 'utf8');
const KEYS = [...messages.matchAll(/^"([\w.-]+)"/gm)].map(([, key]) => key);
const key = new RegExp(`(?<![\\w/.@-])(${KEYS.map((word) => word.replace(/[.]/g, '\\.')).join('|')})(?![\\w.@-])`);
const MARKS = /[ăâđêôơưàáảãạằắẳẵặầấẩẫậèéẻẽẹềếểễệìíỉĩịòóỏõọồốổỗộờớởỡợùúủũụừứửữựỳýỷỹỵ]/i;

async function inspect(page, address, language) {
  const where = `${address} (${language})`;
  assert.equal(await page.locator('html').getAttribute('lang'), language, where);
  const text = await page.locator('body').innerText();
  const leaked = key.exec(text);
  assert.equal(leaked, null, `${where} shows the key ${leaked?.[1]}`);
  assert.ok(!/\{\w+\}/.test(text), `${where} has a place that was not filled: ${/.{20}\{\w+\}/.exec(text)?.[0]}`);
  assert.ok((await page.title()).trim().length > 3, `${where} has a title`);
  assert.equal(await page.locator('h1').count(), 1, `${where} has one heading of the first level`);
  if (language !== 'en') { return; }
  // Words of the program alone; names of people, books and classes stay as they are.
  const words = await page.locator('button, form label:not(.choice), legend, th, main summary, .help, nav.menu a, .tabs a, .banner, p.quiet, footer p').allInnerTexts();
  const foreign = words.filter((word) => MARKS.test(word.replace(/Trạm|Tiếng Việt|“[^”]*”|"[^"]*"/g, '')));
  assert.deepEqual(foreign, [], `${where} is not in English everywhere`);
}

for (const language of ['vi', 'en']) {
  for (const [role, starts] of [[null, ['/', '/catalogue?q=truyen', '/sign-in', '/card', '/lesson', '/tls', '/nowhere', '/catalogue/records/00']], ['thuvien', ['/', '/catalogue/import', '/catalogue/export', '/catalogue/new']], ['quantri', ['/', '/admin', '/people', '/people/import', '/me', '/me/password']], ['hocsinh', ['/', '/admin']]]) {
    test(`${role ?? 'nobody in particular'} reads ${language} everywhere`, async () => {
      const page = await freshPage({ language, script: false });
      if (role) { await enterAs(page, role); }
      const { count } = await crawl(page, starts, { most: 40, each: 1 }, (page, address) => inspect(page, address, language));
      assert.ok(count >= starts.length, `${count} pages`);
    });
  }
}

test('every message of the shell is there in both languages', () => {
  const english = fs.readFileSync(path.join(import.meta.dirname, '../../core/web/messages/en.toml'), 'utf8');
  const keys = [...english.matchAll(/^"([\w.-]+)"/gm)].map(([, word]) => word);
  assert.deepEqual([...keys].sort(), [...KEYS].sort());
  assert.equal(new Set(keys).size, keys.length);
});
