/* Pages with viewers: messages of the frames that play packages, where a film goes on,
   full screen, zoom of pictures. Everything is shown without it. */
(function () {
  'use strict';
  var doc = document, MOST = 64 * 1024;

  /* Keeps what a run has come to, the newest only: at most every two seconds, and after
     twenty times every ten, because each is a line in the station's journal. */
  function keeper(figure) {
    var form = figure.querySelector('form[data-progress]'), says = figure.querySelector('[role=status]');
    if (!form) { return function () { /* Nothing is kept. */ }; }
    var waiting = null, last = '', sending = false, timer = 0, sent = 0, times = 0, failures = 0;
    function tell(word) { says.textContent = word ? says.getAttribute('data-' + word) : ''; says.className = word === 'not-kept' ? 'error' : 'quiet'; }
    function body(state) {
      form.elements.namedItem('state').value = state;
      var fields = new URLSearchParams();
      new FormData(form).forEach(function (value, name) { fields.append(name, value); });
      return fields;
    }
    function later() {
      if (timer || sending || waiting === null) { return; }
      var pause = failures ? Math.min(2000 << failures, 60000) : times < 20 ? 2000 : 10000;
      timer = setTimeout(send, Math.max(300, sent + pause - Date.now()));
    }
    function send() {
      timer = 0;
      if (waiting === null || sending) { return; }
      var state = waiting;
      waiting = null;
      sending = true;
      sent = Date.now();
      times += 1;
      fetch(form.action, { method: 'POST', body: body(state), credentials: 'same-origin', redirect: 'manual', headers: { Accept: 'application/json' } })
        .then(function (reply) {
          // A plugin may answer with a redirect, as to any form.
          if (!reply.ok && reply.type !== 'opaqueredirect') { throw new Error(String(reply.status)); }
          failures = 0;
          last = state;
          tell('kept');
        })
        .catch(function () {
          if (waiting === null) { waiting = state; }
          failures = Math.min(failures + 1, 5);
          tell('not-kept');
        })
        .then(function () { sending = false; later(); });
    }
    window.addEventListener('pagehide', function () {
      if (waiting === null) { return; }
      try { fetch(form.action, { method: 'POST', body: body(waiting), credentials: 'same-origin', keepalive: true }); } catch (_) { /* The page goes all the same. */ }
      waiting = null;
    });
    return function (state) {
      var text = JSON.stringify(state);
      if (!text || text.length > MOST) { tell('not-kept'); return; }
      if (text === last && waiting === null) { return; }
      waiting = text;
      later();
    };
  }

  function frames(figure, keep) {
    var frame = figure.querySelector('iframe');
    if (!frame) { return; }
    window.addEventListener('message', function (event) {
      var told = event.data;
      // Only this frame's own document, which speaks for nobody: what it says is data.
      if (event.source !== frame.contentWindow || event.origin !== 'null' || !told || typeof told !== 'object') { return; }
      if (told.tram === 'state' && told.state && typeof told.state === 'object') { keep(told.state); }
      if (told.tram === 'height' && isFinite(told.height)) { frame.style.minHeight = '0'; frame.style.height = Math.min(4000, Math.max(160, Math.round(told.height))) + 'px'; }
      if (told.tram === 'ready' || told.tram === 'failed') { figure.setAttribute('data-is', told.tram); }
    });
  }

  /* A film or sound goes on where it was left. */
  function media(figure, keep) {
    var media = figure.querySelector('video, audio');
    if (!media) { return; }
    var kept = {};
    try { kept = JSON.parse(media.getAttribute('data-state')) || {}; } catch (_) { kept = {}; }
    var told = kept.place || 0, heard = kept.heard || 0;
    function tell() {
      var place = Math.floor(media.currentTime), length = Math.floor(media.duration || 0);
      if (!length) { return; }
      heard = Math.max(heard, place);
      told = place;
      keep({ format: figure.getAttribute('data-viewer'), place: media.ended ? 0 : place, heard: heard, length: length, result: { completed: media.ended || heard >= length * 0.95 || !!(kept.result && kept.result.completed), passed: null, score: null } });
    }
    function go() { if (kept.place > 0 && kept.place < media.duration - 3) { media.currentTime = kept.place; } }
    if (media.readyState > 0) { go(); } else { media.addEventListener('loadedmetadata', go, { once: true }); }
    media.addEventListener('timeupdate', function () { if (Math.abs(media.currentTime - told) >= 10) { tell(); } });
    media.addEventListener('pause', tell);
    media.addEventListener('ended', tell);
  }

  function picture(figure) {
    var box = figure.querySelector('[data-picture]'), button = figure.querySelector('[data-zoom]');
    if (!box || !button) { return; }
    function turn() { button.setAttribute('aria-pressed', String(box.classList.toggle('large'))); }
    button.hidden = false;
    button.addEventListener('click', turn);
    box.addEventListener('click', turn);
    box.addEventListener('keydown', function (event) { if (event.key === 'Enter' || event.key === '+' || event.key === '-') { event.preventDefault(); turn(); } });
  }

  function full(figure) {
    var button = figure.querySelector('[data-full]');
    var begin = figure.requestFullscreen || figure.webkitRequestFullscreen;
    if (!button || !begin) {
      // iPhones fill the screen with films alone; the page fills itself with the rest.
      if (!button || figure.getAttribute('data-viewer') === 'video') { return; }
      begin = function () { figure.classList.toggle('whole'); return null; };
    }
    button.hidden = false;
    button.addEventListener('click', function () {
      var now = doc.fullscreenElement || doc.webkitFullscreenElement;
      if (now) { (doc.exitFullscreen || doc.webkitExitFullscreen).call(doc); } else { begin.call(figure); }
    });
  }

  Array.prototype.forEach.call(doc.querySelectorAll('[data-viewer]'), function (figure) {
    var keep = keeper(figure);
    frames(figure, keep);
    media(figure, keep);
    picture(figure);
    full(figure);
  });
}());
