import type { Clock } from '../../domain/clock.ts';
import { GREEKS_STATUS, TICK_FLAG } from '../../domain/status.ts';
import { type FrameRejects, KiteFrameParser, type PacketSink } from '../../feed/kite/parser.ts';
import { blankSection, writeBlankGreeks } from '../../shm/blank-greeks.ts';
import { createPrivateTicks, type TickViews } from '../../shm/block.ts';
import type { InstrumentTable } from '../../shm/instrument-table.ts';
import type { LastValueTable } from '../../shm/last-value-table.ts';
import { INGEST, INGEST_HISTOGRAM } from '../../shm/layout/meters.ts';
import { TICK_SLOT_BYTES } from '../../shm/layout/tick-slot.ts';
import type { ThreadMeters } from '../../shm/meters.ts';
import type { RingWriter } from '../../shm/ring-writer.ts';
import { validationFlags } from './tick-flags.ts';

/** Ticks that become visible together; bounds how long a large frame keeps readers waiting. */
const BATCH_MAX = 256;

/** Slots of the private memory that holds Greeks sections without values. */
const NOT_AN_OPTION_BYTES = 0;
const NOT_YET_BYTES = TICK_SLOT_BYTES;

export interface IngestLoopOptions {
  writer: RingWriter;
  table: InstrumentTable;
  lastValues: LastValueTable;
  meters: ThreadMeters;
  clock: Clock;
}

/** Turns broker frames into ring slots and last values. */
export class IngestLoop implements PacketSink {
  readonly ticks: TickViews;
  readonly #options: IngestLoopOptions;
  readonly #parser: KiteFrameParser;
  readonly #blanks: TickViews = createPrivateTicks(2, TICK_SLOT_BYTES);
  readonly #notAnOption: Uint32Array;
  #row = 0;
  #inBatch = 0;
  #sourceFlags = 0;
  readonly #seen: FrameRejects;
  #sectionsInUse = 0;

  constructor(options: IngestLoopOptions) {
    this.#options = options;
    this.ticks = options.writer.ticks;
    this.#parser = new KiteFrameParser(this);
    this.#seen = { ...this.#parser.rejects };
    this.#notAnOption = blankSection(GREEKS_STATUS.NOT_AN_OPTION);
    const notYet = blankSection(GREEKS_STATUS.GREEKS_LATE);
    writeBlankGreeks(this.#blanks.u32, NOT_AN_OPTION_BYTES >> 2, this.#notAnOption);
    writeBlankGreeks(this.#blanks.u32, NOT_YET_BYTES >> 2, notYet);
  }

  /** Takes one binary frame received at `receiveTimeUs` (epoch us). */
  onFrame(frame: Uint8Array, receiveTimeUs: number, simulated: boolean): void {
    const { writer, meters, clock } = this.#options;
    const packets = this.#parser.packetCount(frame);
    this.#sourceFlags = simulated ? TICK_FLAG.SIMULATED : 0;
    this.#inBatch = 0;
    writer.begin(Math.min(packets, BATCH_MAX));
    const ticks = this.#parser.parse(frame, receiveTimeUs);
    writer.end();
    meters.add(INGEST.FRAMES, 1);
    meters.add(INGEST.BYTES, frame.length);
    meters.add(INGEST.TICKS, ticks);
    if (simulated) meters.add(INGEST.SIMULATED_TICKS, ticks);
    this.#meterRejects();
    if (ticks > 0) {
      meters.record(INGEST_HISTOGRAM.FRAME_US, Math.max(0, clock.nowUs() - receiveTimeUs));
    }
  }

  open(token: number): number {
    const { writer, table } = this.#options;
    this.#row = table.find(token);
    if (this.#row < 0) return -1;
    if (this.#inBatch === BATCH_MAX) {
      writer.end();
      writer.begin(BATCH_MAX);
      this.#inBatch = 0;
    }
    this.#inBatch++;
    return writer.open();
  }

  close(slotBytes: number): void {
    const { writer, table, lastValues } = this.#options;
    const row = this.#row;
    const previous = lastValues.rowBytes(row);
    const flags = validationFlags(this.ticks, slotBytes, lastValues.ticks, previous);
    if (flags !== 0) this.#meterFlags(flags);
    const isOption = table.optionTypes[row] !== 0;
    const sequence = lastValues.nextInstrumentSequence(row);
    writer.commit(flags | this.#sourceFlags, sequence, isOption ? undefined : this.#notAnOption);
    if (!lastValues.hasGreeks(row)) {
      // Before the batch is visible no worker can be writing this section.
      lastValues.writeGreeks(row, this.#blanks, isOption ? NOT_YET_BYTES : NOT_AN_OPTION_BYTES);
    }
    lastValues.writeQuote(row, this.ticks, slotBytes);
  }

  #meterFlags(flags: number): void {
    const { meters } = this.#options;
    if (flags & TICK_FLAG.CROSSED_BOOK) meters.add(INGEST.FLAG_CROSSED_BOOK, 1);
    if (flags & TICK_FLAG.OUT_OF_ORDER) meters.add(INGEST.FLAG_OUT_OF_ORDER, 1);
    if (flags & TICK_FLAG.ZERO_LAST_PRICE) meters.add(INGEST.FLAG_ZERO_LAST_PRICE, 1);
    if (flags & TICK_FLAG.UNKNOWN_SEGMENT) meters.add(INGEST.FLAG_UNKNOWN_SEGMENT, 1);
  }

  /* The parser counts since its start, the meters since the service's: add the difference. */
  #meterRejects(): void {
    const { meters, writer } = this.#options;
    const { rejects } = this.#parser;
    const seen = this.#seen;
    if (rejects.heartbeats !== seen.heartbeats) {
      meters.add(INGEST.HEARTBEATS, rejects.heartbeats - seen.heartbeats);
      seen.heartbeats = rejects.heartbeats;
    }
    if (writer.sectionsInUse !== this.#sectionsInUse) {
      meters.add(INGEST.SECTIONS_IN_USE, writer.sectionsInUse - this.#sectionsInUse);
      this.#sectionsInUse = writer.sectionsInUse;
    }
    const { unknownLength, truncated, trailingBytes, passedOver } = rejects;
    meters.add(INGEST.REJECT_UNKNOWN_LENGTH, unknownLength - seen.unknownLength);
    meters.add(INGEST.REJECT_TRUNCATED, truncated - seen.truncated);
    meters.add(INGEST.REJECT_TRAILING_BYTES, trailingBytes - seen.trailingBytes);
    meters.add(INGEST.REJECT_UNKNOWN_INSTRUMENT, passedOver - seen.passedOver);
    seen.unknownLength = unknownLength;
    seen.truncated = truncated;
    seen.trailingBytes = trailingBytes;
    seen.passedOver = passedOver;
  }
}
