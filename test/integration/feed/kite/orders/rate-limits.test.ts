import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CallOutcome } from '../../../../../src/domain/order-broker.ts';
import { orderBrokerRig } from '../../../../support/feed/kite/order-broker-rig.ts';
import { shareTerms } from '../../../../support/feed/kite/order-samples.ts';

const LIMIT = { timeout: 30_000 };
const TAG = 'AA0000000000000100';
const STEP_MS = 50;

test(
  "the broker's limiter never has a reason to refuse, and exits go before entries",
  LIMIT,
  async (t) => {
    const { broker, clock, requests } = await orderBrokerRig(t, { rateLimits: true });
    const client = broker();
    const terms = shareTerms({ quantity: 1, priceRupees: 1300 });
    let running = 0;
    const kinds: string[] = [];
    const start = (call: Promise<CallOutcome<unknown>>): void => {
      running++;
      void call.then(({ kind }) => {
        kinds.push(kind);
        running--;
      });
    };
    /** Lets what may go go and be answered, then lets time pass. */
    const pass = async (): Promise<void> => {
      while (running > client.state().queued) await new Promise((resolve) => setImmediate(resolve));
      clock.advance(STEP_MS);
    };

    const ids: string[] = [];
    for (let i = 0; i < 40; i++) {
      const placing = client.place(terms, TAG, 'entry');
      start(placing);
      void placing.then((outcome) => {
        if (outcome.kind === 'accepted') ids.push(...outcome.result.orderIds);
      });
      for (let step = 0; step < 3; step++) await pass();
    }
    while (running > 0) await pass();
    const reads = [client.orders(), client.trades(), client.positions(), client.quote('NSE:INFY')];
    const [book] = await Promise.all(reads);
    assert.equal((book as unknown[]).length, kinds.filter((kind) => kind === 'accepted').length);
    assert.ok(ids.length > 20, kinds.join(' '));

    for (const id of ids) start(client.cancel('regular', id, null));
    for (let i = 0; i < 3; i++) start(client.place(terms, TAG, 'entry'));
    while (running > 0) await pass();

    const orderRequests = requests().filter(({ method }) => method !== 'GET');
    assert.ok(orderRequests.every(({ status }) => status !== 429));
    for (const { time_us: endUs } of orderRequests) {
      const within = orderRequests.filter(({ time_us: timeUs }) => {
        return timeUs <= endUs && timeUs > endUs - 1_000_000;
      });
      assert.ok(within.length <= 9, `${within.length} in a second`);
    }
    const last = orderRequests.slice(-ids.length);
    assert.ok(
      last.every(({ method }) => method === 'DELETE'),
      'no entry overtakes a cancellation',
    );
  },
);
