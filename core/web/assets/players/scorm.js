/* Plays SCORM 1.2 and 2004: reads the manifest, lists the parts, opens one at a time in a
   frame whose run-time is shim.js, and keeps what each has come to. Sequencing rules of
   2004 are not followed: pupils choose the part themselves. */
(function () {
  'use strict';
  var tram = window.tram, state = tram.config.state && tram.config.state.format === 'scorm' ? tram.config.state : null;
  var parts = [], frame = null, leaving = [], at = -1, old = tram.config.format !== 'scorm-2004', list = null, previous = null, next = null;
  if (!state || typeof state.parts !== 'object' || !state.parts) { state = { format: 'scorm', part: '', parts: {} }; }

  function named(node, name) { return Array.prototype.filter.call(node.getElementsByTagName('*'), function (element) { return element.localName === name; }); }
  function below(node, name) { return Array.prototype.filter.call(node.children, function (element) { return element.localName === name; }); }
  function text(node, name) { var found = below(node, name)[0]; return found ? found.textContent.trim() : ''; }
  function attribute(node, name) {
    for (var i = 0; i < node.attributes.length; i += 1) { if (node.attributes[i].localName.toLowerCase() === name) { return node.attributes[i].value.trim(); } }
    return '';
  }
  function read(xml) {
    var manifest = new DOMParser().parseFromString(xml, 'application/xml');
    if (manifest.getElementsByTagName('parsererror').length) { return []; }
    var resources = {}, found = [];
    named(manifest, 'resource').forEach(function (resource) {
      var base = attribute(resource.parentNode, 'base') + attribute(resource, 'base');
      resources[attribute(resource, 'identifier')] = { href: base + attribute(resource, 'href'), sco: attribute(resource, 'scormtype') !== 'asset' };
    });
    var whole = named(manifest, 'organizations')[0], wanted = whole ? attribute(whole, 'default') : '';
    var organizations = whole ? below(whole, 'organization') : [];
    var organization = organizations.filter(function (one) { return attribute(one, 'identifier') === wanted; })[0] || organizations[0];
    function walk(node, depth) {
      below(node, 'item').forEach(function (item) {
        var resource = resources[attribute(item, 'identifierref')], measure = named(item, 'minNormalizedMeasure')[0];
        if (resource && resource.href && attribute(item, 'isvisible') !== 'false') {
          var parameters = attribute(item, 'parameters');
          if (parameters && parameters[0] !== '?' && parameters[0] !== '#') { parameters = (resource.href.indexOf('?') < 0 ? '?' : '&') + parameters; }
          found.push({ id: attribute(item, 'identifier'), title: text(item, 'title') || attribute(item, 'identifier'), href: resource.href + parameters, depth: depth,
            mastery: text(item, 'masteryscore'), launch: text(item, 'datafromlms') || text(item, 'dataFromLMS'), measure: measure ? measure.textContent.trim() : '' });
        }
        walk(item, depth + 1);
      });
    }
    if (organization) { walk(organization, 0); }
    if (!found.length) {
      Object.keys(resources).forEach(function (id) { var one = resources[id]; if (one.sco && one.href && !found.length) { found.push({ id: id, title: id, href: one.href, depth: 0 }); } });
    }
    return found;
  }

  /* What one part has come to. */
  function outcome(data) {
    var status = old ? data['cmi.core.lesson_status'] || '' : data['cmi.completion_status'] || '', success = old ? status : data['cmi.success_status'] || '';
    var score = null, core = old ? 'cmi.core.score.' : 'cmi.score.', raw = Number(data[core + 'raw']), max = Number(data[core + 'max'] || 100);
    if (!old && data['cmi.score.scaled'] !== undefined) { score = Number(data['cmi.score.scaled']); } else if (data[core + 'raw'] && max > 0) { score = raw / max; }
    return { completed: /^(completed|passed|failed)$/.test(status) || /^(passed|failed)$/.test(success), passed: success === 'passed' ? true : success === 'failed' ? false : null, score: score };
  }
  function keep() {
    var all = parts.map(function (part) { return outcome(state.parts[part.id] || {}); });
    var scores = all.map(function (one) { return one.score; }).filter(function (score) { return score !== null && isFinite(score); });
    state.result = {
      completed: all.every(function (one) { return one.completed; }),
      passed: all.some(function (one) { return one.passed === false; }) ? false : all.some(function (one) { return one.passed; }) ? true : null,
      score: scores.length ? Math.round(scores.reduce(function (a, b) { return a + b; }, 0) / scores.length * 10000) / 10000 : null
    };
    if (JSON.stringify(state).length > 60000) {
      // Answers one by one are the first to go: marks and the place to go on stay.
      Object.keys(state.parts).forEach(function (id) { Object.keys(state.parts[id]).forEach(function (key) { if (key.indexOf('cmi.interactions.') === 0) { delete state.parts[id][key]; } }); });
    }
    tram.keep(state);
    marks();
  }
  function marks() {
    if (!list) { return; }
    Array.prototype.forEach.call(list.options, function (option, index) {
      var one = outcome(state.parts[parts[index].id] || {});
      option.textContent = (one.completed ? '✓ ' : '') + new Array(parts[index].depth + 1).join('\u2003') + parts[index].title;
    });
  }
  function open(index) {
    var part = parts[index];
    if (!part) { return; }
    at = index;
    state.part = part.id;
    var data = Object.assign({}, state.parts[part.id] || {}), core = old ? 'cmi.core.' : 'cmi.';
    if (Object.keys(data).length) { data[core + 'entry'] = data[core + 'exit'] === 'suspend' ? 'resume' : ''; }
    data[old ? 'cmi.core.student_name' : 'cmi.learner_name'] = tram.say('pupil');
    if (part.launch) { data['cmi.launch_data'] = part.launch; }
    if (old && part.mastery) { data['cmi.student_data.mastery_score'] = part.mastery; }
    if (!old && part.measure) { data['cmi.scaled_passing_score'] = part.measure; }
    if (!old) { data['adl.nav.request_valid.continue'] = String(index + 1 < parts.length); data['adl.nav.request_valid.previous'] = String(index > 0); }
    var fresh = tram.make('iframe', 'stage');
    fresh.setAttribute('sandbox', 'allow-scripts allow-forms allow-modals');
    fresh.setAttribute('allow', 'fullscreen');
    fresh.title = part.title;
    fresh.name = 'tram:' + JSON.stringify({ kind: 'sco', old: old, run: { part: part.id, data: data } });
    fresh.src = '../' + part.href;
    if (frame) { leave(frame); }
    tram.player().appendChild(fresh);
    frame = fresh;
    fresh.tramPart = part.id;
    if (list) { list.selectedIndex = index; previous.disabled = index === 0; next.disabled = index + 1 === parts.length; }
  }
  /* A part that is left says its last words while its page goes, so the frame stays for them. */
  function leave(old) {
    old.className = 'gone';
    old.src = 'about:blank';
    leaving.push(old);
    setTimeout(function () { old.remove(); leaving.splice(leaving.indexOf(old), 1); }, 1500);
  }
  window.addEventListener('message', function (event) {
    var told = event.data, from = leaving.concat(frame || []).filter(function (one) { return event.source === one.contentWindow; })[0];
    if (!told || !from) { return; }
    if (told.tram === 'model' && told.data && typeof told.data === 'object' && told.part === from.tramPart) {
      // What the station said itself need not come back to it.
      ['cmi.core.student_name', 'cmi.learner_name', 'cmi.launch_data', 'cmi.student_data.mastery_score', 'cmi.scaled_passing_score', 'adl.nav.request_valid.continue', 'adl.nav.request_valid.previous'].forEach(function (key) { delete told.data[key]; });
      if (!Object.keys(told.data).length && !state.parts[told.part]) { return; }
      state.parts[told.part] = told.data;
      keep();
    } else if (told.tram === 'nav' && from === frame) {
      var target = /\{target=([^}]*)\}/.exec(String(told.request));
      var wanted = told.request === 'continue' ? at + 1 : told.request === 'previous' ? at - 1 : target ? parts.findIndex(function (part) { return part.id === target[1]; }) : -1;
      if (parts[wanted]) { open(wanted); }
    }
  });
  function bar() {
    if (parts.length < 2) { return; }
    var row = tram.make('div', 'bar'), label = tram.make('label', '', tram.say('parts'));
    list = tram.make('select');
    list.id = 'parts';
    label.htmlFor = 'parts';
    parts.forEach(function () { list.appendChild(tram.make('option')); });
    list.addEventListener('change', function () { open(list.selectedIndex); });
    previous = tram.button('‹', tram.say('previous'), function () { open(at - 1); });
    next = tram.button('›', tram.say('next'), function () { open(at + 1); });
    [label, previous, list, next].forEach(function (element) { row.appendChild(element); });
    tram.player().appendChild(row);
    marks();
  }
  document.body.classList.add('staged');
  fetch('../imsmanifest.xml').then(function (reply) { return reply.ok ? reply.text() : ''; }).then(function (xml) {
    parts = read(xml);
    if (!parts.length && tram.config.entry) { parts = [{ id: 'entry', title: '', href: tram.config.entry, depth: 0 }]; }
    if (!parts.length) { tram.fail('broken'); return; }
    bar();
    var last = parts.findIndex(function (part) { return part.id === state.part; });
    open(Math.max(last, 0));
    tram.post({ tram: 'ready' });
  }).catch(function (error) { tram.fail('broken', error); });
}());
