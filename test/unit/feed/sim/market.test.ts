import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Market } from '../../../../src/feed/sim/market.ts';
import { MarketRig, subscribeFull } from '../../../support/feed/sim/market-rig.ts';

const NOW = Date.parse('2026-09-10T10:00:00+05:30');
const STEP_MS = 200;
const NIFTY = 256_265;
const BANK_NIFTY = 260_105;
const RELIANCE = 738_561;

function spot(market: Market, token: number): number {
  return market.find(token)!.walk!.spotPaise;
}

function centred(values: readonly number[]): number[] {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.map((value) => value - mean);
}

function correlation(left: readonly number[], right: readonly number[]): number {
  const [a, b] = [centred(left), centred(right)];
  const dot = (x: readonly number[], y: readonly number[]): number =>
    x.reduce((sum, value, index) => sum + value * (y[index] ?? 0), 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

test('the same seed and clock give the same market, another seed another one', () => {
  const state = (seed: number): number[] => {
    const market = new Market(seed, 400, NOW);
    for (let step = 1; step <= 50; step++) market.advance(NOW + step * STEP_MS);
    return [...market.listed()].flatMap((instrument) => {
      market.refresh(instrument);
      return [...instrument.full];
    });
  };
  assert.deepEqual(state(3), state(3));
  assert.notDeepEqual(state(3), state(4));
});

test('the path of an underlying does not depend on how many contracts are listed', () => {
  const small = new Market(3, 100, NOW);
  const large = new Market(3, 5000, NOW);
  for (const market of [small, large]) market.advance(NOW + 20 * STEP_MS);
  assert.equal(spot(small, NIFTY), spot(large, NIFTY));
  assert.equal(spot(small, RELIANCE), spot(large, RELIANCE));
});

test('underlyings step every 200 ms and stand still in between', () => {
  const market = new Market(1, 50, NOW);
  const start = spot(market, NIFTY);
  market.advance(NOW + STEP_MS - 1);
  assert.equal(spot(market, NIFTY), start);
  market.advance(NOW + STEP_MS);
  const stepped = spot(market, NIFTY);
  assert.notEqual(stepped, start);
  market.advance(NOW + 2 * STEP_MS - 1);
  assert.equal(spot(market, NIFTY), stepped);
});

test('steps that were missed are made up for', () => {
  const punctual = new Market(1, 50, NOW);
  const late = new Market(1, 50, NOW);
  for (let step = 1; step <= 10; step++) punctual.advance(NOW + step * STEP_MS);
  late.advance(NOW + 10 * STEP_MS);
  assert.equal(spot(late, NIFTY), spot(punctual, NIFTY));
});

test('indices and shares move together, NIFTY as a market of 12 % a year', () => {
  const market = new Market(2, 50, NOW);
  const tokens = [NIFTY, BANK_NIFTY, RELIANCE];
  const moves: number[][] = tokens.map(() => []);
  let before = tokens.map((token) => spot(market, token));
  for (let step = 1; step <= 5000; step++) {
    market.advance(NOW + step * STEP_MS);
    const after = tokens.map((token) => spot(market, token));
    after.forEach((price, index) => moves[index]!.push(Math.log(price / before[index]!)));
    before = after;
  }
  const [nifty = [], bank = [], reliance = []] = moves;
  assert.ok(correlation(nifty, bank) > 0.8, `bank ${correlation(nifty, bank)}`);
  const share = correlation(nifty, reliance);
  assert.ok(share > 0.4 && share < 0.75, `reliance ${share}`);
  const perStep = Math.sqrt(nifty.reduce((sum, move) => sum + move * move, 0) / nifty.length);
  const perYear = perStep * Math.sqrt((250 * 6.4 * 3600 * 1000) / STEP_MS);
  assert.ok(Math.abs(perYear - 0.12) < 0.006, `${perYear} a year`);
});

test('a jump moves one underlying with its futures and options, or all of them', () => {
  const market = new Market(1, 300, NOW);
  const [nifty, bank] = [spot(market, NIFTY), spot(market, BANK_NIFTY)];
  const future = [...market.listed()].find(({ spec }) => spec.tradingsymbol === 'NIFTY26SEPFUT')!;
  const before = future.slice!.forward;
  market.jump('NIFTY', -5);
  assert.ok(Math.abs(spot(market, NIFTY) / nifty - 0.95) < 1e-12);
  assert.ok(Math.abs(future.slice!.forward / before - 0.95) < 1e-12);
  assert.equal(spot(market, BANK_NIFTY), bank);
  market.jump(null, 10);
  assert.ok(Math.abs(spot(market, BANK_NIFTY) / bank - 1.1) < 1e-12);
});

test('at its expiry a contract leaves the dump and stops ticking, a later expiry comes in', () => {
  const rig = new MarketRig({ start: '2026-09-15T15:39:55+05:30', ticksPerSecond: 2000 });
  const { market, clock, feed } = rig;
  const expiring = [...market.listed()].filter(({ spec }) => spec.expiry === '2026-09-15');
  const expiringTokens = expiring.map(({ spec }) => spec.token);
  assert.ok(expiring.length > 20);
  const { connection, socket } = rig.connect();
  subscribeFull(connection, expiringTokens);
  clock.advance(4000);
  assert.ok(expiring.every(({ ticks }) => ticks > 0));
  clock.advance(2000);
  socket.takeFrames();
  const version = market.listingVersion;
  const ticks = feed.ticks;
  clock.advance(2000);
  assert.equal(feed.ticks, ticks);
  assert.deepEqual(socket.takePackets(), []);
  assert.equal(market.listingVersion, version);
  assert.equal(market.listedCount, 300);
  assert.ok(expiringTokens.every((token) => market.find(token) === undefined));
  const expiries = new Set([...market.listed()].map(({ spec }) => spec.expiry));
  assert.ok(!expiries.has('2026-09-15'));
  subscribeFull(connection, expiringTokens);
  clock.advance(100);
  assert.deepEqual(socket.takePackets(), []);
});

test('at midnight in India the last price becomes the close and nothing has been traded', () => {
  const rig = new MarketRig({ start: '2026-09-10T23:59:58+05:30', ticksPerSecond: 2000 });
  const { connection, socket } = rig.connect();
  subscribeFull(connection, [RELIANCE, NIFTY]);
  rig.clock.advance(1990);
  const last = new Map(socket.takePackets().map((packet) => [packet.token, packet.lastPrice]));
  rig.feed.isRunning = false;
  rig.clock.advance(500);
  subscribeFull(connection, [RELIANCE, NIFTY]);
  rig.clock.advance(50);
  const morning = new Map(socket.takePackets().map((packet) => [packet.token, packet]));
  for (const token of [RELIANCE, NIFTY]) {
    const packet = morning.get(token)!;
    const lastPrice = last.get(token)!;
    // An index goes on being computed, so only its close is the price of the evening before.
    assert.ok(Math.abs(packet.close! - lastPrice) <= lastPrice * 1e-3, `close of ${token}`);
  }
  assert.equal(morning.get(RELIANCE)!.close, last.get(RELIANCE));
  assert.deepEqual(
    [
      morning.get(RELIANCE)!.volume,
      morning.get(RELIANCE)!.open,
      morning.get(RELIANCE)!.averagePrice,
    ],
    [0, 0, 0],
  );
});
