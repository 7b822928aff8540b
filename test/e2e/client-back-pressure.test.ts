import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GapEvent, TickObject } from '../../src/client/client.ts';
import { createNodeClient } from '../../src/client/node-socket.ts';
import { atEnd } from '../support/at-end.ts';
import { metricsUntil } from '../support/metrics-text.ts';
import { startService } from '../support/ticker-process.ts';

const HANG = { timeout: 60_000 };
const CHAIN = { underlying: 'NIFTY', strikes: 'all' as const };
const BEHIND = 'ticker_clients_behind';

for (const policy of ['conflate', 'skip', 'lossless'] as const) {
  test(
    `a paused client is behind, and has or knows everything after it (${policy})`,
    HANG,
    async (t) => {
      const service = await startService(t, {
        TICKER_SIM_INSTRUMENTS: '500',
        TICKER_SIM_RATE: '3000',
      });
      const client = createNodeClient({ url: service.ticksUrl, token: service.key });
      atEnd(t, () => client.close());
      const gaps: GapEvent[] = [];
      const notices: string[] = [];
      const errors: string[] = [];
      const last = new Map<number, TickObject>();
      /** Ticks between two that came, which neither a merge nor a gap accounts for. */
      let unaccounted = 0;
      let wake = (): void => undefined;
      client.on('gap', (gap) => {
        gaps.push(gap);
        if (gap.token !== undefined) unaccounted -= gap.missing ?? 0;
      });
      client.on('notice', ({ type }) => notices.push(type));
      client.on('error', (error) => errors.push(error.message));
      client.on('tick', (tick) => {
        const before = last.get(tick.instrument_token);
        if (!tick.flags.includes('REPRICED')) {
          if (before !== undefined) {
            const step = tick.instrument_sequence - before.instrument_sequence;
            // Thrown here it would not reach the test.
            if (step <= 0) errors.push(`${tick.instrument_token}: ${step} steps`);
            unaccounted += step - 1 - tick.merged;
          }
          last.set(tick.instrument_token, tick);
        }
        wake();
      });
      await client.connect();
      await client.subscribe({ chain: CHAIN, mode: 'full', greeks: true, policy });
      while (client.statistics.ticks < 1000) await new Promise<void>((resolve) => (wake = resolve));
      client.pause();
      await metricsUntil(service.url, (metrics) => metrics.get(BEHIND) === 1);
      client.resume();
      await metricsUntil(service.url, (metrics) => metrics.get(BEHIND) === 0);
      const wanted = client.statistics.ticks + 2000;
      while (client.statistics.ticks < wanted)
        await new Promise<void>((resolve) => (wake = resolve));
      const { merged, missing } = client.statistics;
      assert.equal(unaccounted, 0);
      assert.deepEqual(errors, []);
      assert.ok(notices.includes('slow_reader_warning'));
      assert.equal(merged > 0, policy === 'conflate');
      assert.equal(missing > 0, policy === 'skip');
      assert.ok(gaps.every(({ reason }) => reason === 'SLOW_READER'));
      assert.equal(gaps.length > 0, policy === 'skip');
    },
  );
}
