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
  | { do: 'cut'; resume: Resume };

/** How the service answers a `resume`. */
type Resume = 'recovered' | 'too late' | 'refused';

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    fc.record({ do: fc.constant('subscribe' as const), instruments, mode }),
    fc.record({ do: fc.constant('unsubscribe' as const), instruments }),
    fc.record({ do: fc.constant('answer' as const) }),
    fc.record({
      do: fc.constant('cut' as const),
      resume: fc.constantFrom<Resume>('recovered', 'too late', 'refused'),
    }),
  ),
  { maxLength: 40, size: 'max' },
);

/** What a service that does as it is told delivers on the newest connection. */
class ServiceModel {
  readonly #bench: ClientBench;
  delivered = new Map<number, ModeName>();
  #answered = 0;
  #resume: Resume = 'refused';
  #isReplaying = false;

  constructor(bench: ClientBench) {
    this.#bench = bench;
  }

  reconnect(resume: Resume): void {
    this.delivered = new Map();
    this.#answered = 0;
    this.#resume = resume;
    this.#isReplaying = false;
    this.#bench.reconnect();
  }

  /** Answers the oldest message without an answer; false: there is none. */
  answer(): boolean {
    const { socket } = this.#bench;
    const message: ClientMessage | undefined = socket.sent[this.#answered];
    if (this.#isReplaying) {
      assert.equal(message, undefined, 'nothing is asked for before the replay is over');
      this.#isReplaying = false;
      socket.say({ type: 'replay_completed', through: 0 });
      return true;
    }
    if (message === undefined) return false;
    this.#answered += 1;
    if (message.type === 'resume') {
      assert.equal(this.#answered, 1, 'instead of subscribing');
      this.#answerResume(message);
      return true;
    }
    assert.ok(message.type === 'subscribe' || message.type === 'unsubscribe');
    const results = (message.instruments ?? []).map((token) => result(token, Number(token)));
    for (const { token } of results) {
      if (message.type === 'subscribe') this.delivered.set(token, message.mode ?? 'quote');
      else this.delivered.delete(token);
    }
    const type = message.type === 'subscribe' ? 'subscribed' : 'unsubscribed';
    socket.say({ id: message.id, type, results });
    return true;
  }

  #answerResume({ id, subscriptions }: Extract<ClientMessage, { type: 'resume' }>): void {
    if (this.#resume === 'refused') {
      this.#bench.socket.say({ type: 'error', id, code: 'NOT_SUPPORTED', detail: 'no' });
      return;
    }
    const recovered = this.#resume === 'recovered';
    const results = subscriptions.flatMap(({ instruments = [], mode = 'quote' }) =>
      instruments.map((token) => {
        this.delivered.set(Number(token), mode);
        return result(token, Number(token));
      }),
    );
    this.#isReplaying = recovered;
    this.#bench.socket.say({ id, type: 'resumed', recovered, results });
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
          service.reconnect(step.resume);
        }
      }
      while (service.answer());
      await Promise.all(calls);
      const byToken = (a: [number, unknown], b: [number, unknown]): number => a[0] - b[0];
      assert.deepEqual([...service.delivered].sort(byToken), [...wanted].sort(byToken));
      // And once more, from nothing.
      for (const resume of ['recovered', 'too late', 'refused'] as const) {
        service.reconnect(resume);
        while (service.answer());
        assert.deepEqual([...service.delivered].sort(byToken), [...wanted].sort(byToken));
      }
      assert.deepEqual(bench.heard.error, []);
      bench.client.close();
      assert.deepEqual(bench.clock.pendingMs, []);
    }),
    { numRuns: 300 },
  );
});
