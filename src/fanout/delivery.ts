import type { Clock } from '../domain/clock.ts';
import type { InstrumentTable } from '../shm/instrument-table.ts';
import type { LastValueTable } from '../shm/last-value-table.ts';
import type { Ring } from '../shm/ring.ts';
import type { ServerMessage } from '../wire/messages.ts';
import { BLANK, FRAME_TICKS_MAX } from './assembler.ts';
import type { ClientConnection, Subscription } from './connection.ts';
import { type DeliveryCounts, FrameSender } from './frame-sender.ts';
import { LastValueSender } from './last-value-sender.ts';
import { Sharing } from './sharing.ts';
import { SlowReaders } from './slow-readers.ts';
import { OpenWindows } from './open-windows.ts';
import { ticksOfPiece } from './piece.ts';
import type { SubscriptionIndex, TickTaker } from './subscription-index.ts';

export interface DeliveryPorts {
  ring: Ring;
  table: InstrumentTable;
  lastValues: LastValueTable;
  index: SubscriptionIndex;
  clock: Clock;
  /** Unread bytes at which a client is closed with 4008. */
  clientBufferBytes: number;
}

/**
 * Sends ticks to whom they concern. The ring is the only buffer: a connection notes which of its
 * slots are to be sent, and they are copied into a frame when its window is over.
 */
export class Delivery {
  readonly epoch: string;
  readonly counts: DeliveryCounts;
  readonly sharing: Sharing;
  readonly slowReaders: SlowReaders;
  /** Window of connections that left it to the service, ms. */
  adaptiveWindowMs = 0;
  readonly windows = new OpenWindows();
  /**
   * True: of the ticks of an option that come in one run, those who conflate get the newest only.
   * Underlyings are never left out.
   */
  sheds = false;
  /** Newest ring position that has been passed on. */
  position: number;
  readonly #ports: DeliveryPorts;
  readonly #softBufferBytes: number;
  readonly #sender: FrameSender;
  readonly #lastValues: LastValueSender;
  /** Connections with something pending. */
  #waiting: ClientConnection[] = [];
  readonly #takers: TickTaker[] = [];
  /** By row: place of its newest tick in the run; meaningful while something is shed. */
  readonly #newest: Int32Array;

  constructor(ports: DeliveryPorts) {
    const { ring, table, lastValues, index, clock, clientBufferBytes } = ports;
    const { epochLow, epochHigh } = ring;
    this.#ports = ports;
    this.#newest = new Int32Array(table.rows);
    this.position = ring.newest();
    const softBufferBytes = softLimit(clientBufferBytes);
    this.#softBufferBytes = softBufferBytes;
    this.#sender = new FrameSender({
      epochLow,
      epochHigh,
      ring,
      clock,
      clientBufferBytes,
      softBufferBytes,
    });
    this.#lastValues = new LastValueSender(lastValues, this.#sender);
    this.epoch = this.#sender.epoch;
    this.counts = this.#sender.counts;
    this.sharing = new Sharing(index, (connection) => this.flush(connection));
    this.slowReaders = new SlowReaders({
      ring,
      table,
      index,
      clock,
      softBufferBytes,
      sender: this.#sender,
      lastValues: this.#lastValues,
      sharing: this.sharing,
      position: () => this.position,
    });
  }

  /**
   * Passes on the `count` ticks after `position`. `rows[i]`: the instrument's row, -1 for none;
   * `sequences[i]`: its count of the instrument; `done[i]` 1: its Greeks are there. All were read
   * before the ring was found to be intact.
   */
  deliver(
    position: number,
    count: number,
    rows: Int32Array,
    sequences: Uint32Array,
    done: Uint8Array,
  ): void {
    const { ring, index } = this.#ports;
    this.position = position + count;
    if (this.sheds) this.#noteNewest(rows, count);
    for (let i = 0; i < count; i++) {
      const row = rows[i]!;
      if (row < 0) continue;
      const bytes = ring.slotBytes(position + 1 + i);
      const takers = index.takersOf(row);
      if (takers !== undefined) this.#give(takers, row, bytes, done[i] === 1);
      const subscriptions = index.ofRow(row);
      if (subscriptions === undefined) continue;
      const slot = bytes | (done[i] === 1 ? BLANK.NOTHING : this.#blankOf(row));
      const sequence = sequences[i]!;
      const isShed =
        this.sheds && this.#newest[row] !== i && this.#ports.table.optionTypes[row] !== 0;
      for (const subscription of subscriptions) {
        if (isShed && subscription.started && subscription.policy === 'conflate') {
          subscription.mergeDue = true;
        } else {
          this.#push(subscription, slot, sequence, position + 1 + i);
        }
      }
    }
    this.#endTakers(position + 1);
    this.flushDue();
  }

  /** Positions up to here cannot be had any more; those who are not behind have been told. */
  passOver(position: number): void {
    this.position = position;
  }

  #noteNewest(rows: Int32Array, count: number): void {
    for (let i = 0; i < count; i++) if (rows[i]! >= 0) this.#newest[rows[i]!] = i;
  }

  #blankOf(row: number): number {
    return this.#ports.table.optionTypes[row] !== 0 ? BLANK.LATE : BLANK.NOT_AN_OPTION;
  }

  #push(subscription: Subscription, slot: number, sequence: number, position: number): void {
    const merged = subscription.mergeDue ? subscription.missingBefore(sequence) : 0;
    if (!subscription.advance(sequence)) return;
    subscription.mergeDue = false;
    const { connection } = subscription;
    const { pending } = connection;
    if (pending.count === 0) {
      pending.from = position;
      this.#await(connection);
    }
    pending.push(slot, subscription, merged);
  }

  #await(connection: ClientConnection): void {
    if (connection.isWaiting) return;
    connection.isWaiting = true;
    this.#waiting.push(connection);
  }

  #give(takers: readonly TickTaker[], row: number, bytes: number, greeksDone: boolean): void {
    for (const taker of takers) {
      taker.take(row, this.#ports.ring.ticks, bytes, greeksDone);
      if (!this.#takers.includes(taker)) this.#takers.push(taker);
    }
  }

  #endTakers(first: number): void {
    if (this.#takers.length === 0) return;
    const isIntact = this.#ports.ring.firstIntact(first) <= first;
    for (const taker of this.#takers) {
      if (isIntact) taker.flush();
      else taker.discard();
    }
    this.#takers.length = 0;
  }

  /** Sends what has been gathered for as long as its connection's window, or fills a frame. */
  flushDue(): void {
    if (this.#waiting.length > 0) {
      const nowMs = this.#ports.clock.monotonicMs();
      const waiting = this.#waiting;
      this.#waiting = [];
      for (const connection of waiting) {
        connection.isWaiting = false;
        const isFull = connection.pending.count >= FRAME_TICKS_MAX;
        if (isFull || connection.lastFlushMs + this.windowMs(connection) <= nowMs) {
          this.flush(connection);
        } else if (connection.hasPending) {
          this.#await(connection);
        }
      }
    }
    this.#settle();
  }

  /** Sends everything that is pending, whatever the windows. */
  flushAll(): void {
    for (const connection of this.#waiting.splice(0)) {
      connection.isWaiting = false;
      this.flush(connection);
    }
    this.#settle();
  }

  /**
   * How long the service may leave the delivery alone, ms: until the first window is over;
   * undefined: until there is something new.
   */
  pauseMs(): number | undefined {
    if (this.#waiting.length === 0) return undefined;
    const nowMs = this.#ports.clock.monotonicMs();
    // What comes next may be for a connection with a shorter window than those that wait.
    let pauseMs = this.windows.leastMs(this.adaptiveWindowMs);
    for (const connection of this.#waiting) {
      const dueMs = connection.lastFlushMs + this.windowMs(connection);
      pauseMs = Math.min(pauseMs, dueMs - nowMs);
    }
    return Math.max(0, pauseMs);
  }

  windowMs({ window }: ClientConnection): number {
    return window === 'adaptive' ? this.adaptiveWindowMs : window;
  }

  /** Sends everything that is pending of a connection, and to those who share it. */
  flush(connection: ClientConnection): void {
    if (!connection.hasPending) return;
    if (!connection.ready || (connection.closed && connection.followers.length === 0)) {
      connection.pending.clear();
      connection.pendingRepriced.length = 0;
      return;
    }
    // Taken before: with hundreds who share, sending takes milliseconds of the next window.
    connection.lastFlushMs = this.#ports.clock.monotonicMs();
    if (connection.pending.count > 0) this.#sendPending(connection);
    if (connection.pendingRepriced.length > 0) this.#lastValues.sendRepriced(connection);
  }

  #sendPending(connection: ClientConnection): void {
    const { position } = this;
    const through = connection.throughAt(position);
    if (this.#sender.send(connection, this.#ports.ring.ticks, through, true)) return;
    for (const member of [connection, ...connection.followers]) {
      const from = member.through + 1;
      member.through = position;
      this.sendMessage(member, { type: 'gap', from, to: position, reason: 'RING_OVERRUN' });
    }
  }

  /**
   * Sends the last value of each subscription, flagged SNAPSHOT; none for instruments without one.
   * A connection that is behind gets them when it has caught up.
   */
  sendSnapshots(connection: ClientConnection, subscriptions: readonly Subscription[]): void {
    if (connection.closed || !connection.ready) return;
    if (connection.behind !== undefined) {
      this.#oweSnapshots(connection, subscriptions);
      return;
    }
    this.flush(connection);
    const piece = ticksOfPiece(connection.binary, this.#softBufferBytes);
    for (let at = 0; at < subscriptions.length; at += piece) {
      const some = subscriptions.slice(at, at + piece);
      this.#lastValues.sendSnapshots(connection, some, this.position);
      this.#settle();
      if (isPushedTo(connection)) continue;
      // It has to read first: the rest waits like everything that is asked for meanwhile.
      this.#oweSnapshots(connection, subscriptions.slice(at + piece));
      return;
    }
  }

  #oweSnapshots(connection: ClientConnection, subscriptions: readonly Subscription[]): void {
    if (connection.behind === undefined || subscriptions.length === 0) return;
    for (const subscription of subscriptions) subscription.awaitsSnapshot = true;
    connection.behind.owesSnapshots = true;
  }

  /**
   * The Greeks of `rows[0..count)` have been computed again: those who have been sent the tick that
   * they belong to and nothing newer of the instrument get it again with the new ones, flagged
   * REPRICED, outside the stream of positions. Who has no use for Greeks gets none.
   */
  deliverRepriced(rows: Int32Array, count: number): void {
    for (let i = 0; i < count; i++) {
      for (const subscription of this.#ports.index.ofRow(rows[i]!) ?? []) {
        if (!subscription.wantsRepriced || subscription.repriceDue) continue;
        subscription.repriceDue = true;
        subscription.connection.pendingRepriced.push(subscription);
        this.#await(subscription.connection);
      }
    }
    this.flushDue();
  }

  /** Sends a control record, unless the client reads far too slowly. */
  sendText(connection: ClientConnection, text: string): void {
    this.#sender.sendText(connection, text);
    this.#settle();
  }

  sendMessage(connection: ClientConnection, message: ServerMessage): void {
    this.sendText(connection, JSON.stringify(message));
  }

  /** Says that a connection has everything up to the delivered position, if that is so. */
  raiseThrough(connection: ClientConnection): void {
    const leader = connection.leader ?? connection;
    if (leader.pending.count > 0 || connection.behind !== undefined) return;
    for (const member of [leader, ...leader.followers]) {
      member.through = member.throughAt(this.position);
    }
    connection.told = connection.through;
  }

  /** The connection has closed: what it shared goes on without it. */
  forget(connection: ClientConnection): void {
    this.sharing.leave(connection);
    this.slowReaders.forget(connection);
  }

  /** Looks after the connections that sending found to be too slow. */
  #settle(): void {
    const { overfull, congested } = this.#sender;
    for (let connection = overfull.pop(); connection; connection = overfull.pop()) {
      this.slowReaders.close(connection, `${connection.socket.bufferedBytes()} bytes unread`);
    }
    for (let connection = congested.pop(); connection; connection = congested.pop()) {
      // It may have read since, while it was being caught up with.
      const isStill = connection.socket.bufferedBytes() > this.#softBufferBytes;
      if (isStill) this.slowReaders.park(connection);
    }
  }
}

function isPushedTo({ closed, behind }: ClientConnection): boolean {
  return !closed && behind === undefined;
}

/** A quarter of the limit, but not more than a reader with an ordinary hiccup needs. */
function softLimit(clientBufferBytes: number): number {
  return Math.min(256 * 1024, clientBufferBytes / 4);
}
