/* What all players share (ES2019; Chrome 109, Firefox 115, iOS 14). A player's page has an
   origin that is nobody's: it learns what to show from the name of its frame, and tells
   the page around it by messages (docs/formats/learning-package.md, "Messages of frames"). */
(function () {
  'use strict';
  var config = {}, outside = (window.tramOutside || window.parent);
  try { if (String(window.name).indexOf('tram:') === 0) { config = JSON.parse(window.name.slice(5)) || {}; } } catch (_) { config = {}; }
  var words = config.words || {};
  document.documentElement.lang = config.lang === 'en' ? 'en' : 'vi';
  document.documentElement.setAttribute('data-theme', config.theme || 'device');

  function post(message) { if (outside !== window) { outside.postMessage(message, '*'); } }
  function make(tag, className, text) {
    var element = document.createElement(tag);
    if (className) { element.className = className; }
    if (text) { element.textContent = text; }
    return element;
  }
  function button(sign, label, run) {
    var element = make('button', '', sign);
    element.type = 'button';
    element.title = label;
    element.setAttribute('aria-label', label);
    element.addEventListener('click', run);
    return element;
  }
  window.tram = {
    config: config,
    outside: outside,
    post: post,
    make: make,
    button: button,
    say: function (key) { return words[key] || key; },
    player: function () { return document.getElementById('player'); },
    /* At once: the page around this one paces what it sends, and sends the last of it when
       it is left. */
    keep: function (state) { post({ tram: 'state', state: state }); },
    fail: function (key, error) {
      var player = window.tram.player();
      player.textContent = '';
      var words = make('p', 'failed', window.tram.say(key || 'broken'));
      words.setAttribute('role', 'alert');
      player.appendChild(words);
      post({ tram: 'failed' });
      if (error && window.console) { window.console.warn(error); }
    }
  };
}());
