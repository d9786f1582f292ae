// axe-core, for pages in a state that only a test brings about.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { tool } from './browser.mjs';

const axe = fs.readFileSync(tool.resolve('axe-core/axe.min.js'), 'utf8');

/** Asserts that axe-core finds nothing serious and nothing critical. */
export async function assertAccessible(page, what) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
  const grave = violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map((node) => `${node.html.slice(0, 140)} ${node.any[0]?.message ?? ''}`).join(' | ')}`);
  assert.deepEqual(grave, [], what);
}
