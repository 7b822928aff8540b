import type { Clock } from '../domain/clock.ts';
import { CLOSE } from '../domain/ports.ts';
import { GREEKS_STATUS, type Mode, TICK_FLAG } from '../domain/status.ts';
import { createPrivateTicks, type TickViews } from '../shm/block.ts';
import type { LastValueTable } from '../shm/last-value-table.ts';
import {
  TICK_FLAGS_U32,
  TICK_GREEKS_SEQUENCE_HIGH_U32,
  TICK_GREEKS_SEQUENCE_LOW_U32,
  TICK_GREEKS_STATUS_U8,
  TICK_INSTRUMENT_SEQUENCE_U32,
  TICK_SEQUENCE_HIGH_U32,
  TICK_SEQUENCE_LOW_U32,
  TICK_SLOT_BYTES,
} from '../shm/layout/tick-slot.ts';
import { epochHex } from '../wire/epoch.ts';
import type { TickObject } from '../wire/messages.ts';
import { tickObject } from '../wire/tick-object.ts';
import type { FrameKind } from '../wire/tick-layout.ts';
import { FRAME_TICKS_MAX, FrameAssembler, frameKind } from './assembler.ts';
import type { ClientConnection, Subscription } from './connection.ts';
import type { SubscriptionIndex } from './subscription-index.ts';

/** What was sent, for the meters. */
export interface DeliveryCounts {
  /** Snapshots included, repriced records not. */
  ticks: number;
  frames: number;
  bytes: number;
  snapshots: number;
  repriced: number;
  tooSlow: number;
}

export interface DeliveryOptions {
  epochLow: number;
  epochHigh: number;
  index: SubscriptionIndex;
  lastValues: LastValueTable;
  clock: Clock;
  /** Unread bytes at which a client is closed with 4008. */
  clientBufferBytes: number;
}

/** Order in which a batch's frames leave; one mode a frame. */
const MODES: readonly Mode[] = [3, 2, 4, 1];
const WORD = 2 ** 32;

/** Sends ticks to whom they concern: batches from the ring, snapshots from the last-value table. */
export class Delivery {
  readonly counts: DeliveryCounts = {
    ticks: 0,
    frames: 0,
    bytes: 0,
    snapshots: 0,
    repriced: 0,
    tooSlow: 0,
  };
  readonly epoch: string;
  readonly #options: DeliveryOptions;
  readonly #assembler: FrameAssembler;
  readonly #touched: ClientConnection[] = [];
  /** Copies of last values on their way out: snapshots and repriced records. */
  readonly #snapshots: TickViews;
  /** Newest ring position that has been given to `deliver`. */
  #delivered = 0;

  constructor(options: DeliveryOptions) {
    this.#options = options;
    this.#assembler = new FrameAssembler(options.epochLow, options.epochHigh);
    this.epoch = epochHex(options.epochLow, options.epochHigh);
    this.#snapshots = createPrivateTicks(FRAME_TICKS_MAX, TICK_SLOT_BYTES);
  }

  /**
   * Sends the `count` ticks at the start of `batch` (in ring order; `rows[i]` is the instrument's
   * row, -1 for none). `through` is the ring position of the last one.
   */
  deliver(batch: TickViews, rows: Int32Array, count: number, through: number): void {
    const touched = this.#touched;
    this.#delivered = through;
    for (let i = 0; i < count; i++) {
      const row = rows[i]!;
      const subscriptions = row < 0 ? undefined : this.#options.index.ofRow(row);
      if (subscriptions === undefined) continue;
      const sequence = batch.u32[((i * TICK_SLOT_BYTES) >> 2) + TICK_INSTRUMENT_SEQUENCE_U32]!;
      for (const subscription of subscriptions) {
        if (!subscription.advance(sequence)) continue;
        const { connection } = subscription;
        if (connection.pendingSlots.length === 0) touched.push(connection);
        connection.pendingSlots.push(i);
        connection.pendingFor.push(subscription);
      }
    }
    for (const connection of touched) this.#flush(connection, batch, through);
    touched.length = 0;
  }

  /**
   * Sends the last value of each subscription, flagged SNAPSHOT; none for instruments without one.
   */
  sendSnapshots(connection: ClientConnection, subscriptions: readonly Subscription[]): void {
    const { lastValues } = this.#options;
    const { u32 } = this.#snapshots;
    for (const subscription of subscriptions) {
      const place = connection.pendingSlots.length;
      const bytes = place * TICK_SLOT_BYTES;
      if (!lastValues.read(subscription.instrument.row, this.#snapshots, bytes)) continue;
      subscription.snapshotDue =
        subscription.greeks &&
        this.#awaitsGreeks(bytes, Math.max(this.#delivered, connection.through));
      // The snapshot would hold older Greeks, and the tick that has the right ones be passed over.
      if (subscription.snapshotDue) continue;
      u32[(bytes >> 2) + TICK_FLAGS_U32]! |= TICK_FLAG.SNAPSHOT;
      // The table may be ahead of the ring batch that comes next: that batch's older ticks are then
      // passed over, so that the snapshot and what follows it have neither gap nor repeat.
      subscription.started = true;
      subscription.lastSequence = u32[(bytes >> 2) + TICK_INSTRUMENT_SEQUENCE_U32]!;
      connection.pendingSlots.push(place);
      connection.pendingFor.push(subscription);
      this.counts.snapshots++;
      if (place + 1 === FRAME_TICKS_MAX) {
        this.#flush(connection, this.#snapshots, connection.through);
      }
    }
    if (connection.pendingSlots.length > 0) {
      this.#flush(connection, this.#snapshots, connection.through);
    }
  }

  /**
   * Sends the last values of `rows[0..count)`, whose Greeks have been computed again, to those who
   * have been sent the tick that they belong to and nothing newer of the instrument; flagged
   * REPRICED, outside the stream of positions. Who has no use for Greeks gets none.
   */
  deliverRepriced(rows: Int32Array, count: number): void {
    const touched = this.#touched;
    let place = 0;
    for (let i = 0; i < count; i++) {
      const subscriptions = this.#options.index.ofRow(rows[i]!);
      if (subscriptions === undefined) continue;
      if (!this.#putRepriced(rows[i]!, place * TICK_SLOT_BYTES, subscriptions, place)) continue;
      if (++place < FRAME_TICKS_MAX) continue;
      this.#flushRepriced();
      place = 0;
    }
    if (touched.length > 0) this.#flushRepriced();
  }

  /** False if nobody is to get it. */
  #putRepriced(
    row: number,
    bytes: number,
    subscriptions: readonly Subscription[],
    place: number,
  ): boolean {
    const { u32 } = this.#snapshots;
    const words = bytes >> 2;
    if (!this.#options.lastValues.read(row, this.#snapshots, bytes)) return false;
    const isOwn =
      u32[words + TICK_GREEKS_SEQUENCE_LOW_U32] === u32[words + TICK_SEQUENCE_LOW_U32] &&
      u32[words + TICK_GREEKS_SEQUENCE_HIGH_U32] === u32[words + TICK_SEQUENCE_HIGH_U32];
    // A newer tick is on its way and brings its own.
    if (!isOwn) return false;
    u32[words + TICK_FLAGS_U32]! |= TICK_FLAG.REPRICED;
    const sequence = u32[words + TICK_INSTRUMENT_SEQUENCE_U32]!;
    let isWanted = false;
    for (const subscription of subscriptions) {
      if (!subscription.takesRepriced(sequence)) continue;
      const { connection } = subscription;
      if (connection.pendingSlots.length === 0) this.#touched.push(connection);
      connection.pendingSlots.push(place);
      connection.pendingFor.push(subscription);
      isWanted = true;
    }
    return isWanted;
  }

  #flushRepriced(): void {
    const { ticks } = this.counts;
    for (const connection of this.#touched) {
      this.#flush(connection, this.#snapshots, connection.through);
    }
    this.#touched.length = 0;
    // They are no ticks of the stream.
    this.counts.repriced += this.counts.ticks - ticks;
    this.counts.ticks = ticks;
  }

  /** True if the last value at `bytes` is about to come from the ring with its own Greeks. */
  #awaitsGreeks(bytes: number, delivered: number): boolean {
    const { u8, u32 } = this.#snapshots;
    const words = bytes >> 2;
    const low = u32[words + TICK_SEQUENCE_LOW_U32]!;
    const high = u32[words + TICK_SEQUENCE_HIGH_U32]!;
    return (
      low + high * WORD > delivered &&
      u8[bytes + TICK_GREEKS_STATUS_U8] !== GREEKS_STATUS.NOT_AN_OPTION &&
      (u32[words + TICK_GREEKS_SEQUENCE_LOW_U32] !== low ||
        u32[words + TICK_GREEKS_SEQUENCE_HIGH_U32] !== high)
    );
  }

  /** Sends a control record, unless the client reads too slowly. */
  sendText(connection: ClientConnection, text: string): void {
    if (connection.closed) return;
    connection.lastSentMs = this.#options.clock.monotonicMs();
    if (connection.socket.send(text)) this.counts.bytes += text.length;
    this.#checkBacklog(connection);
  }

  #flush(connection: ClientConnection, batch: TickViews, through: number): void {
    if (!connection.closed && connection.ready) {
      if (connection.binary) this.#flushBinary(connection, batch, through);
      else this.#flushJson(connection, batch, through);
      connection.lastSentMs = this.#options.clock.monotonicMs();
      this.#checkBacklog(connection);
    }
    connection.pendingSlots.length = 0;
    connection.pendingFor.length = 0;
  }

  #flushBinary(connection: ClientConnection, batch: TickViews, through: number): void {
    const { pendingSlots, pendingFor } = connection;
    let left = pendingSlots.length;
    for (const mode of MODES) {
      const kind = frameKind(mode);
      let filled = 0;
      for (let i = 0; i < pendingSlots.length; i++) {
        const subscription = pendingFor[i]!;
        if (subscription.mode !== mode) continue;
        this.#put(kind, filled++, batch, pendingSlots[i]! * TICK_SLOT_BYTES, subscription);
        left--;
        if (filled === FRAME_TICKS_MAX || left === 0) {
          this.#sendFrame(connection, kind, filled, left === 0 ? through : connection.through);
          filled = 0;
        }
      }
      if (filled > 0) this.#sendFrame(connection, kind, filled, connection.through);
      if (left === 0) break;
    }
  }

  #put(
    kind: FrameKind,
    place: number,
    batch: TickViews,
    bytes: number,
    subscription: Subscription,
  ): void {
    this.#assembler.put(kind, place, batch, bytes, subscription.greeks);
    if (!subscription.snapshotDue) return;
    subscription.snapshotDue = false;
    const { u32, structBytes } = this.#assembler.frame(kind);
    u32[((place * structBytes) >> 2) + TICK_FLAGS_U32]! |= TICK_FLAG.SNAPSHOT;
    this.counts.snapshots++;
  }

  #sendFrame(connection: ClientConnection, kind: FrameKind, count: number, through: number): void {
    const frame = this.#assembler.frame(kind).finish(count, this.#options.clock.nowUs(), through);
    connection.through = through;
    if (!connection.socket.send(frame)) return;
    this.counts.ticks += count;
    this.counts.frames++;
    this.counts.bytes += frame.length;
  }

  #flushJson(connection: ClientConnection, batch: TickViews, through: number): void {
    const { pendingSlots, pendingFor } = connection;
    const ticks: TickObject[] = [];
    for (let i = 0; i < pendingSlots.length; i++) {
      ticks.push(this.#jsonTick(batch, pendingSlots[i]! * TICK_SLOT_BYTES, pendingFor[i]!));
    }
    connection.through = through;
    const text = JSON.stringify({
      type: 'ticks',
      epoch: this.epoch,
      sent_time: Math.round(this.#options.clock.nowUs()),
      through,
      ticks,
    });
    if (!connection.socket.send(text)) return;
    this.counts.ticks += ticks.length;
    this.counts.frames++;
    this.counts.bytes += text.length;
  }

  /* The same bytes as in a binary frame, so that both formats show the same values. */
  #jsonTick(batch: TickViews, bytes: number, subscription: Subscription): TickObject {
    const { mode, greeks } = subscription;
    const kind = frameKind(mode);
    this.#put(kind, 0, batch, bytes, subscription);
    return tickObject(this.#assembler.view(kind), 0, kind, { greeks });
  }

  #checkBacklog(connection: ClientConnection): void {
    const buffered = connection.socket.bufferedBytes();
    if (buffered <= this.#options.clientBufferBytes || connection.closed) return;
    connection.closed = true;
    this.counts.tooSlow++;
    connection.socket.end(CLOSE.TOO_SLOW, `TOO_SLOW: ${buffered} bytes unread`);
  }
}
