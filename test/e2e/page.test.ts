import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { chromium } from 'playwright-core';
import { repositoryRoot } from '../support/repository-root.ts';
import { toolOrSkip } from '../support/required-tool.ts';
import { startService } from '../support/ticker-process.ts';

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

test('the page shows the live NIFTY chain in a real browser', async (t) => {
  const executablePath = toolOrSkip(t, 'chromium', 'chromium-browser');
  if (executablePath === undefined) return;
  const service = await startService(t);
  const browser = await chromium.launch({ executablePath, args: FLAGS });
  t.after(() => browser.close());
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  const problems: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text());
  });
  page.on('pageerror', (error) => problems.push(error.message));
  await page.goto(`${service.url}/#key=${service.key}`);
  await page.getByText('SIMULATED', { exact: false }).first().waitFor();
  const ivCells = page.locator('td').filter({ hasText: /^\d{1,2}\.\d+\s*%?$/ });
  await ivCells.nth(20).waitFor();
  assert.ok(!page.url().includes(service.key), 'the key leaves the address bar');
  assert.equal(await page.locator('a[href="/docs"]').count(), 1);
  assert.equal(await page.locator('a[href="/metrics"]').count(), 1);
  const folder = join(repositoryRoot, 'dist', 'screenshots');
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, 'chain.png') });
  assert.deepEqual(problems, []);
});
