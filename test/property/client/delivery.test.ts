import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { GapEvent, TickObject } from '../../../src/client/client.ts';
import { ClientBench } from '../../support/client/client-bench.ts';
import { StreamService } from '../../support/client/stream-service.ts';

const TOKENS = [1, 2, 3];
const token = fc.constantFrom(...TOKENS);

type Step =
  | { do: 'tick' | 'merge' | 'skip' | 'reprice'; token: number }
  | { do: 'repeat'; isSnapshot: boolean }
  | { do: 'cut'; canRecover: boolean; isNewEpoch: boolean }
  | { do: 'deliver' | 'pause' | 'take' | 'second' };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: fc.record({ do: fc.constant('tick' as const), token }) },
    { weight: 8, arbitrary: fc.record({ do: fc.constant('deliver' as const) }) },
    fc.record({
      do: fc.constantFrom('merge' as const, 'skip' as const, 'reprice' as const),
      token,
    }),
    fc.record({ do: fc.constant('repeat' as const), isSnapshot: fc.boolean() }),
    fc.record({
      do: fc.constant('cut' as const),
      canRecover: fc.boolean(),
      isNewEpoch: fc.integer({ min: 0, max: 9 }).map((die) => die === 0),
    }),
    fc.record({ do: fc.constantFrom('pause' as const, 'take' as const, 'second' as const) }),
  ),
  { maxLength: 80, size: 'max' },
);

/** What an application sees of one instrument, checked as it comes. */
class Ledger {
  last: number | undefined;
  /** What broke the promise; thrown in a listener it would not reach the test. */
  readonly problems: string[] = [];
  #missing = 0;

  gap({ missing = 0 }: GapEvent): void {
    this.#missing += missing;
  }

  /** A gap is said before the tick that shows it. */
  take(tick: TickObject): void {
    const count = tick.instrument_sequence;
    if (tick.flags.includes('REPRICED')) {
      if (count !== this.last) this.problems.push(`new Greeks of ${count} after ${this.last}`);
      return;
    }
    const before = this.last;
    this.last = count;
    const missing = this.#missing;
    this.#missing = 0;
    if (before === undefined) return;
    if (count <= before) this.problems.push(`tick ${count} after ${before}`);
    if (count - before - 1 !== tick.merged + missing) {
      this.problems.push(`${before} to ${count}: ${tick.merged} merged, ${missing} missing`);
    }
  }
}

function act(bench: ClientBench, service: StreamService, step: Step): void {
  switch (step.do) {
    case 'tick':
    case 'merge':
    case 'skip':
    case 'reprice':
      service[step.do](step.token);
      break;
    case 'repeat':
      service.repeat(step.isSnapshot);
      break;
    case 'deliver':
      service.deliver();
      break;
    case 'pause':
      bench.client.pause();
      break;
    case 'take':
      bench.client.resume();
      break;
    case 'second':
      bench.clock.advance(1000);
      break;
    case 'cut':
      // It hears of the end of its connection when it has taken what came before.
      bench.client.resume();
      service.canRecover = step.canRecover;
      service.cut(step.isNewEpoch);
  }
}

/** Plays the steps, and checks that everything is accounted for. Returns the gaps. */
async function play(list: readonly Step[]): Promise<GapEvent[]> {
  const format = list.length % 2 === 0 ? 'binary' : 'json';
  // Of three instruments two ticks are too much to wait.
  const bench = new ClientBench({ format, maxWaitingBytes: 600 });
  const service = new StreamService(bench, format);
  const ledgers = new Map(TOKENS.map((each) => [each, new Ledger()]));
  bench.client.on('gap', (gap) => {
    if (gap.reason === 'NEW_EPOCH') for (const ledger of ledgers.values()) ledger.last = undefined;
    else if (gap.token !== undefined) ledgers.get(gap.token)?.gap(gap);
  });
  bench.client.on('tick', (tick) => {
    ledgers.get(tick.instrument_token)?.take(tick);
  });
  const opened = bench.client.connect();
  bench.socket.hello();
  await opened;
  const subscribed = bench.client.subscribe({ instruments: TOKENS });
  for (const step of list) act(bench, service, step);
  bench.client.resume();
  while (service.deliver());
  await subscribed;
  for (const [each, { last, problems }] of ledgers) {
    assert.deepEqual(problems, []);
    assert.equal(last ?? 0, service.countOf(each), `the newest tick of ${each} has come`);
  }
  assert.deepEqual(bench.heard.error, []);
  bench.client.close();
  assert.deepEqual(bench.clock.pendingMs, []);
  return bench.heard.gap;
}

test('each tick comes at most once, in order, and every hole has a name', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (list) => {
      await play(list);
    }),
    { numRuns: 500 },
  );
});

test('while every resume recovers and nothing is left out, nothing is missing', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (list) => {
      const kind = list
        .filter((step) => step.do !== 'skip')
        .map((step) =>
          step.do === 'cut' ? { ...step, canRecover: true, isNewEpoch: false } : step,
        );
      assert.deepEqual(await play(kind), []);
    }),
    { numRuns: 300 },
  );
});
