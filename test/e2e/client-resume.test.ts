import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { OptionChainView } from '../../src/client/chain.ts';
import type * as chainExports from '../../src/client/chain.ts';
import type * as clientExports from '../../src/client/client.ts';
import type { ClientEvents, TickerClient } from '../../src/client/client.ts';
import { createNodeClient } from '../../src/client/node-socket.ts';
import { atEnd } from '../support/at-end.ts';
import { openClientPage } from '../support/client/chromium.ts';
import { startCuttingProxy } from '../support/cutting-proxy.ts';
import { startService } from '../support/ticker-process.ts';

const HANG = { timeout: 120_000 };
const RECONNECT = { firstDelayMs: 50, maxDelayMs: 200 };
const CHAIN = { underlying: 'NIFTY', strikes: 5 };
const CUTS = 3;
/** Ticks to come after every cut. */
const TICKS = 200;

async function startBehindProxy(t: TestContext) {
  const service = await startService(t, { TICKER_SIM_RATE: '500', TICKER_SIM_INSTRUMENTS: '200' });
  const proxy = await startCuttingProxy(t, Number(new URL(service.url).port));
  return { key: service.key, proxy, origin: `http://127.0.0.1:${proxy.port}` };
}

/** Every instrument's ticks as the application got them: their count, and how many they merge. */
type Counts = Record<number, [count: number, merged: number][]>;

function assertContiguous(counts: Counts): void {
  const all = Object.entries(counts);
  assert.ok(all.length > 20, 'a chain of eleven strikes');
  for (const [token, list] of all) {
    let expected = list[0] === undefined ? 0 : list[0][0] - list[0][1];
    for (const [count, merged] of list) {
      assert.equal(count - merged, expected, `instrument ${token}`);
      expected = count + 1;
    }
  }
}

function next<Name extends keyof ClientEvents>(
  client: TickerClient,
  name: Name,
): Promise<ClientEvents[Name]> {
  return new Promise((resolve) => {
    const remove = client.on(name, (value) => {
      remove();
      resolve(value);
    });
  });
}

for (const format of ['binary', 'json'] as const) {
  test(`a connection that is cut again and again misses nothing (${format})`, HANG, async (t) => {
    const { key, proxy, origin } = await startBehindProxy(t);
    const url = `${origin.replace('http', 'ws')}/ws/ticks`;
    const client = createNodeClient({ url, token: key, format, reconnect: RECONNECT });
    atEnd(t, () => client.close());
    const counts: Counts = {};
    const gaps: unknown[] = [];
    const errors: string[] = [];
    const resumed: boolean[] = [];
    let ticks = 0;
    let wake = (): void => undefined;
    client.on('tick', (tick) => {
      if (!tick.flags.includes('REPRICED')) {
        (counts[tick.instrument_token] ??= []).push([tick.instrument_sequence, tick.merged]);
        ticks += 1;
      }
      wake();
    });
    client.on('gap', (gap) => gaps.push(gap));
    client.on('error', (error) => errors.push(error.message));
    client.on('resumed', ({ recovered }) => resumed.push(recovered));
    await client.connect();
    await client.subscribe({ chain: CHAIN, mode: 'full', greeks: true, policy: 'lossless' });
    for (let cut = 0; cut < CUTS; cut += 1) {
      const wanted = ticks + TICKS;
      while (ticks < wanted) await new Promise<void>((resolve) => (wake = resolve));
      const completed = next(client, 'replay_completed');
      proxy.cut();
      await completed;
    }
    const wanted = ticks + TICKS;
    while (ticks < wanted) await new Promise<void>((resolve) => (wake = resolve));
    assert.deepEqual(gaps, []);
    assert.deepEqual(errors, []);
    assert.deepEqual(resumed, [true, true, true]);
    assert.equal(client.statistics.missing, 0);
    assertContiguous(counts);
  });
}

test('a chain by delta stays current over a cut', HANG, async (t) => {
  const { key, proxy, origin } = await startBehindProxy(t);
  const url = `${origin.replace('http', 'ws')}/ws/ticks`;
  const client = createNodeClient({ url, token: key, reconnect: RECONNECT });
  atEnd(t, () => client.close());
  const gaps: unknown[] = [];
  client.on('gap', (gap) => gaps.push(gap));
  let wake = (): void => undefined;
  const changed = (): void => wake();
  const request = { underlying: 'NIFTY', strikes: { delta: [0.2, 0.8] as const } };
  const view = new OptionChainView(client, request, { rows: changed, leg: changed });
  const untilComplete = async (isFresh: (receiveTimeUs: number) => boolean): Promise<void> => {
    const isCurrent = (): boolean =>
      view.isComplete &&
      view.rows.every(({ call, put }) =>
        [call, put].every((leg) => leg === undefined || isFresh(leg.tick?.receive_time ?? 0)),
      );
    while (!isCurrent()) await new Promise<void>((resolve) => (wake = resolve));
  };
  await client.connect();
  await view.open();
  await untilComplete(() => true);
  const completed = next(client, 'replay_completed');
  const times = view.rows.flatMap(({ call, put }) => [call, put]);
  const newestUs = Math.max(...times.map((leg) => leg?.tick?.receive_time ?? 0));
  proxy.cut();
  await completed;
  await untilComplete((receiveTimeUs) => receiveTimeUs > newestUs);
  assert.deepEqual(gaps, []);
});

/** What the page knows; the functions of `page.evaluate` see nothing else. */
interface PageGlobals {
  ticker: typeof clientExports & typeof chainExports;
  client: TickerClient;
  seen: {
    counts: Counts;
    ticks: number;
    replays: number;
    resumed: boolean[];
    gaps: unknown[];
    errors: string[];
    isComplete: () => boolean;
  };
}

test('in Chromium too, and its option chain stays current', HANG, async (t) => {
  const { key, proxy, origin } = await startBehindProxy(t);
  const page = await openClientPage(t, `${origin}/`);
  if (page === undefined) return;
  const url = `${origin.replace('http', 'ws')}/ws/ticks`;
  await page.evaluate(
    async ({ chain, ...options }) => {
      const globals = globalThis as unknown as PageGlobals;
      const client = new globals.ticker.TickerClient({ ...options, WebSocket });
      const view = new globals.ticker.OptionChainView(client, chain);
      const seen: PageGlobals['seen'] = {
        counts: {},
        ticks: 0,
        replays: 0,
        resumed: [],
        gaps: [],
        errors: [],
        isComplete: () => view.isComplete,
      };
      Object.assign(globals, { client, seen });
      client.on('tick', (tick) => {
        if (tick.flags.includes('REPRICED')) return;
        (seen.counts[tick.instrument_token] ??= []).push([tick.instrument_sequence, tick.merged]);
        seen.ticks += 1;
      });
      client.on('gap', (gap) => seen.gaps.push(gap));
      client.on('error', (error) => seen.errors.push(error.message));
      client.on('resumed', ({ recovered }) => seen.resumed.push(recovered));
      client.on('replay_completed', () => (seen.replays += 1));
      await client.connect();
      await view.open();
    },
    { url, token: key, chain: CHAIN, reconnect: RECONNECT },
  );
  const ticksAfter = async (count: number): Promise<void> => {
    const now = await page.evaluate(() => (globalThis as unknown as PageGlobals).seen.ticks);
    await page.waitForFunction(
      (wanted) => (globalThis as unknown as PageGlobals).seen.ticks >= wanted,
      now + count,
    );
  };
  for (let cut = 1; cut <= CUTS; cut += 1) {
    await ticksAfter(TICKS);
    proxy.cut();
    await page.waitForFunction(
      (wanted) => (globalThis as unknown as PageGlobals).seen.replays === wanted,
      cut,
    );
  }
  await ticksAfter(TICKS);
  await page.waitForFunction(() => (globalThis as unknown as PageGlobals).seen.isComplete());
  const seen = await page.evaluate(() => {
    const { counts, gaps, errors, resumed } = (globalThis as unknown as PageGlobals).seen;
    return { counts, gaps, errors, resumed };
  });
  assert.deepEqual(seen.gaps, []);
  assert.deepEqual(seen.errors, []);
  assert.deepEqual(seen.resumed, [true, true, true]);
  assertContiguous(seen.counts);
});
