/**
 * Stands for ingest and the Greeks worker in the fan-out bench: a thread that writes finished ticks
 * into the ring and the last-value table at a steady rate. No broker, no parser, no computation.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { createSystemClock } from '../../src/domain/clock.ts';
import { TICK_FLAG } from '../../src/domain/status.ts';
import { TickViews } from '../../src/shm/block.ts';
import { LastValueTable } from '../../src/shm/last-value-table.ts';
import {
  DEPTH_BYTES,
  DEPTH_OFFSET_BYTES,
  GREEKS_OFFSET_BYTES,
  QUOTE_BYTES,
  TICK_GREEKS_STATE_I32,
  TICK_LAST_PRICE_U32,
  TICK_RECEIVE_TIME_F64,
  TICK_SLOT_BYTES,
  TICK_VOLUME_U32,
} from '../../src/shm/layout/tick-slot.ts';
import { Ring } from '../../src/shm/ring.ts';
import { RingWriter } from '../../src/shm/ring-writer.ts';
import type { SharedBlocks } from '../../src/threads/messages.ts';
import { readThreadCpuUs } from '../socket/process-usage.ts';
import { FANOUT_INSTRUMENTS, placeAt } from './fanout-market.ts';
import type { Fed, ToHost } from './host-messages.ts';
import { TickPace } from './tick-pace.ts';

export interface FeederData {
  blocks: SharedBlocks;
  /** Bytes of one finished tick of each place. */
  ticks: ArrayBuffer;
  /** Row of each place. */
  rows: number[];
}

export type FromFeeder = { type: 'opened' } | ({ type: 'fed'; cpuUs: number } & Fed);

const QUOTE_WORDS = QUOTE_BYTES >> 2;
const GREEKS_WORD = GREEKS_OFFSET_BYTES >> 2;
const DEPTH_WORD = DEPTH_OFFSET_BYTES >> 2;
const SLOT_WORDS = TICK_SLOT_BYTES >> 2;
const DEPTH_END_WORD = DEPTH_WORD + (DEPTH_BYTES >> 2);
/** Prices and volumes move, so that no two ticks of an instrument are the same. */
const PRICE_STEPS = 200;
/** As much becomes visible together as ingest lets. */
const BATCH_MAX = 256;

class RingFeeder {
  readonly #clock = createSystemClock();
  readonly #writer: RingWriter;
  readonly #lastValues: LastValueTable;
  readonly #ticks: TickViews;
  readonly #rows: readonly number[];
  readonly #greeks: Uint32Array[];
  readonly #sleeper = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));

  constructor({ blocks, ticks, rows }: FeederData) {
    this.#writer = new RingWriter(new Ring(blocks.ring));
    this.#lastValues = new LastValueTable(blocks.lastValues);
    this.#ticks = new TickViews(ticks, 0, ticks.byteLength);
    this.#rows = rows;
    this.#greeks = rows.map((_row, place) => {
      const slot = place * SLOT_WORDS;
      return this.#ticks.u32.slice(slot + GREEKS_WORD, slot + TICK_GREEKS_STATE_I32);
    });
  }

  /** One tick of everything. */
  open(): void {
    this.#write(FANOUT_INSTRUMENTS);
  }

  /** Blocks the thread until all is written. */
  feed({ rate, durationMs, periodMs }: Extract<ToHost, { type: 'feed' }>): Fed {
    const from = this.#writer.position;
    const startedUs = this.#clock.nowUs();
    const pace = new TickPace(rate, this.#clock.monotonicMs(), durationMs);
    while (!pace.isOver) {
      Atomics.wait(this.#sleeper, 0, 0, periodMs);
      this.#write(pace.due(this.#clock.monotonicMs()));
    }
    const { skipped } = pace;
    return { from, to: this.#writer.position, startedUs, skipped };
  }

  #write(count: number): void {
    for (let left = count; left > 0; left -= BATCH_MAX) {
      const batch = Math.min(left, BATCH_MAX);
      const nowUs = this.#clock.nowUs();
      this.#writer.begin(batch);
      for (let i = 0; i < batch; i++) this.#writeOne(nowUs);
      this.#writer.end();
    }
  }

  #writeOne(nowUs: number): void {
    const writer = this.#writer;
    const { u32: source } = this.#ticks;
    const { u32, f64 } = writer.ticks;
    const place = placeAt(writer.position + 1);
    const row = this.#rows[place]!;
    const sequence = this.#lastValues.nextInstrumentSequence(row);
    const bytes = writer.open();
    const to = bytes >> 2;
    const from = place * SLOT_WORDS;
    for (let i = 0; i < QUOTE_WORDS; i++) u32[to + i] = source[from + i]!;
    for (let i = DEPTH_WORD; i < DEPTH_END_WORD; i++) u32[to + i] = source[from + i]!;
    f64[(bytes >> 3) + TICK_RECEIVE_TIME_F64] = nowUs;
    u32[to + TICK_LAST_PRICE_U32]! += sequence % PRICE_STEPS;
    u32[to + TICK_VOLUME_U32]! += sequence;
    writer.commit(TICK_FLAG.SIMULATED, sequence, this.#greeks[place]);
    this.#lastValues.writeGreeks(row, writer.ticks, bytes);
    this.#lastValues.writeQuote(row, writer.ticks, bytes);
  }
}

if (parentPort === null) throw new Error('the feeder runs as a thread');
const port = parentPort;
const feeder = new RingFeeder(workerData as FeederData);
port.on('message', (message: Extract<ToHost, { type: 'feed' }>) => {
  const beforeUs = readThreadCpuUs();
  const fed = feeder.feed(message);
  port.postMessage({ type: 'fed', cpuUs: readThreadCpuUs() - beforeUs, ...fed });
});
feeder.open();
port.postMessage({ type: 'opened' });
