import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { build } from 'esbuild';
import { chromium, type Page } from 'playwright-core';
import { atEnd } from '../at-end.ts';
import { repositoryRoot } from '../repository-root.ts';
import { toolOrSkip } from '../required-tool.ts';

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** What the package exports for browsers, as built, in one script. */
async function bundleClient(): Promise<string> {
  const { outputFiles } = await build({
    stdin: {
      contents: "export * from './client.js'; export * from './chain.js';",
      resolveDir: join(repositoryRoot, 'dist', 'src', 'client'),
    },
    bundle: true,
    format: 'iife',
    globalName: 'ticker',
    platform: 'browser',
    target: 'es2022',
    write: false,
    logLevel: 'warning',
  });
  return outputFiles.map(({ text }) => text).join('\n');
}

/**
 * A tab of Chromium at `url` with the built client as `ticker`. Undefined: there is no Chromium,
 * and the test is skipped.
 */
export async function openClientPage(t: TestContext, url: string): Promise<Page | undefined> {
  const executablePath = toolOrSkip(t, 'chromium', 'chromium-browser', 'google-chrome');
  if (executablePath === undefined) return undefined;
  const browser = await chromium.launch({ executablePath, args: FLAGS });
  atEnd(t, () => browser.close());
  const page = await browser.newPage();
  // A script of the page itself would be refused by its content security policy.
  await page.addInitScript({ content: `${await bundleClient()}\nglobalThis.ticker = ticker;` });
  await page.goto(url);
  return page;
}
