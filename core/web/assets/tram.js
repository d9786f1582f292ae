/* Trạm's one script (ES2019; Chrome 109, Firefox 115, iOS 14). Everything works
   without it; it adds suggestions, live progress, printing, sign-out when idle. */
(function () {
  'use strict';
  var doc = document;
  var each = function (selector, run, from) { Array.prototype.forEach.call((from || doc).querySelectorAll(selector), run); };

  /* Suggestions. Never while a syllable is being composed: neither an input method
     of the system (composition events) nor Telex and VNI keyboards, which retype
     the syllable within a few milliseconds (the pause below). */
  function suggestions(input) {
    var pause = 220, composing = false, timer = 0, request = null, chosen = -1;
    var list = doc.createElement('ul');
    list.className = 'suggestions';
    list.id = input.id + '-list';
    list.hidden = true;
    list.setAttribute('role', 'listbox');
    list.setAttribute('aria-label', input.getAttribute('data-suggest-label') || '');
    input.parentNode.appendChild(list);
    input.setAttribute('role', 'combobox');
    input.setAttribute('aria-autocomplete', 'list');
    input.setAttribute('aria-controls', list.id);
    input.setAttribute('aria-expanded', 'false');
    function close() {
      clearTimeout(timer);
      if (request) { request.abort(); request = null; }
      list.hidden = true;
      chosen = -1;
      input.setAttribute('aria-expanded', 'false');
      input.removeAttribute('aria-activedescendant');
    }
    function mark(at) {
      var items = list.children;
      if (chosen >= 0 && items[chosen]) { items[chosen].setAttribute('aria-selected', 'false'); }
      chosen = at;
      if (at >= 0) {
        items[at].setAttribute('aria-selected', 'true');
        input.setAttribute('aria-activedescendant', items[at].id);
      } else { input.removeAttribute('aria-activedescendant'); }
    }
    function take(text) { input.value = text; close(); input.form.submit(); }
    function show(words) {
      list.textContent = '';
      words.slice(0, 8).forEach(function (word, at) {
        var item = doc.createElement('li');
        item.id = list.id + '-' + at;
        item.setAttribute('role', 'option');
        item.setAttribute('aria-selected', 'false');
        item.textContent = word;
        item.addEventListener('mousedown', function (event) { event.preventDefault(); take(word); });
        list.appendChild(item);
      });
      list.hidden = words.length === 0;
      chosen = -1;
      input.setAttribute('aria-expanded', String(!list.hidden));
    }
    function ask() {
      var typed = input.value.trim();
      if (composing || typed.length < 2) { close(); return; }
      if (request) { request.abort(); }
      request = new AbortController();
      var address = input.getAttribute('data-suggest');
      fetch(address + (address.indexOf('?') < 0 ? '?' : '&') + 'q=' + encodeURIComponent(typed), { signal: request.signal, credentials: 'same-origin' })
        .then(function (reply) { return reply.ok ? reply.json() : []; })
        .then(function (words) { if (!composing && input.value.trim() === typed && doc.activeElement === input) { show(words); } })
        .catch(function () { /* Suggestions are a help; searching goes on without. */ });
    }
    input.addEventListener('compositionstart', function () { composing = true; close(); });
    input.addEventListener('compositionend', function () { composing = false; clearTimeout(timer); timer = setTimeout(ask, pause); });
    input.addEventListener('input', function (event) {
      clearTimeout(timer);
      if (composing || event.isComposing) { return; }
      timer = setTimeout(ask, pause);
    });
    input.addEventListener('keydown', function (event) {
      if (event.isComposing || event.keyCode === 229) { return; }
      var count = list.hidden ? 0 : list.children.length;
      if (event.key === 'ArrowDown' && count) { event.preventDefault(); mark((chosen + 1) % count); }
      else if (event.key === 'ArrowUp' && count) { event.preventDefault(); mark((chosen + count - 1) % count); }
      else if (event.key === 'Enter' && chosen >= 0) { event.preventDefault(); take(list.children[chosen].textContent); }
      else if (event.key === 'Escape' && count) { event.preventDefault(); close(); }
    });
    input.addEventListener('blur', close);
  }

  /* A scanner types like a keyboard, so a Vietnamese input method changes what it
     types: AA becomes Â, DD becomes Đ. Undone as Telex writes it. */
  var telex = { '\u0302': null, '\u0306': 'W', '\u031b': 'W', '\u0301': 'S', '\u0300': 'F', '\u0309': 'R', '\u0303': 'X', '\u0323': 'J' };
  function untype(text) {
    var out = '', base = '';
    text.normalize('NFD').split('').forEach(function (c) {
      if (c === 'Đ' || c === 'đ') { base = c === 'Đ' ? 'D' : 'd'; out += base + base; return; }
      if (!Object.prototype.hasOwnProperty.call(telex, c)) { base = c; out += c; return; }
      var key = telex[c] === null ? base : telex[c];
      out += base === base.toLowerCase() ? key.toLowerCase() : key.toUpperCase();
    });
    return out;
  }
  function scan(input) {
    input.addEventListener('change', function () { input.value = untype(input.value).trim(); });
    if (input.form) { input.form.addEventListener('submit', function () { input.value = untype(input.value).trim(); }); }
  }

  /* Progress of a job. */
  function follow(box) {
    var bar = box.querySelector('progress'), message = box.querySelector('[data-message]'), count = box.querySelector('[data-count]');
    var wait = 700;
    function ask() {
      fetch('/jobs/' + encodeURIComponent(box.getAttribute('data-job')), { headers: { Accept: 'application/json' }, credentials: 'same-origin' })
        .then(function (reply) { if (!reply.ok) { throw new Error(String(reply.status)); } return reply.json(); })
        .then(function (job) {
          wait = 700;
          if (message && job.message) { message.textContent = job.message; }
          if (job.total > 0) { bar.max = job.total; bar.value = job.done; if (count) { count.textContent = job.done + ' / ' + job.total; } }
          if (job.running) { setTimeout(ask, wait); return; }
          var then = box.getAttribute('data-then');
          if (then) { location.assign(then); } else { location.reload(); }
        })
        .catch(function () { wait = Math.min(wait * 2, 15000); setTimeout(ask, wait); });
    }
    setTimeout(ask, wait);
  }

  /* Uploads show how far they are. */
  function upload(form) {
    form.addEventListener('submit', function (event) {
      var files = form.querySelector('input[type=file]');
      if (!files || !files.files.length || !window.FormData) { return; }
      event.preventDefault();
      var button = form.querySelector('button[type=submit]'), box = doc.createElement('div'), bar = doc.createElement('progress'), words = doc.createElement('p');
      box.className = 'progress';
      words.setAttribute('role', 'status');
      words.textContent = form.getAttribute('data-upload');
      bar.setAttribute('aria-label', form.getAttribute('data-upload'));
      box.appendChild(words);
      box.appendChild(bar);
      form.appendChild(box);
      if (button) { button.disabled = true; }
      var request = new XMLHttpRequest();
      request.open('POST', form.action);
      request.upload.onprogress = function (sent) { if (sent.lengthComputable) { bar.max = sent.total; bar.value = sent.loaded; } };
      request.onload = function () {
        if (request.responseURL && request.responseURL.split('#')[0] !== form.action.split('#')[0]) { location.assign(request.responseURL); return; }
        var reply = new DOMParser().parseFromString(request.responseText, 'text/html');
        history.replaceState(null, '', form.action);
        doc.title = reply.title;
        doc.body.replaceWith(doc.adoptNode(reply.body));
        start();
        window.scrollTo(0, 0);
      };
      request.onerror = function () { box.remove(); if (button) { button.disabled = false; } HTMLFormElement.prototype.submit.call(form); };
      request.send(new FormData(form));
    });
  }

  /* A question before something is destroyed: Escape and "no" fold it again. */
  function confirm(details) {
    var no = details.querySelector('[data-cancel]'), summary = details.querySelector('summary');
    no.hidden = false;
    function fold() { details.open = false; summary.focus(); }
    no.addEventListener('click', fold);
    details.addEventListener('toggle', function () { if (details.open) { no.focus(); } });
    details.addEventListener('keydown', function (event) { if (event.key === 'Escape' && details.open) { event.preventDefault(); fold(); } });
  }

  /* A shared computer signs out by itself. Every tab counts as a touch. */
  function idle() {
    var seconds = Number(doc.body.getAttribute('data-idle')), form = doc.querySelector('form[data-sign-out]');
    if (!seconds || !form) { return; }
    var key = 'tram-touched', box = null, leaving = false;
    function touched() { try { localStorage.setItem(key, String(Date.now())); } catch (_) { last = Date.now(); } if (box) { box.remove(); box = null; } }
    var last = Date.now();
    function since() { var stored = 0; try { stored = Number(localStorage.getItem(key)); } catch (_) { stored = 0; } return (Date.now() - Math.max(stored, last)) / 1000; }
    ['pointerdown', 'keydown', 'scroll'].forEach(function (name) {
      var at = 0;
      doc.addEventListener(name, function () { if (Date.now() - at > 2000) { at = Date.now(); last = at; touched(); } }, { passive: true });
    });
    touched();
    setInterval(function () {
      var quiet = since();
      // Once: a second form would come with the token of a session that is over.
      if (leaving) { return; }
      if (quiet >= seconds) { leaving = true; form.submit(); return; }
      if (quiet >= seconds - 60 && !box) {
        box = doc.createElement('div');
        box.className = 'warn-box';
        box.setAttribute('role', 'alert');
        var words = doc.createElement('p'), stay = doc.createElement('button');
        words.textContent = doc.body.getAttribute('data-idle-warning');
        stay.type = 'button';
        stay.textContent = doc.body.getAttribute('data-idle-stay');
        stay.addEventListener('click', function () { last = Date.now(); touched(); });
        box.appendChild(words);
        box.appendChild(stay);
        doc.body.appendChild(box);
      }
    }, 5000);
  }

  /* The card's secret stands behind # and never reaches the network by itself. */
  function card() {
    var field = doc.querySelector('input[name=card]');
    if (!field || location.pathname !== '/card' || location.hash.length < 2) { return; }
    field.value = location.hash.slice(1);
    history.replaceState(null, '', location.pathname);
    if (!doc.querySelector('[role=alert]')) { field.form.submit(); }
  }

  /* The green tick: this device reaches the station by HTTPS without a warning. */
  function device() {
    var box = doc.querySelector('img[data-device]');
    if (!box) { return; }
    box.addEventListener('load', function () { each('[data-device-good]', function (e) { e.hidden = false; }); each('[data-device-wait]', function (e) { e.hidden = true; }); });
    box.addEventListener('error', function () { new Image().src = box.getAttribute('data-report'); each('[data-device-bad]', function (e) { e.hidden = false; }); each('[data-device-wait]', function (e) { e.hidden = true; }); });
    box.src = box.getAttribute('data-device') + '&t=' + Date.now();
  }

  /* The reader's clock beside the station's, which stood still since the page was made. */
  function clock(box) {
    var field = box.querySelector('input[type=hidden]'), says = box.querySelector('[data-clock-says]');
    var station = Number(box.getAttribute('data-clock')), opened = Date.now(), away = opened - station;
    var time = new Date(opened).toLocaleString(doc.documentElement.lang === 'vi' ? 'vi-VN' : 'en-GB', { timeZone: 'Asia/Ho_Chi_Minh', hour: '2-digit', minute: '2-digit', day: '2-digit', month: '2-digit', year: 'numeric' });
    var same = Math.abs(away) < 60000;
    says.textContent = box.getAttribute(same ? 'data-same' : 'data-differs').replace('{time}', time);
    says.className = same ? 'quiet' : 'error';
    field.value = String(opened);
    field.form.addEventListener('submit', function () { field.value = String(Date.now()); });
  }

  /* How long the way to the box is, beside what the box itself takes: a slow Wi-Fi or a
     slow box. The first reply opens the connection and does not count. */
  function roundTrip(words) {
    var ways = [], boxes = [], asked = 0;
    function middle(list) { return list.sort(function (a, b) { return a - b; })[Math.floor(list.length / 2)]; }
    function tell() {
      var slowest = Math.max.apply(null, ways), way = middle(ways), box = middle(boxes);
      var word = box > 200 ? 'box' : way > 60 || slowest > 400 ? 'network' : 'good';
      words.textContent = words.getAttribute('data-' + word).replace('{network}', Math.round(way)).replace('{slowest}', Math.round(slowest)).replace('{box}', Math.round(box));
      words.setAttribute('data-told', word);
    }
    function ask() {
      var began = performance.now();
      fetch(words.getAttribute('data-round-trip'), { credentials: 'same-origin', cache: 'no-store' })
        .then(function (reply) {
          var took = performance.now() - began, own = /dur=([0-9.]+)/.exec(reply.headers.get('Server-Timing') || '');
          if (!reply.ok || !own) { throw new Error(String(reply.status)); }
          if (asked) { boxes.push(Number(own[1])); ways.push(Math.max(0, took - Number(own[1]))); }
          asked += 1;
          if (asked < 13) { setTimeout(ask, 80); } else { tell(); }
        })
        .catch(function () { words.textContent = words.getAttribute('data-failed'); });
    }
    ask();
  }

  function start() {
    each('[data-round-trip]', roundTrip);
    each('input[data-suggest]', suggestions);
    each('[data-clock]', clock);
    each('input[data-scan]', scan);
    each('[data-job]', follow);
    each('form[data-upload]', upload);
    each('details[data-confirm]', confirm);
    each('[data-print]', function (button) { button.hidden = false; button.addEventListener('click', function () { window.print(); }); });
    each('details[data-fold]', function (details) { details.open = window.matchMedia('(min-width: 54rem)').matches; });
    each('[data-theme-choice]', function (link) {
      link.addEventListener('click', function (event) {
        event.preventDefault();
        var theme = link.getAttribute('data-theme-choice');
        doc.documentElement.setAttribute('data-theme', theme);
        doc.cookie = 'theme=' + theme + '; path=/; max-age=31536000; samesite=lax';
        each('[data-theme-choice]', function (other) { if (other === link) { other.setAttribute('aria-current', 'true'); } else { other.removeAttribute('aria-current'); } });
      });
    });
    card();
    device();
  }
  start();
  idle();
}());
