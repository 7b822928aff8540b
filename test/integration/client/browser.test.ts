import assert from 'node:assert/strict';
import { test } from 'node:test';
import type * as clientExports from '../../../src/client/client.ts';
import { atEnd } from '../../support/at-end.ts';
import { openClientPage } from '../../support/client/chromium.ts';
import { FAKE_KEY } from '../../support/client/fake-service.ts';
import { CONTRACTS, ResumingService } from '../../support/client/resuming-service.ts';

const HANG = { timeout: 60_000 };
const [CALL] = CONTRACTS;
assert.ok(CALL !== undefined);

/** What the page knows; the functions of `page.evaluate` see nothing else. */
interface PageGlobals {
  ticker: typeof clientExports;
  client: clientExports.TickerClient;
  seen: {
    counts: number[];
    gaps: unknown[];
    resumed: unknown[];
    merged: number;
    overflows: number;
    errors: string[];
  };
}

async function openPage(t: Parameters<typeof openClientPage>[0], maxWaitingBytes: number) {
  const service = new ResumingService('<!doctype html><title>client</title>');
  await service.fake.start();
  atEnd(t, () => service.fake.stop());
  const page = await openClientPage(t, `${service.fake.origin}/`);
  if (page === undefined) return undefined;
  const options = { url: service.fake.url, token: FAKE_KEY, maxWaitingBytes };
  await page.evaluate(async (given) => {
    const globals = globalThis as unknown as PageGlobals;
    const reconnect = { firstDelayMs: 1, maxDelayMs: 5 };
    const client = new globals.ticker.TickerClient({ ...given, WebSocket, reconnect });
    const seen = { counts: [], gaps: [], resumed: [], merged: 0, overflows: 0, errors: [] };
    Object.assign(globals, { client, seen });
    client.on('tick', (tick) => {
      globals.seen.counts.push(tick.instrument_sequence);
      globals.seen.merged += tick.merged;
    });
    client.on('gap', (gap) => globals.seen.gaps.push(gap));
    client.on('resumed', (event) => globals.seen.resumed.push(event));
    client.on('error', (error) => globals.seen.errors.push(error.message));
    client.on('overflow', () => (globals.seen.overflows += 1));
    await client.connect();
  }, options);
  const subscribe = () =>
    page.evaluate(
      (token) =>
        (globalThis as unknown as PageGlobals).client.subscribe({
          instruments: [token],
          mode: 'full',
        }),
      CALL!.token,
    );
  const until = (count: number) =>
    page.waitForFunction(
      (wanted) => (globalThis as unknown as PageGlobals).seen.counts.at(-1) === wanted,
      count,
    );
  const seen = () => page.evaluate(() => (globalThis as unknown as PageGlobals).seen);
  return { service, page, subscribe, until, seen };
}

test('in Chromium a connection that is cut goes on where it stopped', HANG, async (t) => {
  const opened = await openPage(t, 4_000_000);
  if (opened === undefined) return;
  const { service, subscribe, until, seen } = opened;
  service.tick(CALL);
  await subscribe();
  service.tick(CALL);
  await until(2);
  service.cut();
  // While nobody is connected.
  for (let count = 3; count <= 50; count += 1) service.tick(CALL);
  await until(50);
  service.cut();
  service.tick(CALL);
  await until(51);
  service.tick(CALL);
  await until(52);
  const { counts, gaps, resumed, errors } = await seen();
  assert.deepEqual(
    counts,
    Array.from({ length: 52 }, (_, index) => index + 1),
  );
  assert.deepEqual(gaps, []);
  assert.deepEqual(errors, []);
  assert.deepEqual(resumed, [{ recovered: true }, { recovered: true }]);
  const types = service.fake.clients.map(({ received }) => received[0]?.type);
  assert.deepEqual(types, ['subscribe', 'resume', 'resume']);
});

test('in Chromium, which reads on, a pause keeps the newest and says so', HANG, async (t) => {
  const opened = await openPage(t, 20_000);
  if (opened === undefined) return;
  const { service, page, subscribe, until, seen } = opened;
  service.tick(CALL);
  await subscribe();
  await until(1);
  await page.evaluate(() => (globalThis as unknown as PageGlobals).client.pause());
  for (let count = 2; count <= 500; count += 1) service.tick(CALL);
  await page.evaluate(async () => {
    // Answers pass: when this one is here, everything before it is.
    const { client } = globalThis as unknown as PageGlobals;
    await client.ping();
    client.resume();
  });
  const { counts, merged, overflows, gaps } = await seen();
  assert.ok(overflows > 0);
  assert.equal(counts.at(-1), 500);
  assert.equal(counts.length + merged, 500);
  assert.deepEqual(gaps, []);
});
