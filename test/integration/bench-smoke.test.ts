import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../bench/main.js', import.meta.url));
const LIMIT_MS = 25_000;
/** It starts a database, two simulators and the service. */
const ORDERS_LIMIT_MS = 120_000;

interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

function bench(...args: string[]): Promise<Outcome> {
  return benchWithin(LIMIT_MS, ...args);
}

function benchWithin(timeout: number, ...args: string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(process.execPath, [MAIN, ...args], { timeout }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? -1), stdout, stderr });
    });
  });
}

test('a smoke run measures, verifies, prints a table and writes JSON', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'ticker-bench-test-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'nested', 'report.json');
  const { code, stdout, stderr } = await bench('--smoke', '--only', 'ring, price', '--json', file);
  assert.equal(code, 0, stderr + stdout);
  assert.match(stdout, /host jitter .* p50 .* p99 .* max/);
  assert.match(stdout, /read \(copy and check\), 64 at a time +[\d.,]+/);
  const report = JSON.parse(readFileSync(file, 'utf8')) as {
    schema: number;
    ok: boolean;
    host: Record<string, unknown>;
    hostJitter: Record<string, number>;
    benches: {
      name: string;
      runs: number;
      checksPassed: number;
      figures: { values: number[] }[];
    }[];
  };
  assert.deepEqual(
    report.benches.map(({ name }) => name),
    ['price', 'ring'],
  );
  assert.equal(report.ok, true);
  assert.equal(report.host['node'], process.version);
  assert.deepEqual(Object.keys(report.hostJitter), ['samples', 'p50Us', 'p99Us', 'maxUs']);
  for (const { checksPassed, figures, runs } of report.benches) {
    assert.ok(checksPassed > 0);
    assert.ok(figures.length > 0);
    assert.ok(
      figures.every(({ values }) => values.length === runs && values.every(Number.isFinite)),
    );
  }
});

test('a smoke run of orders takes every order once', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'ticker-bench-test-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'report.json');
  const options = ['--smoke', '--only', 'orders', '--json', file];
  const { code, stdout, stderr } = await benchWithin(ORDERS_LIMIT_MS, ...options);
  assert.equal(code, 0, stderr + stdout);
  assert.match(stdout, /standard ticks: overhead, p99/);
});

test('an unknown bench or option is one clear line and exit code 2', async () => {
  const unknown = await bench('--only', 'nonsense');
  assert.equal(unknown.code, 2);
  assert.match(unknown.stderr, /^bench: no bench "nonsense"; there are parse, .*orders\n$/);
  const option = await bench('--fast');
  assert.equal(option.code, 2);
  assert.match(option.stderr, /^bench: Unknown option '--fast'/);
  const both = await bench('--smoke', '--document');
  assert.equal(both.code, 2);
  assert.match(both.stderr, /^bench: --document wants the figures of a full run/);
});

test('--help lists the benches and runs none', async () => {
  const { code, stdout } = await bench('--help');
  assert.equal(code, 0);
  for (const name of [
    'parse',
    'price',
    'encode',
    'ring',
    'greeks',
    'pipeline',
    'secrets',
    'order-checks',
    'order-journal',
    'audit-verify',
    'socket',
    'fanout',
    'orders',
  ]) {
    assert.match(stdout, new RegExp(`^ {2}${name} +\\S`, 'm'));
  }
});
