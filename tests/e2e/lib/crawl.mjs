// Walks a station as a reader who follows every link.

/** Links that change something, lead to files, or only repeat a page. */
const LEFT_OUT = [/\/admin\/templates\/.*\/(test|original|own)$/, /\/file(\?|$)/, /\/report$/, /\/tls\/tram\./, /[?&](lang|theme)=/, /[?&]page=[2-9]/, /\/sru/, /\/api\//, /^\/sign-out/];

/**
 * Visits pages from `starts`, at most `most`, each shape of address at most `each`
 * times; calls `visit(page, path)` on each.
 */
export async function crawl(page, starts, { most = 60, each = 2 }, visit) {
  const waiting = [...starts];
  const seen = new Set(waiting);
  const shapes = new Map();
  let count = 0;
  while (waiting.length > 0 && count < most) {
    const address = waiting.shift();
    // Records and searches are many pages of one shape.
    const shape = address.replace(/[0-9a-f]{12,}/g, 'ID').replace(/\?.*/, (query) => `?${[...new URLSearchParams(query).keys()].sort().join('&')}`);
    const times = shapes.get(shape) ?? 0;
    if (times >= each) { continue; }
    shapes.set(shape, times + 1);
    const reply = await page.goto(address);
    if (!(reply.headers()['content-type'] ?? '').startsWith('text/html')) { continue; }
    count += 1;
    await visit(page, address, reply);
    const links = await page.locator('a[href]').evaluateAll((all) => all.map((link) => link.href));
    for (const href of links) {
      const url = new URL(href);
      const next = url.pathname + url.search;
      if (url.origin !== new URL(page.url()).origin || seen.has(next) || LEFT_OUT.some((rule) => rule.test(next))) { continue; }
      seen.add(next);
      waiting.push(next);
    }
  }
  return { count, shapes: [...shapes.keys()] };
}
