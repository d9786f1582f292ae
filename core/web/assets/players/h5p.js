/* Plays H5P with h5p-standalone, in this page itself: a frame within would have an origin
   of its own. What the pupil has come to is told whenever the content says something. */
(function () {
  'use strict';
  var tram = window.tram, state = tram.config.state && tram.config.state.format === 'h5p' ? tram.config.state : { format: 'h5p', result: { completed: false, score: null } };
  var assets = document.querySelector('script[src$="/h5p.js"]').src.replace(/h5p\.js$/, 'h5p/'), own = location.pathname.replace(/\/~\/$/, '');
  var words = { fullscreen: 'full', close: 'close' }, translated = {};
  Object.keys(words).forEach(function (key) { translated[key] = tram.say(words[key]); });

  document.body.classList.add('h5p');

  function keep() {
    var one = window.H5P.instances[0], data = null;
    try { data = one && one.getCurrentState ? one.getCurrentState() : null; } catch (_) { data = null; }
    if (data !== null && data !== undefined) {
      var text = JSON.stringify(data);
      if (text && text.length < 60000) { state.data = text; }
    }
    tram.keep(state);
  }
  function listen() {
    window.H5P.externalDispatcher.on('xAPI', function (event) {
      var said = event.data.statement, context = said.context && said.context.contextActivities, verb = event.getVerb();
      if (context && context.parent && context.parent.length) { if (verb !== 'attempted') { keep(); } return; }
      if (verb === 'attempted') { return; }
      if (verb === 'completed' || verb === 'answered') {
        var raw = event.getScore(), max = event.getMaxScore(), score = max > 0 && raw !== null ? Math.round(raw / max * 10000) / 10000 : null;
        state.result = { completed: true, passed: said.result && typeof said.result.success === 'boolean' ? said.result.success : null, score: score, raw: raw, max: max };
      }
      keep();
    });
    var told = '';
    setInterval(function () {
      var one = window.H5P.instances[0], now = '';
      try { now = JSON.stringify(one && one.getCurrentState ? one.getCurrentState() : null) || ''; } catch (_) { now = ''; }
      if (told && now !== told) { keep(); }
      told = now;
    }, 5000);
  }
  /* The frame is as high as its content. */
  function height() { tram.post({ tram: 'height', height: Math.ceil(tram.player().getBoundingClientRect().bottom) }); }

  new window.H5PStandalone.H5P(tram.player(), {
    id: 'tram',
    h5pJsonPath: location.origin + own,
    frameJs: assets + 'frame.bundle.js',
    frameCss: assets + 'styles/h5p.css',
    embedType: 'div',
    // Only with this does a content take what it was handed; nobody is signed in there, so
    // it sends nothing itself.
    saveFreq: 600,
    contentUserData: state.data ? [{ state: state.data }] : undefined,
    translations: { H5P: translated },
    preventH5PInit: false
  }).then(function () {
    // Within one page the content is nobody's frame.
    window.H5P.isFramed = false;
    listen();
    window.H5P.init(document.body);
    if (window.ResizeObserver) { new ResizeObserver(height).observe(tram.player()); }
    setTimeout(height, 300);
    tram.post({ tram: 'ready' });
  }).catch(function (error) { tram.fail('broken', error); });
}());
