import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MarketPrice, TradableContract } from '../../../../src/domain/order-market.ts';
import { OrderPrices, type PriceOrigin } from '../../../../src/threads/orders/order-prices.ts';
import { VirtualClock } from '../../../faults/virtual-clock.ts';

const CONTRACT: TradableContract = {
  token: 408065,
  exchange: 'NSE',
  tradingsymbol: 'INFY',
  underlying: 'INFY',
  segment: 'NSE',
  type: 'EQ',
  expiry: null,
  tickSizeRupees: 0.05,
  lotSize: 1,
};
const MAX_AGE_MS = 3_000;

function priceOf(lastRupees: number, receivedUs: number, source: MarketPrice['source']) {
  return {
    lastRupees,
    bidRupees: lastRupees - 0.05,
    askRupees: lastRupees + 0.05,
    lowerCircuitRupees: null,
    upperCircuitRupees: null,
    receivedUs,
    source,
  };
}

/** Prices before a stream and a broker that do what the test says. */
function start({ isWatchable = true } = {}) {
  const clock = new VirtualClock('2026-11-24T10:00:00+05:30');
  const rig = {
    clock,
    streamed: undefined as MarketPrice | undefined,
    quoted: undefined as MarketPrice | undefined,
    watched: 0,
    quotes: 0,
    origins: [] as PriceOrigin[],
    waitedUs: 0,
    tick: (rupees: number) => (rig.streamed = priceOf(rupees, clock.nowUs(), 'stream')),
    run: (ms: number) => clock.run(clock.monotonicMs() + ms),
  };
  const prices = new OrderPrices({
    clock,
    stream: {
      last: () => rig.streamed,
      watch: async () => {
        rig.watched++;
        return isWatchable;
      },
      problem: () => undefined,
      close: () => undefined,
    },
    quote: async () => {
      rig.quotes++;
      return rig.quoted;
    },
    onPrice: (origin, waitedUs) => {
      rig.origins.push(origin);
      rig.waitedUs = waitedUs;
    },
  });
  const fresh = () => prices.fresh(CONTRACT, 'AB1234', MAX_AGE_MS);
  return { rig, fresh };
}

test('a price that streams and is new is taken at once, and goes on streaming', async () => {
  const { rig, fresh } = start();
  rig.tick(1500);
  assert.equal((await fresh())?.lastRupees, 1500);
  await rig.run(1_000);
  await fresh();
  assert.deepEqual([rig.origins, rig.watched, rig.quotes], [['stream', 'stream'], 1, 0]);
  await rig.run(60_000);
  rig.tick(1501);
  await fresh();
  assert.equal(rig.watched, 2, 'what is ordered is asked for again');
});

test('what nobody streams is streamed on demand and waited for', async () => {
  const { rig, fresh } = start();
  const price = fresh();
  rig.clock.setTimeout(() => rig.tick(1500), 40);
  await rig.run(50);
  assert.equal((await price)?.lastRupees, 1500);
  assert.deepEqual([rig.origins, rig.quotes, rig.waitedUs], [['waited'], 0, 45_000]);
});

test('several orders of one contract wait for one price', async () => {
  const { rig, fresh } = start();
  const waiting = [fresh(), fresh(), fresh()];
  await rig.run(10);
  rig.tick(1500);
  await rig.run(10);
  const prices = await Promise.all(waiting);
  assert.deepEqual(
    prices.map((price) => price?.lastRupees),
    [1500, 1500, 1500],
  );
  assert.equal(rig.watched, 1);
});

test('no tick within 1.5 s: one quote of the broker', async () => {
  const { rig, fresh } = start();
  rig.quoted = priceOf(1499, rig.clock.nowUs(), 'quote');
  const price = fresh();
  await rig.run(1_490);
  assert.equal(rig.quotes, 0);
  await rig.run(20);
  assert.equal((await price)?.source, 'quote');
  assert.deepEqual([rig.origins, rig.quotes], [['quote'], 1]);
});

test('no room for a subscription: the broker is asked at once', async () => {
  const { rig, fresh } = start({ isWatchable: false });
  rig.quoted = priceOf(1499, rig.clock.nowUs(), 'quote');
  assert.equal((await fresh())?.source, 'quote');
  assert.equal(rig.clock.monotonicMs(), 0);
});

test('an old tick of what has long streamed is not waited upon', async () => {
  const { rig, fresh } = start();
  rig.quoted = priceOf(1499, rig.clock.nowUs(), 'quote');
  const first = fresh();
  await rig.run(100);
  rig.tick(1500);
  await rig.run(100);
  await first;
  await rig.run(10_000);
  const startMs = rig.clock.monotonicMs();
  assert.equal((await fresh())?.source, 'quote');
  assert.equal(rig.clock.monotonicMs(), startMs);
  // After minutes without an order the subscription may have ended: it is waited for again.
  await rig.run(300_000);
  const later = fresh();
  await rig.run(20);
  rig.tick(1502);
  await rig.run(10);
  assert.equal((await later)?.lastRupees, 1502);
});

test('neither stream nor broker: no price, and nothing else', async () => {
  const { rig, fresh } = start({ isWatchable: false });
  assert.equal(await fresh(), undefined);
  // A price of nothing is none.
  rig.tick(0);
  assert.equal(await fresh(), undefined);
  assert.deepEqual(rig.origins, ['none', 'none']);
});
