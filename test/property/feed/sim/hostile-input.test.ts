import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { TickerError } from '../../../../src/domain/error-codes.ts';
import { MAX_SUBSCRIPTIONS } from '../../../../src/feed/sim/subscription-book.ts';
import { FAULTS, parseFaultScript } from '../../../../src/feed/sim/fault-script.ts';
import { parseRecordedPackets } from '../../../../src/feed/sim/recorded-packets.ts';
import { decodeFrame } from '../../../support/feed/sim/broker-packet.ts';
import { MarketRig } from '../../../support/feed/sim/market-rig.ts';

const faultLike = fc.record(
  {
    at_ms: fc.oneof(fc.nat(), fc.anything()),
    account: fc.oneof(fc.constant('SIM001'), fc.anything()),
    socket: fc.oneof(fc.nat(), fc.anything()),
    route: fc.oneof(fc.constant('/quote'), fc.string()),
    fault: fc.oneof(fc.constantFrom(...Object.keys(FAULTS)), fc.string()),
    args: fc.oneof(
      fc.record(
        { status: fc.integer(), code: fc.integer(), hex: fc.string() },
        { requiredKeys: [] },
      ),
      fc.dictionary(fc.string(), fc.jsonValue()),
      fc.anything(),
    ),
  },
  { requiredKeys: [] },
);

test('a fault script is read or refused with a code, whatever it holds', () => {
  const text = fc.oneof(
    fc.string(),
    fc.json(),
    fc
      .array(faultLike)
      .map((script) =>
        JSON.stringify(script, (_key, value: unknown) =>
          typeof value === 'bigint' ? Number(value) : value,
        ),
      ),
  );
  fc.assert(
    fc.property(text, (script) => {
      try {
        for (const fault of parseFaultScript(script)) assert.ok(fault.fault in FAULTS);
      } catch (error) {
        assert.ok(error instanceof TickerError, String(error));
        assert.match(error.code, /^CONFIG_(FILE|INVALID)$/);
      }
    }),
    { numRuns: 500 },
  );
});

test('a file of recorded packets gives whole frames or null, whatever it holds', () => {
  const lengths = fc.constantFrom(8, 28, 32, 44, 184, 0, 7, 45, 65_535);
  const frameLike = fc
    .tuple(fc.nat(4), fc.array(fc.tuple(lengths, fc.uint8Array({ maxLength: 190 }))))
    .map(([count, packets]) => [
      Buffer.of(0, count),
      ...packets.flatMap(([length, body]) => [
        Buffer.of(length >> 8, length & 0xff),
        body.subarray(0, length),
      ]),
    ])
    .map((parts) => Buffer.concat(parts));
  const content = fc.oneof(
    fc.uint8Array({ maxLength: 600 }),
    frameLike,
    fc.base64String().map((text) => Buffer.from(text)),
  );
  fc.assert(
    fc.property(content, (bytes) => {
      for (const frame of parseRecordedPackets(bytes) ?? []) {
        assert.equal(decodeFrame(Buffer.from(frame.bytes)).length, frame.packets.length);
      }
    }),
    { numRuns: 1000 },
  );
});

test('a client may say anything in any order: nothing throws and the limit holds', () => {
  const rig = new MarketRig({ instruments: 3200, ticksPerSecond: 2000 });
  const tokens = rig.tokens();
  const someTokens = fc
    .tuple(fc.nat(3199), fc.nat(3200))
    .map(([from, count]) => tokens.slice(from, from + count));
  const oddTokens = fc.array(fc.oneof(fc.integer(), fc.double(), fc.string(), fc.constant(null)));
  const list = fc.oneof(someTokens, oddTokens);
  const message = fc.oneof(
    fc.record({ a: fc.constantFrom('subscribe', 'unsubscribe'), v: list }),
    fc.record({
      a: fc.constant('mode'),
      v: fc.tuple(fc.constantFrom('ltp', 'quote', 'full', 'x'), list),
    }),
    fc.jsonValue(),
  );
  fc.assert(
    fc.property(fc.array(message, { maxLength: 20 }), (messages) => {
      const { connection, socket } = rig.connect();
      for (const value of messages) {
        connection.receive(JSON.stringify(value));
        assert.ok(connection.subscriptionCount <= MAX_SUBSCRIPTIONS);
      }
      rig.clock.advance(50);
      for (const frame of socket.takeFrames()) decodeFrame(frame);
      connection.closed();
      rig.feed.remove(connection);
      assert.equal(rig.feed.watchedCount, 0);
    }),
    { numRuns: 40 },
  );
});
