// What teachers upload plays in the page, from the station alone, and what it comes to is
// kept: H5P, SCORM, books, pages, PDF, film, sound and pictures, in a real browser.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { assertAccessible } from './lib/axe.mjs';
import { assertFits, faultsExpected, freshPage, useBrowser } from './lib/browser.mjs';
import { CORPUS, exhibit, flat, frameOf, installGallery, kept, show, skip, stage, untilKept, work } from './lib/gallery.mjs';
import { enterAs } from './lib/station.mjs';

useBrowser();

const SHOTS = process.env.TRAM_SHOTS;
const noCorpus = skip || (fs.existsSync(CORPUS) ? false : 'the corpus is absent');
let page;

async function enter(options = {}) {
  page = await freshPage(options);
  page.context().setDefaultTimeout(40_000);
  await enterAs(page, 'quantri');
  await installGallery(page);
}

/** A picture to be looked at, where a folder for them is given. */
async function picture(name) {
  if (SHOTS) { await page.screenshot({ path: path.join(SHOTS, `${name}.png`) }); }
}

const h5p = (name) => flat(path.join(CORPUS, 'h5p', name));
const scorm = (name) => flat(path.join(CORPUS, 'scorm', name));

test('H5P: a task is done, marked, kept and gone on with', { skip: noCorpus }, async () => {
  await enter();
  await exhibit(page, { name: 'words', kind: 'package', format: 'h5p', file: h5p('H5P.DragText.h5p') });
  const frame = stage(page);
  await frame.getByText('What are the colors of these berries').waitFor();
  await page.waitForSelector('[data-viewer][data-is=ready]');
  await picture('h5p-words');
  const put = async (word, at) => {
    await frame.locator('.ui-draggable', { hasText: word }).first().dragTo(frame.locator('.ui-droppable').nth(at));
  };
  // Which blank is which colour is what the task asks.
  const blanks = await frame.locator('[class*=droppable]').count();
  assert.ok(blanks >= 3, `${blanks} blanks`);
  await put('blue', 0);
  await put('red', 1);
  await put('orange', 2);
  await frame.getByRole('button', { name: 'Check' }).click();
  const state = await untilKept(page, 'words', ({ result }) => result.completed, 'the mark of a task');
  assert.deepEqual([state.result.score, state.result.raw, state.result.max], [1, 3, 3]);
  assert.ok(state.data, 'what was filled in is kept');
  await picture('h5p-words-done');
  await show(page, 'words');
  await frame.locator('.ui-draggable', { hasText: 'blue' }).first().waitFor();
  const filled = await frame.locator('.ui-droppable .ui-draggable').count();
  assert.equal(filled, 3, 'the words are where they were put');
});

test('H5P: every package of the corpus', { skip: noCorpus }, async () => {
  await enter();
  for (const [file, text] of [['valid2.h5p', 'Hello world!'], ['long_content_file_name.h5p', 'Hello world!'], ['interactive-content-2260.h5p', 'Seine Konkurrenz']]) {
    faultsExpected(/youtube\.com/);
    await exhibit(page, { name: 'h5p', kind: 'package', format: 'h5p', file: h5p(file) });
    await stage(page).getByText(text).first().waitFor();
    await picture(`h5p-${file}`);
  }
  await exhibit(page, { name: 'h5p', kind: 'package', format: 'h5p', file: h5p('valid3-3-images.h5p') });
  // Agamotto reads its pictures back from a canvas.
  await stage(page).locator('img[alt^="earth1"]').first().waitFor();
  await picture('h5p-agamotto');
  // The one whose library lacks what it says it has: plain words instead of an empty frame.
  faultsExpected(/Unable to find constructor/);
  await exhibit(page, { name: 'h5p', kind: 'package', format: 'h5p', file: h5p('greetingcard1.h5p') });
  await stage(page).getByText('Không đọc được tệp này').waitFor();
});

test('SCORM 2004: pages in a frame of the SCO, a test, the mark, and the place to go on', { skip: noCorpus }, async () => {
  await enter();
  page.on('dialog', (dialog) => dialog.accept());
  await exhibit(page, { name: 'golf', kind: 'package', format: 'scorm-2004', file: scorm('RuntimeBasicCalls_SCORM20043rdEdition.zip') });
  await (await frameOf(page, '/Playing/Playing.html')).getByText('Play of the game').waitFor();
  await picture('scorm-2004');
  const sco = await frameOf(page, '/shared/launchpage.html');
  await sco.getByRole('button', { name: 'Next' }).click();
  await sco.getByRole('button', { name: 'Next' }).click();
  await untilKept(page, 'golf', (state) => state.parts.item_1['cmi.location'] === '2', 'the place');
  // Opened again, it asks whether to go on, and does.
  await show(page, 'golf');
  await frameOf(page, '/Playing/Scoring.html');
  const again = await frameOf(page, '/shared/launchpage.html');
  for (let at = 2; at < 14; at += 1) { await again.getByRole('button', { name: 'Next' }).click(); }
  const quiz = await frameOf(page, '/shared/assessmenttemplate.html');
  await quiz.getByRole('button', { name: 'Submit Answers' }).waitFor();
  await quiz.evaluate(() => document.querySelectorAll('.correctAnswer input[type=radio]').forEach((input) => { input.checked = true; }));
  for (const input of await quiz.locator('.correctAnswer input[type=text]').all()) {
    const answer = /\((.*)\)/.exec(await input.locator('..').innerText())[1];
    await input.fill(answer);
  }
  await quiz.getByRole('button', { name: 'Submit Answers' }).click();
  await quiz.getByText('Score: 100').waitFor();
  const state = await untilKept(page, 'golf', ({ result }) => result.passed, 'the mark of a SCO');
  assert.deepEqual(state.result, { completed: true, passed: true, score: 1 });
  assert.equal(state.parts.item_1['cmi.score.raw'], '100');
  assert.equal(state.parts.item_1['cmi.learner_name'], undefined, 'the pupil is not named to a package');
});

test('SCORM 1.2: parts in a list, each with what it has come to', { skip: noCorpus }, async () => {
  await enter();
  await exhibit(page, { name: 'parts', kind: 'package', format: 'scorm-1.2', file: scorm('RuntimeMinimumCalls_SCORM12.zip') });
  await (await frameOf(page, '/Playing/Playing.html')).getByText('Play of the game').waitFor();
  const list = stage(page).getByLabel('Các phần của bài');
  assert.ok((await list.locator('option').count()) > 10);
  await picture('scorm-12');
  await stage(page).getByRole('button', { name: 'Tiếp theo' }).click();
  await (await frameOf(page, '/Playing/Par.html')).locator('h1').waitFor();
  // Leaving a part ends it.
  const state = await untilKept(page, 'parts', ({ parts }) => parts.playing_playing_item?.['cmi.core.lesson_status'] === 'completed', 'the first part');
  assert.equal(state.result.completed, false, 'the others are still to do');
  assert.match(await list.locator('option').first().innerText(), /✓/);
  await show(page, 'parts');
  await frameOf(page, '/Playing/Par.html');
});

test('SCORM: every other package of the corpus', { skip: noCorpus }, async () => {
  await enter();
  page.on('dialog', (dialog) => dialog.accept());
  for (const [file, format, end, text] of [
    ['RuntimeMinimumCalls_SCORM12-mini.zip', 'scorm-1.2', '/Playing/Playing.html', 'Play of the game'],
    ['SequencingSimpleRemediation_SCORM20043rdEdition.zip', 'scorm-2004', '/Playing/Playing.html', 'Play of the game'],
    ['singlescobasic.zip', 'scorm-1.2', '/Playing/Playing.html', 'Play of the game'],
    ['singlesco_scorm12.zip', 'scorm-1.2', '/shared/launchpage.html', 'Not implemented yet'],
  ]) {
    await exhibit(page, { name: 'scorm', kind: 'package', format, file: scorm(file) });
    await (await frameOf(page, end)).getByText(text).first().waitFor();
    await picture(`scorm-${file}`);
  }
});

test('the run-time of SCORM answers as the standard says', { skip }, async () => {
  await enter();
  const manifest = `<manifest xmlns:adlcp="x"><organizations default="o"><organization identifier="o"><item identifier="a" identifierref="r"><title>Bài</title><adlcp:masteryscore>80</adlcp:masteryscore></item></organization></organizations><resources><resource identifier="r" adlcp:scormtype="sco" href="sco.html"/></resources></manifest>`;
  const sco = '<!DOCTYPE html><meta charset="utf-8"><title>SCO</title><p>đây</p>';
  for (const format of ['scorm-1.2', 'scorm-2004']) {
    await exhibit(page, { name: format, kind: 'package', format, file: flat({ 'imsmanifest.xml': manifest, 'sco.html': sco }) });
    const frame = await frameOf(page, '/sco.html');
    await frame.getByText('đây').waitFor();
    const calls = await frame.evaluate((old) => {
      const api = old ? window.API : window.API_1484_11;
      const name = (word) => (old ? `LMS${word}` : word).replace('LMSTerminate', 'LMSFinish');
      const said = [];
      const call = (word, ...rest) => said.push([word, ...rest, api[name(word)](...rest), api[name('GetLastError')]()].join(' '));
      const core = old ? 'cmi.core.' : 'cmi.';
      call('GetValue', `${core}entry`);
      call('Initialize', '');
      call('GetValue', `${core}entry`);
      call('SetValue', `${core}entry`, 'resume');
      call('SetValue', `${core}score.raw`, 'nhiều');
      call('SetValue', `${core}score.raw`, '85');
      call('GetValue', `${core}session_time`);
      call('SetValue', `${core}session_time`, old ? '00:10:30.5' : 'PT10M30.5S');
      call('SetValue', old ? 'cmi.core.lesson_status' : 'cmi.completion_status', 'xong');
      call('SetValue', 'cmi.interactions.1.id', 'q1');
      call('SetValue', 'cmi.interactions.0.id', 'q1');
      call('GetValue', 'cmi.interactions._count');
      call('GetValue', 'cmi.nothing');
      call('SetValue', `${core}exit`, 'suspend');
      call('Terminate', '');
      call('SetValue', `${core}score.raw`, '1');
      return said;
    }, format === 'scorm-1.2');
    const [early, late] = format === 'scorm-1.2' ? ['301', '301'] : ['122', '133'];
    const core = format === 'scorm-1.2' ? 'cmi.core.' : 'cmi.';
    const [readOnly, writeOnly, type, order, span] = format === 'scorm-1.2' ? ['403', '404', '405', '201', '00:10:30.5'] : ['404', '405', '406', '351', 'PT10M30.5S'];
    const status = format === 'scorm-1.2' ? 'cmi.core.lesson_status' : 'cmi.completion_status';
    assert.deepEqual(calls, [
      `GetValue ${core}entry  ${early}`, 'Initialize  true 0', `GetValue ${core}entry ab-initio 0`, `SetValue ${core}entry resume false ${readOnly}`,
      `SetValue ${core}score.raw nhiều false ${type}`, `SetValue ${core}score.raw 85 true 0`, `GetValue ${core}session_time  ${writeOnly}`,
      `SetValue ${core}session_time ${span} true 0`, `SetValue ${status} xong false ${type}`, `SetValue cmi.interactions.1.id q1 false ${order}`,
      'SetValue cmi.interactions.0.id q1 true 0', 'GetValue cmi.interactions._count 1 0', 'GetValue cmi.nothing  401',
      `SetValue ${core}exit suspend true 0`, 'Terminate  true 0', `SetValue ${core}score.raw 1 false ${late}`,
    ]);
    const { parts } = await untilKept(page, format, (state) => state.parts.a?.[`${core}total_time`], 'the end of a run');
    assert.equal(parts.a[`${core}total_time`], format === 'scorm-1.2' ? '0000:10:30.50' : 'PT0H10M30.5S');
    if (format === 'scorm-1.2') { assert.equal(parts.a['cmi.core.lesson_status'], 'passed', 'the mark is above the bar'); }
    await show(page, format);
    const next = await frameOf(page, '/sco.html');
    const entry = await next.evaluate((old) => {
      const api = old ? window.API : window.API_1484_11;
      return old ? [api.LMSInitialize(''), api.LMSGetValue('cmi.core.entry')] : [api.Initialize(''), api.GetValue('cmi.entry')];
    }, format === 'scorm-1.2');
    assert.deepEqual(entry, ['true', 'resume']);
  }
});

test('books: chapters, contents, and no script of the book', { skip: noCorpus }, async () => {
  await enter();
  for (const file of ['valid.epub', 'minimal.epub', 'ocf-minimal-valid.epub', 'ocf-filename-utf8-valid.epub']) {
    await exhibit(page, { name: 'book', kind: 'epub', file: flat(path.join(CORPUS, 'epub', file)) });
    await stage(page).locator('.chapter').getByText(/\S/).first().waitFor();
    await picture(`epub-${file}`);
  }
  const chapter = (number, body) => `<html xmlns="http://www.w3.org/1999/xhtml"><head><title>${number}</title><link rel="stylesheet" href="../s.css"/></head><body>${body}</body></html>`;
  const book = {
    'META-INF/container.xml': '<container><rootfiles><rootfile full-path="OEBPS/content.opf"/></rootfiles></container>',
    'OEBPS/content.opf': '<package><manifest><item id="n" href="nav.xhtml" properties="nav"/><item id="a" href="t/a.xhtml"/><item id="b" href="t/b%20b.xhtml"/></manifest><spine><itemref idref="a"/><itemref idref="b"/></spine></package>',
    'OEBPS/nav.xhtml': '<html xmlns="http://www.w3.org/1999/xhtml"><body><nav><a href="t/a.xhtml">Đất rừng</a><a href="t/b%20b.xhtml">Phương Nam</a></nav></body></html>',
    'OEBPS/s.css': '.red { color: rgb(200, 0, 0) }',
    'OEBPS/t/a.xhtml': chapter(1, '<p class="red">Sông nước</p><img src="x" onerror="document.title=\'bad\'"/><script>document.title="bad"</script><iframe src="https://evil.example/"/><p><a href="b%20b.xhtml#here">sang chương hai</a> <a href="https://evil.example/">ra ngoài</a></p>'),
    'OEBPS/t/b b.xhtml': chapter(2, '<p id="here">Rừng tràm</p>'),
  };
  // The browser says already of the text that it would run no handler of it.
  faultsExpected(/inline event handler/);
  await exhibit(page, { name: 'book', kind: 'epub', file: flat(book) });
  const frame = stage(page);
  await frame.getByText('Sông nước').waitFor();
  const red = async () => (await frame.getByText('Sông nước').evaluate((element) => getComputedStyle(element).color)) === 'rgb(200, 0, 0)';
  for (const end = Date.now() + 20_000; !(await red());) { assert.ok(Date.now() < end, 'its own styles'); await page.waitForTimeout(100); }
  assert.deepEqual(await frame.locator('option').allTextContents(), ['Đất rừng', 'Phương Nam']);
  await frame.getByText('ra ngoài').click();
  await frame.getByText('sang chương hai').click();
  await frame.getByText('Rừng tràm').waitFor();
  const inside = await frameOf(page, '/~/');
  assert.equal(await inside.title(), 'Trạm', 'nothing of the book ran');
  assert.equal(await inside.evaluate(() => document.getElementById('player').querySelector('.book > div').shadowRoot.querySelectorAll('script, iframe, [onerror]').length), 0);
  await untilKept(page, 'book', (state) => state.chapter === 2, 'the chapter');
  await show(page, 'book');
  await stage(page).getByText('Rừng tràm').waitFor();
});

test('a package of pages, its store and its own files', { skip }, async () => {
  await enter();
  const html = `<!DOCTYPE html><meta charset="utf-8"><title>Trò chơi</title><link rel="stylesheet" href="a/s.css"><p id="out"></p><button>Tính</button>
    <script src="a/s.js"></script><script type="module">import { two } from './a/m.js'; document.body.dataset.module = two;</script>`;
  const js = `document.querySelector('button').onclick = async () => {
    localStorage.setItem('điểm', '7'); localStorage.lượt = 2; document.cookie = 'a=b; path=/';
    const data = await (await fetch('a/data.json')).json();
    document.getElementById('out').textContent = [localStorage.getItem('điểm'), localStorage.length, document.cookie, data.name].join(' ');
  };
  if (localStorage.getItem('điểm')) { document.body.dataset.kept = localStorage.getItem('điểm'); }`;
  const file = flat({ 'bài học/index.html': html, 'bài học/a/s.js': js, 'bài học/a/s.css': '#out { color: rgb(0, 0, 200) }', 'bài học/a/m.js': 'export const two = 2;', 'bài học/a/data.json': '{"name":"Bến Tre"}', 'bài học/hai.html': '<!DOCTYPE html><meta charset="utf-8"><script>document.write("<p>" + localStorage.getItem("điểm") + "</p>")</script>' });
  await exhibit(page, { name: 'pages', kind: 'package', format: 'html', entry: 'bài học/index.html', file });
  const frame = await frameOf(page, '/index.html');
  await frame.getByRole('button', { name: 'Tính' }).click();
  await frame.getByText('7 2 a=b Bến Tre').waitFor();
  assert.equal(await frame.evaluate(() => document.body.dataset.module), '2', 'modules');
  assert.equal(await frame.locator('#out').evaluate((element) => getComputedStyle(element).color), 'rgb(0, 0, 200)');
  await picture('html');
  // From page to page of the package the store stays; with another opening it is gone.
  await frame.evaluate(() => { location.href = 'hai.html'; });
  await (await frameOf(page, '/hai.html')).getByText('7').waitFor();
  await show(page, 'pages');
  assert.equal(await (await frameOf(page, '/index.html')).evaluate(() => document.body.dataset.kept), undefined);
});

test('PDF: pages, text, a page asked for, zoom, the place', { skip: noCorpus }, async () => {
  await enter();
  const file = path.join(CORPUS, 'vi', 'cong-van-sgddt.pdf');
  await exhibit(page, { name: 'pdf', kind: 'pdf', entry: '3', file });
  const frame = stage(page);
  await frame.locator('[data-page="3"][data-drawn]').waitFor();
  assert.equal(await frame.getByLabel('Trang', { exact: true }).inputValue(), '3');
  await frame.locator('[data-page="3"] .textLayer span').first().waitFor();
  const dark = await frame.locator('[data-page="3"] canvas').evaluate((canvas) => {
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    let count = 0;
    for (let at = 0; at < data.length; at += 4) { if (data[at] < 100) { count += 1; } }
    return count;
  });
  assert.ok(dark > 1000, `${dark} dark dots: something is drawn`);
  assert.equal(await frame.locator('[data-page="6"] canvas').count(), 0, 'pages far away are not drawn');
  const wide = (await frame.locator('[data-page="3"]').boundingBox()).width;
  await frame.getByRole('button', { name: 'To hơn' }).click();
  await frame.locator('[data-page="3"] canvas').waitFor();
  assert.ok((await frame.locator('[data-page="3"]').boundingBox()).width > wide * 1.2, 'larger');
  await frame.getByRole('button', { name: 'Vừa bề ngang' }).click();
  await frame.getByRole('button', { name: 'Tiếp theo' }).click();
  await untilKept(page, 'pdf', (state) => state.page === 4, 'the page');
  await exhibit(page, { name: 'pdf', kind: 'pdf', file });
  await frame.getByText('học liệu số').first().waitFor({ state: 'attached' }).catch(() => {});
  const text = await frame.locator('[data-page="1"] .textLayer').innerText();
  assert.match(text, /Độc lập - Tự do - Hạnh phúc/);
  await picture('pdf');
});

test('PDF where a browser gives a page without an origin no worker', { skip: noCorpus }, async () => {
  await enter();
  await page.addInitScript(() => {
    window.Worker = class extends EventTarget {
      constructor() { super(); setTimeout(() => this.dispatchEvent(new Event('error')), 50); }

      postMessage() { /* Nobody hears it. */ }

      terminate() { /* There is nothing to end. */ }
    };
  });
  await exhibit(page, { name: 'no-worker', kind: 'pdf', file: path.join(CORPUS, 'vi', 'cong-van-sgddt.pdf') });
  await stage(page).locator('[data-page="1"] .textLayer').getByText('Độc lập').first().waitFor();
});

test('what is no PDF says so, in plain words, and can be downloaded', { skip }, async () => {
  await enter();
  const file = path.join(work, 'hong.pdf');
  fs.writeFileSync(file, 'đây không phải PDF');
  await exhibit(page, { name: 'broken', kind: 'pdf', file });
  await stage(page).getByText('Không đọc được tệp này').waitFor();
  const link = page.getByRole('link', { name: 'Tải tệp về máy' });
  const reply = await page.request.get(await link.getAttribute('href'));
  assert.equal(await reply.text(), 'đây không phải PDF');
});

/** A film of two seconds, made by the browser itself. */
async function film() {
  const bytes = await page.evaluate(async () => {
    const canvas = document.createElement('canvas');
    canvas.width = 160;
    canvas.height = 90;
    const pen = canvas.getContext('2d');
    const recorder = new MediaRecorder(canvas.captureStream(25), { mimeType: 'video/webm' });
    const pieces = [];
    recorder.ondataavailable = (event) => pieces.push(event.data);
    const done = new Promise((resolve) => { recorder.onstop = resolve; });
    recorder.start();
    for (let at = 0; at < 50; at += 1) {
      pen.fillStyle = `hsl(${at * 7}, 80%, 50%)`;
      pen.fillRect(0, 0, 160, 90);
      await new Promise((resolve) => { setTimeout(resolve, 40); });
    }
    recorder.stop();
    await done;
    return [...new Uint8Array(await new Blob(pieces).arrayBuffer())];
  });
  const file = path.join(work, 'phim.webm');
  fs.writeFileSync(file, Buffer.from(bytes));
  return file;
}

/** Three seconds of a tone. */
function sound() {
  const rate = 8000, count = rate * 30, wav = Buffer.alloc(44 + count * 2);
  wav.write('RIFF', 0);
  wav.writeUInt32LE(36 + count * 2, 4);
  wav.write('WAVEfmt ', 8);
  wav.writeUInt32LE(16, 16);
  wav.writeUInt16LE(1, 20);
  wav.writeUInt16LE(1, 22);
  wav.writeUInt32LE(rate, 24);
  wav.writeUInt32LE(rate * 2, 28);
  wav.writeUInt16LE(2, 32);
  wav.writeUInt16LE(16, 34);
  wav.write('data', 36);
  wav.writeUInt32LE(count * 2, 40);
  for (let at = 0; at < count; at += 1) { wav.writeInt16LE(Math.round(Math.sin(at / 4) * 9000), 44 + at * 2); }
  const file = path.join(work, 'nghe.wav');
  fs.writeFileSync(file, wav);
  return file;
}

test('film with subtitles, sound that goes on where it was left, a picture enlarged', { skip }, async () => {
  await enter();
  await page.goto('/');
  const track = path.join(work, 'vi.vtt');
  fs.writeFileSync(track, 'WEBVTT\n\n00:00.000 --> 00:02.000\nĐất rừng phương Nam\n');
  await exhibit(page, { name: 'film', kind: 'video', file: await film(), track });
  await page.waitForFunction(() => document.querySelector('video').readyState >= 2);
  await page.evaluate(() => { const video = document.querySelector('video'); video.muted = true; return video.play(); });
  await page.waitForFunction(() => document.querySelector('video').ended, null, { timeout: 10_000 });
  assert.deepEqual(await page.evaluate(() => [...document.querySelector('video').textTracks].map((one) => [one.label, one.cues?.[0]?.text])), [['Tiếng Việt', 'Đất rừng phương Nam']]);
  await picture('film');

  await exhibit(page, { name: 'sound', kind: 'audio', file: sound() });
  await page.waitForFunction(() => document.querySelector('audio').readyState >= 1);
  await page.evaluate(async () => { const audio = document.querySelector('audio'); audio.muted = true; audio.currentTime = 12; await audio.play(); audio.pause(); });
  const state = await untilKept(page, 'sound', ({ place }) => place === 12, 'the place in a sound');
  assert.equal(state.length, 30);
  await show(page, 'sound');
  await page.waitForFunction(() => document.querySelector('audio').currentTime === 12);

  const shot = path.join(work, 'hinh.png');
  await page.screenshot({ path: shot });
  await exhibit(page, { name: 'picture', kind: 'picture', file: shot });
  const image = page.locator('[data-picture] img');
  await page.waitForFunction(() => document.querySelector('[data-picture] img').naturalWidth > 0);
  const small = (await image.boundingBox()).width;
  await page.getByRole('button', { name: 'Phóng to hình' }).click();
  assert.ok((await image.boundingBox()).width > small * 1.2);
  await picture('picture');
});

test('on a phone, dark, without script, and in English', { skip: noCorpus }, async () => {
  const pdf = path.join(CORPUS, 'vi', 'cong-van-sgddt.pdf');
  // axe asks for the sheet of styles by a request of its own, which the policy refuses.
  faultsExpected(/player\.css' violates/);
  for (const width of [360, 320]) {
    await enter({ width, height: 700, dark: true });
    await exhibit(page, { name: 'narrow', kind: 'pdf', file: pdf });
    await stage(page).locator('[data-page="1"][data-drawn]').waitFor();
    await assertFits(page, `a PDF at ${width}`);
    const inside = await frameOf(page, '/~/');
    assert.ok(await inside.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'the player fits');
    await assertAccessible(page, 'a page with a viewer');
    await assertAccessible(inside, 'the player of PDF');
    await picture(`pdf-${width}`);
    await exhibit(page, { name: 'narrow', kind: 'package', format: 'scorm-1.2', file: scorm('RuntimeMinimumCalls_SCORM12-mini.zip') });
    await frameOf(page, '/Playing/Playing.html');
    await assertFits(page, `SCORM at ${width}`);
    await assertAccessible(await frameOf(page, '/~/'), 'the list of parts');
    await picture(`scorm-${width}`);
    await exhibit(page, { name: 'narrow', kind: 'package', format: 'h5p', file: h5p('H5P.DragText.h5p') });
    await stage(page).getByText('What are the colors').waitFor();
    await picture(`h5p-${width}`);
    await exhibit(page, { name: 'narrow', kind: 'epub', file: flat(path.join(CORPUS, 'epub', 'valid.epub')) });
    await stage(page).getByText('Loomings').first().waitFor();
    await assertAccessible(await frameOf(page, '/~/'), 'the player of books');
    await picture(`epub-${width}`);
  }
  await show(page, 'narrow?lang=en');
  await stage(page).getByText('Contents').waitFor();
  await enter({ script: false });
  await exhibit(page, { name: 'bare', kind: 'pdf', file: pdf });
  await picture('no-script');
  const inner = await page.request.get(await page.locator('[data-viewer] > iframe').getAttribute('src'));
  assert.match(await inner.text(), /<noscript><p lang="vi">[^<]*không cho chạy mã lệnh/);
  const href = await page.getByRole('link', { name: 'Tải tệp về máy' }).getAttribute('href');
  assert.equal((await page.request.get(href)).headers()['content-type'], 'application/pdf');
  assert.equal((await kept(page, 'bare')).told, 0);
});
