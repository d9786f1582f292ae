/* Stands before the scripts of a package (ES2019). The package's pages have origins that
   are nobody's, each another: a page sees neither its parent nor a store of its own. So
   that packages run all the same, this gives each page
     - stores and cookies in memory (kept in the frame's name from page to page),
     - a parent that answers what parents of packages are asked: the run-time of SCORM, and
       functions of the package's own page around it, called by message,
     - in the first frame of a SCO, the run-time itself (SCORM 1.2 and 2004).
   No value is read across frames; what comes by message is data. */
(function () {
  'use strict';
  var scorm = !!(document.currentScript && document.currentScript.hasAttribute('data-scorm'));
  var real = window.parent, framed = real !== window, config = null, baseline = {};
  try { if (String(window.name).indexOf('tram:') === 0) { config = JSON.parse(window.name.slice(5)); } } catch (_) { config = null; }
  Object.defineProperty(window, 'tramOutside', { value: real });

  function remember() {
    if (!config) { return; }
    var text = JSON.stringify(config);
    if (text.length < 500000) { window.name = 'tram:' + text; }
  }
  function give(target, name, value) { try { Object.defineProperty(target, name, { configurable: true, get: function () { return value; }, set: function () { /* as it is */ } }); } catch (_) { /* The browser's own stays. */ } }

  /* Stores. */
  var noted = 0;
  function note() { if (!noted) { noted = setTimeout(function () { noted = 0; remember(); }, 0); } }
  function store(kept) {
    var methods = {
      getItem: function (key) { return Object.prototype.hasOwnProperty.call(kept, key) ? kept[key] : null; },
      setItem: function (key, value) { kept[String(key)] = String(value); note(); },
      removeItem: function (key) { delete kept[key]; note(); },
      clear: function () { Object.keys(kept).forEach(function (key) { delete kept[key]; }); note(); },
      key: function (at) { var keys = Object.keys(kept); return at < keys.length ? keys[at] : null; }
    };
    return new Proxy(kept, {
      get: function (_, key) { return key === 'length' ? Object.keys(kept).length : methods[key] || (typeof key === 'string' ? kept[key] : undefined); },
      set: function (_, key, value) { kept[key] = String(value); note(); return true; }
    });
  }
  if (config && !config.store) { config.store = { local: {}, session: {}, cookies: {} }; }
  var kept = config ? config.store : { local: {}, session: {}, cookies: {} };
  function barred(name) { try { return !window[name]; } catch (_) { return true; } }
  if (barred('localStorage')) { give(window, 'localStorage', store(kept.local)); }
  if (barred('sessionStorage')) { give(window, 'sessionStorage', store(kept.session)); }
  try { void document.cookie; } catch (_) {
    Object.defineProperty(document, 'cookie', {
      configurable: true,
      get: function () { return Object.keys(kept.cookies).map(function (name) { return name + '=' + kept.cookies[name]; }).join('; '); },
      set: function (text) {
        var parts = String(text).split(';'), at = parts[0].indexOf('='), name = parts[0].slice(0, Math.max(at, 0)).trim();
        var gone = parts.slice(1).some(function (part) {
          var pair = part.split('='), word = pair[0].trim().toLowerCase(), value = (pair[1] || '').trim();
          return (word === 'max-age' && Number(value) <= 0) || (word === 'expires' && new Date(value) < new Date());
        });
        if (gone) { delete kept.cookies[name]; } else { kept.cookies[name] = parts[0].slice(at + 1).trim(); }
        note();
      }
    });
  }

  /* Pictures of the package itself come from elsewhere, as the browser sees it; asked for
     so that a canvas may be read again. Those that are already in the page stay. */
  var source = Object.getOwnPropertyDescriptor(HTMLImageElement.prototype, 'src'), folder = location.pathname.split('/').slice(0, 2).join('/') + '/';
  function asked(picture, address) {
    var own = false;
    try { own = new URL(address, document.baseURI).href.indexOf(location.protocol + '//' + location.host + folder) === 0; } catch (_) { own = false; }
    if (own && picture.crossOrigin === null) { picture.crossOrigin = 'anonymous'; }
  }
  Object.defineProperty(HTMLImageElement.prototype, 'src', { configurable: true, enumerable: true, get: source.get, set: function (address) { asked(this, address); source.set.call(this, address); } });
  var attribute = Element.prototype.setAttribute;
  HTMLImageElement.prototype.setAttribute = function (name, value) {
    if (String(name).toLowerCase() === 'src') { asked(this, value); }
    attribute.call(this, name, value);
  };

  /* ---- The run-time of SCORM ---- */
  var DECIMAL = /^-?\d+(\.\d+)?$/, SPAN = /^\d{2,4}:\d{2}:\d{2}(\.\d{1,2})?$/, DURATION = /^P(?=.)(\d+Y)?(\d+M)?(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+(\.\d{1,2})?S)?)?$/;
  function within(low, high) { return function (value) { return DECIMAL.test(value) && Number(value) >= low && Number(value) <= high; }; }
  function oneOf(list) { return function (value) { return list.split('|').indexOf(value) >= 0; }; }
  function matches(pattern) { return function (value) { return pattern.test(value); }; }
  function any() { return true; }
  /* Elements: r may be read, w written; the check; what it is before anything was said. */
  var score12 = { raw: ['rw', within(0, 100), ''], min: ['rw', within(0, 100), ''], max: ['rw', within(0, 100), ''] };
  var MODEL12 = {
    'cmi.core.student_id': ['r', any, 'tram'], 'cmi.core.student_name': ['r', any, ''], 'cmi.core.credit': ['r', any, 'credit'],
    'cmi.core.lesson_location': ['rw', any, ''], 'cmi.core.entry': ['r', any, 'ab-initio'], 'cmi.core.lesson_mode': ['r', any, 'normal'],
    'cmi.core.lesson_status': ['rw', oneOf('passed|completed|failed|incomplete|browsed|not attempted'), 'not attempted'],
    'cmi.core.total_time': ['r', any, '0000:00:00.00'], 'cmi.core.exit': ['w', oneOf('time-out|suspend|logout|'), ''],
    'cmi.core.session_time': ['w', matches(SPAN), ''], 'cmi.suspend_data': ['rw', any, ''], 'cmi.launch_data': ['r', any, ''],
    'cmi.comments': ['rw', any, ''], 'cmi.comments_from_lms': ['r', any, ''], 'cmi.student_data.mastery_score': ['r', any, ''],
    'cmi.student_data.max_time_allowed': ['r', any, ''], 'cmi.student_data.time_limit_action': ['r', any, ''],
    'cmi.student_preference.audio': ['rw', within(-1, 100), '0'], 'cmi.student_preference.language': ['rw', any, ''],
    'cmi.student_preference.speed': ['rw', within(-100, 100), '0'], 'cmi.student_preference.text': ['rw', within(-1, 1), '0'],
    'cmi.objectives.n.id': ['rw', any, ''], 'cmi.objectives.n.status': ['rw', oneOf('passed|completed|failed|incomplete|browsed|not attempted'), ''],
    'cmi.interactions.n.id': ['w', any, ''], 'cmi.interactions.n.objectives.n.id': ['w', any, ''], 'cmi.interactions.n.time': ['w', any, ''],
    'cmi.interactions.n.type': ['w', oneOf('true-false|choice|fill-in|matching|performance|sequencing|likert|numeric'), ''],
    'cmi.interactions.n.correct_responses.n.pattern': ['w', any, ''], 'cmi.interactions.n.weighting': ['w', matches(DECIMAL), ''],
    'cmi.interactions.n.student_response': ['w', any, ''], 'cmi.interactions.n.result': ['w', any, ''], 'cmi.interactions.n.latency': ['w', any, '']
  };
  var STATUS = oneOf('completed|incomplete|not attempted|unknown'), SUCCESS = oneOf('passed|failed|unknown');
  var MODEL2004 = {
    'cmi._version': ['r', any, '1.0'], 'cmi.learner_id': ['r', any, 'tram'], 'cmi.learner_name': ['r', any, ''], 'cmi.credit': ['r', any, 'credit'],
    'cmi.mode': ['r', any, 'normal'], 'cmi.entry': ['r', any, 'ab-initio'], 'cmi.launch_data': ['r', any, ''], 'cmi.total_time': ['r', any, 'PT0H0M0S'],
    'cmi.time_limit_action': ['r', any, 'continue,no message'], 'cmi.max_time_allowed': ['r', any, null], 'cmi.completion_threshold': ['r', any, null],
    'cmi.scaled_passing_score': ['r', any, null], 'cmi.completion_status': ['rw', STATUS, 'unknown'], 'cmi.success_status': ['rw', SUCCESS, 'unknown'],
    'cmi.location': ['rw', any, ''], 'cmi.suspend_data': ['rw', any, ''], 'cmi.progress_measure': ['rw', within(0, 1), null],
    'cmi.exit': ['w', oneOf('time-out|suspend|logout|normal|'), ''], 'cmi.session_time': ['w', matches(DURATION), ''],
    'cmi.learner_preference.audio_level': ['rw', within(0, 1e9), '1'], 'cmi.learner_preference.language': ['rw', any, ''],
    'cmi.learner_preference.delivery_speed': ['rw', within(0, 1e9), '1'], 'cmi.learner_preference.audio_captioning': ['rw', oneOf('-1|0|1'), '0'],
    'cmi.objectives.n.id': ['rw', any, null], 'cmi.objectives.n.success_status': ['rw', SUCCESS, 'unknown'], 'cmi.objectives.n.completion_status': ['rw', STATUS, 'unknown'],
    'cmi.objectives.n.progress_measure': ['rw', within(0, 1), null], 'cmi.objectives.n.description': ['rw', any, null],
    'cmi.interactions.n.id': ['rw', any, null], 'cmi.interactions.n.type': ['rw', oneOf('true-false|choice|fill-in|long-fill-in|matching|performance|sequencing|likert|numeric|other'), null],
    'cmi.interactions.n.objectives.n.id': ['rw', any, null], 'cmi.interactions.n.timestamp': ['rw', any, null], 'cmi.interactions.n.correct_responses.n.pattern': ['rw', any, null],
    'cmi.interactions.n.weighting': ['rw', matches(DECIMAL), null], 'cmi.interactions.n.learner_response': ['rw', any, null], 'cmi.interactions.n.result': ['rw', any, null],
    'cmi.interactions.n.latency': ['rw', matches(DURATION), null], 'cmi.interactions.n.description': ['rw', any, null],
    'cmi.comments_from_learner.n.comment': ['rw', any, null], 'cmi.comments_from_learner.n.location': ['rw', any, null], 'cmi.comments_from_learner.n.timestamp': ['rw', any, null],
    'adl.nav.request': ['rw', any, '_none_'], 'adl.nav.request_valid.continue': ['r', any, 'unknown'], 'adl.nav.request_valid.previous': ['r', any, 'unknown']
  };
  ['cmi.core.score.', 'cmi.objectives.n.score.'].forEach(function (at) { Object.keys(score12).forEach(function (name) { MODEL12[at + name] = score12[name]; }); });
  ['cmi.score.', 'cmi.objectives.n.score.'].forEach(function (at) {
    MODEL2004[at + 'scaled'] = ['rw', within(-1, 1), null];
    ['raw', 'min', 'max'].forEach(function (name) { MODEL2004[at + name] = ['rw', matches(DECIMAL), null]; });
  });
  var NEW = { args: 201, unknown: 401, unset: 403, readOnly: 404, writeOnly: 405, type: 406, range: 407, order: 351, init: 103, get: [122, 123], set: [132, 133], commit: [142, 143], end: [112, 113], started: 104 };
  var OLD = { args: 201, unknown: 401, unset: 0, readOnly: 403, writeOnly: 404, type: 405, range: 405, order: 201, init: 101, get: [301, 301], set: [301, 301], commit: [301, 301], end: [301, 301], started: 101 };
  var SAID = { 0: 'No error', 101: 'General exception', 103: 'Already initialized', 104: 'Content instance terminated', 112: 'Termination before initialization', 113: 'Termination after termination',
    122: 'Retrieve data before initialization', 123: 'Retrieve data after termination', 132: 'Store data before initialization', 133: 'Store data after termination', 142: 'Commit before initialization', 143: 'Commit after termination',
    201: 'Invalid argument', 301: 'Not initialized', 351: 'General set failure', 401: 'Undefined data model element', 403: 'Read only, or no value', 404: 'Write only, or read only', 405: 'Incorrect type, or write only', 406: 'Type mismatch', 407: 'Value out of range' };

  function seconds(text) {
    var parts = /^(\d+):(\d+):(\d+(?:\.\d+)?)$/.exec(text);
    if (parts) { return Number(parts[1]) * 3600 + Number(parts[2]) * 60 + Number(parts[3]); }
    parts = /^P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:([\d.]+)S)?)?$/.exec(text);
    return parts ? ((Number(parts[3] || 0) * 24 + Number(parts[4] || 0)) * 60 + Number(parts[5] || 0)) * 60 + Number(parts[6] || 0) : 0;
  }
  function two(number) { return (number < 10 ? '0' : '') + number; }
  function span(total, old) {
    var hours = Math.floor(total / 3600), minutes = Math.floor(total % 3600 / 60), rest = Math.round(total % 60 * 100) / 100;
    return old ? ('000' + hours).slice(-Math.max(4, String(hours).length)) + ':' + two(minutes) + ':' + two(Math.floor(rest)) + '.' + two(Math.round(rest % 1 * 100) % 100) : 'PT' + hours + 'H' + minutes + 'M' + rest + 'S';
  }

  /* One run of a SCO. `data` is what was said so far, element by element. */
  function runtime(old, given) {
    var model = old ? MODEL12 : MODEL2004, codes = old ? OLD : NEW, data = given.data = given.data || {}, error = 0, timer = 0;
    function phase() { return given.phase || 'new'; }
    function shape(element) { return String(element).replace(/\.\d+(?=\.)/g, '.n'); }
    function count(list) {
      var most = 0, head = list + '.';
      Object.keys(data).forEach(function (key) { if (key.indexOf(head) === 0) { var at = parseInt(key.slice(head.length), 10); if (at + 1 > most) { most = at + 1; } } });
      return most;
    }
    function children(of) {
      var found = {}, head = shape(of + '.x').replace(/x$/, '');
      Object.keys(model).forEach(function (key) { var rest = key.indexOf(head) === 0 ? key.slice(head.length).replace(/^n\./, '') : ''; if (rest) { found[rest.split('.')[0]] = 1; } });
      return Object.keys(found).join(',');
    }
    function report() {
      clearTimeout(timer);
      timer = 0;
      remember();
      real.postMessage({ tram: 'model', part: given.part, data: data, phase: phase() }, '*');
    }
    function fails(code) { error = code; return false; }
    function running(codes) { if (phase() === 'on') { return true; } return fails(codes[phase() === 'over' ? 1 : 0]); }
    function read(element) {
      error = 0;
      if (!running(codes.get)) { return ''; }
      element = String(element);
      var list = /^(.*)\._(count|children)$/.exec(element);
      if (list) {
        var below = children(list[1]);
        if (!below) { fails(codes.unknown); return ''; }
        return list[2] === 'count' ? String(count(list[1])) : below;
      }
      var rule = model[shape(element)], nth = /^(.*)\.(\d+)\.[^.]+(\.[^.]+)?$/.exec(element);
      if (!rule) { fails(codes.unknown); return ''; }
      if (rule[0] === 'w') { fails(codes.writeOnly); return ''; }
      if (Object.prototype.hasOwnProperty.call(data, element)) { return data[element]; }
      if (nth && Number(nth[2]) >= count(nth[1])) { fails(old ? 201 : 301); return ''; }
      if (rule[2] === null) { fails(codes.unset); return ''; }
      return rule[2];
    }
    function write(element, value) {
      error = 0;
      if (!running(codes.set)) { return 'false'; }
      element = String(element);
      value = String(value === null || value === undefined ? '' : value);
      var rule = model[shape(element)];
      if (!rule) { fails(/\._(count|children)$/.test(element) ? (old ? 402 : 404) : codes.unknown); return 'false'; }
      if (rule[0] === 'r') { fails(codes.readOnly); return 'false'; }
      if (!rule[1](value)) { fails(DECIMAL.test(value) && !old ? codes.range : codes.type); return 'false'; }
      var nth, walk = /\.(\d+)(?=\.)/g;
      while ((nth = walk.exec(element))) {
        if (Number(nth[1]) > count(element.slice(0, nth.index))) { fails(codes.order); return 'false'; }
      }
      data[element] = value;
      if (!timer) { timer = setTimeout(report, 300); }
      return 'true';
    }
    function begin(argument) {
      error = 0;
      if (argument !== '' && argument !== undefined && argument !== null) { fails(codes.args); return 'false'; }
      // A page that follows another within one run begins again: a run-time that outlives pages would go on too.
      if (phase() === 'on' && given.begun === document.URL) { fails(codes.init); return 'false'; }
      if (phase() === 'over') { fails(codes.started); return 'false'; }
      given.phase = 'on';
      given.begun = document.URL;
      report();
      return 'true';
    }
    function commit() { error = 0; if (!running(codes.commit)) { return 'false'; } report(); return 'true'; }
    function end() {
      error = 0;
      if (!running(codes.end)) { return 'false'; }
      var core = old ? 'cmi.core.' : 'cmi.', exit = data[core + 'exit'], raw = data[core + 'score.raw'], pass = data['cmi.student_data.mastery_score'];
      data[core + 'total_time'] = span(seconds(data[core + 'total_time'] || '') + seconds(data[core + 'session_time'] || ''), old);
      data[core + 'entry'] = exit === 'suspend' ? 'resume' : '';
      delete data[core + 'session_time'];
      if (old) {
        if (!data['cmi.core.lesson_status'] || data['cmi.core.lesson_status'] === 'not attempted') { data['cmi.core.lesson_status'] = 'completed'; }
        if (pass && DECIMAL.test(raw || '')) { data['cmi.core.lesson_status'] = Number(raw) >= Number(pass) ? 'passed' : 'failed'; }
      } else {
        var scaled = data['cmi.score.scaled'], bar = data['cmi.scaled_passing_score'];
        if (bar && scaled) { data['cmi.success_status'] = Number(scaled) >= Number(bar) ? 'passed' : 'failed'; }
      }
      given.phase = 'over';
      report();
      if (data['adl.nav.request'] && data['adl.nav.request'] !== '_none_') { real.postMessage({ tram: 'nav', request: data['adl.nav.request'] }, '*'); delete data['adl.nav.request']; }
      return 'true';
    }
    window.addEventListener('pagehide', function () { if (phase() === 'on') { report(); } else { remember(); } });
    return names(old, [begin, end, read, write, commit, function () { return String(error); }, function (code) { return SAID[code] || ''; }, function (code) { return SAID[code || error] || ''; }], data);
  }
  function names(old, calls, values) {
    var api = {}, list = ['Initialize', old ? 'Finish' : 'Terminate', 'GetValue', 'SetValue', 'Commit', 'GetLastError', 'GetErrorString', 'GetDiagnostic'];
    list.forEach(function (name, at) { api[(old ? 'LMS' : '') + name] = calls[at]; });
    Object.defineProperty(api, 'tramValues', { value: values });
    return api;
  }

  /* The run-time as a frame within a SCO has it: answers from what it was told, and tells. */
  function remote(old) {
    var values = {};
    function tell(name) { return function () { real.postMessage({ tram: 'call', api: old ? 'API' : 'API_1484_11', name: (old ? 'LMS' : '') + name, args: Array.prototype.slice.call(arguments).map(String) }, '*'); return 'true'; }; }
    var set = tell('SetValue');
    return names(old, [tell('Initialize'), tell(old ? 'Finish' : 'Terminate'),
      function (element) { return Object.prototype.hasOwnProperty.call(values, element) ? values[element] : ''; },
      function (element, value) { values[element] = String(value); return set(element, value); },
      tell('Commit'), function () { return '0'; }, function () { return ''; }, function () { return ''; }], values);
  }

  /* ---- The parent ---- */
  var first = !!config, apis = {};
  if (first && config.kind === 'sco') { apis[config.old ? 'API' : 'API_1484_11'] = runtime(config.old, config.run); }
  if (!first && framed && scorm) { apis.API = remote(true); apis.API_1484_11 = remote(false); }
  Object.keys(apis).forEach(function (name) { window[name] = apis[name]; });

  function plain(value) { return value === null || /^(string|number|boolean)$/.test(typeof value); }
  function ask(message) { real.postMessage(message, '*'); }
  function above() {
    var fake = { API: apis.API, API_1484_11: apis.API_1484_11, closed: false, length: 1, name: '', opener: null, postMessage: function (message) { real.postMessage(message, '*'); }, focus: function () { return undefined; } };
    fake.parent = fake.top = fake.window = fake.self = fake;
    return fake;
  }
  function around() {
    var known = null, top = above(), fixed = above(), proxy;
    fixed.parent = fixed.top = top;
    var place = { assign: go, replace: go, reload: function () { return undefined; }, toString: function () { return ''; } };
    function go(address) { ask({ tram: 'go', address: new URL(address, document.baseURI).href }); }
    Object.defineProperty(place, 'href', { get: function () { return ''; }, set: go });
    window.addEventListener('message', function (event) {
      var told = event.source === real && event.data;
      if (!told || told.tram !== 'parent') { return; }
      known = told;
      Object.keys(apis).forEach(function (name) { Object.assign(apis[name].tramValues, told.values); });
    });
    proxy = new Proxy(fixed, {
      get: function (_, name) {
        if (typeof name !== 'string' || name === 'then' || name === 'toJSON' || name === 'document' || name === 'frameElement') { return undefined; }
        if (name === 'window' || name === 'self' || name === 'frames') { return proxy; }
        if (name === 'location') { return place; }
        if (Object.prototype.hasOwnProperty.call(fixed, name)) { return fixed[name]; }
        if (known && known.functions.indexOf(name) < 0) { return known.plain[name]; }
        // Until it is known what is there, everything may be a function.
        return function () { ask({ tram: 'call', name: name, args: Array.prototype.map.call(arguments, function (value) { return plain(value) ? value : null; }) }); };
      },
      set: function (_, name, value) {
        if (name === 'location') { go(value); } else if (typeof name === 'string' && plain(value)) { ask({ tram: 'set', name: name, value: value }); }
        return true;
      },
      has: function (_, name) { return Object.prototype.hasOwnProperty.call(fixed, name) || !known || known.functions.indexOf(name) >= 0; }
    });
    ask({ tram: 'hello' });
    return proxy;
  }
  if (framed) { give(window, 'parent', first ? (config.kind === 'sco' ? above() : window) : around()); }

  /* What frames within this page ask of it. */
  function mine(source) { for (var at = 0; at < window.frames.length; at += 1) { if (window.frames[at] === source) { return true; } } return false; }
  window.addEventListener('message', function (event) {
    var asked = event.data, api;
    if (!asked || typeof asked.tram !== 'string' || !mine(event.source)) { return; }
    if (asked.tram === 'hello') {
      var reply = { tram: 'parent', functions: [], plain: {}, values: {} };
      Object.keys(window).forEach(function (name) {
        if (baseline[name]) { return; }
        var value = window[name];
        if (typeof value === 'function') { reply.functions.push(name); } else if (plain(value)) { reply.plain[name] = value; }
      });
      Object.keys(apis).forEach(function (name) { Object.assign(reply.values, apis[name].tramValues); });
      event.source.postMessage(reply, '*');
    } else if (asked.tram === 'call' && Array.isArray(asked.args)) {
      api = asked.api ? apis[asked.api] : window;
      if (api && !baseline[asked.name] && typeof api[asked.name] === 'function') { api[asked.name].apply(asked.api ? api : window, asked.args); }
    } else if (asked.tram === 'set' && !baseline[asked.name] && plain(asked.value)) {
      window[asked.name] = asked.value;
    } else if (asked.tram === 'go') {
      window.location.href = asked.address;
    }
  });
  Object.getOwnPropertyNames(window).forEach(function (name) { baseline[name] = true; });
  window.addEventListener('pagehide', remember);
}());
