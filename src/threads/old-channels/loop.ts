import type { Clock } from '../../domain/clock.ts';
import type { InstrumentType, NamedInstrument } from '../../domain/instrument.ts';
import { oldPayload } from '../../fanout/old/old-payload.ts';
import { createPrivateTicks, type TickViews } from '../../shm/block.ts';
import { isGreeksDone } from '../../shm/greeks-section.ts';
import type { InstrumentTable } from '../../shm/instrument-table.ts';
import { TICK_GREEKS_STATE_I32, TICK_SLOT_BYTES } from '../../shm/layout/tick-slot.ts';
import type { Ring } from '../../shm/ring.ts';
import { RingReader } from '../../shm/ring-reader.ts';
import { TICK_LAYOUT } from '../../wire/tick-layout.ts';
import { TickView } from '../../wire/tick-view.ts';

/** Ticks of one run: 655 kB of private memory. */
export const RUN_MAX = 2048;
/** How long ticks wait for Greeks, ms. Batches wait longer. */
export const GREEKS_WAIT_MS = 50;
/** Instruments asked for at a time. */
const QUESTION_MAX = 1000;

/** Channels below the prefix. Shares and futures were among the options before. */
const CHANNELS: Readonly<Record<InstrumentType, string>> = {
  CE: 'options',
  PE: 'options',
  FUT: 'futures',
  EQ: 'equities',
  INDEX: 'underlying',
};

export interface OldChannelsLoopOptions {
  ring: Ring;
  table: InstrumentTable;
  clock: Clock;
  prefix: string;
  /** Takes every tick, in the order of the ring. */
  add: (channel: string, text: string) => void;
  /** Asks what the instruments in the rows from `first` on are; answered by `describe`. */
  ask: (first: number, tokens: number[]) => void;
}

/** Reads the ring for the old channels: every tick once, with its Greeks if they come in time. */
export class OldChannelsLoop {
  /** Ticks of instruments that nobody knows. */
  undescribed = 0;
  readonly #options: OldChannelsLoopOptions;
  readonly #run: TickViews = createPrivateTicks(RUN_MAX, TICK_SLOT_BYTES);
  readonly #view: DataView;
  readonly #done = new Uint8Array(RUN_MAX);
  readonly #reader: RingReader;
  readonly #tick = new TickView();
  /** By row, as far as they have been described; null: nobody knows it. */
  readonly #instruments: (NamedInstrument | null)[] = [];
  readonly #channels: Readonly<Record<InstrumentType, string>>;
  #asked = 0;
  /** Monotonic ms since when the next tick waits for its Greeks; undefined: it does not. */
  #waitingSinceMs: number | undefined;
  /** Up to here no tick waits for Greeks. */
  #withoutWaiting = 0;

  /** Starts at the newest tick. */
  constructor(options: OldChannelsLoopOptions) {
    const { ring, prefix } = options;
    this.#options = options;
    this.#reader = new RingReader(ring, ring.newest(), this.#run, RUN_MAX);
    const { u8 } = this.#run;
    this.#view = new DataView(u8.buffer, u8.byteOffset, u8.byteLength);
    const named = Object.entries(CHANNELS).map(([type, name]) => [type, `${prefix}:${name}`]);
    this.#channels = Object.fromEntries(named) as Record<InstrumentType, string>;
  }

  /** Ticks that the ring overwrote before they were read. */
  get lost(): number {
    return this.#reader.lost;
  }

  /** Ticks that wait in the ring. */
  get lag(): number {
    return this.#reader.lag;
  }

  /** The answer to an `ask`. One that comes late, after it was asked again, changes nothing. */
  describe(first: number, instruments: readonly (NamedInstrument | null)[]): void {
    if (first === this.#instruments.length) this.#instruments.push(...instruments);
  }

  /** Forgets that it has asked: there was no answer, and it will ask again. */
  forgetQuestion(): void {
    this.#asked = this.#instruments.length;
  }

  /** Takes at most one run of ticks. Returns how many left the ring, the lost ones included. */
  doWork(): number {
    const { ring } = this.#options;
    const from = this.#reader.position;
    const published = ring.published(from);
    if (published === from) return 0;
    // A tick of an instrument that is not described yet waits: the answer is a matter of ms.
    if (!this.#knowsAll()) return 0;
    // Lapped: the run begins at what is left.
    this.#reader.skipTo(Math.min(ring.firstIntact(published) - 1, published));
    const position = this.#reader.position;
    const limit = this.#limit(position, Math.min(published, position + RUN_MAX));
    if (limit > position) this.#take(position, limit);
    return this.#reader.position - from;
  }

  #knowsAll(): boolean {
    const { table, ask } = this.#options;
    const { count } = table;
    if (this.#instruments.length >= count) return true;
    if (this.#asked > this.#instruments.length) return false;
    const to = Math.min(count, this.#asked + QUESTION_MAX);
    const first = this.#asked;
    this.#asked = to;
    ask(first, [...table.tokens.subarray(first, to)]);
    return false;
  }

  /** Last position to read now: all workers have passed it, or it has waited long enough. */
  #limit(position: number, to: number): number {
    const { ring, clock } = this.#options;
    let passed = to;
    for (let worker = 0; worker < ring.workers; worker++) {
      passed = Math.min(passed, ring.greeksCursor(worker, position));
    }
    if (passed > position || to <= this.#withoutWaiting) {
      this.#waitingSinceMs = undefined;
      return Math.max(passed, Math.min(to, this.#withoutWaiting));
    }
    const nowMs = clock.monotonicMs();
    this.#waitingSinceMs ??= nowMs;
    if (nowMs - this.#waitingSinceMs < GREEKS_WAIT_MS) return position;
    this.#waitingSinceMs = undefined;
    this.#withoutWaiting = ring.published(position);
    return to;
  }

  #take(position: number, limit: number): void {
    const { ring, table, add } = this.#options;
    // Before the copy: what is done then stays done unless it is overwritten, which `read` sees.
    for (let at = position + 1; at <= limit; at++) {
      const state = (ring.slotBytes(at) >> 2) + TICK_GREEKS_STATE_I32;
      this.#done[at - position - 1] = isGreeksDone(ring.ticks.i32, state, at) ? 1 : 0;
    }
    const count = this.#reader.read(limit);
    const lost = limit - position - count;
    for (let i = 0; i < count; i++) {
      const bytes = i * TICK_SLOT_BYTES;
      const tick = this.#tick.moveTo(this.#view, bytes, TICK_LAYOUT);
      const instrument = this.#instruments[table.find(tick.instrumentToken)];
      if (instrument === undefined || instrument === null) {
        this.undescribed++;
        continue;
      }
      const payload = oldPayload(tick, instrument, this.#done[i + lost] === 1);
      add(this.#channels[instrument.type], JSON.stringify(payload));
    }
  }
}
