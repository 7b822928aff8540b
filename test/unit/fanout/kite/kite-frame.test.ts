import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { MODE } from '../../../../src/domain/status.ts';
import { FRAME_PACKETS_MAX, KiteFrame } from '../../../../src/fanout/kite/kite-frame.ts';
import type { KiteMode } from '../../../../src/fanout/kite/kite-message.ts';
import { bytesInMode, rebuildPacket } from '../../../../src/fanout/kite/kite-packet.ts';
import { KiteFrameParser } from '../../../../src/feed/kite/parser.ts';
import { TICK_SLOT_BYTES } from '../../../../src/shm/layout/tick-slot.ts';
import { CapturingSink } from '../../../support/feed/kite/frames.ts';
import { MarketRig } from '../../../support/feed/sim/market-rig.ts';
import { packetsIn } from '../../../support/recording-broker.ts';
import { sharedDataOrSkip } from '../../../support/shared-data.ts';

/** A frame that has passed through tick slots, as the endpoint sends it in `mode`. */
function throughSlots(original: Buffer, mode: KiteMode): Buffer {
  const count = original.readUInt16BE(0);
  const sink = new CapturingSink(count);
  assert.equal(new KiteFrameParser(sink).parse(original, 1), count);
  const frame = new KiteFrame();
  const packet = new Uint8Array(184);
  for (let i = 0; i < count; i++) {
    const bytes = rebuildPacket(sink.ticks, i * TICK_SLOT_BYTES, packet, 0);
    frame.add(packet, 0, bytesInMode(bytes, mode));
  }
  return Buffer.from(frame.finish());
}

for (const name of ['ltp', 'quote', 'full']) {
  test(`the broker's recorded frame of mode ${name} comes out as it went in`, (t) => {
    const path = sharedDataOrSkip(t, 'kite-mocks', `${name}Mode_binary.packet`);
    if (path === undefined) return;
    const recorded = readFileSync(path);
    assert.deepEqual(throughSlots(recorded, MODE.FULL), recorded);
  });
}

for (const [name, bytes] of [
  ['ticker_full', 184],
  ['ticker_quote', 44],
] as const) {
  test(`the broker's recorded packet ${name} comes out as it went in`, (t) => {
    const path = sharedDataOrSkip(t, 'kite-mocks', `${name}.packet`);
    if (path === undefined) return;
    const packet = Buffer.from(readFileSync(path, 'latin1'), 'base64');
    assert.equal(packet.length, bytes);
    const frame = Buffer.concat([Buffer.of(0, 1, 0, bytes), packet]);
    assert.deepEqual(throughSlots(frame, MODE.FULL), frame);
  });
}

test('made from full packets, every mode is what the simulator itself sends in that mode', () => {
  const rig = new MarketRig();
  const tokens = [256265, ...rig.tokens().slice(0, 60)];
  const modes = { ltp: MODE.LTP, quote: MODE.QUOTE, full: MODE.FULL } as const;
  const sockets = Object.keys(modes).map((mode) => {
    const { connection, socket } = rig.connect();
    connection.receive(JSON.stringify({ a: 'subscribe', v: tokens }));
    connection.receive(JSON.stringify({ a: 'mode', v: [mode, tokens] }));
    return socket;
  });
  rig.clock.advance(2000);
  const [ltp = [], quote = [], full = []] = sockets.map(({ frames }) =>
    frames.map((frame) => Buffer.from(frame)),
  );
  const packets = (frames: Buffer[]) => frames.flatMap(packetsIn);
  assert.ok(packets(full).length > 500);
  const made = (mode: KiteMode) =>
    packets(full.filter(({ length }) => length > 1).map((frame) => throughSlots(frame, mode)));
  assert.deepEqual(made(MODE.FULL), packets(full));
  assert.deepEqual(made(MODE.QUOTE), packets(quote));
  assert.deepEqual(made(MODE.LTP), packets(ltp));
});

test('a frame counts its packets, is used again, and takes no more than fits', () => {
  const frame = new KiteFrame();
  const source = Uint8Array.of(9, 1, 2, 3, 4, 5, 6, 7, 8);
  frame.add(source, 1, 8);
  assert.equal(frame.packets, 1);
  assert.deepEqual([...frame.finish()], [0, 1, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8]);
  assert.equal(frame.packets, 0);
  for (let i = 0; i < FRAME_PACKETS_MAX; i++) frame.add(new Uint8Array(184), 0, 184);
  assert.ok(frame.isFull);
  assert.throws(() => frame.add(source, 0, 8), RangeError);
  const full = frame.finish();
  assert.equal(full.length, 2 + FRAME_PACKETS_MAX * 186);
  assert.deepEqual([...full.subarray(0, 4)], [1, 144, 0, 184]);
});
