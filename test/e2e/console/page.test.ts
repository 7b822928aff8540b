import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { after, before, test, type TestContext } from 'node:test';
import { chromium, type Browser, type Page } from 'playwright-core';
import { buildConsole } from '../../../src/console/build.ts';
import type { ClientMessage } from '../../../src/wire/messages.ts';
import {
  answerWithChain,
  chainContracts,
  contractTick,
  EXPIRY,
  spotTick,
} from '../../support/client/fake-chain.ts';
import { FAKE_KEY, FakeService, type FakeClient } from '../../support/client/fake-service.ts';
import { findTool, toolOrSkip } from '../../support/required-tool.ts';

const HANG = { timeout: 60_000 };
const CHROMIUM_FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
/** As strict as the service's own. */
const CSP = "default-src 'self'; base-uri 'none'; form-action 'self'; object-src 'none'";
const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};
const FILES: Readonly<Record<string, string>> = {
  '/': 'index.html',
  '/page.css': 'page.css',
  '/page.js': 'page.js',
  '/icon.svg': 'icon.svg',
};

let folder = '';
let browser: Browser | undefined;

before(async () => {
  const executablePath = findTool('chromium', 'chromium-browser', 'google-chrome');
  if (executablePath === undefined) return;
  folder = mkdtempSync(join(tmpdir(), 'ticker-console-'));
  await buildConsole(folder);
  browser = await chromium.launch({ executablePath, args: CHROMIUM_FLAGS });
});

after(async () => {
  await browser?.close();
  if (folder !== '') rmSync(folder, { recursive: true, force: true });
});

function answer(client: FakeClient, message: ClientMessage): void {
  answerWithChain(client, message);
}

async function startService(t: TestContext, port = 0): Promise<FakeService> {
  const service = new FakeService({
    onMessage: answer,
    onRequest: ({ url = '/', headers }) => {
      const { pathname, searchParams } = new URL(url, 'http://x');
      const security = { 'content-security-policy': CSP, 'x-content-type-options': 'nosniff' };
      if (pathname === '/v1/expiries') {
        const isAllowed = headers.authorization === `Bearer ${FAKE_KEY}`;
        const underlying = searchParams.get('underlying');
        const body = JSON.stringify({ underlying, expiries: [EXPIRY, '2026-12-08'] });
        return { status: isAllowed ? 200 : 401, type: 'application/json', body };
      }
      const file = FILES[pathname];
      if (file === undefined) return { status: 404, type: 'text/plain', body: '' };
      const type = CONTENT_TYPES[extname(file)] ?? 'text/plain';
      return { status: 200, type, body: readFileSync(join(folder, file)), headers: security };
    },
  });
  await service.start(port);
  t.after(() => service.stop());
  return service;
}

/** A tab, and everything that went wrong in it: refused by the policy, not found, thrown. */
async function openTab(
  t: TestContext,
  url: string,
  width = 1500,
  colorScheme: 'light' | 'dark' = 'light',
): Promise<{ page: Page; problems: string[] } | undefined> {
  if (browser === undefined) {
    toolOrSkip(t, 'chromium', 'chromium-browser', 'google-chrome');
    return undefined;
  }
  const context = await browser.newContext({ viewport: { width, height: 950 }, colorScheme });
  t.after(() => context.close());
  const page = await context.newPage();
  const problems: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') problems.push(message.text());
  });
  page.on('pageerror', (error) => problems.push(error.message));
  await page.goto(url);
  return { page, problems };
}

function cell(page: Page, strike: number, side: 'call' | 'put', kind: string) {
  return page.locator(`tbody tr:has(th:text-is("${strike}")) td.${side}.${kind}`);
}

test(
  'with a key in the fragment the live chain appears, and the key is not in the address',
  HANG,
  async (t) => {
    const service = await startService(t);
    const tab = await openTab(t, `${service.origin}/#key=${FAKE_KEY}`);
    if (tab === undefined) return;
    const { page, problems } = tab;
    await page.locator('#state:has-text("Live")').waitFor();
    await cell(page, 24_050, 'call', 'iv').filter({ hasText: '12.00' }).waitFor();
    assert.equal(page.url(), `${service.origin}/`);
    assert.equal(await page.locator('tbody tr').count(), 21);
    assert.equal(await page.locator('#simulated').isVisible(), true);
    assert.equal(await page.locator('#spot').textContent(), '24,035.05');
    assert.equal(await page.locator('#forward').textContent(), '24,060.00');
    assert.equal(await page.locator('#change').textContent(), '+0.57 %');
    assert.equal(await page.locator('tr[data-atm] th').textContent(), '24050');
    assert.equal(await page.locator('tr[data-forward] th').textContent(), '24100');
    assert.deepEqual(await page.locator('#expiry option').allTextContents(), [
      'nearest',
      EXPIRY,
      '2026-12-08',
    ]);
    assert.deepEqual(
      await page.locator('nav a').evaluateAll((links) => links.map((a) => a.getAttribute('href'))),
      ['/docs', '/metrics'],
    );
    assert.deepEqual(problems, []);
  },
);

test('a tick changes its cells and no others, and says the direction', HANG, async (t) => {
  const service = await startService(t);
  const tab = await openTab(t, `${service.origin}/#key=${FAKE_KEY}`);
  if (tab === undefined) return;
  const { page } = tab;
  await cell(page, 24_050, 'call', 'last').filter({ hasText: '110.05' }).waitFor();
  await page.evaluate(() => {
    const changed = new Set<string>();
    Object.assign(window, { changed });
    new MutationObserver((records) => {
      for (const { target } of records) {
        changed.add(target.parentElement?.closest('tr')?.querySelector('th')?.textContent ?? '');
      }
    }).observe(document.querySelector('tbody')!, { subtree: true, characterData: true });
  });
  const contract = chainContracts(10, { underlying: 'NIFTY', strikes: 10 }).find(
    ({ strike, type }) => strike === 24_050 && type === 'CE',
  )!;
  service.client.sendTicks('compact', [contractTick(contract, 2)]);
  await cell(page, 24_050, 'call', 'last').filter({ hasText: '110.10' }).waitFor();
  assert.match(
    (await cell(page, 24_050, 'call', 'last').getAttribute('data-move')) ?? '',
    /^up[01]$/,
  );
  service.client.sendTicks('compact', [contractTick(contract, 3, { lastPrice: 5 })]);
  await cell(page, 24_050, 'call', 'last').filter({ hasText: '0.05' }).waitFor();
  assert.match(
    (await cell(page, 24_050, 'call', 'last').getAttribute('data-move')) ?? '',
    /^down[01]$/,
  );
  const changed = await page.evaluate(() => [
    ...(window as unknown as { changed: Set<string> }).changed,
  ]);
  assert.deepEqual(changed, ['24050']);
  service.client.sendTicks('quote', [spotTick(2, { lastPrice: 2_300_000 })]);
  await page.locator('#spot:has-text("23,000.00")').waitFor();
  assert.equal(await page.locator('#change').getAttribute('data-sign'), '-1');
});

test(
  'without a key the page asks for one, refuses a wrong one, and keeps a right one',
  HANG,
  async (t) => {
    const service = await startService(t);
    const tab = await openTab(t, service.origin);
    if (tab === undefined) return;
    const { page } = tab;
    await page.locator('#key-form').waitFor();
    assert.equal(await page.locator('#chain').isVisible(), false);
    await page.getByLabel('Key', { exact: true }).fill('not a key');
    await page.getByRole('button', { name: 'Connect' }).click();
    await page.locator('#key-error:has-text("no key has")').waitFor();
    await page.getByLabel('Key', { exact: true }).fill(FAKE_KEY);
    await page.keyboard.press('Enter');
    await page.locator('#state:has-text("Live")').waitFor();
    await page.reload();
    await page.locator('#state:has-text("Live")').waitFor();
    await page.getByRole('button', { name: 'Forget key' }).click();
    await page.locator('#key-form').waitFor();
    await page.reload();
    await page.locator('#key-form').waitFor();
  },
);

test('a key revoked by the service brings the form back with the reason', HANG, async (t) => {
  const service = await startService(t);
  const tab = await openTab(t, `${service.origin}/#key=${FAKE_KEY}`);
  if (tab === undefined) return;
  const { page } = tab;
  await page.locator('#state:has-text("Live")').waitFor();
  service.client.socket.close(4501, 'UNAUTHENTICATED: the key was revoked');
  await page.locator('#key-error:has-text("the key was revoked")').waitFor();
});

test(
  'a lost connection is shown and made again, and other strikes can be chosen',
  HANG,
  async (t) => {
    const first = await startService(t);
    const tab = await openTab(t, `${first.origin}/#key=${FAKE_KEY}`);
    if (tab === undefined) return;
    const { page } = tab;
    await page.locator('tbody tr').nth(20).waitFor();
    const { port } = new URL(first.origin);
    await first.stop();
    // However soon the next attempt comes, it fails too.
    await page.locator('#state[data-state="waiting"]').waitFor();
    const service = await startService(t, Number(port));
    await page.locator('#state:has-text("Live")').waitFor();
    await page.getByLabel('Strikes').selectOption('5');
    await page.waitForFunction(() => document.querySelectorAll('tbody tr').length === 11);
    await cell(page, 24_050, 'put', 'iv').filter({ hasText: '12.00' }).waitFor();
    await page.getByLabel('Expiry').selectOption('2026-12-08');
    await service.until(() =>
      service.client.received.some(
        (message) => message.type === 'subscribe' && message.chain?.expiry === '2026-12-08',
      ),
    );
  },
);

test(
  'an underlying that the service does not have is said, and another can be chosen',
  HANG,
  async (t) => {
    const service = await startService(t);
    const tab = await openTab(t, `${service.origin}/#key=${FAKE_KEY}`);
    if (tab === undefined) return;
    const { page } = tab;
    await page.locator('tbody tr').nth(20).waitFor();
    await page.getByLabel('Underlying').selectOption('BANKNIFTY');
    await page.locator('#notice:has-text("BANKNIFTY")').waitFor();
    assert.equal(await page.locator('tbody tr').count(), 0);
    await page.getByLabel('Underlying').selectOption('NIFTY');
    await page.locator('tbody tr').nth(20).waitFor();
    assert.equal(await page.locator('#notice').isVisible(), false);
  },
);

test('narrow and dark, the page fits and keeps what matters most', HANG, async (t) => {
  const service = await startService(t);
  const tab = await openTab(t, `${service.origin}/#key=${FAKE_KEY}`, 390, 'dark');
  if (tab === undefined) return;
  const { page } = tab;
  await cell(page, 24_050, 'call', 'iv').filter({ hasText: '12.00' }).waitFor();
  assert.equal(
    await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth),
    true,
  );
  assert.equal(await cell(page, 24_050, 'call', 'last').isVisible(), true);
  assert.equal(await cell(page, 24_050, 'call', 'third').first().isVisible(), false);
  const ground = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  assert.equal(ground, 'rgb(15, 19, 25)');
});
