// The judged queries of tests/queries on the interface for programs: what share is
// found, and found first, form by form.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';

const DEMO = process.env.TRAM_DEMO_URL;
/** Hits among which a title counts as found. */
const DEPTH = 50;
/** Misspelt words may be answered by a spelling that is offered; all other forms hit directly. */
const MISSPELT = 'typo';
/** The share of misspelt queries that must be found; of every other form, all. */
const MISSPELT_SHARE = 0.95;

const lines = fs.readFileSync(path.join(import.meta.dirname, '../queries/judged.tsv'), 'utf8').split('\n').filter(Boolean).slice(1);
const judged = lines.map((line) => {
  const [query, form, wanted, first, note] = line.split('\t');
  return { query, form, wanted, first: first === 'yes', whole: (note ?? '').startsWith('whole title') };
});

async function search(query) {
  const reply = await fetch(`${DEMO}/api/catalogue/v1/search?per_page=${DEPTH}&q=${encodeURIComponent(query)}`);
  assert.equal(reply.status, 200, query);
  const { items } = await reply.json();
  return items.map((item) => item.title.normalize('NFC'));
}

/** The spelling that the page offers instead; nothing when it offers none. */
async function spelling(query) {
  const html = await (await fetch(`${DEMO}/catalogue?lang=en&q=${encodeURIComponent(query)}`)).text();
  const link = /Did you mean:<\/p><ul class="row"><li><a href="[^"]*[?&](?:amp;)?q=([^"&]*)/.exec(html);
  return link && decodeURIComponent(link[1].replace(/\+/g, ' '));
}

function holds(title, { wanted, whole }) {
  const expected = wanted.normalize('NFC');
  // A subtitle stands behind the title proper.
  return whole ? title.split(/ ?: /)[0] === expected || title === expected : title.includes(expected);
}

test('the judged queries find what they must', async (t) => {
  const forms = new Map();
  const failures = [];
  for (const row of judged) {
    const count = forms.get(row.form) ?? { all: 0, found: 0, firstAsked: 0, first: 0 };
    forms.set(row.form, count);
    let hits = await search(row.query);
    let found = hits.some((title) => holds(title, { wanted: row.wanted }));
    if (!found && row.form === MISSPELT) {
      const offered = await spelling(row.query);
      if (offered) {
        hits = await search(offered);
        found = hits.some((title) => holds(title, { wanted: row.wanted }));
      }
    }
    count.all += 1;
    count.found += Number(found);
    if (row.first) {
      count.firstAsked += 1;
      const first = hits.length > 0 && holds(hits[0], row);
      count.first += Number(first);
      if (found && !first) { failures.push(`${row.form}: “${row.query}” finds “${hits[0]}” before “${row.wanted}”`); }
    }
    if (!found) { (row.form === MISSPELT ? t.diagnostic.bind(t) : failures.push.bind(failures))(`${row.form}: “${row.query}” does not find “${row.wanted}” (${hits.length} hits: ${hits.slice(0, 3).join(' | ')})`); }
  }
  for (const [form, { all, found, firstAsked, first }] of forms) {
    t.diagnostic(`${form.padEnd(8)} found ${found} of ${all}, first ${first} of ${firstAsked}`);
  }
  assert.ok(judged.length >= 150);
  const misspelt = forms.get(MISSPELT);
  assert.ok(misspelt.found >= MISSPELT_SHARE * misspelt.all, `${misspelt.found} of ${misspelt.all} misspelt queries`);
  assert.deepEqual(failures, []);
});
