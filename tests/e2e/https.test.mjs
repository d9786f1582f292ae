// HTTPS with the station's own authority, from a device that knows nothing to one that
// is ready: the page "check this device", its certificate, signing in over TLS.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { X509Certificate, createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { assertAccessible } from './lib/axe.mjs';
import { faultsExpected, freshPage, launch, useBrowser } from './lib/browser.mjs';
import { ROLES } from './lib/station.mjs';

useBrowser();

const plain = new URL(process.env.TRAM_OTHER_URL);
const secure = new URL(process.env.TRAM_OTHER_HTTPS);
const home = mkdtempSync(path.join(tmpdir(), 'tram-device-'));
let device = null;
let own = '';

/** The names in .local lead here, as mDNS would lead them. */
const NAMES = ['--host-resolver-rules=MAP *.local 127.0.0.1'];

/** The page's certificate, downloaded as a person does. */
async function certificate(page) {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'Tải chứng chỉ' }).click(),
  ]);
  assert.equal(download.suggestedFilename(), 'tram.crt');
  return readFileSync(await download.path());
}

/** Makes the device trust an authority: what its owner does by the steps of the page. */
function trust(der) {
  const file = path.join(home, 'tram.crt');
  writeFileSync(file, der);
  // Where Chromium looks, by version.
  for (const folder of ['.pki/nssdb', '.local/share/pki/nssdb']) {
    const store = path.join(home, folder);
    mkdirSync(store, { recursive: true });
    execFileSync('certutil', ['-d', `sql:${store}`, '-N', '--empty-password']);
    execFileSync('certutil', ['-d', `sql:${store}`, '-A', '-t', 'C,,', '-n', 'Tram', '-i', file]);
  }
}

after(async () => {
  await device?.close();
  rmSync(home, { recursive: true, force: true });
});

test('a device that knows nothing is told so, and how to go on', async () => {
  const stranger = await launch({ args: NAMES });
  try {
    const page = await freshPage({ on: stranger, base: plain.origin, cut: true });
    await page.goto('/tls?on=linux');
    await page.getByText('Thiết bị này chưa tin cậy máy chủ').waitFor();
    assert.ok((await page.locator('.steps li').count()) >= 3);
    const warned = await freshPage({ on: stranger, base: secure.origin, cut: true });
    await assert.rejects(warned.goto('/'), /ERR_CERT_AUTHORITY_INVALID/);
    const der = await certificate(page);
    const fingerprint = createHash('sha256').update(der).digest('hex').toUpperCase().match(/../g).join(':');
    assert.ok((await page.locator('main').innerText()).includes(fingerprint), 'the page says what the device will show');
    const authority = new X509Certificate(der);
    assert.ok(authority.ca);
    // The name that stays with the station stands in it.
    own = `${/tram-[0-9a-f]{4}/.exec(authority.subject)?.[0]}.local`;
    trust(der);
  } finally {
    await stranger.close();
  }
});

test('with the certificate the same page says that the device is ready', async () => {
  // The browser says so of each page that is plain and not on this machine.
  faultsExpected(/Cross-Origin-Opener-Policy header has been ignored/);
  device = await launch({ args: NAMES, env: { ...process.env, HOME: home, XDG_DATA_HOME: path.join(home, '.local/share') } });
  for (const name of ['127.0.0.1', 'localhost', own]) {
    const page = await freshPage({ on: device, base: `http://${name}:${plain.port}` });
    await page.goto('/tls');
    await page.getByText('Thiết bị này đã tin cậy máy chủ của trường').waitFor();
    await assertAccessible(page, `a device that is ready (${name})`);
    await page.locator('[data-device-good] a').click();
    await page.waitForURL(`https://${name}:${secure.port}/`);
    assert.equal(await page.evaluate(() => window.isSecureContext), true);
    await page.goto(`https://${name}:${secure.port}/tls`);
    await page.getByText('Thiết bị này đã tin cậy máy chủ của trường').waitFor();
  }
});

test('signing in over https; its cookie never leaves TLS', async () => {
  faultsExpected(/Cross-Origin-Opener-Policy header has been ignored/);
  const base = `https://${own}:${secure.port}`;
  const page = await freshPage({ on: device, base });
  await page.goto('/sign-in');
  await page.getByLabel('Tên đăng nhập').fill('thuvien');
  await page.getByLabel('Mật khẩu hoặc mã PIN').fill(ROLES.thuvien);
  await page.locator('main form[action="/sign-in"] button').click();
  await page.locator('form[data-sign-out]').waitFor();
  assert.equal(new URL(page.url()).origin, base);
  const session = (await page.context().cookies()).find((cookie) => cookie.name === '__Host-tram');
  assert.ok(session, 'a session');
  assert.deepEqual([session.secure, session.httpOnly, session.sameSite, session.path], [true, true, 'Lax', '/']);
  assert.equal(session.expires, -1, 'until the browser closes');
  assert.equal(await page.evaluate(() => document.cookie.includes('__Host-')), false);
  // A page with a form, and the form sent.
  await page.goto('/catalogue/new');
  await page.getByRole('heading', { level: 1, name: 'Biên mục nhan đề mới' }).waitFor();
  // The plain address knows nobody, and gets no cookie of the secure one.
  const address = `http://${own}:${plain.port}`;
  const asked = page.waitForRequest(`${address}/me`);
  await page.goto(`${address}/me`);
  assert.ok(!((await (await asked).allHeaders()).cookie ?? '').includes('__Host-'));
  assert.match(page.url(), /\/sign-in/);
  await page.goto(`${base}/me`);
  await page.locator('form[data-sign-out] button').click();
  await page.locator('header .who a[href="/sign-in"]').waitFor();
  assert.equal((await page.context().cookies()).some((cookie) => cookie.name === '__Host-tram'), false);
});

test('another name than the station’s gets no session over TLS either', async () => {
  const page = await freshPage({ on: device, base: `https://khac.local:${secure.port}`, cut: true });
  await assert.rejects(page.goto('/'), /ERR_CERT_COMMON_NAME_INVALID/);
});
