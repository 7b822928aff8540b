import type { Clock } from '../../domain/clock.ts';
import type { Delivery } from '../../fanout/delivery.ts';
import type { InstrumentTable } from '../../shm/instrument-table.ts';
import { PUBLISH, PUBLISH_HISTOGRAM } from '../../shm/layout/meters.ts';
import {
  TICK_INSTRUMENT_SEQUENCE_U32,
  TICK_INSTRUMENT_TOKEN_U32,
  TICK_RECEIVE_TIME_F64,
} from '../../shm/layout/tick-slot.ts';
import type { ThreadMeters } from '../../shm/meters.ts';
import type { Ring } from '../../shm/ring.ts';
import { VOID_TOKEN } from '../../shm/ring-writer.ts';
import { GreeksGate } from './gate.ts';
import type { RepricedTicks } from './repriced-ticks.ts';

/** Ticks taken from the ring at a time, between which sockets are served. */
const RUN_MAX = 2048;
/** Rows of positions without a tick of a known instrument, and without a tick at all. */
const NO_ROW = -1;
const VOID_ROW = -2;
/** Of the ring: what is given up beyond what has been overwritten, so that the rest can be read. */
const OVERRUN_MARGIN = 1 / 16;

export interface PublishLoopOptions {
  ring: Ring;
  table: InstrumentTable;
  delivery: Delivery;
  repriced: RepricedTicks;
  meters: ThreadMeters;
  clock: Clock;
  /**
   * What stood at positions `from` to `to` cannot be sent: RING_OVERRUN, it was overwritten before;
   * INGEST_RESTART, ingest died with it.
   */
  onGap(from: number, to: number, reason: 'RING_OVERRUN' | 'INGEST_RESTART'): void;
}

/** Duty cycle of publish: reads what the gate lets through and hands it to the delivery. */
export class PublishLoop {
  readonly #options: PublishLoopOptions;
  readonly #rows = new Int32Array(RUN_MAX);
  /** `instrument_sequence` of each tick of the run. */
  readonly #sequences = new Uint32Array(RUN_MAX);
  /** Newest position that has been passed on; in a typed array, so that it never is an object. */
  readonly #cursor = new Float64Array(1);
  readonly #gate: GreeksGate;
  #hasVoid = false;

  constructor(options: PublishLoopOptions) {
    const { ring, table, clock, delivery } = options;
    this.#options = options;
    this.#cursor[0] = delivery.position;
    this.#gate = new GreeksGate(ring, table, clock, RUN_MAX);
    ring.storePublishCursor(delivery.position);
  }

  /** Newest ring position that has been passed on. */
  get position(): number {
    return this.#cursor[0]!;
  }

  /** Ticks in the ring that have not been passed on. */
  get pending(): number {
    return this.#options.ring.published(this.position) - this.position;
  }

  /** True if ticks are there whose Greeks are not. */
  get waitingForGreeks(): boolean {
    return this.#gate.waiting;
  }

  /**
   * Passes on at most one run, after it Greeks that came later than their ticks, then a slice to
   * everybody who catches up. Returns the number of ticks taken from the ring; without any, 0 if
   * there was nothing else to do either.
   */
  doWork(): number {
    const { repriced, delivery } = this.#options;
    const taken = this.#sendRun();
    const late = repriced.doWork();
    // Who passed something on has looked at the windows too.
    if (taken === 0 && late === 0) delivery.flushDue();
    const isBusy = delivery.slowReaders.doWork();
    return taken > 0 ? taken : late + Number(isBusy);
  }

  #sendRun(): number {
    const { ring, clock, meters } = this.#options;
    const from = this.position;
    const published = ring.published(from);
    if (published === from) return 0;
    const startedUs = clock.nowUs();
    this.#catchUp(published);
    const position = this.position;
    const limit = this.#gate.limit(position, Math.min(published, position + RUN_MAX));
    const taken = limit - position;
    if (taken > 0) this.#send(position, limit);
    meters.set(PUBLISH.GATED_OUT_WORKERS, this.#gate.gatedOut);
    if (taken > 0) {
      meters.record(PUBLISH_HISTOGRAM.FLUSH_US, clock.nowUs() - startedUs);
      meters.record(PUBLISH_HISTOGRAM.FLUSH_TICKS, taken);
    }
    return this.position - from;
  }

  #send(position: number, limit: number): void {
    const { ring, delivery, meters } = this.#options;
    const count = limit - position;
    this.#prepare(position, count);
    this.#cursor[0] = limit;
    const lost = Math.min(count, ring.firstIntact(limit) - position - 1);
    // Lapped within these microseconds: what was looked at may have been anything.
    if (lost > 0) {
      this.#rows.fill(NO_ROW, 0, lost);
      this.#reportGap(position + 1, position + lost);
    }
    if (this.#hasVoid) this.#reportVoid(position, count);
    delivery.deliver(position, count, this.#rows, this.#sequences, this.#gate.done);
    ring.storePublishCursor(limit);
    meters.add(PUBLISH.TICKS_READ, count - Math.max(0, lost));
  }

  /** Lapped, or about to be: what cannot be read any more is named, not hidden. */
  #catchUp(published: number): void {
    const { ring, delivery } = this.#options;
    const intact = ring.firstIntact(published);
    const { position } = this;
    if (intact <= position + 1) return;
    // Not the last that can be read: a burst that goes on would overtake that at once.
    const to = Math.min(published, intact - 1 + Math.floor(ring.slots * OVERRUN_MARGIN));
    this.#cursor[0] = to;
    this.#reportGap(position + 1, to);
    // Also if nothing follows yet: who catches up now must not stop in front of the gap.
    delivery.passOver(to);
  }

  #reportGap(from: number, to: number): void {
    this.#options.meters.add(PUBLISH.RING_OVERRUN, to - from + 1);
    this.#options.onGap(from, to, 'RING_OVERRUN');
  }

  /** Names the positions that were published without a tick. */
  #reportVoid(position: number, count: number): void {
    for (let i = 0; i < count; i++) {
      if (this.#rows[i] !== VOID_ROW) continue;
      const first = i;
      while (i + 1 < count && this.#rows[i + 1] === VOID_ROW) i++;
      this.#options.onGap(position + 1 + first, position + 1 + i, 'INGEST_RESTART');
    }
  }

  /** Finds the rows, records ages, and notes the options that go out without their Greeks. */
  #prepare(position: number, count: number): void {
    const { ring, table, meters, clock } = this.#options;
    const { u32, f64 } = ring.ticks;
    const nowUs = clock.nowUs();
    let late = 0;
    this.#hasVoid = false;
    for (let i = 0; i < count; i++) {
      const bytes = ring.slotBytes(position + 1 + i);
      const token = u32[(bytes >> 2) + TICK_INSTRUMENT_TOKEN_U32]!;
      if (token === VOID_TOKEN) {
        this.#rows[i] = VOID_ROW;
        this.#hasVoid = true;
        continue;
      }
      const row = table.find(token);
      this.#rows[i] = row;
      this.#sequences[i] = u32[(bytes >> 2) + TICK_INSTRUMENT_SEQUENCE_U32]!;
      const age = nowUs - f64[(bytes >> 3) + TICK_RECEIVE_TIME_F64]!;
      meters.record(PUBLISH_HISTOGRAM.AGE_US, Math.max(0, age));
      if (this.#gate.done[i] === 1 || row < 0 || table.optionTypes[row] === 0) continue;
      late++;
      this.#options.repriced.noteLate(row, position + 1 + i);
    }
    meters.add(PUBLISH.GREEKS_LATE, late);
  }
}
