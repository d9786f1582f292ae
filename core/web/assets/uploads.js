/* Files on their way to the station in pieces (tus 1.0; docs/formats/upload.md). What is
   told as sent is what the station says it has. Without script the form carries the
   files by itself. */
(function () {
  'use strict';
  var doc = document, MB = 1048576, AT_ONCE = 2, SMALLEST = MB, LARGEST = 10 * MB, STALL = 30000;
  var JUNK = /(^|\/)(\.DS_Store|Thumbs\.db|desktop\.ini|\._[^\/]*)$/i;
  var vietnamese = doc.documentElement.lang === 'vi';

  function element(name, inside, className) {
    var made = doc.createElement(name);
    if (className) { made.className = className; }
    if (typeof inside === 'string') { made.textContent = inside; }
    return made;
  }
  function button(words, run, className) {
    var made = element('button', words, className || 'button small');
    made.type = 'button';
    made.addEventListener('click', run);
    return made;
  }
  function size(bytes) {
    var unit = bytes >= 1024 * MB ? ' GB' : bytes >= MB ? ' MB' : ' KB';
    var value = bytes / (unit === ' GB' ? 1024 * MB : unit === ' MB' ? MB : 1024);
    return (unit === ' KB' && value > 0 ? Math.max(value, 1) : value).toLocaleString(vietnamese ? 'vi-VN' : 'en-GB', { maximumFractionDigits: unit === ' KB' ? 0 : 1 }) + unit;
  }
  function encoded(text) {
    var out = '';
    new TextEncoder().encode(text).forEach(function (byte) { out += String.fromCharCode(byte); });
    return btoa(out);
  }

  /* One request; answers with status 0 when the connection is gone, or stands still. */
  function ask(method, address, headers, body, done) {
    var request = new XMLHttpRequest(), timer = 0, over = false;
    function end(status) {
      if (over) { return; }
      over = true;
      clearTimeout(timer);
      done(status, request);
    }
    function alive() {
      clearTimeout(timer);
      timer = setTimeout(function () { request.abort(); end(0); }, STALL);
    }
    request.open(method, address);
    request.setRequestHeader('Accept', 'application/json');
    Object.keys(headers).forEach(function (name) { request.setRequestHeader(name, headers[name]); });
    request.upload.addEventListener('progress', alive);
    request.upload.addEventListener('load', function () { clearTimeout(timer); timer = setTimeout(function () { request.abort(); end(0); }, 4 * STALL); });
    request.addEventListener('load', function () { end(request.status); });
    ['error', 'abort'].forEach(function (name) { request.addEventListener(name, function () { end(0); }); });
    alive();
    request.send(body);
    return { stop: function () { over = true; clearTimeout(timer); request.abort(); } };
  }
  function detail(request) {
    try { return JSON.parse(request.responseText).detail || ''; } catch (_) { return ''; }
  }

  /* A field of a form. */
  function field(box) {
    var words = JSON.parse(box.getAttribute('data-words')), plain = box.querySelector('input[type=file]'), form = plain.form;
    var token = form.querySelector('input[name=_token]');
    if (!token || !window.Blob || !Blob.prototype.slice || !window.TextEncoder) { return; }
    var multiple = plain.multiple, required = plain.required, fieldName = plain.name;
    var folders = box.hasAttribute('data-folders') && multiple, touch = window.matchMedia('(pointer: coarse)').matches;
    var plugin = box.getAttribute('data-plugin'), kind = box.getAttribute('data-uploads');
    var memory = 'tram-uploads ' + plugin + ' ' + kind + ' ' + fieldName;
    var items = [], earlier = [], listed = false, waitingForAll = false;
    function say(word, values) {
      return words[word].replace(/\{(\w+)\}/g, function (_, key) { return values[key]; });
    }
    function headers(more) {
      return Object.assign({ 'Tus-Resumable': '1.0.0', 'Tram-Token': token.value }, more || {});
    }

    /* What is seen. The plain input stays what the label belongs to. */
    var zone = element('div', null, 'drop'), row = element('div', null, 'row'), list = element('ul', null, 'sending');
    var before = element('div', null, 'earlier'), told = element('p', null, 'upload-told');
    /* What stands in the list anyway is only said aloud. */
    var aloud = element('p', null, 'hidden');
    told.setAttribute('role', 'status');
    aloud.setAttribute('role', 'status');
    list.hidden = true;
    before.hidden = true;
    function chooser(label, set) {
      var input = element('input');
      input.type = 'file';
      input.multiple = multiple;
      input.hidden = true;
      set(input);
      input.addEventListener('change', function () {
        var files = Array.prototype.map.call(input.files, function (file) { return { file: file, name: file.webkitRelativePath || file.name }; });
        input.value = '';
        add(files);
      });
      zone.appendChild(input);
      row.appendChild(button(label, function () { input.click(); }, 'button'));
    }
    zone.appendChild(element('p', words[folders ? 'drop-folder' : 'drop'], 'drop-words'));
    zone.appendChild(row);
    plain.parentNode.insertBefore(zone, plain);
    row.appendChild(plain);
    plain.className = 'plain-file';
    plain.removeAttribute('name');
    plain.required = false;
    row.appendChild(button(words.choose, function () { plain.click(); }, 'button'));
    row.lastChild.tabIndex = -1;
    row.lastChild.setAttribute('aria-hidden', 'true');
    plain.addEventListener('change', function () {
      var files = Array.prototype.map.call(plain.files, function (file) { return { file: file, name: file.name }; });
      plain.value = '';
      add(files);
    });
    if (folders && !touch && 'webkitdirectory' in plain) {
      chooser(words['choose-folder'], function (input) { input.webkitdirectory = true; });
    }
    if (touch && (!plain.accept || /image|video/.test(plain.accept))) {
      chooser(words.camera, function (input) {
        input.accept = plain.accept || 'image/*,video/*';
        input.setAttribute('capture', 'environment');
      });
    }
    zone.parentNode.insertBefore(told, zone.nextSibling);
    zone.parentNode.insertBefore(aloud, told);
    zone.parentNode.insertBefore(list, told);
    zone.parentNode.insertBefore(before, told);

    /* Dragging: files, and folders with what is in them. */
    ['dragenter', 'dragover'].forEach(function (event) {
      zone.addEventListener(event, function (e) { e.preventDefault(); zone.classList.add('over'); });
    });
    ['dragleave', 'drop'].forEach(function (event) {
      zone.addEventListener(event, function (e) { e.preventDefault(); if (event === 'drop' || !zone.contains(e.relatedTarget)) { zone.classList.remove('over'); } });
    });
    /* Beside the zone a dropped file would take the place of the page. */
    ['dragover', 'drop'].forEach(function (event) {
      doc.addEventListener(event, function (e) { if (e.dataTransfer && Array.prototype.indexOf.call(e.dataTransfer.types, 'Files') >= 0) { e.preventDefault(); } });
    });
    zone.addEventListener('drop', function (event) {
      var entries = Array.prototype.map.call(event.dataTransfer.items || [], function (item) { return item.webkitGetAsEntry ? item.webkitGetAsEntry() : null; }).filter(Boolean);
      if (!entries.length) {
        add(Array.prototype.map.call(event.dataTransfer.files, function (file) { return { file: file, name: file.name }; }));
        return;
      }
      var files = [], open = 1;
      function close() { open -= 1; if (!open) { add(files); } }
      function walk(entry) {
        open += 1;
        if (entry.isFile) {
          entry.file(function (file) { files.push({ file: file, name: entry.fullPath.replace(/^\//, '') }); close(); }, close);
          return;
        }
        if (!folders) { close(); return; }
        var reader = entry.createReader();
        (function more() {
          reader.readEntries(function (inside) {
            if (!inside.length) { close(); return; }
            inside.forEach(walk);
            more();
          }, close);
        }());
      }
      entries.forEach(walk);
      close();
    });

    function add(files) {
      files = files.filter(function (one) { return !JUNK.test(one.name); });
      files.sort(function (a, b) { return a.name.localeCompare(b.name, 'vi', { numeric: true }); });
      if (!multiple && files.length) {
        files = files.slice(0, 1);
        items.slice().forEach(drop);
      }
      files.forEach(function (one) {
        if (items.some(function (item) { return item.name === one.name && item.size === one.file.size; })) { return; }
        var item = make(one.name, one.file.size, one.file);
        if (!one.file.size) { fail(item, words['empty-file']); }
      });
      if (files.length) { told.textContent = ''; }
      next();
    }

    /* States: waiting, sending, offline, paused, done, failed. */
    function make(name, bytes, file, id) {
      var item = { name: name, size: bytes, file: file, id: id || null, at: 0, state: 'waiting', piece: SMALLEST, tries: 0, running: null, timer: 0, error: '' };
      item.row = element('li');
      item.bar = element('progress');
      item.bar.max = Math.max(bytes, 1);
      item.bar.setAttribute('aria-label', name);
      item.words = element('p', '', 'quiet');
      item.buttons = element('div', null, 'row');
      item.input = element('input');
      item.input.type = 'hidden';
      item.input.name = fieldName;
      item.input.disabled = true;
      [element('p', name, 'name'), item.bar, item.words, item.buttons, item.input].forEach(function (part) { item.row.appendChild(part); });
      list.appendChild(item.row);
      list.hidden = false;
      items.push(item);
      show(item);
      return item;
    }
    function show(item) {
      var values = { done: size(item.at), size: size(item.size), percent: item.size ? Math.floor(item.at * 100 / item.size) : 100 };
      var word = { waiting: 'waiting', sending: 'progress', offline: 'offline', paused: 'paused', done: 'done', failed: 'failed-short' }[item.state];
      item.words.textContent = say(word, values) + (item.error ? ': ' + item.error : '');
      item.words.className = item.state === 'failed' ? 'error' : 'quiet';
      item.bar.value = item.at;
      item.bar.hidden = item.state === 'failed' || item.state === 'done';
      item.row.className = item.state;
      if (item.shown === item.state) { return; }
      item.shown = item.state;
      item.buttons.textContent = '';
      var about = function (made) { made.setAttribute('aria-label', made.textContent + ': ' + item.name); item.buttons.appendChild(made); };
      if (item.state === 'sending' || item.state === 'offline' || item.state === 'waiting') { about(button(words.pause, function () { pause(item); })); }
      if (item.state === 'paused') { about(button(words['go-on'], function () { again(item); })); }
      if (item.state === 'failed' && item.file && item.file.size) { about(button(words.retry, function () { again(item); })); }
      about(button(words.cancel, function () { drop(item); }));
    }
    function turn(item, state, error) {
      item.state = state;
      item.error = error || '';
      item.input.disabled = state !== 'done';
      if (state === 'done') { item.input.value = 'tram-upload:' + item.id; item.at = item.size; }
      show(item);
      if (state === 'done' || state === 'failed') { aloud.textContent = item.name + ': ' + item.words.textContent; }
      settle();
    }
    function stop(item) {
      clearTimeout(item.timer);
      if (item.running) { item.running.stop(); item.running = null; }
    }
    function fail(item, why) { stop(item); turn(item, 'failed', why); next(); }
    function pause(item) { stop(item); turn(item, 'paused'); next(); }
    function again(item) { item.tries = 0; turn(item, 'waiting'); next(); }
    function drop(item) {
      stop(item);
      items.splice(items.indexOf(item), 1);
      item.row.remove();
      list.hidden = !items.length;
      if (item.id) { ask('DELETE', '/upload/' + item.id, headers(), null, function () { /* It is swept in time otherwise. */ }); }
      settle();
      next();
    }
    function busy(item) { return item.state === 'sending' || item.state === 'offline'; }
    function next() {
      if (!listed) { return; }
      items.forEach(function (item) {
        if (item.state === 'waiting' && items.filter(busy).length < AT_ONCE) { begin(item); }
      });
    }

    /* Begins one, or goes on with what the station has of the same file. */
    function begin(item) {
      turn(item, 'sending');
      if (item.id) { where(item); return; }
      var stamp = String(item.file.lastModified || 0);
      var known = earlier.filter(function (one) { return one.name === item.name && one.size === item.size && one.stamp === stamp && !one.used; })[0];
      if (known) {
        known.used = true;
        item.id = known.id;
        showEarlier();
        where(item);
        return;
      }
      var about = { plugin: plugin, upload: kind, filename: item.name, filetype: item.file.type || 'application/octet-stream', stamp: stamp };
      var metadata = Object.keys(about).map(function (key) { return key + ' ' + encoded(about[key]); }).join(',');
      item.running = ask('POST', '/upload/', headers({ 'Upload-Length': String(item.size), 'Upload-Metadata': metadata }), null, function (status, request) {
        item.running = null;
        if (status !== 201) { trouble(item, status, request); return; }
        item.id = request.getResponseHeader('Location').replace(/^.*\//, '');
        item.tries = 0;
        send(item);
      });
    }
    function where(item) {
      item.running = ask('HEAD', '/upload/' + item.id, headers(), null, function (status, request) {
        item.running = null;
        if (status === 404 || status === 410) {
          /* It was swept, or deleted in another window: from the beginning. */
          item.id = null;
          item.at = 0;
          if (item.file) { begin(item); } else { drop(item); }
          return;
        }
        if (status !== 200) { trouble(item, status, request); return; }
        item.at = Number(request.getResponseHeader('Upload-Offset'));
        if (item.at >= item.size) { turn(item, 'done'); next(); return; }
        turn(item, 'sending');
        send(item);
      });
    }
    function send(item) {
      var end = Math.min(item.at + item.piece, item.size), began = Date.now();
      var bytes = item.file.slice(item.at, end);
      item.running = ask('PATCH', '/upload/' + item.id, headers({ 'Upload-Offset': String(item.at), 'Content-Type': 'application/offset+octet-stream' }), bytes, function (status, request) {
        item.running = null;
        if (status !== 204) { trouble(item, status, request); return; }
        item.at = Number(request.getResponseHeader('Upload-Offset'));
        item.tries = 0;
        var took = Date.now() - began;
        /* Large pieces on a good connection; on a bad one little is lost. */
        if (took < 1000) { item.piece = Math.min(item.piece * 2, LARGEST); }
        if (took > 4000) { item.piece = Math.max(Math.floor(item.piece / 2), SMALLEST); }
        if (item.at >= item.size) { turn(item, 'done'); next(); return; }
        show(item);
        send(item);
      });
    }
    /* The connection or the station is away: as often as it takes. A file that cannot be
       read any more looks the same and is told apart here. A refusal is told. */
    function trouble(item, status, request) {
      var comes_back = status === 0 || status === 408 || status === 409 || status === 423 || status === 460 || status >= 500 && status !== 507;
      if (!comes_back) { fail(item, detail(request) || String(status)); return; }
      item.tries += 1;
      item.piece = SMALLEST;
      if (status >= 500 && item.tries > 8) { fail(item, detail(request) || String(status)); return; }
      function later() {
        turn(item, 'offline');
        item.timer = setTimeout(function () { if (item.id) { where(item); } else { begin(item); } }, Math.min(1000 * Math.pow(2, item.tries - 1), 15000));
      }
      if (status !== 0 || item.tries < 2) { later(); return; }
      var probe = new FileReader();
      probe.onload = later;
      probe.onerror = function () { fail(item, words.changed); };
      probe.readAsArrayBuffer(item.file.slice(item.at, item.at + 1));
    }
    window.addEventListener('online', function () {
      items.forEach(function (item) {
        if (item.state === 'offline' && !item.running) { clearTimeout(item.timer); item.tries = 1; if (item.id) { where(item); } else { begin(item); } }
      });
    });

    /* What this person sent before and has not used. */
    function showEarlier() {
      var open = earlier.filter(function (one) { return !one.used; });
      before.textContent = '';
      before.hidden = !open.length;
      if (!open.length) { return; }
      before.appendChild(element('p', words.earlier, 'name'));
      before.appendChild(element('p', words['earlier-help'], 'quiet'));
      var rows = element('ul', null, 'sending');
      open.forEach(function (one) {
        var line = element('li'), buttons = element('div', null, 'row');
        line.appendChild(element('p', one.name, 'name'));
        line.appendChild(element('p', say(one.finished ? 'earlier-done' : 'earlier-part', { done: size(one.offset), size: size(one.size) }), 'quiet'));
        function about(made) { made.setAttribute('aria-label', made.textContent + ': ' + one.name); buttons.appendChild(made); }
        if (one.finished) {
          about(button(words.use, function () { attach(one); }));
        } else {
          about(button(words['choose-again'], function () { choose(one); }));
        }
        about(button(words.remove, function () {
          ask('DELETE', '/upload/' + one.id, headers(), null, function (status, request) {
            if (status !== 204 && status !== 404) { told.textContent = detail(request) || words['failed-short']; return; }
            one.used = true;
            showEarlier();
          });
        }));
        line.appendChild(buttons);
        rows.appendChild(line);
      });
      before.appendChild(rows);
    }
    function attach(one) {
      if (!multiple) { items.slice().forEach(drop); }
      one.used = true;
      turn(make(one.name, one.size, null, one.id), 'done');
      showEarlier();
    }
    function choose(one) {
      var input = element('input');
      input.type = 'file';
      input.addEventListener('change', function () {
        var file = input.files[0];
        if (!file) { return; }
        var last = one.name.replace(/^.*\//, '');
        if (file.name !== last || file.size !== one.size) {
          add([{ file: file, name: file.name }]);
          told.textContent = say('other-file', { name: one.name });
          return;
        }
        /* A phone stamps a file anew each time; name and size are what is left. */
        one.used = true;
        make(one.name, one.size, file, one.id);
        showEarlier();
        next();
      });
      input.click();
    }
    ask('GET', '/upload/?plugin=' + encodeURIComponent(plugin) + '&upload=' + encodeURIComponent(kind), headers(), null, function (status, request) {
      var mine = [];
      try { mine = JSON.parse(sessionStorage.getItem(memory)) || []; sessionStorage.removeItem(memory); } catch (_) { mine = []; }
      if (status === 200) {
        earlier = JSON.parse(request.responseText).uploads;
        /* The form came back with a mistake in it: its files are still its files. */
        earlier.forEach(function (one) { if (one.finished && mine.indexOf(one.id) >= 0) { attach(one); } });
        showEarlier();
      }
      listed = true;
      next();
    });

    /* The form waits for its files. */
    function settle() {
      if (!waitingForAll) { return; }
      if (items.some(function (item) { return item.state === 'failed' || item.state === 'paused'; })) {
        waitingForAll = false;
        told.textContent = words.stuck;
        return;
      }
      if (items.every(function (item) { return item.state === 'done'; })) {
        waitingForAll = false;
        remember();
        form.submit();
      }
    }
    function remember() {
      leaving = true;
      try { sessionStorage.setItem(memory, JSON.stringify(items.map(function (item) { return item.id; }))); } catch (_) { /* Then they are offered as earlier ones. */ }
    }
    var leaving = false;
    form.addEventListener('submit', function (event) {
      var open = items.filter(function (item) { return item.state !== 'done'; });
      if (!open.length && (items.length || !required)) { remember(); return; }
      event.preventDefault();
      event.stopImmediatePropagation();
      if (!items.length) { told.textContent = words.required; plain.focus(); return; }
      if (open.some(function (item) { return item.state === 'failed' || item.state === 'paused'; })) { told.textContent = words.stuck; return; }
      waitingForAll = true;
      told.textContent = words.wait;
    }, true);
    window.addEventListener('beforeunload', function (event) {
      if (!leaving && items.some(busy)) { event.preventDefault(); event.returnValue = ''; }
    });
  }
  Array.prototype.forEach.call(doc.querySelectorAll('[data-uploads]'), field);
}());
