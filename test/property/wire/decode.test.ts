import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { TickerError } from '../../../src/domain/error-codes.ts';
import { decodeFrame } from '../../../src/wire/decode.ts';
import { TickFrameBuffer } from '../../../src/wire/frame.ts';
import { writeCompact, writeLtp } from '../../support/wire/narrow.ts';
import type { FrameKind } from '../../../src/wire/tick-layout.ts';
import { writeTick } from '../../support/wire/sample-tick.ts';
import { createByteViews } from '../../../src/wire/byte-views.ts';

function frameOf(kind: FrameKind, count: number): Uint8Array {
  const source = createByteViews(new ArrayBuffer(320), 0, 320);
  writeTick(source, 0);
  const buffer = new TickFrameBuffer(kind, Math.max(count, 1), 11, 22);
  for (let index = 0; index < count; index += 1) {
    const at = index * buffer.structBytes;
    if (kind === 'compact') writeCompact(source, 0, buffer, at);
    else if (kind === 'ltp') writeLtp(source, 0, buffer, at);
    else buffer.u8.set(source.u8.subarray(0, buffer.structBytes), at);
  }
  return buffer.finish(count, 1, 1).slice();
}

/**
 * Decodes and reads everything. The only refusal is BAD_MESSAGE; a read outside the bytes would be
 * a RangeError of the DataView. The bytes lie in the middle of poisoned memory, so that a view
 * wider than the message would show.
 */
function decodesOrRefuses(message: Uint8Array): boolean {
  const memory = new Uint8Array(message.length + 64).fill(0x5a);
  memory.set(message, 32);
  try {
    const frame = decodeFrame(memory.subarray(32, 32 + message.length));
    for (let index = 0; index < frame.count; index += 1) {
      const tick = frame.object(index);
      for (const value of [tick.last_price, tick.greeks?.iv, tick.ohlc?.open, tick.change]) {
        assert.ok(value === null || value === undefined || Number.isFinite(value));
      }
    }
    return true;
  } catch (error) {
    assert.ok(error instanceof TickerError, String(error));
    assert.equal(error.code, 'BAD_MESSAGE');
    return false;
  }
}

const kinds = fc.constantFrom<FrameKind>('tick', 'quote', 'compact', 'ltp');

test('any bytes decode or are refused as BAD_MESSAGE', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
      decodesOrRefuses(bytes);
    }),
    { numRuns: 2000 },
  );
});

test('any bytes behind a good identifier decode or are refused as BAD_MESSAGE', () => {
  const start = fc.record({ root: fc.nat(64), rest: fc.uint8Array({ maxLength: 400 }) });
  fc.assert(
    fc.property(start, ({ root, rest }) => {
      const bytes = new Uint8Array(8 + rest.length);
      new DataView(bytes.buffer).setUint32(0, root, true);
      bytes.set(new TextEncoder().encode('TICK'), 4);
      bytes.set(rest, 8);
      decodesOrRefuses(bytes);
    }),
    { numRuns: 5000 },
  );
});

test('a good frame with bytes changed decodes or is refused as BAD_MESSAGE', () => {
  const change = fc.record({ at: fc.nat(), value: fc.integer({ min: 0, max: 255 }) });
  let decoded = 0;
  let refused = 0;
  fc.assert(
    fc.property(
      kinds,
      fc.integer({ min: 0, max: 3 }),
      fc.array(change, { minLength: 1, maxLength: 6 }),
      fc.boolean(),
      (kind, count, changes, headerOnly) => {
        const bytes = frameOf(kind, count);
        const span = headerOnly ? Math.min(80, bytes.length) : bytes.length;
        for (const { at, value } of changes) bytes[at % span] = value;
        if (decodesOrRefuses(bytes)) decoded += 1;
        else refused += 1;
      },
    ),
    { numRuns: 5000 },
  );
  assert.ok(decoded > 100 && refused > 100, `${decoded} decoded, ${refused} refused`);
});

test('a good frame cut anywhere is refused, and whole it decodes', () => {
  fc.assert(
    fc.property(kinds, fc.integer({ min: 1, max: 3 }), fc.nat(), (kind, count, cut) => {
      const bytes = frameOf(kind, count);
      assert.ok(decodesOrRefuses(bytes));
      assert.ok(!decodesOrRefuses(bytes.subarray(0, cut % bytes.length)));
    }),
    { numRuns: 1000 },
  );
});
