import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { repositoryRoot } from '../../support/repository-root.ts';

const MAIN = join(repositoryRoot, 'dist', 'src', 'main.js');
const HEADER = 'model,type,underlying,strike,t_years,rate,div_yield,vol\n';
const ROW = 'black76,call,100,105,0.5,0.05,0,0.2\n';
const PIECE = ROW.repeat(2000);

function start() {
  const child = spawn(process.execPath, [MAIN, 'greeks'], { stdio: ['pipe', 'pipe', 'pipe'] });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  // The command may end before it has been sent everything.
  child.stdin.on('error', () => {});
  return { child, exited: once(child, 'close'), errors: () => errors };
}

test('a table passes from pipe to pipe, and a slow reader holds the writer back', async () => {
  const { child, exited, errors } = start();
  const pieces = 200;
  let sent = 0;
  function* table() {
    yield HEADER;
    for (; sent < pieces; sent++) yield PIECE;
  }
  Readable.from(table()).pipe(child.stdin);
  child.stdout.setEncoding('latin1');
  let lines = 0;
  let first = true;
  for await (const text of child.stdout) {
    lines += (text as string).split('\n').length - 1;
    // The pipes and the command hold a bounded amount, far less than the table.
    if (first) assert.ok(sent < pieces / 2, `${sent} of ${pieces} sent`);
    first = false;
  }
  assert.deepEqual(await exited, [0, null]);
  assert.equal(lines, 1 + 2000 * pieces);
  assert.equal(errors(), '');
});

test('a reader that goes away (| head) ends the command without an error', async () => {
  const { child, exited, errors } = start();
  function* endless() {
    yield HEADER;
    for (;;) yield PIECE;
  }
  const source = Readable.from(endless());
  source.pipe(child.stdin);
  await once(child.stdout, 'data');
  child.stdout.destroy();
  assert.deepEqual(await exited, [0, null]);
  source.destroy();
  assert.equal(errors(), '');
});
