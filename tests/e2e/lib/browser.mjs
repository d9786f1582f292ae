// A Chromium for a file of tests, and pages that notice what a user would not see:
// script errors, refusals of the content policy, answers of 500 and above (but for 503,
// which is a part that is switched off).
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import path from 'node:path';
import { after, afterEach, before } from 'node:test';

const tools = process.env.TRAM_TOOLS;
if (!tools || !process.env.TRAM_DEMO_URL) {
  throw new Error('The stations that these tests need are started by tests/e2e/run.sh.');
}
const require = createRequire(path.join(tools, 'package.json'));
const { chromium } = require('playwright-core');

/** Resolves a module of the tests' own folder of tools. */
export const tool = require;

/** The demonstration school. */
export const DEMO = process.env.TRAM_DEMO_URL;

/** Widths of screens: a desk, a usual telephone, the narrowest that WCAG 1.4.10 asks for. */
export const WIDTHS = [1280, 360, 320];

const ARGUMENTS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync',
];

let browser = null;
const contexts = new Set();
const faults = [];
let expected = [];

/** Faults of this test's pages that are what the test is about. */
export function faultsExpected(...patterns) { expected.push(...patterns); }

/** Starts a browser outside of a test run; `args` beside the usual ones, `env` instead of this one. */
export function launch({ args = [], env = process.env } = {}) {
  return chromium.launch({ executablePath: process.env.TRAM_CHROMIUM || '/usr/bin/chromium', args: [...ARGUMENTS, ...args], env });
}

/** Call once at the top of a file: one browser for it, closed contexts and no faults after each test. */
export function useBrowser() {
  before(async () => { browser = await launch(); });
  after(async () => { await browser?.close(); });
  afterEach(async () => {
    await Promise.all([...contexts].map((context) => context.close()));
    contexts.clear();
    const unforeseen = faults.splice(0).filter((fault) => !expected.some((pattern) => pattern.test(fault)));
    expected = [];
    assert.deepEqual(unforeseen, [], 'what went wrong in pages without anybody seeing it');
  });
}

function watch(page, cut) {
  page.on('pageerror', (error) => faults.push(`${page.url()}: ${error.message}`));
  page.on('console', (message) => {
    // The browser reports every answer of 4xx; those are what some tests are about.
    if (cut && /net::ERR_/.test(message.text())) { return; }
    if (message.type() === 'error' && !/status of (4\d\d|503)/.test(message.text())) {
      faults.push(`${page.url()}: ${message.text()}`);
    }
  });
  page.on('response', (response) => {
    if (response.status() >= 500 && response.status() !== 503) { faults.push(`${response.status()} ${response.url()}`); }
  });
}

/** A page in a browser of its own: its cookies are nobody else's. `cut`: its line is, so what the browser says of that is no fault. */
export async function freshPage({ base = DEMO, language = 'vi', width = 1280, height = 900, dark = false, script = true, on = browser, scale = 1, cut = false } = {}) {
  const context = await on.newContext({
    baseURL: base,
    locale: language === 'vi' ? 'vi-VN' : 'en-GB',
    viewport: { width, height },
    colorScheme: dark ? 'dark' : 'light',
    javaScriptEnabled: script,
    deviceScaleFactor: scale,
  });
  context.setDefaultTimeout(10_000);
  contexts.add(context);
  const page = await context.newPage();
  watch(page, cut);
  return page;
}

/** Asserts that the page can be read without scrolling sideways. */
export async function assertFits(page, what) {
  const [inner, outer, culprit] = await page.evaluate(() => {
    const room = document.documentElement.clientWidth;
    const wide = [...document.querySelectorAll('body *')].find((element) => {
      const box = element.getBoundingClientRect();
      const scrolls = element.closest('.scroll, .code');
      return box.right > room + 1 && box.width > 0 && !scrolls && !element.closest('.hidden');
    });
    return [document.documentElement.scrollWidth, room, wide ? wide.outerHTML.slice(0, 160) : ''];
  });
  assert.ok(inner <= outer, `${what}: ${inner} px wide on a screen of ${outer} px: ${culprit}`);
}
