import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { decodeFrame } from '../../../src/wire/decode.ts';
import { TickFrameBuffer } from '../../../src/wire/frame.ts';
import { writeCompact, writeLtp } from '../../support/wire/narrow.ts';
import { readRepositoryText, repositoryFiles } from '../../support/repository-files.ts';
import { repositoryRoot } from '../../support/repository-root.ts';
import { toolOrSkip } from '../../support/required-tool.ts';
import { writeTick } from '../../support/wire/sample-tick.ts';

const SCHEMA = join(repositoryRoot, 'schemas', 'tick.fbs');
const RELEASED = repositoryFiles().filter((path) => path.startsWith('schemas/released/'));

function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'ticker-decoders-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test('Debian flatc prints every kind of frame as JSON with our values', (t) => {
  const flatc = toolOrSkip(t, 'flatc');
  if (flatc === undefined) return;
  const folder = temporaryFolder(t);
  const source = new TickFrameBuffer('tick', 1, 5, 6);
  writeTick(source, 0);
  const quotes = new TickFrameBuffer('quote', 1, 5, 6);
  quotes.u8.set(source.u8.subarray(0, 192));
  const compacts = new TickFrameBuffer('compact', 1, 5, 6);
  writeCompact(source, 0, compacts, 0);
  const ltps = new TickFrameBuffer('ltp', 1, 5, 6);
  writeLtp(source, 0, ltps, 0);

  for (const [buffer, vector] of [
    [source, 'ticks'],
    [quotes, 'quotes'],
    [compacts, 'compacts'],
    [ltps, 'ltps'],
  ] as const) {
    const bytes = buffer.finish(1, 123, 2 ** 32 + 9);
    writeFileSync(join(folder, `${vector}.tick`), bytes);
    execFileSync(
      flatc,
      ['--json', '--strict-json', '--raw-binary', '-o', folder, SCHEMA, '--', `${vector}.tick`],
      { cwd: folder },
    );
    const printed = JSON.parse(readFileSync(join(folder, `${vector}.json`), 'utf8')) as {
      through_low: number;
      through_high: number;
    } & Record<string, Record<string, unknown>[]>;
    assert.deepEqual([printed.through_high, printed.through_low], [1, 9]);
    const [struct] = printed[vector]!;
    const quote = (struct!['quote'] ?? struct) as Record<string, number>;
    const greeks = (struct!['greeks'] ?? struct) as Record<string, number>;
    const tick = decodeFrame(bytes).tick(0);
    assert.equal(quote['instrument_token'], tick.instrumentToken);
    assert.equal(quote['last_price'], tick.lastPriceRaw);
    if (vector !== 'ltps') assert.equal(greeks['forward'], tick.forward);
  }
});

/** What `flatc` says of `schema` as an evolution of each released one: its exit codes. */
function conforms(t: TestContext, flatc: string, schema: string): (number | null)[] {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, 'tick.fbs'), schema);
  return RELEASED.map((released) => {
    const options = ['--conform', join(repositoryRoot, released), '--cpp', '-o', folder];
    return spawnSync(flatc, [...options, join(folder, 'tick.fbs')]).status;
  });
}

test('Debian flatc takes the schema for an evolution of every released one', (t) => {
  const flatc = toolOrSkip(t, 'flatc');
  if (flatc === undefined) return;
  const schema = readRepositoryText('schemas/tick.fbs');
  assert.ok(RELEASED.length > 0);
  assert.deepEqual(new Set(conforms(t, flatc, schema)), new Set([0]));
  const grown = schema.replace('  ltps:[LtpTick];', '  ltps:[LtpTick];\n  node:uint;');
  assert.notEqual(grown, schema);
  assert.deepEqual(new Set(conforms(t, flatc, grown)), new Set([0]));
  for (const [from, to] of [
    ['change:int', 'change:uint'],
    ['  ticks:[Tick];', '  node:uint;\n  ticks:[Tick];'],
    ['  merged:uint;\n', ''],
  ] as const) {
    const broken = schema.replace(from, to);
    assert.notEqual(broken, schema);
    assert.deepEqual(new Set(conforms(t, flatc, broken)), new Set([1]), to);
  }
});
