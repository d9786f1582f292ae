/* Shows a book of the EPUB kind: a chapter at a time, its own styles kept to themselves by
   a shadow tree, no script of the book (the page's policy lets none run; what could hold
   one is taken out besides). */
(function () {
  'use strict';
  var tram = window.tram, host = tram.player(), chapters = [], titles = {}, at = -1, folder = '', root = '', size = 100, turned = false;
  var kept = tram.config.state && tram.config.state.format === 'epub' ? tram.config.state : null;
  var GONE = 'script,iframe,object,embed,form,base,meta,link:not([rel~="stylesheet"]),noscript,applet,frame,frameset,input,button,textarea,select';
  document.body.classList.add('staged');
  root = new URL('../', location.href).href;

  function load(address) { return fetch(address).then(function (reply) { if (!reply.ok) { throw new Error(address + ': ' + reply.status); } return reply.text(); }); }
  function xml(text) {
    var parsed = new DOMParser().parseFromString(text, 'application/xml');
    if (parsed.getElementsByTagName('parsererror').length) { throw new Error('not well-formed'); }
    return parsed;
  }
  function named(node, name) { return Array.prototype.filter.call(node.getElementsByTagName('*'), function (element) { return element.localName === name; }); }
  function bare(address) { return decodeURI(address.split('#')[0]); }

  var bar = tram.make('div', 'bar'), list = tram.make('select'), sheet = tram.make('div', 'sheet book'), label = tram.make('label', '', tram.say('contents'));
  list.id = 'chapters';
  label.htmlFor = 'chapters';
  list.addEventListener('change', function () { open(list.selectedIndex, ''); });
  sheet.tabIndex = 0;
  var previous = tram.button('‹', tram.say('previous'), function () { open(at - 1, ''); }), next = tram.button('›', tram.say('next'), function () { open(at + 1, ''); });
  [label, previous, list, next, tram.button('−', tram.say('smaller'), function () { letters(-15); }), tram.button('+', tram.say('larger'), function () { letters(15); })].forEach(function (element) { bar.appendChild(element); });
  host.appendChild(bar);
  host.appendChild(sheet);
  var shown = sheet.attachShadow ? tram.make('div') : sheet, tree = shown.attachShadow ? shown.attachShadow({ mode: 'open' }) : shown;
  if (shown !== sheet) { sheet.appendChild(shown); }

  function letters(by) { size = Math.min(250, Math.max(70, size + by)); shown.style.fontSize = size + '%'; }

  function clean(page, base) {
    Array.prototype.forEach.call(page.querySelectorAll(GONE), function (element) { element.remove(); });
    Array.prototype.forEach.call(page.getElementsByTagName('*'), function (element) {
      Array.prototype.slice.call(element.attributes).forEach(function (attribute) {
        var name = attribute.localName.toLowerCase(), value = attribute.value.trim();
        if (name.indexOf('on') === 0 || name === 'srcdoc' || name === 'srcset' || name === 'action' || name === 'formaction' || name === 'ping') { element.removeAttributeNode(attribute); return; }
        if (name !== 'src' && name !== 'href' && name !== 'poster' && name !== 'data') { return; }
        if (name === 'href' && value[0] === '#' && element.localName !== 'a') { return; }
        var address;
        try { address = new URL(value, base); } catch (_) { element.removeAttributeNode(attribute); return; }
        if (address.protocol === 'data:' && name !== 'href') { return; }
        if (address.href.indexOf(root) !== 0) { element.removeAttributeNode(attribute); return; }
        attribute.value = address.href;
      });
    });
    return page;
  }
  function open(index, fragment) {
    var chapter = chapters[index];
    if (!chapter) { return Promise.resolve(); }
    return load(chapter).then(function (text) {
      var page = new DOMParser().parseFromString(text, 'application/xhtml+xml');
      if (page.getElementsByTagName('parsererror').length) { page = new DOMParser().parseFromString(text, 'text/html'); }
      clean(page, chapter);
      at = index;
      tree.textContent = '';
      var own = tram.make('style');
      own.textContent = ':host{display:block;max-width:42rem;margin:0 auto;line-height:1.6;overflow-wrap:anywhere}img,svg,video,table{max-width:100%;height:auto}pre{white-space:pre-wrap}';
      Array.prototype.forEach.call(page.querySelectorAll('link[rel~="stylesheet"],style'), function (element) { tree.appendChild(document.importNode(element, true)); });
      tree.appendChild(own);
      var body = page.body || page.querySelector('body') || page.documentElement, inner = tram.make('div', 'chapter');
      Array.prototype.slice.call(body.childNodes).forEach(function (node) { inner.appendChild(document.importNode(node, true)); });
      tree.appendChild(inner);
      inner.addEventListener('click', follow);
      sheet.scrollTop = 0;
      if (fragment) { var there = tree.getElementById ? tree.getElementById(fragment) : null; if (there) { there.scrollIntoView(); } }
      list.selectedIndex = index;
      previous.disabled = index === 0;
      next.disabled = index + 1 === chapters.length;
      if (turned) { tram.keep({ format: 'epub', chapter: index + 1, chapters: chapters.length, result: { completed: index + 1 === chapters.length, passed: null, score: null } }); }
      turned = true;
    }).catch(function (error) {
      tree.textContent = '';
      tree.appendChild(tram.make('p', 'failed', tram.say('broken')));
      if (window.console) { window.console.warn(error); }
    });
  }
  /* Links lead to other places of the book, and nowhere else. */
  function follow(event) {
    var link = event.target.closest ? event.target.closest('a[href]') : null;
    if (!link) { return; }
    event.preventDefault();
    var address = new URL(link.getAttribute('href') || link.getAttributeNS('http://www.w3.org/1999/xlink', 'href'), root), to = chapters.findIndex(function (chapter) { return bare(chapter) === bare(address.href); });
    if (to >= 0) { open(to, decodeURIComponent(address.hash.slice(1))); }
  }
  function contents(opf, items, spine) {
    var nav = Object.keys(items).map(function (id) { return items[id]; }).filter(function (item) { return /(^|\s)nav(\s|$)/.test(item.properties); })[0];
    var ncx = items[spine.getAttribute('toc')];
    var from = nav || ncx;
    if (!from) { return Promise.resolve(); }
    return load(from.href).then(function (text) {
      var parsed = xml(text);
      named(parsed, nav ? 'a' : 'navPoint').forEach(function (one) {
        var address = nav ? one.getAttribute('href') : (named(one, 'content')[0] || one).getAttribute('src'), words = nav ? one : named(one, 'text')[0];
        if (!address || !words) { return; }
        var key = bare(new URL(address, from.href).href);
        if (!titles[key]) { titles[key] = words.textContent.trim().replace(/\s+/g, ' '); }
      });
    }).catch(function () { /* A book without contents is read in order. */ });
  }
  load(root + 'META-INF/container.xml').then(function (text) {
    var path = named(xml(text), 'rootfile')[0];
    folder = new URL(encodeURI(path.getAttribute('full-path')), root).href;
    return load(folder);
  }).then(function (text) {
    var opf = xml(text), items = {}, spine = named(opf, 'spine')[0];
    named(opf, 'item').forEach(function (item) {
      items[item.getAttribute('id')] = { href: new URL(item.getAttribute('href'), folder).href, properties: item.getAttribute('properties') || '', type: item.getAttribute('media-type') || '' };
    });
    named(opf, 'itemref').forEach(function (one) { var item = items[one.getAttribute('idref')]; if (item && item.href.indexOf(root) === 0) { chapters.push(item.href); } });
    if (!chapters.length) { throw new Error('no chapters'); }
    return contents(opf, items, spine);
  }).then(function () {
    chapters.forEach(function (chapter, index) { list.appendChild(tram.make('option', '', titles[bare(chapter)] || tram.say('chapter') + ' ' + (index + 1))); });
    var entry = parseInt(tram.config.entry, 10) || (kept && kept.chapter) || 1;
    return open(Math.min(chapters.length, Math.max(1, entry)) - 1, '');
  }).then(function () { tram.post({ tram: 'ready' }); }).catch(function (error) { tram.fail('broken', error); });
}());
