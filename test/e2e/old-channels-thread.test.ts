import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { Worker } from 'node:worker_threads';
import type { FromOldChannels } from '../../src/threads/messages.ts';
import { metricsUntil } from '../support/metrics-text.ts';
import { OldChannelListener } from '../support/old-channel-listener.ts';
import { KEY, startInProcess } from '../support/service-in-process.ts';
import { TestRedis } from '../support/test-redis.ts';
import { TicksClient } from '../support/ticks-client.ts';

const HANG = { timeout: 60_000 };
const NIFTY = 256265;
const CONNECTED = 'ticker_old_channels_connected';
const PUBLISHED = 'ticker_old_channels_ticks_total';
const RESTARTS = 'ticker_thread_restarts_total{thread="old-channels"}';

/** Old-channels threads in the order of their start: no other thread asks what instruments are. */
function threadsThatAsk(t: TestContext): Worker[] {
  const asking: Worker[] = [];
  const onWorker = (worker: Worker): void => {
    worker.on('message', (message: FromOldChannels) => {
      if (message.type === 'describe' && !asking.includes(worker)) asking.push(worker);
    });
  };
  process.on('worker', onWorker);
  t.after(() => process.off('worker', onWorker));
  return asking;
}

test(
  'the thread of the old channels dies: another one goes on, and nobody else notices',
  HANG,
  async (t) => {
    const server = await TestRedis.start(t);
    if (server === undefined) return;
    const threads = threadsThatAsk(t);
    const listener = await OldChannelListener.start(t, server.url);
    const service = await startInProcess(t, {
      TICKER_OLD_CLIENTS: 'channels',
      TICKER_REDIS_URL: server.url,
    });
    const url = `${service.marketUrl.replace('http', 'ws')}/ws/ticks`;
    const client = await TicksClient.connect(t, url, KEY);
    await client.request({ type: 'subscribe', instruments: [NIFTY], mode: 'full' });
    const heardOfNifty = (from: number) =>
      listener.heard.slice(from).filter(({ payload }) => payload.token === NIFTY).length;
    for (let restarts = 1; restarts <= 2; restarts++) {
      const from = listener.heard.length;
      await listener.until(() => heardOfNifty(from) > 5);
      const before = await metricsUntil(service.marketUrl, (now) => (now.get(PUBLISHED) ?? 0) > 0);
      assert.equal(threads.length, restarts);
      await threads[restarts - 1]?.terminate();
      const { length } = listener.heard;
      const after = await metricsUntil(
        service.marketUrl,
        (now) => now.get(RESTARTS) === restarts && now.get(CONNECTED) === 1,
      );
      await listener.until(() => heardOfNifty(length) > 5);
      const counted = await metricsUntil(
        service.marketUrl,
        (now) => (now.get(PUBLISHED) ?? 0) > (after.get(PUBLISHED) ?? 0),
      );
      assert.ok((counted.get(PUBLISHED) ?? 0) > (before.get(PUBLISHED) ?? 0), 'it counts on');
    }
    const counts = client.messages.flatMap((message) =>
      message.type === 'ticks' ? message.ticks.map((tick) => tick.instrument_sequence) : [],
    );
    assert.deepEqual(
      counts,
      counts.map((_count, place) => counts[0]! + place),
    );
    assert.equal(client.messages.filter(({ type }) => type === 'gap').length, 0);
  },
);
