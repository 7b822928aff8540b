import { exchangeCalendar } from '../../src/domain/calendar.ts';
import type { Clock } from '../../src/domain/clock.ts';
import type { Instrument } from '../../src/domain/instrument.ts';
import { flatPricing, type PricingBook } from '../../src/domain/pricing-terms.ts';
import { InstrumentRegistry } from '../../src/instruments/registry.ts';
import { ChainTable } from '../../src/shm/chain-table.ts';
import { isGreeksDone } from '../../src/shm/greeks-section.ts';
import { InstrumentTable } from '../../src/shm/instrument-table.ts';
import { LastValueTable } from '../../src/shm/last-value-table.ts';
import { METER_WRITER } from '../../src/shm/layout/meters.ts';
import { TICK_GREEKS_STATE_I32 } from '../../src/shm/layout/tick-slot.ts';
import { ThreadMeters } from '../../src/shm/meters.ts';
import { RepriceRing } from '../../src/shm/reprice-ring.ts';
import { Ring } from '../../src/shm/ring.ts';
import { RingWriter } from '../../src/shm/ring-writer.ts';
import { RowAllocator } from '../../src/threads/control/row-allocator.ts';
import { allocateSharedMemory } from '../../src/threads/control/shared-memory.ts';
import { GreeksLoop } from '../../src/threads/greeks/loop.ts';
import { IngestLoop } from '../../src/threads/ingest/loop.ts';
import type { SharedBlocks } from '../../src/threads/messages.ts';
import { TICK_LAYOUT } from '../../src/wire/tick-layout.ts';
import { TickView } from '../../src/wire/tick-view.ts';
import type { ManualClock } from './feed/sim/manual-clock.ts';

export interface TickPathOptions {
  instruments: readonly Instrument[];
  clock: ManualClock;
  ringSlots?: number;
  rows?: number;
  workers?: number;
  /** Continuously compounded, per year. */
  rate?: number;
  /** Left out: Black-76 on the forward by parity, at `rate`. */
  pricing?: PricingBook;
}

/** The service's memory and its ingest and Greeks loops, wired as control does, in one thread. */
export class TickPath {
  readonly clock: ManualClock;
  readonly registry: InstrumentRegistry;
  readonly blocks: SharedBlocks;
  readonly ring: Ring;
  readonly table: InstrumentTable;
  readonly lastValues: LastValueTable;
  readonly chains: ChainTable;
  readonly allocator: RowAllocator;
  readonly ingest: IngestLoop;
  readonly ingestMeters: ThreadMeters;
  readonly publishMeters: ThreadMeters;
  readonly writer: RingWriter;
  /** One per Greeks worker. */
  readonly loops: GreeksLoop[] = [];
  readonly #view: DataView;

  constructor(options: TickPathOptions) {
    const {
      instruments,
      clock,
      ringSlots = 1024,
      rows = 4096,
      workers = 1,
      rate = 0.065,
      pricing = flatPricing(rate),
    } = options;
    this.clock = clock;
    this.registry = new InstrumentRegistry(instruments);
    this.blocks = allocateSharedMemory({ ringSlots, instrumentRows: rows, greeksWorkers: workers });
    this.ring = new Ring(this.blocks.ring);
    this.table = new InstrumentTable(this.blocks.instruments);
    this.lastValues = new LastValueTable(this.blocks.lastValues);
    this.chains = new ChainTable(this.blocks.chains);
    const { table, registry, lastValues } = this;
    this.allocator = new RowAllocator({
      table,
      registry,
      calendar: exchangeCalendar,
      pricing,
      workers,
    });
    this.ingestMeters = new ThreadMeters(this.blocks.meters, METER_WRITER.INGEST);
    this.publishMeters = new ThreadMeters(this.blocks.meters, METER_WRITER.PUBLISH);
    this.writer = new RingWriter(this.ring);
    this.ingest = new IngestLoop({
      writer: this.writer,
      table,
      lastValues,
      meters: this.ingestMeters,
      clock,
    });
    for (let worker = 0; worker < workers; worker++) this.loops.push(this.createLoop(worker));
    const { u8 } = this.ring.ticks;
    this.#view = new DataView(u8.buffer, u8.byteOffset, u8.byteLength);
  }

  /** A Greeks worker as it starts: at the newest position. */
  createLoop(worker: number, clock: Clock = this.clock): GreeksLoop {
    const { ring, lastValues, table } = this;
    const meters = this.greeksMeters(worker);
    const repriced = new RepriceRing(this.blocks.repriced, worker);
    const analytics = this.chains;
    const calendar = exchangeCalendar;
    const memory = { ring, lastValues, table, meters, repriced, analytics };
    return new GreeksLoop({ worker, ...memory, calendar, clock });
  }

  greeksMeters(worker = 0): ThreadMeters {
    return new ThreadMeters(this.blocks.meters, METER_WRITER.GREEKS + worker);
  }

  /** Row of an instrument, which is in the tables from now on. */
  rowOf(instrument: Instrument): number {
    return this.allocator.rowOf(instrument);
  }

  /** Ingest takes a frame that arrives now. */
  receive(frame: Uint8Array): void {
    this.ingest.onFrame(frame, this.clock.nowUs(), true);
  }

  /** Every worker works off what there is. */
  compute(): void {
    for (const loop of this.loops) while (loop.doWork() > 0);
  }

  /** The tick at a ring position, where it lies. */
  tickAt(position: number): TickView {
    return new TickView().moveTo(this.#view, this.ring.slotBytes(position), TICK_LAYOUT);
  }

  isDone(position: number): boolean {
    const index = (this.ring.slotBytes(position) >> 2) + TICK_GREEKS_STATE_I32;
    return isGreeksDone(this.ring.ticks.i32, index, position);
  }

  /** Position of the newest tick of `token`; fails if the ring has none. */
  newestOf(token: number): number {
    const newest = this.ring.newest();
    const oldest = Math.max(this.ring.start, newest - this.ring.slots) + 1;
    for (let position = newest; position >= oldest; position--) {
      if (this.tickAt(position).instrumentToken === token) return position;
    }
    throw new Error(`no tick of ${token} in the ring`);
  }

  /** The newest tick of an instrument in the ring. */
  newestTick({ token }: { token: number }): TickView {
    return this.tickAt(this.newestOf(token));
  }
}
