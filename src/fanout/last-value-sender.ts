import { GREEKS_STATUS, TICK_FLAG } from '../domain/status.ts';
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
import { FRAME_TICKS_MAX } from './assembler.ts';
import type { ClientConnection, Subscription } from './connection.ts';
import type { FrameSender } from './frame-sender.ts';

const WORD = 2 ** 32;
/** Of these there are no Greeks that could be older than the quote. */
const WITHOUT_GREEKS: ReadonlySet<number> = new Set([
  GREEKS_STATUS.UNSET,
  GREEKS_STATUS.GREEKS_LATE,
  GREEKS_STATUS.NOT_AN_OPTION,
]);

/** Sends from the last-value table: snapshots, newest values after a pause, repriced records. */
export class LastValueSender {
  readonly #table: LastValueTable;
  readonly #sender: FrameSender;
  /** Copies on their way out. */
  readonly #copies: TickViews = createPrivateTicks(FRAME_TICKS_MAX, TICK_SLOT_BYTES);

  constructor(table: LastValueTable, sender: FrameSender) {
    this.#table = table;
    this.#sender = sender;
  }

  /**
   * Sends the last value of each subscription, flagged SNAPSHOT. `delivered`: ring position up to
   * which ticks have been passed on.
   */
  sendSnapshots(
    connection: ClientConnection,
    subscriptions: Iterable<Subscription>,
    delivered: number,
  ): void {
    const { u32 } = this.#copies;
    for (const subscription of subscriptions) {
      subscription.awaitsSnapshot = false;
      const bytes = connection.pending.count * TICK_SLOT_BYTES;
      if (!this.#table.read(subscription.instrument.row, this.#copies, bytes)) continue;
      subscription.snapshotDue = subscription.greeks && this.#awaitsGreeks(bytes, delivered);
      const sequence = u32[(bytes >> 2) + TICK_INSTRUMENT_SEQUENCE_U32]!;
      // The table may be ahead of the ticks that come next from the ring: the older ones of them
      // are then passed over, so that there is neither gap nor repeat.
      subscription.started = true;
      subscription.mergeDue = false;
      subscription.lastSequence = sequence;
      // The snapshot would hold older Greeks, and the tick that has the right ones be passed over.
      if (subscription.snapshotDue) {
        subscription.lastSequence = (sequence - 1) >>> 0;
        this.#oweUntil(connection, bytes);
        continue;
      }
      subscription.isLost = false;
      u32[(bytes >> 2) + TICK_FLAGS_U32]! |= TICK_FLAG.SNAPSHOT;
      if (subscription.greeks) this.#flagOlderGreeks(bytes);
      this.#sender.counts.snapshots++;
      this.#push(connection, subscription, bytes, 0);
    }
    this.#send(connection);
  }

  /**
   * Sends the newest value of each subscription that has been sent an older one, with the number of
   * ticks that are merged into it; not more than `max` of them, from place `first` on and round to
   * it. Returns how many subscriptions it has come to: all, unless `max` are not enough.
   */
  sendConflated(
    connection: ClientConnection,
    subscriptions: readonly Subscription[],
    delivered: number,
    { first, max }: { first: number; max: number },
  ): number {
    const { u32 } = this.#copies;
    let come = 0;
    let sent = 0;
    for (; come < subscriptions.length && sent < max; come++) {
      const subscription = subscriptions[(first + come) % subscriptions.length]!;
      const bytes = connection.pending.count * TICK_SLOT_BYTES;
      if (!this.#table.read(subscription.instrument.row, this.#copies, bytes)) {
        subscription.mergeDue = true;
        continue;
      }
      const sequence = u32[(bytes >> 2) + TICK_INSTRUMENT_SEQUENCE_U32]!;
      const merged = subscription.missingBefore(sequence);
      if (merged < 0) continue;
      if (subscription.greeks && this.#awaitsGreeks(bytes, delivered)) {
        subscription.mergeDue = true;
        this.#oweUntil(connection, bytes);
        continue;
      }
      subscription.advance(sequence);
      subscription.mergeDue = false;
      if (subscription.greeks) this.#flagOlderGreeks(bytes);
      sent++;
      this.#push(connection, subscription, bytes, merged);
    }
    this.#send(connection);
    return come;
  }

  /** True if the subscription's instrument has a value. */
  hasValue({ instrument: { row } }: Subscription): boolean {
    return this.#table.instrumentSequence(row) > 0;
  }

  /**
   * A subscription that goes on after a resume in which it had no tick: its newest one, at or below
   * `delivered`, is what the client has.
   */
  startBefore(subscription: Subscription, delivered: number): void {
    const { row } = subscription.instrument;
    const count = this.#table.instrumentSequence(row);
    if (count > 0 && this.#table.quotePosition(row) <= delivered) subscription.advance(count);
  }

  /** Sends the pending repriced records of a connection. */
  sendRepriced(connection: ClientConnection): void {
    const { counts } = this.#sender;
    const { ticks } = counts;
    for (const subscription of connection.pendingRepriced) {
      subscription.repriceDue = false;
      const bytes = connection.pending.count * TICK_SLOT_BYTES;
      if (this.#readRepriced(subscription, bytes)) this.#push(connection, subscription, bytes, 0);
    }
    connection.pendingRepriced.length = 0;
    this.#send(connection);
    // They are no ticks of the stream.
    counts.repriced += counts.ticks - ticks;
    counts.ticks = ticks;
  }

  /** False if it is not to be sent: a newer tick is on its way, or has been sent. */
  #readRepriced(subscription: Subscription, bytes: number): boolean {
    const { u32 } = this.#copies;
    if (!this.#table.read(subscription.instrument.row, this.#copies, bytes)) return false;
    if (!this.#hasOwnGreeks(bytes)) return false;
    const words = bytes >> 2;
    u32[words + TICK_FLAGS_U32]! |= TICK_FLAG.REPRICED;
    return subscription.takesRepriced(u32[words + TICK_INSTRUMENT_SEQUENCE_U32]!);
  }

  #push(
    connection: ClientConnection,
    subscription: Subscription,
    bytes: number,
    merged: number,
  ): void {
    connection.pending.push(bytes, subscription, merged);
    if (connection.pending.count === FRAME_TICKS_MAX) this.#send(connection);
  }

  #send(connection: ClientConnection): void {
    if (connection.pending.count === 0) return;
    this.#sender.send(connection, this.#copies, connection.through, false);
  }

  /** True if the last value at `bytes` is about to come from the ring with its own Greeks. */
  #awaitsGreeks(bytes: number, delivered: number): boolean {
    return (
      this.#position(bytes) > delivered &&
      this.#copies.u8[bytes + TICK_GREEKS_STATUS_U8] !== GREEKS_STATUS.NOT_AN_OPTION &&
      !this.#hasOwnGreeks(bytes)
    );
  }

  /** The Greeks at `bytes` may be those of an older quote: the client is told. */
  #flagOlderGreeks(bytes: number): void {
    const status = this.#copies.u8[bytes + TICK_GREEKS_STATUS_U8]!;
    if (WITHOUT_GREEKS.has(status) || this.#hasOwnGreeks(bytes)) return;
    this.#copies.u32[(bytes >> 2) + TICK_FLAGS_U32]! |= TICK_FLAG.OLDER_GREEKS;
  }

  #oweUntil(connection: ClientConnection, bytes: number): void {
    connection.owesUntil = Math.max(connection.owesUntil, this.#position(bytes));
  }

  #position(bytes: number): number {
    const { u32 } = this.#copies;
    const words = bytes >> 2;
    return u32[words + TICK_SEQUENCE_LOW_U32]! + u32[words + TICK_SEQUENCE_HIGH_U32]! * WORD;
  }

  #hasOwnGreeks(bytes: number): boolean {
    const { u32 } = this.#copies;
    const words = bytes >> 2;
    return (
      u32[words + TICK_GREEKS_SEQUENCE_LOW_U32] === u32[words + TICK_SEQUENCE_LOW_U32] &&
      u32[words + TICK_GREEKS_SEQUENCE_HIGH_U32] === u32[words + TICK_SEQUENCE_HIGH_U32]
    );
  }
}
