// axe-core on the pages that people meet: nothing serious, nothing critical, in both
// languages, light and dark, wide and narrow. Reports and previews are checked where
// their tests bring them about.
import { test } from 'node:test';
import { assertAccessible } from './lib/axe.mjs';
import { freshPage, useBrowser } from './lib/browser.mjs';
import { enterAs } from './lib/station.mjs';

useBrowser();

async function record(page) {
  await page.goto('/catalogue?q=dat+rung+phuong+nam');
  return new URL(await page.locator('main .card a').first().getAttribute('href'), page.url()).pathname;
}

for (const language of ['vi', 'en']) {
  for (const [look, options] of [['light, wide', {}], ['dark, narrow', { dark: true, width: 360, height: 740 }]]) {
    test(`for everybody (${language}; ${look})`, async () => {
      const page = await freshPage({ language, ...options });
      const book = await record(page);
      for (const path of ['/', '/search?q=truyen', '/catalogue', '/catalogue?q=truyen&kind=book', '/catalogue?q=qwxzv', '/catalogue/advanced', book, `${book}/marc`, '/sign-in', '/card', '/lesson', '/tls', '/nowhere']) {
        await page.goto(path);
        await assertAccessible(page, path);
      }
    });

    test(`for the librarian (${language}; ${look})`, async () => {
      const page = await freshPage({ language, ...options });
      await enterAs(page, 'thuvien');
      const book = await record(page);
      for (const path of ['/', '/catalogue/new', book, `${book}/edit`, `${book}/history`, '/catalogue/import', '/catalogue/export', '/catalogue/deleted']) {
        await page.goto(path);
        await assertAccessible(page, path);
      }
      // A form with errors in it.
      await page.goto('/catalogue/new');
      await page.locator('main input[name=title]').fill('?');
      await page.locator('main textarea[name=isbn]').fill('123');
      await page.locator('main form.fields button[type=submit]').last().click();
      await page.locator('[aria-invalid]').first().waitFor();
      await assertAccessible(page, 'the form with errors');
    });

    test(`for the administrator (${language}; ${look})`, async () => {
      const page = await freshPage({ language, ...options });
      await enterAs(page, 'quantri');
      await page.goto('/people');
      const group = new URL(await page.locator('main .card a').first().getAttribute('href'), page.url()).pathname;
      await page.goto('/people/staff');
      const person = new URL(await page.locator('main td a').first().getAttribute('href'), page.url()).pathname;
      for (const path of ['/admin', '/admin/plugin/catalogue', '/admin/certificate', '/admin/station', '/people', group, '/people/new', '/people/roles', '/people/roles/office', '/people/reads', `${person}/edit`, '/people/import', '/people/promote', '/people/staff', person, '/me', '/me/password']) {
        await page.goto(path);
        await assertAccessible(page, path);
      }
    });
  }
}

test('open suggestions, an open question', async () => {
  const page = await freshPage();
  await page.goto('/catalogue');
  await page.getByRole('combobox').focus();
  await page.keyboard.type('truyen', { delay: 20 });
  await page.getByRole('listbox').waitFor();
  await page.keyboard.press('ArrowDown');
  await assertAccessible(page, 'suggestions');
  await enterAs(page, 'thuvien');
  await page.goto(await record(page));
  await page.locator('details.confirm summary').click();
  await assertAccessible(page, 'the question before deleting');
});

test('the wizard', async () => {
  // Its own station, which another file sets up afterwards.
  for (const language of ['vi', 'en']) {
    const page = await freshPage({ base: process.env.TRAM_NEW_URL, language });
    await page.goto('/setup');
    await assertAccessible(page, `/setup (${language})`);
    await page.locator('input[name=code]').fill('AAAA-AAAA');
    for (const [name, value] of Object.entries({ school: 'A', name: 'B', username: 'c', password: 'd', again: 'd' })) { await page.locator(`input[name=${name}]`).fill(value); }
    await page.locator('main form button[type=submit]').click();
    await page.locator('[aria-invalid]').first().waitFor();
    await assertAccessible(page, `/setup with an error (${language})`);
  }
});
