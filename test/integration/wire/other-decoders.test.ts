import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { UNDEFINED_U32 } from '../../../src/domain/status.ts';
import { decodeFrame, type FrameView } from '../../../src/wire/decode.ts';
import { TickFrameBuffer } from '../../../src/wire/frame.ts';
import { writeCompact, writeLtp } from '../../support/wire/narrow.ts';
import { readRepositoryText } from '../../support/repository-files.ts';
import { repositoryRoot } from '../../support/repository-root.ts';
import { findTool } from '../../support/required-tool.ts';
import { UNDEFINED_GREEKS, UNDEFINED_LEVELS, writeTick } from '../../support/wire/sample-tick.ts';

const SCHEMA = join(repositoryRoot, 'schemas', 'tick.fbs');

function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'ticker-decoders-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** An interpreter that has the flatbuffers package: Debian's may not be the first on PATH. */
function pythonWithFlatbuffers(): string | undefined {
  return ['/usr/bin/python3', findTool('python3')].find(
    (python) =>
      python !== undefined && spawnSync(python, ['-c', 'import flatbuffers']).status === 0,
  );
}

function sampleFrame(): Uint8Array {
  const buffer = new TickFrameBuffer('tick', 8, 0x89ab_cdef, 0x0123_4567);
  writeTick(buffer, 0);
  writeTick(buffer, 320, { instrumentToken: 2, flags: 9, ...UNDEFINED_GREEKS, status: 7 });
  writeTick(buffer, 640, {
    instrumentToken: 3,
    priceDivisor: 10_000_000,
    volume: UNDEFINED_U32,
    levels: UNDEFINED_LEVELS,
  });
  return buffer.finish(3, 1_790_000_000_000_000, 2 ** 32 + 9);
}

/** What docs/DECODING.md's program prints, said by our own decoder. */
function expectedLines(frame: FrameView): unknown[] {
  const lines: unknown[] = [
    { epoch: frame.epoch, sent_time: frame.sentTimeUs, through: frame.through },
  ];
  for (let index = 0; index < frame.count; index += 1) {
    const tick = frame.tick(index);
    lines.push({
      instrument_token: tick.instrumentToken,
      sequence: tick.sequence,
      instrument_sequence: tick.instrumentSequence,
      simulated: tick.isSimulated,
      receive_time: tick.receiveTimeUs,
      last_price: tick.lastPrice ?? null,
      bid: tick.bidPrice() ?? null,
      ask: tick.askPrice() ?? null,
      volume_traded: tick.volume ?? null,
      status: tick.greeksStatus ?? null,
      iv: tick.iv ?? null,
      delta: tick.delta ?? null,
      gamma: tick.gamma ?? null,
      theta: tick.theta ?? null,
      vega: tick.vega ?? null,
      rho: tick.rho ?? null,
    });
  }
  return lines;
}

test('the Python program of docs/DECODING.md reads from a frame what our decoder reads', (t) => {
  const flatc = findTool('flatc');
  const python = pythonWithFlatbuffers();
  if (flatc === undefined || python === undefined) {
    t.skip('flatc (flatbuffers-compiler) and python3-flatbuffers are not there');
    return;
  }
  const program = /```python\n([^]*?)```/.exec(readRepositoryText('docs/DECODING.md'))?.[1];
  assert.ok(program !== undefined);
  const folder = temporaryFolder(t);
  const bytes = sampleFrame();
  execFileSync(flatc, ['--python', '-o', folder, SCHEMA]);
  writeFileSync(join(folder, 'decode.py'), program);
  writeFileSync(join(folder, 'frame.tick'), bytes);

  const output = execFileSync(python, ['decode.py', 'frame.tick'], {
    cwd: folder,
    encoding: 'utf8',
  });

  const lines = output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
  assert.deepEqual(lines, expectedLines(decodeFrame(bytes)));
});

test('Debian flatc prints every kind of frame as JSON with our values', (t) => {
  const flatc = findTool('flatc');
  if (flatc === undefined) {
    t.skip('flatc (flatbuffers-compiler) is not there');
    return;
  }
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
