import fc from 'fast-check';
import assert from 'node:assert/strict';
import test from 'node:test';
import { createPrivateTicks } from '../../../src/shm/block.ts';
import { TICK_SLOT_BYTES } from '../../../src/shm/layout/tick-slot.ts';
import { createRing, Ring } from '../../../src/shm/ring.ts';
import { RingReader } from '../../../src/shm/ring-reader.ts';
import { RingWriter } from '../../../src/shm/ring-writer.ts';
import { BLANK, isQuoteIntact, tickPosition, writeTick } from '../../support/shm-pattern.ts';

/** Positions near every wrap and beyond. */
const positions = fc.oneof(
  fc.nat(100),
  ...[2 ** 30, 2 ** 31, 2 ** 32, 2 ** 33, 2 ** 40, 2 ** 52].map((wrap) => {
    return fc.integer({ min: wrap - 100, max: wrap + 100 });
  }),
);

interface Batch {
  kind: 'batch';
  announced: number;
  committed: number;
  /** Slots opened and scribbled on after the last commit. */
  scribbled: boolean;
  /** The writer dies before `end`; another one takes over. */
  dies: boolean;
}
interface Read {
  kind: 'read';
  /** How far behind the newest position the limit is. */
  behind: number;
}
interface Skip {
  kind: 'skip';
  by: number;
}

const operations = fc.array(
  fc.oneof(
    fc.record<Batch>({
      kind: fc.constant('batch'),
      announced: fc.nat(6),
      committed: fc.nat(6),
      scribbled: fc.boolean(),
      dies: fc.boolean(),
    }),
    fc.record<Read>({ kind: fc.constant('read'), behind: fc.nat(4) }),
    fc.record<Skip>({ kind: fc.constant('skip'), by: fc.nat(3) }),
  ),
  { maxLength: 60, size: 'max' },
);

/** A ring beside what a ring must be: a list of positions of which the last ones are intact. */
class ModelledRing {
  readonly ring: Ring;
  readonly #target;
  readonly #reader: RingReader;
  #writer: RingWriter;
  #published: number;
  /** Highest position whose slot was ever declared or touched. */
  #touched: number;
  #position: number;
  #lost = 0;

  constructor(start: number, slots: number, capacity: number) {
    this.ring = new Ring(createRing({ slots, workers: 0, epochLow: 0, epochHigh: 0, start }));
    this.#target = createPrivateTicks(capacity, TICK_SLOT_BYTES);
    this.#reader = new RingReader(this.ring, start, this.#target, capacity);
    this.#writer = new RingWriter(this.ring);
    this.#published = this.#touched = this.#position = start;
  }

  run(operation: Batch | Read | Skip, capacity: number): void {
    if (operation.kind === 'batch') this.#write(operation);
    else if (operation.kind === 'skip') this.#skip(operation.by);
    else this.#read(Math.max(this.#published - operation.behind, this.#position), capacity);
    assert.equal(this.#reader.lost, this.#lost);
    assert.equal(this.#reader.position, this.#position);
    assert.equal(this.#reader.lag, this.#published - this.#position);
    assert.equal(this.ring.newest(), this.#published);
  }

  #write({ announced, committed, scribbled, dies }: Batch): void {
    const writer = this.#writer;
    writer.begin(announced);
    for (let i = 0; i < committed; i++) writeTick(writer, BLANK);
    if (scribbled) this.ring.ticks.u8.fill(0xaa, writer.open(), writer.open() + TICK_SLOT_BYTES);
    const written = committed + (scribbled ? 1 : 0);
    this.#touched = Math.max(this.#touched, this.#published + Math.max(announced, written));
    if (dies) {
      this.#writer = new RingWriter(this.ring);
    } else {
      writer.end();
      this.#published += committed;
    }
    assert.equal(this.#writer.position, this.#published);
  }

  #skip(by: number): void {
    const to = Math.min(this.#position + by, this.#published);
    this.#reader.skipTo(to);
    this.#lost += to - this.#position;
    this.#position = to;
  }

  #read(limit: number, capacity: number): void {
    const firstIntact = this.#touched - this.ring.slots + 1;
    const first = Math.min(Math.max(firstIntact, this.#position + 1), limit + 1);
    const count = Math.min(limit + 1 - first, capacity);
    assert.equal(this.#reader.read(limit), count);
    for (let i = 0; i < count; i++) {
      const bytes = i * TICK_SLOT_BYTES;
      assert.equal(tickPosition(this.#target, bytes), first + i);
      assert.ok(isQuoteIntact(this.#target, bytes, first + i), `${first + i} is torn`);
    }
    this.#lost += first - 1 - this.#position;
    this.#position = first - 1 + count;
  }
}

test('whatever is written, killed, read and skipped: a position is read whole or lost', () => {
  fc.assert(
    fc.property(
      positions,
      fc.constantFrom(2, 4, 8, 16),
      fc.integer({ min: 1, max: 20 }),
      operations,
      (start, slots, capacity, list) => {
        const modelled = new ModelledRing(start, slots, capacity);
        for (const operation of list) modelled.run(operation, capacity);
      },
    ),
    { numRuns: 500 },
  );
});

test('a cursor is read back exactly from any position less than 2^31 away', () => {
  const ring = new Ring(createRing({ slots: 2, workers: 1, epochLow: 0, epochHigh: 0 }));
  fc.assert(
    fc.property(
      fc.maxSafeNat(),
      fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
      (near, distance) => {
        const position = near + distance;
        fc.pre(position >= 0 && Number.isSafeInteger(position));
        ring.publish(position);
        ring.declareIntent(position);
        ring.storePublishCursor(position);
        ring.storeGreeksCursor(0, position);
        assert.equal(ring.published(near), position);
        assert.equal(ring.intent(near), position);
        assert.equal(ring.firstIntact(near), position - 1);
        assert.equal(ring.publishCursor(near), position);
        assert.equal(ring.greeksCursor(0, near), position);
        assert.equal(ring.newest(), position);
      },
    ),
    { numRuns: 2000 },
  );
});
