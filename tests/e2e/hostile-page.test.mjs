// A page document that a hostile plugin made: nothing of it becomes script, and nothing
// leads or sends anywhere but into the plugin's own path.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { freshPage, useBrowser } from './lib/browser.mjs';
import { confirm, enterAs, untilRunning } from './lib/station.mjs';

useBrowser();

const file = path.join(process.env.TRAM_TEST_PLUGINS ?? '', 'hostile-bad-page.tram');
const skip = fs.existsSync(file) ? false : 'the test plugins are not built (TRAM_TEST_PLUGINS)';

test('links, forms and markup of a hostile page come to nothing', { skip }, async () => {
  const page = await freshPage();
  await enterAs(page, 'quantri');
  await page.goto('/admin');
  await page.getByLabel(/^Cài thêm từ tệp/).setInputFiles(file);
  await page.getByRole('button', { name: 'Xem phần này' }).click();
  await page.getByRole('button', { name: 'Cài và cho phép' }).click();
  await untilRunning(page);
  try {
    const reply = await page.goto('/x/hostile-bad-page.test/do/bad-links');
    assert.equal(reply.status(), 200);
    const found = await page.evaluate(() => ({
      scripts: [...document.querySelectorAll('script:not([src])')].length,
      links: [...document.querySelectorAll('main [href]')].map((link) => link.getAttribute('href')),
      actions: [...document.querySelectorAll('main form')].map((form) => form.getAttribute('action')),
      title: document.querySelector('h1')?.textContent,
    }));
    assert.equal(found.scripts, 0, 'no script of the page');
    assert.ok(found.title.includes('<script>alert(1)</script>'), 'markup is shown as text');
    for (const where of [...found.links, ...found.actions]) {
      assert.ok(!/^\s*javascript:|evil\.example/i.test(where), where);
    }
    assert.ok((await page.locator('main').innerText()).includes('đặng'), 'marks beside every character boundary break nothing');
    // A redirect with a line break in its address leads nowhere.
    await page.goto('/x/hostile-bad-page.test/do/bad-redirect');
    assert.ok(!page.url().includes('evil.example'));
    const cookies = await page.context().cookies();
    assert.ok(!cookies.some(({ name }) => name === 'f'), 'and no cookie comes of it');
  } finally {
    await page.goto('/admin/plugin/hostile-bad-page.test');
    await confirm(page, 'Gỡ và xoá dữ liệu');
    await page.getByRole('heading', { level: 1, name: 'Quản trị' }).waitFor();
  }
});
