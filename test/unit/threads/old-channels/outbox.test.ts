import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  BATCH_MAX,
  BATCH_MS,
  Outbox,
  type OutgoingTick,
  WAITING_MAX,
} from '../../../../src/threads/old-channels/outbox.ts';
import { ManualClock } from '../../../support/client/manual-clock.ts';
import { settled } from '../../../support/fanout-rig.ts';

/** Takes batches when the test says so. */
class FakeSink {
  isReady = true;
  readonly batches: string[][] = [];
  readonly #answers: { resolve(taken: number): void; reject(error: Error): void }[] = [];

  publish(ticks: readonly OutgoingTick[]): Promise<number> {
    this.batches.push(ticks.map(({ channel, text }) => `${channel} ${text}`));
    return new Promise((resolve, reject) => this.#answers.push({ resolve, reject }));
  }

  /** The oldest batch without an answer has been taken, or `taken` of its ticks. */
  async take(taken = this.batches.at(-1)?.length ?? 0): Promise<void> {
    this.#answers.shift()?.resolve(taken);
    await settled();
  }

  async fail(): Promise<void> {
    this.#answers.shift()?.reject(new Error('the connection was lost before the answer'));
    await settled();
  }

  get sizes(): number[] {
    return this.batches.map((batch) => batch.length);
  }
}

function create() {
  const clock = new ManualClock();
  const sink = new FakeSink();
  const outbox = new Outbox(clock, sink);
  let next = 0;
  const add = (count: number): void => {
    for (let i = 0; i < count; i++) outbox.add('c', String(next++));
  };
  return { clock, sink, outbox, add };
}

function numbers(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_unused, i) => `c ${from + i}`);
}

describe('a batch of ticks', () => {
  test('leaves 100 ms after its first one, not before', async () => {
    const { clock, sink, add } = create();
    add(1);
    clock.advance(60);
    add(2);
    clock.advance(BATCH_MS - 61);
    assert.deepEqual(sink.batches, []);
    clock.advance(1);
    assert.deepEqual(sink.batches, [['c 0', 'c 1', 'c 2']]);
    await sink.take();
  });

  test('of 1,000 leaves at once', () => {
    const { sink, add, outbox } = create();
    add(BATCH_MAX - 1);
    assert.deepEqual(sink.sizes, []);
    add(1);
    assert.deepEqual(sink.sizes, [1000]);
    assert.equal(outbox.size, 0);
  });

  test('waits for the answer to the one before it, and keeps the order', async () => {
    const { clock, sink, add, outbox } = create();
    add(BATCH_MAX);
    add(BATCH_MAX + 5);
    clock.advance(BATCH_MS);
    assert.deepEqual(sink.sizes, [1000]);
    await sink.take();
    assert.deepEqual(sink.sizes, [1000, 1000]);
    await sink.take();
    // Due for long: they have waited for the others.
    assert.deepEqual(sink.sizes, [1000, 1000, 5]);
    await sink.take();
    assert.deepEqual(sink.batches.flat(), numbers(0, 2005));
    assert.deepEqual(outbox.counts, { published: 2005, batches: 3, dropped: 0, unconfirmed: 0 });
  });

  test('that was not answered for is counted and never sent again', async () => {
    const { clock, sink, add, outbox } = create();
    add(3);
    clock.advance(BATCH_MS);
    await sink.fail();
    add(2);
    clock.advance(BATCH_MS);
    await sink.take(1);
    assert.deepEqual(sink.batches, [numbers(0, 3), numbers(3, 5)]);
    assert.deepEqual(outbox.counts, { published: 1, batches: 2, dropped: 0, unconfirmed: 4 });
  });
});

describe('without Redis', () => {
  test('ticks wait, and leave in order when it is back', async () => {
    const { clock, sink, add, outbox } = create();
    sink.isReady = false;
    add(1500);
    clock.advance(10 * BATCH_MS);
    assert.deepEqual(sink.batches, []);
    sink.isReady = true;
    outbox.advance();
    await sink.take();
    await sink.take(500);
    assert.deepEqual(sink.batches.flat(), numbers(0, 1500));
  });

  test('more than 10,000 drop the oldest, and count them', async () => {
    const { sink, add, outbox } = create();
    sink.isReady = false;
    add(WAITING_MAX + 25_000);
    assert.equal(outbox.size, WAITING_MAX);
    assert.equal(outbox.counts.dropped, 25_000);
    sink.isReady = true;
    outbox.advance();
    for (let batch = 0; batch < 10; batch++) await sink.take();
    assert.deepEqual(sink.batches.flat(), numbers(25_000, 35_000));
    assert.equal(outbox.counts.published, WAITING_MAX);
  });
});

describe('the end', () => {
  test('sends what waits at once, after what is on its way', async () => {
    const { sink, add, outbox } = create();
    add(BATCH_MAX);
    add(1200);
    const ended = outbox.end();
    await sink.take();
    await sink.take();
    await sink.take(200);
    await ended;
    assert.deepEqual(sink.sizes, [1000, 1000, 200]);
    assert.deepEqual(outbox.counts, { published: 2200, batches: 3, dropped: 0, unconfirmed: 0 });
  });

  test('without Redis counts what is left as dropped', async () => {
    const { clock, sink, add, outbox } = create();
    sink.isReady = false;
    add(7);
    await outbox.end();
    assert.deepEqual(outbox.counts, { published: 0, batches: 0, dropped: 7, unconfirmed: 0 });
    assert.deepEqual(clock.pendingMs, []);
  });
});
