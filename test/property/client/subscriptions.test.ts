import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ClientMessage, ModeName } from '../../../src/wire/messages.ts';
import { ClientBench, result } from '../../support/client/client-bench.ts';

const instrument = fc.integer({ min: 1, max: 6 });
const instruments = fc.uniqueArray(instrument, { minLength: 1, maxLength: 3 });
const mode = fc.constantFrom<ModeName>('ltp', 'quote', 'full');

type Step =
  | { do: 'subscribe'; instruments: number[]; mode: ModeName }
  | { do: 'unsubscribe'; instruments: number[] }
  | { do: 'answer' }
  | { do: 'cut' };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    fc.record({ do: fc.constant('subscribe' as const), instruments, mode }),
    fc.record({ do: fc.constant('unsubscribe' as const), instruments }),
    fc.record({ do: fc.constant('answer' as const) }),
    fc.record({ do: fc.constant('cut' as const) }),
  ),
  { maxLength: 40 },
);

/** What a service that does as it is told delivers on the newest connection. */
class ServiceModel {
  readonly #bench: ClientBench;
  delivered = new Map<number, ModeName>();
  #answered = 0;

  constructor(bench: ClientBench) {
    this.#bench = bench;
  }

  reconnect(): void {
    this.#bench.socket.end(1006);
    this.#bench.clock.advance(this.#bench.heard.close.at(-1)?.reconnectInMs ?? 0);
    this.delivered = new Map();
    this.#answered = 0;
    this.#bench.socket.hello();
  }

  /** Answers the oldest message without an answer; false: there is none. */
  answer(): boolean {
    const message: ClientMessage | undefined = this.#bench.socket.sent[this.#answered];
    if (message === undefined) return false;
    this.#answered += 1;
    assert.ok(message.type === 'subscribe' || message.type === 'unsubscribe');
    const results = (message.instruments ?? []).map((token) => result(token, Number(token)));
    for (const { token } of results) {
      if (message.type === 'subscribe') this.delivered.set(token, message.mode ?? 'quote');
      else this.delivered.delete(token);
    }
    const type = message.type === 'subscribe' ? 'subscribed' : 'unsubscribed';
    this.#bench.socket.say({ id: message.id, type, results });
    return true;
  }
}

test('whatever breaks, in the end the service delivers exactly what the caller wants', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (list) => {
      const bench = new ClientBench();
      await bench.open();
      const service = new ServiceModel(bench);
      const wanted = new Map<number, ModeName>();
      const calls: Promise<unknown>[] = [];
      for (const step of list) {
        if (step.do === 'subscribe') {
          calls.push(bench.client.subscribe({ instruments: step.instruments, mode: step.mode }));
          for (const token of step.instruments) wanted.set(token, step.mode);
        } else if (step.do === 'unsubscribe') {
          calls.push(bench.client.unsubscribe({ instruments: step.instruments }));
          for (const token of step.instruments) wanted.delete(token);
        } else if (step.do === 'answer') {
          service.answer();
        } else {
          service.reconnect();
        }
      }
      while (service.answer());
      await Promise.all(calls);
      const byToken = (a: [number, unknown], b: [number, unknown]): number => a[0] - b[0];
      assert.deepEqual([...service.delivered].sort(byToken), [...wanted].sort(byToken));
      // And once more, from nothing.
      service.reconnect();
      while (service.answer());
      assert.deepEqual([...service.delivered].sort(byToken), [...wanted].sort(byToken));
      assert.deepEqual(bench.heard.error, []);
      bench.client.close();
      assert.deepEqual(bench.clock.pendingMs, []);
    }),
    { numRuns: 300 },
  );
});
