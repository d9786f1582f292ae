/* Shows a PDF with pdf.js in the sandbox: pages are drawn when they come near, text can be
   chosen, no script of the file runs. */
(function () {
  'use strict';
  var tram = window.tram, lib = window.pdfjsLib, host = tram.player(), pages = [], file = null, zoom = 0, drawn = [], current = 1, last = 1;
  var kept = tram.config.state && tram.config.state.format === 'pdf' ? tram.config.state : null;
  var wanted = parseInt(tram.config.entry, 10) || (kept && kept.page) || 1;
  var assets = document.querySelector('script[src$="pdf.min.js"]').src.replace(/pdf\.min\.js$/, '');
  if (!lib || !window.IntersectionObserver) { tram.fail('old'); return; }
  document.body.classList.add('staged');

  /* A worker of an origin that is nobody's is made of its own text. Where a browser makes
     none, pdf.js works in the page itself. */
  function worker(failed) {
    try {
      var made = new Worker(URL.createObjectURL(new Blob(['importScripts(' + JSON.stringify(assets + 'pdf.worker.min.js') + ')'], { type: 'text/javascript' })));
      made.addEventListener('error', failed);
      lib.GlobalWorkerOptions.workerPort = made;
    } catch (_) { lib.GlobalWorkerOptions.workerSrc = assets + 'pdf.worker.min.js'; }
  }

  var bar = tram.make('div', 'bar'), sheet = tram.make('div', 'sheet'), number = tram.make('input'), of = tram.make('span', 'of');
  sheet.tabIndex = 0;
  sheet.setAttribute('role', 'document');
  number.type = 'number';
  number.min = '1';
  number.setAttribute('aria-label', tram.say('page'));
  number.addEventListener('change', function () { go(parseInt(number.value, 10)); });
  [tram.button('‹', tram.say('previous'), function () { go(current - 1); }), number, of,
    tram.button('›', tram.say('next'), function () { go(current + 1); }),
    tram.button('−', tram.say('smaller'), function () { scale(0.8); }),
    tram.button('+', tram.say('larger'), function () { scale(1.25); }),
    tram.button('↔', tram.say('fit'), function () { zoom = 0; layout(); })].forEach(function (element) { bar.appendChild(element); });
  host.appendChild(bar);
  host.appendChild(sheet);

  function fitting(page) { return Math.max(100, sheet.clientWidth - 16) / page.width; }
  function factor(page) { return zoom || Math.min(fitting(page), 1.6); }
  function scale(by) { var first = pages[current - 1]; if (first) { zoom = Math.min(6, Math.max(0.2, factor(first) * by)); layout(); } }
  function place(page) {
    var by = factor(page);
    page.box.style.width = Math.floor(page.width * by) + 'px';
    page.box.style.height = Math.floor(page.height * by) + 'px';
  }
  function layout() {
    var here = pages[current - 1];
    pages.forEach(function (page) { clear(page); place(page); });
    if (here) { sheet.scrollTop = here.box.offsetTop - sheet.offsetTop; }
    seen.forEach(draw);
  }
  function clear(page) {
    if (page.task) { page.task.cancel(); page.task = null; }
    page.box.textContent = '';
    page.done = false;
  }
  function go(to) {
    to = Math.min(pages.length, Math.max(1, to || 1));
    if (pages[to - 1]) { sheet.scrollTop = pages[to - 1].box.offsetTop - sheet.offsetTop; at(to); }
  }
  function at(to) {
    current = to;
    if (document.activeElement !== number) { number.value = String(to); }
    // The place is kept once a reader has turned a page.
    if (to === last) { return; }
    last = to;
    tram.keep({ format: 'pdf', page: to, pages: pages.length, result: { completed: to === pages.length, passed: null, score: null } });
  }
  function draw(page) {
    if (page.done) { return; }
    page.done = true;
    drawn = drawn.filter(function (other) { return other !== page; }).concat([page]);
    // A phone has little memory: eight pages at once.
    while (drawn.length > 8) { var oldest = drawn.shift(); if (seen.indexOf(oldest) < 0) { clear(oldest); } }
    file.getPage(page.number).then(function (found) {
      var natural = found.getViewport({ scale: 1 });
      if (natural.width !== page.width || natural.height !== page.height) { page.width = natural.width; page.height = natural.height; place(page); }
      var by = factor(page), view = found.getViewport({ scale: by }), dots = Math.min(window.devicePixelRatio || 1, Math.sqrt(8e6 / (view.width * view.height)));
      var canvas = tram.make('canvas'), text = tram.make('div', 'textLayer');
      canvas.width = Math.floor(view.width * dots);
      canvas.height = Math.floor(view.height * dots);
      text.style.setProperty('--scale-factor', String(by));
      if (!page.done) { return undefined; }
      page.box.appendChild(canvas);
      page.box.appendChild(text);
      page.task = found.render({ canvasContext: canvas.getContext('2d'), viewport: view, transform: dots === 1 ? null : [dots, 0, 0, dots, 0, 0] });
      return page.task.promise.then(function () {
        page.task = null;
        page.box.setAttribute('data-drawn', '');
        return lib.renderTextLayer({ textContentSource: found.streamTextContent(), container: text, viewport: view, textDivs: [] }).promise;
      });
    }).catch(function (error) { if (error && error.name !== 'RenderingCancelledException') { page.done = false; if (window.console) { window.console.warn(error); } } });
  }
  var seen = [], watch = new IntersectionObserver(function (entries) {
    entries.forEach(function (entry) {
      var page = pages[Number(entry.target.getAttribute('data-page')) - 1];
      seen = seen.filter(function (other) { return other !== page; });
      if (entry.isIntersecting) { seen.push(page); draw(page); }
    });
  }, { root: sheet, rootMargin: '300px 0px' });
  sheet.addEventListener('scroll', function () {
    var middle = sheet.scrollTop + sheet.clientHeight / 3, low = 0, high = pages.length - 1;
    while (low < high) { var half = (low + high + 1) >> 1; if (pages[half].box.offsetTop - sheet.offsetTop <= middle) { low = half; } else { high = half - 1; } }
    at(low + 1);
  }, { passive: true });
  var wide = 0;
  window.addEventListener('resize', function () { if (Math.abs(sheet.clientWidth - wide) > 4) { wide = sheet.clientWidth; if (!zoom) { layout(); } } });

  function load() {
    return lib.getDocument({ url: new URL('file', location.href).href, isEvalSupported: false, useSystemFonts: true, enableXfa: false, disableAutoFetch: true, disableStream: true, rangeChunkSize: 131072 }).promise;
  }
  new Promise(function (resolve, reject) {
    worker(function () {
      if (file) { return; }
      lib.GlobalWorkerOptions.workerPort = null;
      lib.GlobalWorkerOptions.workerSrc = assets + 'pdf.worker.min.js';
      load().then(resolve, reject);
    });
    load().then(resolve, reject);
  }).then(function (found) {
    file = found;
    of.textContent = '/ ' + found.numPages;
    number.max = String(found.numPages);
    return found.getPage(1);
  }).then(function (first) {
    var view = first.getViewport({ scale: 1 });
    for (var i = 1; i <= file.numPages; i += 1) {
      var box = tram.make('div', 'page');
      box.setAttribute('data-page', String(i));
      box.setAttribute('role', 'region');
      box.setAttribute('aria-label', tram.say('page') + ' ' + i);
      pages.push({ number: i, box: box, width: view.width, height: view.height, done: false, task: null });
      sheet.appendChild(box);
    }
    wide = sheet.clientWidth;
    pages.forEach(place);
    last = Math.min(pages.length, Math.max(1, wanted));
    go(wanted);
    pages.forEach(function (page) { watch.observe(page.box); });
    tram.post({ tram: 'ready' });
  }).catch(function (error) { tram.fail(error && error.name === 'PasswordException' ? 'locked' : 'broken', error); });
}());
