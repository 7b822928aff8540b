import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { createSystemClock } from '../../../../src/domain/clock.ts';
import { KiteFeed, type KiteFeedOptions } from '../../../../src/feed/kite/feed.ts';
import { KiteFrameParser } from '../../../../src/feed/kite/parser.ts';
import { KiteRest } from '../../../../src/feed/kite/rest.ts';
import { CapturingSink } from '../../../support/feed/kite/frames.ts';
import { Watch } from '../../../support/feed/kite/watch.ts';
import { runSimulator } from '../../../support/feed/sim/running-simulator.ts';

const LIMIT = { timeout: 25_000 };
const INSTRUMENTS = 150;
const MOST_TICKS = 20_000;
const NIFTY_50 = 256_265;

const clock = createSystemClock();

interface SimulatorFeed {
  feed: KiteFeed;
  sink: CapturingSink;
  parser: KiteFrameParser;
  watch: Watch;
}

/** A feed of the simulator's first two accounts, parsed; it ends with the test. */
function feedOf(
  t: TestContext,
  wsUrl: string,
  limits: Partial<KiteFeedOptions> = {},
): SimulatorFeed {
  const sink = new CapturingSink(MOST_TICKS);
  const parser = new KiteFrameParser(sink);
  const watch = new Watch();
  const feed = new KiteFeed({
    accounts: [1, 2].map((number) => ({
      id: `SIM00${number}`,
      apiKey: `sim-key-${number}`,
      accessToken: `sim-token-${number}`,
      wsUrl,
    })),
    clock,
    random: () => 0.1,
    listener: {
      onFrame: (frame, receiveTimeUs, simulated) => {
        assert.equal(simulated, true);
        parser.parse(frame, receiveTimeUs);
        watch.notify();
      },
      onText: () => watch.notify(),
      onState: () => watch.notify(),
    },
    ...limits,
  });
  t.after(() => feed.stop());
  return { feed, sink, parser, watch };
}

async function listedTokens(t: TestContext, restUrl: string): Promise<number[]> {
  const account = { apiKey: 'sim-key-1', accessToken: 'sim-token-1' };
  const rest = new KiteRest({ restUrl, ...account, clock });
  t.after(() => rest.close());
  const chunks: Uint8Array[] = [];
  for await (const chunk of rest.instruments()) chunks.push(chunk);
  assert.equal(rest.simulated, true);
  const rows = Buffer.concat(chunks).toString('utf8').trimEnd().split(/\r?\n/);
  return rows.slice(1).map((row) => Number(row.split(',', 1)[0]));
}

test('what the simulator sent is what was parsed, instrument by instrument', LIMIT, async (t) => {
  const { simulator } = await runSimulator(t, { clock, instruments: INSTRUMENTS });
  const tokens = await listedTokens(t, simulator.restUrl);
  assert.equal(tokens.length, INSTRUMENTS);
  const limits = { socketsPerAccount: 2, instrumentsPerSocket: 50 };
  const { feed, sink, parser, watch } = feedOf(t, simulator.wsUrl, limits);
  for (const token of tokens) assert.equal(feed.setDemand(token, 3), true);
  feed.start();
  await watch.until(() => new Set(sink.tokens).size === INSTRUMENTS && sink.closed.length > 1000);
  const carried = feed.status().map((status) => [status.account, status.index, status.tokens]);
  assert.deepEqual(carried, [
    ['SIM001', 0, 50],
    ['SIM001', 1, 50],
    ['SIM002', 0, 50],
  ]);

  simulator.setTicksPerSecond(0);
  const sent = (): number => {
    const counts = simulator.ledger().instruments.map(({ deliveries }) => deliveries.count);
    return counts.reduce((sum, count) => sum + count, 0);
  };
  await watch.until(() => sink.closed.length === sent());
  const ticks = new Map<number, ReturnType<CapturingSink['tick']>[]>();
  sink.tokens.forEach((token, i) => {
    ticks.set(token, [...(ticks.get(token) ?? []), sink.tick(i)]);
  });
  for (const { instrument_token, deliveries, last } of simulator.ledger().instruments) {
    const received = ticks.get(instrument_token) ?? [];
    const sum = received.reduce((total, tick) => (total + tick.last_price) >>> 0, 0);
    assert.deepEqual([received.length, sum], [deliveries.count, deliveries.last_price_sum]);
    const { last_price, exchange_timestamp } = received.at(-1)!;
    assert.deepEqual([last_price, exchange_timestamp], [last.last_price, last.exchange_timestamp]);
  }
  const { heartbeats, ...rejects } = parser.rejects;
  assert.ok(heartbeats >= 0);
  assert.deepEqual(rejects, { unknownLength: 0, truncated: 0, trailingBytes: 0, passedOver: 0 });
});

test(
  'a simulator killed and started again in the middle of the stream is found again',
  LIMIT,
  async (t) => {
    const first = await runSimulator(t, { clock });
    const { feed, sink, watch } = feedOf(t, first.simulator.wsUrl);
    feed.setDemand(NIFTY_50, 3);
    feed.start();
    await watch.until(() => sink.closed.length > 0);
    await first.simulator.close();
    await watch.until(() => feed.counts.connectFailures > 0);
    const before = sink.closed.length;
    await runSimulator(t, { clock, port: Number(new URL(first.simulator.wsUrl).port) });
    await watch.until(() => sink.closed.length > before);
    assert.equal(feed.counts.connects, 2);
    assert.equal(feed.status()[0]?.failure, null);
  },
);

test('a session that ends in the middle of the stream stops the attempts', LIMIT, async (t) => {
  const { simulator } = await runSimulator(t, { clock });
  const { feed, sink, watch } = feedOf(t, simulator.wsUrl);
  feed.setDemand(NIFTY_50, 3);
  feed.start();
  await watch.until(() => sink.closed.length > 0);
  simulator.schedule([
    { at_ms: 0, fault: 'expire_token', account: 'SIM001', args: {} },
    { at_ms: 0, fault: 'terminate', account: 'SIM001', args: {} },
  ]);
  await watch.until(() => feed.status()[0]?.state === 'AUTH_REQUIRED');
  assert.equal(feed.counts.authRefusals, 1);
});
