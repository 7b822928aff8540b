import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../bench/pricing-report.js', import.meta.url));
const LIMIT_MS = 60_000;

interface Outcome {
  code: number;
  stderr: string;
}

function report(...args: string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(process.execPath, [MAIN, ...args], { timeout: LIMIT_MS }, (error, _out, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? -1), stderr });
    });
  });
}

test('a smoke run measures every package and every family into one page', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'ticker-pricing-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'PRICING.md');
  // The edge families are always there, other tables may not be.
  const { code, stderr } = await report('--smoke', '--out', file, '--reference', folder);
  assert.equal(code, 0, stderr);
  assert.match(stderr, /greeks\.csv is not there: left out/);
  const text = readFileSync(file, 'utf8');
  const packages = [
    '@uqee/black-scholes',
    'implied-volatility and greeks',
    'black-scholes and greeks',
    'option-pricing',
  ];
  for (const name of [...packages, 'neg_rates', 'q_over_r', 'd_zero', 'nanosecond', 'total_vol']) {
    assert.match(text, new RegExp(`^\\| ${name}.* \\|$`, 'm'), name);
  }
  assert.doesNotMatch(text, /[|] (NaN|undefined|Infinity|∞) /);
});

test('an unknown option is one clear line and exit code 2', async () => {
  const { code, stderr } = await report('--fast');
  assert.equal(code, 2);
  assert.match(stderr, /^pricing report: Unknown option '--fast'/);
});
