import type { Clock } from '../../domain/clock.ts';
import { GREEKS_STATUS } from '../../domain/status.ts';
import type { Delivery } from '../../fanout/delivery.ts';
import { blankSection, writeBlankGreeks } from '../../shm/blank-greeks.ts';
import { createPrivateTicks, type TickViews } from '../../shm/block.ts';
import type { InstrumentTable } from '../../shm/instrument-table.ts';
import { PUBLISH, PUBLISH_HISTOGRAM } from '../../shm/layout/meters.ts';
import {
  TICK_INSTRUMENT_TOKEN_U32,
  TICK_RECEIVE_TIME_F64,
  TICK_SEQUENCE_HIGH_U32,
  TICK_SEQUENCE_LOW_U32,
  TICK_SLOT_BYTES,
} from '../../shm/layout/tick-slot.ts';
import type { ThreadMeters } from '../../shm/meters.ts';
import type { Ring } from '../../shm/ring.ts';
import { RingReader } from '../../shm/ring-reader.ts';
import { GreeksGate } from './gate.ts';
import type { RepricedTicks } from './repriced-ticks.ts';

/** Ticks of one flush. 2,048 slots are 655 kB of private memory. */
const RUN_MAX = 2048;

const WORD = 2 ** 32;

const NOT_AN_OPTION = blankSection(GREEKS_STATUS.NOT_AN_OPTION);
const LATE = blankSection(GREEKS_STATUS.GREEKS_LATE);

export interface PublishLoopOptions {
  ring: Ring;
  table: InstrumentTable;
  delivery: Delivery;
  repriced: RepricedTicks;
  meters: ThreadMeters;
  clock: Clock;
  /** Positions from `from` to `to` were overwritten before they could be sent. */
  onGap(from: number, to: number): void;
}

/** Duty cycle of publish: reads what the gate lets through and hands it to the delivery. */
export class PublishLoop {
  readonly #options: PublishLoopOptions;
  readonly #batch: TickViews = createPrivateTicks(RUN_MAX, TICK_SLOT_BYTES);
  readonly #rows = new Int32Array(RUN_MAX);
  readonly #reader: RingReader;
  readonly #gate: GreeksGate;

  constructor(options: PublishLoopOptions) {
    const { ring, table, clock } = options;
    this.#options = options;
    this.#reader = new RingReader(ring, ring.newest(), this.#batch, RUN_MAX);
    this.#gate = new GreeksGate(ring, table, clock, RUN_MAX);
    ring.storePublishCursor(this.#reader.position);
  }

  /** Newest ring position that has been delivered. */
  get position(): number {
    return this.#reader.position;
  }

  /** True if ticks are there whose Greeks are not. */
  get waitingForGreeks(): boolean {
    return this.#gate.waiting;
  }

  /**
   * Sends at most one run, and after it Greeks that came later than their ticks. Returns the number
   * of ticks taken from the ring; without any, 0 if there were no such Greeks either.
   */
  doWork(): number {
    const taken = this.#sendRun();
    const repriced = this.#options.repriced.doWork();
    return taken > 0 ? taken : repriced;
  }

  #sendRun(): number {
    const { ring, clock, meters } = this.#options;
    const from = this.#reader.position;
    const published = ring.published(from);
    if (published === from) return 0;
    const startedUs = clock.nowUs();
    this.#catchUp(published);
    const position = this.#reader.position;
    const limit = this.#gate.limit(position, Math.min(published, position + RUN_MAX));
    const taken = limit - position;
    if (taken > 0) this.#send(position, limit);
    meters.set(PUBLISH.GATED_OUT_WORKERS, this.#gate.gatedOut);
    if (taken > 0) {
      meters.record(PUBLISH_HISTOGRAM.FLUSH_US, clock.nowUs() - startedUs);
      meters.record(PUBLISH_HISTOGRAM.FLUSH_TICKS, taken);
    }
    return this.#reader.position - from;
  }

  #send(position: number, limit: number): void {
    const { ring, delivery, meters } = this.#options;
    const count = this.#reader.read(limit);
    const lost = limit - position - count;
    if (lost > 0) this.#reportGap(position + 1, position + lost);
    this.#prepare(count, lost);
    delivery.deliver(this.#batch, this.#rows, count, limit);
    ring.storePublishCursor(limit);
    meters.add(PUBLISH.TICKS_READ, count);
  }

  /** Lapped, or about to be: what cannot be read any more is named, not hidden. */
  #catchUp(published: number): void {
    const intact = this.#options.ring.firstIntact(published);
    const position = this.#reader.position;
    if (intact <= position + 1) return;
    this.#reader.skipTo(intact - 1);
    this.#reportGap(position + 1, intact - 1);
  }

  #reportGap(from: number, to: number): void {
    this.#options.meters.add(PUBLISH.RING_OVERRUN, to - from + 1);
    this.#options.onGap(from, to);
  }

  /** Finds the rows, records ages, and blanks the Greeks that were not there before the copy. */
  #prepare(count: number, lost: number): void {
    const { table, meters, clock } = this.#options;
    const { u32, f64 } = this.#batch;
    const nowUs = clock.nowUs();
    let late = 0;
    for (let i = 0; i < count; i++) {
      const bytes = i * TICK_SLOT_BYTES;
      const row = table.find(u32[(bytes >> 2) + TICK_INSTRUMENT_TOKEN_U32]!);
      this.#rows[i] = row;
      const age = nowUs - f64[(bytes >> 3) + TICK_RECEIVE_TIME_F64]!;
      meters.record(PUBLISH_HISTOGRAM.AGE_US, Math.max(0, age));
      if (this.#gate.done[i + lost] === 1) continue;
      const isOption = row >= 0 && table.optionTypes[row] !== 0;
      if (isOption) {
        late++;
        this.#noteLate(row, bytes >> 2);
      }
      writeBlankGreeks(u32, bytes >> 2, isOption ? LATE : NOT_AN_OPTION);
    }
    meters.add(PUBLISH.GREEKS_LATE, late);
  }

  #noteLate(row: number, words: number): void {
    const { u32 } = this.#batch;
    const low = u32[words + TICK_SEQUENCE_LOW_U32]!;
    const high = u32[words + TICK_SEQUENCE_HIGH_U32]!;
    this.#options.repriced.noteLate(row, low + high * WORD);
  }
}
