import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { repositoryRoot } from '../../support/repository-root.ts';

const MAIN = join(repositoryRoot, 'dist', 'src', 'main.js');

const FORWARD = 5_000;

/** A chain of calls and puts with 1 rupee of time value, which fit the forward. */
function recorded(strikes: number): string {
  const rows = Array.from({ length: strikes }, (_, i) => {
    const strike = FORWARD + i - Math.floor(strikes / 2);
    const leg = (last: number) => ({ bid: last, ask: last + 0.05, last, oi: 1, volume: 1 });
    return {
      strike,
      ce: leg(Math.max(FORWARD - strike, 0) + 1),
      pe: leg(Math.max(strike - FORWARD, 0) + 1),
    };
  });
  const times = { timestamp_ist: '2026-06-18T15:30:00', expiry: '2026-06-23' };
  return JSON.stringify({ schema: 'chain/1', underlying: 'TEST', ...times, rows });
}

function start(...options: string[]) {
  const child = spawn(process.execPath, [MAIN, 'chain', ...options]);
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  return { child, exited: once(child, 'close'), errors: () => errors };
}

test('a chain on standard input becomes JSON on standard output', async () => {
  const { child, exited, errors } = start('--json');
  child.stdin.end(recorded(21));
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  assert.deepEqual(await exited, [0, null], errors());
  const chain = JSON.parse(out) as { forward: number; forward_source: string; rows: unknown[] };
  assert.ok(Math.abs(chain.forward - FORWARD) < 0.01);
  assert.equal(chain.forward_source, 'PARITY');
  assert.equal(chain.rows.length, 21);
});

test('a reader that goes away (| head) is no error', async () => {
  const { child, exited, errors } = start();
  child.stdout.destroy();
  child.stdin.end(recorded(5001));
  assert.deepEqual(await exited, [0, null], errors());
  assert.equal(errors(), '');
});
