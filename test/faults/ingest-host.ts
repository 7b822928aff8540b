import type { UpstreamMode } from '../../src/domain/ports.ts';
import type { Random } from '../../src/feed/sim/random.ts';
import type { TickViews } from '../../src/shm/block.ts';
import { InstrumentTable } from '../../src/shm/instrument-table.ts';
import { ROW_QUOTE_LOCK_I32 } from '../../src/shm/layout/last-value-row.ts';
import { METER_WRITER } from '../../src/shm/layout/meters.ts';
import { LastValueTable } from '../../src/shm/last-value-table.ts';
import { ThreadMeters } from '../../src/shm/meters.ts';
import { Ring } from '../../src/shm/ring.ts';
import { RingWriter } from '../../src/shm/ring-writer.ts';
import { IngestLoop } from '../../src/threads/ingest/loop.ts';
import type { SharedBlocks } from '../../src/threads/messages.ts';
import { BrokerLink, type Broker } from './broker.ts';
import type { Ledger } from './ledger.ts';
import type { VirtualClock } from './virtual-clock.ts';
import { Crash, VirtualThread } from './virtual-thread.ts';

/** Where ingest dies within a tick, in the order of its work. */
export const CRASH_POINTS = ['opened', 'counted', 'committed', 'half-row', 'unpublished'] as const;
export type CrashPoint = (typeof CRASH_POINTS)[number];

/** Dies at a point of a frame, `ticks` ticks from its start. */
interface CrashPlan {
  point: CrashPoint;
  ticks: number;
}

/** What of the current frame has been done. */
class Progress {
  plan: CrashPlan | undefined;
  /** Ticks of the frame whose instrument_sequence has been taken. */
  counted = 0;
  committed = 0;
  published = 0;

  begin(): void {
    this.counted = 0;
    this.committed = 0;
    this.published = 0;
  }

  /** Dies here if the plan says so. */
  pass(point: CrashPoint): void {
    if (this.plan?.point === point && this.committed >= this.plan.ticks) throw new Crash(point);
  }
}

class MortalWriter extends RingWriter {
  readonly #progress: Progress;

  constructor(ring: Ring, progress: Progress) {
    super(ring);
    this.#progress = progress;
  }

  override open(): number {
    const slotBytes = super.open();
    this.#progress.pass('opened');
    return slotBytes;
  }

  override commit(flags: number, sequence: number, blank: Uint32Array | undefined): number {
    this.#progress.counted++;
    this.#progress.pass('counted');
    const position = super.commit(flags, sequence, blank);
    this.#progress.committed++;
    this.#progress.pass('committed');
    return position;
  }

  override end(): void {
    this.#progress.pass('unpublished');
    super.end();
    this.#progress.published = this.#progress.committed;
  }
}

class MortalLastValues extends LastValueTable {
  readonly #progress: Progress;

  constructor(blocks: SharedBlocks, progress: Progress) {
    super(blocks.lastValues);
    this.#progress = progress;
  }

  override writeQuote(row: number, source: TickViews, slotBytes: number): void {
    try {
      this.#progress.pass('half-row');
    } catch (error) {
      // The lock stays odd and the row is part new, part old.
      const base = this.rowBytes(row) >> 2;
      Atomics.or(this.ticks.i32, base + ROW_QUOTE_LOCK_I32, 1);
      for (let word = 2; word < 12; word++) {
        this.ticks.u32[base + word] = source.u32[(slotBytes >> 2) + word]!;
      }
      throw error;
    }
    super.writeQuote(row, source, slotBytes);
  }
}

export interface IngestHostOptions {
  clock: VirtualClock;
  random: Random;
  broker: Broker;
  blocks: SharedBlocks;
  ledger: Ledger;
  /** Ticks have become visible. */
  onTicks: () => void;
  onDeath: () => void;
}

/** The ingest thread: the real loop behind a socket in memory, which can die anywhere. */
export class IngestHost {
  readonly thread: VirtualThread;
  readonly link: BrokerLink;
  readonly #options: IngestHostOptions;
  readonly #loop: IngestLoop;
  readonly #progress = new Progress();

  constructor(options: IngestHostOptions) {
    const { clock, random, broker, blocks } = options;
    this.#options = options;
    this.thread = new VirtualThread(clock, random, (error) => this.#onCrash(error));
    this.#loop = new IngestLoop({
      writer: new MortalWriter(new Ring(blocks.ring), this.#progress),
      table: new InstrumentTable(blocks.instruments),
      lastValues: new MortalLastValues(blocks, this.#progress),
      meters: new ThreadMeters(blocks.meters, METER_WRITER.INGEST),
      clock: this.thread.clock,
    });
    this.link = new BrokerLink(broker, this.thread, (frame) => this.onFrame(frame));
  }

  start(demand: readonly { token: number; mode: UpstreamMode }[]): void {
    for (const { token, mode } of demand) this.link.setDemand(token, mode);
    this.link.connect();
  }

  /** Dies at the next opportunity. */
  crash(point: CrashPoint, ticks: number): void {
    this.#progress.plan = { point, ticks };
  }

  /** Takes a frame that arrives now. */
  onFrame(frame: Uint8Array): void {
    const { ledger } = this.#options;
    const receiveTimeUs = this.#options.clock.nowUs();
    const packets = ledger.packetsOf(frame);
    const progress = this.#progress;
    progress.begin();
    try {
      this.#loop.onFrame(frame, receiveTimeUs, true);
    } catch (error) {
      const { counted, published } = progress;
      ledger.enter(packets.slice(0, counted), receiveTimeUs, published);
      const last = packets[counted - 1];
      if (last !== undefined && progress.plan?.point === 'half-row') ledger.empty(last.token);
      throw error;
    }
    ledger.enter(packets, receiveTimeUs, packets.length);
    this.#options.onTicks();
  }

  #onCrash(error: unknown): void {
    if (!(error instanceof Crash)) throw error;
    this.die();
  }

  /** Ends unasked. */
  die(): void {
    if (!this.thread.isAlive) return;
    this.thread.kill();
    this.link.close();
    this.#options.onDeath();
  }
}
