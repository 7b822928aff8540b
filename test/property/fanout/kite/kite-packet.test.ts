import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MODE } from '../../../../src/domain/status.ts';
import { checkKiteMessage, isKiteRefusal } from '../../../../src/fanout/kite/kite-message.ts';
import { KiteRig, type KiteTestClient, packetOf } from '../../../support/kite-rig.ts';

const SIZES = {
  full: (bytes: number) => bytes,
  quote: (bytes: number) => (bytes === 184 ? 44 : bytes === 32 ? 28 : bytes),
  ltp: () => 8,
} as const;

test('any packets arrive byte for byte, cut to the mode of each client, in order', async () => {
  const rig = new KiteRig();
  const instruments = Array.from({ length: 4 }, (_, i) => rig.list(`NSE:S${i}`));
  const clients: ({ mode: keyof typeof SIZES } & KiteTestClient)[] = [];
  for (const mode of ['full', 'quote', 'ltp'] as const) {
    clients.push({ mode, ...(await rig.subscribed(mode, ...instruments)) });
  }
  const tick = fc.record({
    instrument: fc.constantFrom(...instruments),
    bytes: fc.constantFrom(28, 32, 44, 184),
    rest: fc.uint8Array({ minLength: 180, maxLength: 180 }),
  });
  fc.assert(
    fc.property(fc.array(fc.array(tick, { maxLength: 8 }), { maxLength: 6 }), (runs) => {
      for (const { socket } of clients) socket.frames.length = 0;
      const originals: Buffer[] = [];
      for (const run of runs) {
        for (const { instrument, bytes, rest } of run) {
          const packet = packetOf(instrument, bytes);
          packet.set(rest.subarray(0, bytes - 4), 4);
          originals.push(packet);
          rig.take(instrument, packet);
        }
        rig.taker.flush();
      }
      for (const { mode, socket } of clients) {
        const expected = originals.map((packet) => packet.subarray(0, SIZES[mode](packet.length)));
        assert.deepEqual(socket.packets, expected);
        assert.equal(socket.frames.length, runs.filter(({ length }) => length > 0).length);
      }
    }),
    { numRuns: 200 },
  );
});

test('no text makes the message check throw or let through what is no token', () => {
  const message = fc.record({
    a: fc.oneof(fc.constantFrom('subscribe', 'unsubscribe', 'mode'), fc.string()),
    v: fc.oneof(fc.array(fc.anything()), fc.tuple(fc.constantFrom('full', 'ltp'), fc.anything())),
  });
  const text = fc.oneof(
    fc.string(),
    fc.json(),
    message.map((value) => JSON.stringify(value)),
  );
  fc.assert(
    fc.property(text, (each) => {
      const result = checkKiteMessage(each);
      if (isKiteRefusal(result)) return;
      for (const token of result.tokens) assert.ok(Number.isInteger(token) && token > 0);
      if (result.action === 'mode') assert.ok([MODE.LTP, MODE.FULL].includes(result.mode as 1 | 3));
    }),
    { numRuns: 1000 },
  );
});
