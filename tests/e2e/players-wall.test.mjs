// What a package tries from within its frame, and that none of it succeeds: pages of the
// station, cookies, uploads, other packages, stores, forms, the page around it, elsewhere.
import assert from 'node:assert/strict';
import http from 'node:http';
import { test } from 'node:test';
import { DEMO, faultsExpected, freshPage, useBrowser } from './lib/browser.mjs';
import { exhibit, flat, frameOf, installGallery, kept, show, skip } from './lib/gallery.mjs';
import { enterAs } from './lib/station.mjs';

useBrowser();

/* Each attempt answers what it got, or throws. The addresses stand in `aims`. */
const ATTACK = `
const aims = JSON.parse(document.getElementById('aims').textContent);
const told = {};
const later = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
async function attempt(name, run) {
  try { told[name] = String(await Promise.race([run(), later(3000).then(() => 'nothing came')])); } catch (error) { told[name] = 'refused: ' + error.name; }
}
function loads(tag, attributes) {
  return new Promise((resolve) => {
    const element = document.createElement(tag);
    element.onload = () => resolve('LOADED');
    element.onerror = () => resolve('refused');
    Object.assign(element, attributes);
    document.body.append(element);
  });
}
function inside(address) {
  return new Promise((resolve) => {
    const frame = document.createElement('iframe');
    frame.src = address;
    frame.onload = () => { try { resolve('READ ' + frame.contentDocument.body.innerText.slice(0, 40)); } catch (error) { resolve('refused: ' + error.name); } };
    document.body.append(frame);
    later(1500).then(() => resolve('nothing came'));
  });
}
(async () => {
  await attempt('page by fetch', async () => (await fetch(aims.page, { credentials: 'include' })).text());
  await attempt('page by fetch without reading', async () => (await fetch(aims.page, { credentials: 'include', mode: 'no-cors' })).type);
  await attempt('page by XMLHttpRequest', () => new Promise((resolve) => { const ask = new XMLHttpRequest(); ask.onload = () => resolve('LOADED'); ask.onerror = () => resolve('refused'); ask.open('GET', aims.page); ask.withCredentials = true; ask.send(); }));
  await attempt('upload by fetch', async () => (await fetch(aims.upload, { credentials: 'include' })).text());
  await attempt('upload as a picture', () => loads('img', { src: aims.upload }));
  await attempt('script of the station', () => loads('script', { src: aims.script }));
  await attempt('style of the station', () => loads('link', { rel: 'stylesheet', href: aims.style }));
  await attempt('page in a frame', () => inside(aims.page));
  await attempt('other package by fetch', async () => (await fetch(aims.other)).text());
  await attempt('other package in a frame', () => inside(aims.other));
  await attempt('other package as a script', () => loads('script', { src: aims.other }));
  await attempt('the listener itself', async () => (await fetch(location.protocol + '//' + location.host + '/')).text());
  await attempt('form of the station by fetch', async () => (await fetch(aims.form, { method: 'POST', credentials: 'include', body: new URLSearchParams({ state: '"stolen"' }) })).status);
  await attempt('beacon', async () => navigator.sendBeacon(aims.form, new URLSearchParams({ state: '"stolen"' })) ? 'queued' : 'refused');
  await attempt('web socket', () => new Promise((resolve) => { const socket = new WebSocket(aims.page.replace('http', 'ws')); socket.onopen = () => resolve('OPEN'); socket.onerror = () => resolve('refused'); }));
  await attempt('event source', () => new Promise((resolve) => { const source = new EventSource(aims.page); source.onopen = () => resolve('OPEN'); source.onerror = () => resolve('refused'); }));
  await attempt('elsewhere by fetch', async () => (await fetch(aims.elsewhere, { mode: 'no-cors' })).type);
  await attempt('elsewhere as a picture', () => loads('img', { src: aims.elsewhere }));
  await attempt('service worker', async () => { await navigator.serviceWorker.register('w.js'); return 'REGISTERED'; });
  await attempt('real cookie', async () => Object.getOwnPropertyDescriptor(Document.prototype, 'cookie').get.call(document));
  await attempt('real store', async () => Object.getOwnPropertyDescriptor(Window.prototype, 'localStorage').get.call(window).length);
  await attempt('cookie of its own', async () => { Object.getOwnPropertyDescriptor(Document.prototype, 'cookie').set.call(document, 'planted=yes'); return 'PLANTED'; });
  await attempt('database', () => new Promise((resolve, reject) => { const open = indexedDB.open('x'); open.onsuccess = () => resolve('OPEN'); open.onerror = () => reject(open.error); }));
  await attempt('caches', async () => (await caches.open('x')) && 'OPEN');
  await attempt('page around it', async () => window.tramOutside.document.title);
  await attempt('top of all', async () => window.top.document.title);
  await attempt('address of the top', async () => window.top.location.href);
  await attempt('window', async () => (window.open(aims.elsewhere) ? 'OPENED' : 'refused'));
  await attempt('channel between pages', async () => { new BroadcastChannel('tram').postMessage('from the package'); return 'sent'; });
  await attempt('form of the station', async () => { const form = document.createElement('form'); form.method = 'post'; form.action = aims.form; form.innerHTML = '<input name=state value=stolen>'; document.body.append(form); form.submit(); await later(500); return 'nothing came'; });
  await attempt('top leads away', async () => { window.top.location.href = aims.elsewhere; await later(500); return 'nothing came'; });
  await attempt('link to the top', async () => { const link = document.createElement('a'); link.href = aims.elsewhere; link.target = '_top'; document.body.append(link); link.click(); await later(500); return 'nothing came'; });
  window.tramOutside.postMessage({ tram: 'state', state: 'x'.repeat(100) }, '*');
  window.tramOutside.postMessage({ tram: 'state', state: { long: 'x'.repeat(70000) } }, '*');
  window.tramOutside.postMessage({ tram: 'height', height: 1e9 }, '*');
  window.tramOutside.postMessage(null, '*');
  window.tramOutside.postMessage({ tram: 'state', state: { told } }, '*');
  document.body.dataset.done = 'yes';
})();`;

const GOOD = /^refused/;
/* What an attempt does not learn itself; whether it came to something is seen from outside. */
const UNSEEN = {
  'page in a frame': /^(refused|nothing came)/,
  'other package in a frame': /^(refused|nothing came)/,
  beacon: /^(refused|queued)/,
  'channel between pages': /^(refused|sent)/,
  'form of the station': /^(refused|nothing came)/,
  'top leads away': /^(refused|nothing came)/,
  'link to the top': /^(refused|nothing came)/,
};

test('a package reads nothing, sends nothing and leads nowhere', { skip }, async () => {
  // A place elsewhere that would notice being asked.
  const heard = [];
  const elsewhere = http.createServer((request, reply) => { heard.push(request.url); reply.end('x'); });
  await new Promise((resolve) => { elsewhere.listen(0, '127.0.0.1', resolve); });
  try {
    const page = await freshPage();
    page.context().setDefaultTimeout(40_000);
    await enterAs(page, 'quantri');
    await installGallery(page);
    faultsExpected(/Content Security Policy|Refused|sandboxed|Unsafe attempt|CORS|ERR_|Failed to load|Blocked|WebSocket/i);
    const secret = { 'secret.js': 'document.body.dataset.stolen = "yes"; "BÍ MẬT"', 'index.html': '<!DOCTYPE html><p>BÍ MẬT</p>' };
    await exhibit(page, { name: 'other', kind: 'package', format: 'html', entry: 'index.html', file: flat(secret) });
    const other = (await page.locator('[data-viewer] > iframe').getAttribute('src')).replace('index.html', 'secret.js');
    const upload = await page.getByRole('link', { name: 'Tải tệp về máy' }).getAttribute('href');
    const [script, style] = await page.evaluate(() => [document.querySelector('script[src]').src, document.querySelector('link[rel=stylesheet]').href]);
    const aims = { page: `${DEMO}/me`, upload: new URL(upload, DEMO).href, form: `${DEMO}/x/gallery.test/show/other/progress`, script, style, other, elsewhere: `http://127.0.0.1:${elsewhere.address().port}/` };
    const html = `<!DOCTYPE html><meta charset="utf-8"><script type="application/json" id="aims">${JSON.stringify(aims)}</script><body><script src="a.js"></script>`;
    // Another page of the station that listens, and everything that a frame gets an answer to.
    const listener = await page.context().newPage();
    await listener.goto('/');
    await listener.evaluate(() => { window.heard = []; new BroadcastChannel('tram').onmessage = (event) => window.heard.push(event.data); });
    const answered = [];
    page.on('response', (response) => {
      let within = true;
      try { within = response.request().frame() !== page.mainFrame(); } catch { /* A frame that is not there yet is none of the page's. */ }
      if (within) { answered.push(response.url()); }
    });
    await exhibit(page, { name: 'attack', kind: 'package', format: 'html', entry: 'a.html', file: flat({ 'a.html': html, 'a.js': ATTACK, 'w.js': '' }) });
    const frame = await frameOf(page, '/a.html');
    await frame.locator('body[data-done]').waitFor({ state: 'attached', timeout: 90_000 });
    const told = await frame.evaluate(() => ({ ...window.told ?? {}, ...JSON.parse(JSON.stringify(told)) }));
    assert.equal(Object.keys(told).length, 32, 'every attempt was made');
    for (const [what, came] of Object.entries(told)) { assert.match(came, UNSEEN[what] ?? GOOD, what); }
    assert.ok(Object.keys(UNSEEN).every((what) => what in told), 'no attempt is excused that is not made');
    // Whatever it asked for, it was answered under its own name alone.
    const own = (await page.locator('[data-viewer] > iframe').getAttribute('src')).replace('a.html', '');
    assert.ok(answered.some((url) => url === `${own}a.js`), 'its own script came');
    const players = `${new URL(own).origin}/-/`;
    assert.deepEqual(answered.filter((url) => !url.startsWith(own) && !url.startsWith(players)), [], 'and nothing of others');
    // The listener hears the station's own pages, and did not hear the package.
    await page.evaluate(() => new BroadcastChannel('tram').postMessage('from the station'));
    await listener.waitForFunction(() => window.heard.length > 0);
    assert.deepEqual(await listener.evaluate(() => window.heard), ['from the station']);
    await listener.close();
    assert.equal(await frame.evaluate(() => document.body.dataset.stolen), undefined, 'no script of another package ran');
    assert.equal(page.url(), `${DEMO}/x/gallery.test/show/attack`, 'the page is where it was');
    assert.deepEqual(heard, [], 'nothing elsewhere was asked');
    assert.equal(page.context().pages().length, 1, 'and no window opened');
    // The one thing that comes through is a state, as data, to the package's own route.
    for (const end = Date.now() + 10_000; Date.now() < end && !(await kept(page, 'attack')).state;) { await page.waitForTimeout(200); }
    assert.ok((await kept(page, 'attack')).state.told, 'its own state is kept');
    assert.deepEqual(await kept(page, 'other'), { state: null, told: 0 }, 'no other state was written');
    const height = await page.locator('[data-viewer] > iframe').evaluate((element) => element.clientHeight);
    assert.ok(height <= 4000, `${height} px`);
    const cookies = (await page.context().cookies()).map(({ name }) => name);
    assert.ok(cookies.length > 0);
    assert.deepEqual(cookies.filter((name) => !/^(tram|__Host|lang$|theme$)/.test(name)), [], 'no cookie was planted');
    // With the frame's own walls alone: opened by itself, it is as poor.
    const src = await page.locator('[data-viewer] > iframe').getAttribute('src');
    const reply = await page.request.get(src);
    assert.match(reply.headers()['content-security-policy'], /^sandbox allow-scripts allow-forms allow-modals;/);
    const alone = await page.context().newPage();
    await alone.goto(src);
    assert.equal(await alone.evaluate(() => window.origin), 'null');
    assert.match(await alone.evaluate(() => { try { return Object.getOwnPropertyDescriptor(Document.prototype, 'cookie').get.call(document); } catch (error) { return error.name; } }), /SecurityError/);
    await alone.close();
  } finally {
    elsewhere.close();
  }
});

test('a frame that leads itself away stays within its name', { skip }, async () => {
  const page = await freshPage();
  page.context().setDefaultTimeout(40_000);
  await enterAs(page, 'quantri');
  await installGallery(page);
  faultsExpected(/Content Security Policy|ERR_BLOCKED_BY_CSP|frame-src/i);
  // The first one stays within the package: that a frame can lead itself anywhere at all.
  for (const [name, script, stays] of [
    ['within', "location.href = 'b.html'", true],
    ['away', `location.href = '${DEMO}/me'`, false],
    ['refresh', `document.write('<meta http-equiv="refresh" content="0; url=${DEMO}/me">')`, false],
  ]) {
    const pages = { 'a.html': '<!DOCTYPE html><p>đợi</p>', 'b.html': '<!DOCTYPE html><p>trang hai</p>' };
    await exhibit(page, { name, kind: 'package', format: 'html', entry: 'a.html', file: flat(pages) });
    const frame = await frameOf(page, '/a.html');
    const answered = [];
    const watch = (response) => { if (response.url().startsWith(`${DEMO}/me`)) { answered.push(response.url()); } };
    page.on('response', watch);
    assert.equal(await frame.evaluate((run) => { setTimeout(run, 0); return 'begun'; }, script), 'begun', name);
    if (stays) { await (await frameOf(page, '/b.html')).getByText('trang hai').waitFor(); }
    await page.waitForTimeout(1500);
    page.off('response', watch);
    assert.deepEqual(answered, [], `${name}: the station answered a frame`);
    assert.ok(!page.frames().some((one) => one !== page.mainFrame() && one.url().startsWith(`${DEMO}/me`)), `${name}: ${page.frames().map((one) => one.url())}`);
  }
});

test('an address of a frame is nothing without its proof', { skip }, async () => {
  const page = await freshPage();
  page.context().setDefaultTimeout(40_000);
  await enterAs(page, 'quantri');
  await installGallery(page);
  await exhibit(page, { name: 'proof', kind: 'package', format: 'html', entry: 'a.html', file: flat({ 'a.html': '<!DOCTYPE html><p>đây</p>' }) });
  const src = new URL(await page.locator('[data-viewer] > iframe').getAttribute('src'));
  const stranger = await freshPage();
  const status = async (url) => (await stranger.request.get(url)).status();
  assert.equal(await status(src.href), 200, 'whoever has the address has the file: that is why it ends');
  const [, name] = src.pathname.split('/');
  for (const wrong of [name.slice(1), `${name}A`, name.replace(/^./, (c) => (c === 'A' ? 'B' : 'A')), 'A'.repeat(name.length)]) {
    assert.equal(await status(`${src.origin}/${wrong}/a.html`), 404, wrong);
  }
  for (const path of ['/', '/me', '/sign-in', '/admin', '/x/gallery.test', `/${name}/`, `/${name}/b.html`]) { assert.equal(await status(src.origin + path), 404, path); }
  assert.equal((await stranger.request.post(src.href)).status(), 405);
  // The page around is for those who may see it, whatever they know.
  await show(stranger, 'proof');
  assert.match(stranger.url(), /\/sign-in/);
});
