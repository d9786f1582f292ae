// The test plugin that shows files in its pages (tests/plugins/gallery), and files for it.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { untilRunning } from './station.mjs';

const PLUGIN = path.join(process.env.TRAM_TEST_PLUGINS ?? '', 'gallery.tram');
const BASE = '/x/gallery.test';
const here = path.dirname(new URL(import.meta.url).pathname);

/** Why these tests are skipped; false when they are not. */
export const skip = fs.existsSync(PLUGIN) ? false : 'the test plugins are not built (TRAM_TEST_PLUGINS)';

/** Packages of others. */
export const CORPUS = path.join(process.env.TRAM_CORPUS ?? '', 'materials');

/** A folder for the files of a run. */
export const work = fs.mkdtempSync(path.join(os.tmpdir(), 'tram-players-'));
process.on('exit', () => fs.rmSync(work, { recursive: true, force: true }));

/** Installs the plugin, as an administrator. */
export async function installGallery(page) {
  const reply = await page.goto(BASE);
  if (reply.ok()) { return; }
  await page.goto('/admin');
  await page.getByLabel(/^Cài thêm từ tệp/).setInputFiles(PLUGIN);
  await page.getByRole('button', { name: 'Xem phần này' }).click();
  await page.getByRole('button', { name: 'Cài và cho phép' }).click();
  await untilRunning(page);
}

/** The flat form of a package: of a ZIP file, or of files given by name and content. */
export function flat(source) {
  let from = source;
  if (typeof source === 'object') {
    from = fs.mkdtempSync(path.join(work, 'package-'));
    for (const [name, content] of Object.entries(source)) {
      const file = path.join(from, name);
      fs.mkdirSync(path.dirname(file), { recursive: true });
      fs.writeFileSync(file, content);
    }
  }
  const to = path.join(work, `${path.basename(from)}.flat`);
  execFileSync('python3', ['-B', path.join(here, 'flat.py'), from, to]);
  return to;
}

/** Adds a file and stays on its page. */
export async function exhibit(page, { name, kind, format = '', entry = '', file, track }) {
  await page.goto(BASE);
  for (const [field, value] of Object.entries({ name, kind, format, entry })) { await page.locator(`input[name=${field}]`).fill(value); }
  await page.locator('input[name=file]').setInputFiles(file);
  if (track) { await page.locator('input[name=track]').setInputFiles(track); }
  await page.getByRole('button', { name: 'Thêm' }).click();
  await page.waitForURL(`**/show/${name}`);
}

/** Opens the page of a file again. */
export async function show(page, name) { await page.goto(`${BASE}/show/${name}`); }

/** What the plugin keeps of a file's run: the state, and how often one came. */
export async function kept(page, name) {
  const reply = await page.request.get(`${BASE}/show/${name}/state`);
  assert.equal(reply.status(), 200);
  const { state, told } = await reply.json();
  return { state: state ? JSON.parse(state) : null, told };
}

/** Waits until what is kept is as wanted. */
export async function untilKept(page, name, wanted, what) {
  let last = null;
  for (const end = Date.now() + 40_000; Date.now() < end;) {
    last = (await kept(page, name)).state;
    if (last && wanted(last)) { return last; }
    await page.waitForTimeout(200);
  }
  return assert.fail(`${what}: ${JSON.stringify(last)}`);
}

/** The viewer's frame. */
export function stage(page) { return page.frameLocator('[data-viewer] > iframe'); }

/** The document of a frame whose address ends so. */
export async function frameOf(page, end) {
  for (const until = Date.now() + 40_000; Date.now() < until;) {
    const found = page.frames().find((frame) => frame.url().split('?')[0].endsWith(end));
    if (found) { await found.waitForLoadState('load'); return found; }
    await page.waitForTimeout(100);
  }
  return assert.fail(`no frame shows ${end}: ${page.frames().map((frame) => frame.url()).join(' ')}`);
}
