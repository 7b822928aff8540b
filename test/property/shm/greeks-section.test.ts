import fc from 'fast-check';
import assert from 'node:assert/strict';
import test from 'node:test';
import {
  armGreeks,
  claimGreeks,
  finishGreeks,
  isGreeksDone,
  releaseClaim,
  takeGreeks,
} from '../../../src/shm/greeks-section.ts';

const SLOTS = 4;

/** One step of somebody, in any order: the words say who may go on. */
const steps = fc.array(
  fc.constantFrom('arm', 'take', 'blank', 'claim', 'lateClaim', 'finish', 'die', 'release'),
  { maxLength: 80, size: 'max' },
);

/**
 * One section with its owners. `content` is what lies in the section: the position whose values
 * were written there last, and whether they are whole.
 */
class ModelledSection {
  /** How often the section was done for its quote; was lapped while claimed; was released. */
  readonly seen = { done: 0, lapped: 0, released: 0 };
  readonly #words = new Int32Array(1);
  #position: number;
  #content: { position: number; whole: boolean } = { position: -1, whole: false };
  /** Ingest took the section and has not blanked it yet. */
  #taking = false;
  /** Position that the worker has claimed. */
  #claimed: number | undefined;
  #workerIsDead = false;

  constructor(start: number) {
    this.#position = start;
  }

  run(step: string): void {
    const words = this.#words;
    if (step === 'arm' && !this.#taking) {
      this.#position += SLOTS;
      if (this.#claimed !== undefined) this.seen.lapped++;
      assert.equal(armGreeks(words, 0, this.#position), this.#claimed === undefined);
    } else if (step === 'take' && !this.#taking) {
      this.#position += SLOTS;
      this.#taking = takeGreeks(words, 0, this.#position);
      assert.equal(this.#taking, this.#claimed === undefined);
      if (this.#taking) this.#content = { position: this.#position, whole: false };
    } else if (step === 'blank' && this.#taking) {
      this.#content = { position: this.#position, whole: true };
      finishGreeks(words, 0, this.#position);
      this.#taking = false;
    } else if (step === 'claim' || step === 'lateClaim') {
      this.#claim(step === 'claim' ? this.#position : this.#position - SLOTS);
    } else {
      this.#endClaim(step);
    }
    this.#check();
  }

  #claim(position: number): void {
    if (this.#claimed !== undefined || !claimGreeks(this.#words, 0, position)) return;
    assert.equal(position, this.#position, 'only the present quote can be claimed');
    assert.ok(!this.#taking, 'ingest and a worker never write at the same time');
    this.#claimed = position;
    this.#content = { position, whole: false };
  }

  #endClaim(step: string): void {
    if (this.#claimed === undefined) {
      if (step === 'release') assert.equal(releaseClaim(this.#words, 0, this.#position), false);
      return;
    }
    if (step === 'finish' && !this.#workerIsDead) {
      this.#content.whole = true;
      finishGreeks(this.#words, 0, this.#claimed);
      this.#claimed = undefined;
    } else if (step === 'die') {
      this.#workerIsDead = true;
    } else if (step === 'release' && this.#workerIsDead) {
      assert.equal(releaseClaim(this.#words, 0, this.#claimed), true);
      this.seen.released++;
      this.#claimed = undefined;
      this.#workerIsDead = false;
    }
  }

  /** What publish would take: only whole values, and only the quote's own. */
  #check(): void {
    if (isGreeksDone(this.#words, 0, this.#position)) {
      this.seen.done++;
      assert.deepEqual(this.#content, { position: this.#position, whole: true });
    }
  }
}

test('in whatever order they step: one owner, and what is done is whole and its own', () => {
  const seen = { done: 0, lapped: 0, released: 0 };
  const starts = fc.constantFrom(1, 2 ** 30 - 9, 2 ** 31 - 9, 2 ** 32 - 9, 2 ** 40);
  fc.assert(
    fc.property(starts, steps, (start, list) => {
      const section = new ModelledSection(start);
      for (const step of list) section.run(step);
      for (const name of ['done', 'lapped', 'released'] as const) seen[name] += section.seen[name];
    }),
    { numRuns: 3000 },
  );
  for (const [name, times] of Object.entries(seen)) assert.ok(times > 500, `${name}: ${times}`);
});
