import type { Clock } from '../domain/clock.ts';
import { type Mode, TICK_FLAG } from '../domain/status.ts';
import type { TickViews } from '../shm/block.ts';
import { TICK_FLAGS_U32, TICK_MERGED_U32 } from '../shm/layout/tick-slot.ts';
import type { Ring } from '../shm/ring.ts';
import { epochHex } from '../wire/epoch.ts';
import type { ServerMessage, TickObject } from '../wire/messages.ts';
import { tickObject } from '../wire/tick-object.ts';
import type { FrameKind } from '../wire/tick-layout.ts';
import { BLANK, type Blank, FRAME_TICKS_MAX, FrameAssembler, frameKind } from './assembler.ts';
import type { ClientConnection, Subscription } from './connection.ts';

/** What was sent, for the meters. */
export interface DeliveryCounts {
  /** Snapshots included, repriced records not. */
  ticks: number;
  frames: number;
  bytes: number;
  snapshots: number;
  repriced: number;
  /** Ticks merged into newer ones, counted per client. */
  merged: number;
  tooSlow: number;
}

export interface FrameSenderOptions {
  epochLow: number;
  epochHigh: number;
  ring: Ring;
  clock: Clock;
  /** Unread bytes at which a client is closed with 4008. */
  clientBufferBytes: number;
  /** Unread bytes from which a client is sent no more ticks until it has read. */
  softBufferBytes: number;
}

/** Order in which a batch's frames leave; one mode a frame. */
const MODES: readonly Mode[] = [3, 2, 4, 1];
const BLANK_BITS = 3;

/** Turns pending ticks into frames or messages, once for all connections that share them. */
export class FrameSender {
  readonly counts: DeliveryCounts = {
    ticks: 0,
    frames: 0,
    bytes: 0,
    snapshots: 0,
    repriced: 0,
    merged: 0,
    tooSlow: 0,
  };
  readonly epoch: string;
  /**
   * Connections found to read too slowly, and those that cannot be served any more. Only noted
   * here: what becomes of them changes the lists that are being gone through.
   */
  readonly congested: ClientConnection[] = [];
  readonly overfull: ClientConnection[] = [];
  readonly #options: FrameSenderOptions;
  readonly #assembler: FrameAssembler;

  constructor(options: FrameSenderOptions) {
    this.#options = options;
    this.#assembler = new FrameAssembler(options.epochLow, options.epochHigh);
    this.epoch = epochHex(options.epochLow, options.epochHigh);
  }

  /** Sends a control record, unless the client reads far too slowly. */
  sendText(connection: ClientConnection, text: string): void {
    if (connection.closed) return;
    if (connection.socket.send(text)) this.counts.bytes += text.length;
    this.#checkBacklog(connection);
  }

  sendMessage(connection: ClientConnection, message: ServerMessage): void {
    this.sendText(connection, JSON.stringify(message));
  }

  /**
   * Sends the pending ticks of a connection to it and its followers; nothing is pending then.
   * `source`: where they lie. Ticks of the ring (`isRing`) are looked at once more after they have
   * been copied; false: they had been overwritten, and what follows the last frame was not sent.
   */
  send(connection: ClientConnection, source: TickViews, through: number, isRing: boolean): boolean {
    const isIntact = connection.binary
      ? this.#sendBinary(connection, source, through, isRing)
      : this.#sendJson(connection, source, through, isRing);
    const nowMs = this.#options.clock.monotonicMs();
    connection.lastSentMs = nowMs;
    for (const follower of connection.followers) follower.lastSentMs = nowMs;
    const { pending } = connection;
    if (!isIntact) for (let i = 0; i < pending.count; i++) pending.subscriptions[i]!.isLost = true;
    pending.clear();
    return isIntact;
  }

  #sendBinary(
    connection: ClientConnection,
    source: TickViews,
    through: number,
    isRing: boolean,
  ): boolean {
    const { count, subscriptions } = connection.pending;
    let left = count;
    for (const mode of MODES) {
      const kind = frameKind(mode);
      let filled = 0;
      for (let i = 0; i < count; i++) {
        if (subscriptions[i]!.mode !== mode) continue;
        this.#put(kind, filled++, source, connection, i);
        left--;
        if (filled < FRAME_TICKS_MAX && left > 0) continue;
        if (isRing && this.#isOverwritten(connection)) return false;
        this.#sendFrame(connection, kind, filled, left === 0 ? through : connection.through);
        filled = 0;
      }
      if (filled > 0) {
        if (isRing && this.#isOverwritten(connection)) return false;
        this.#sendFrame(connection, kind, filled, connection.through);
      }
      if (left === 0) break;
    }
    return true;
  }

  #isOverwritten({ pending: { from } }: ClientConnection): boolean {
    return this.#options.ring.firstIntact(from) > from;
  }

  #put(
    kind: FrameKind,
    place: number,
    source: TickViews,
    connection: ClientConnection,
    index: number,
  ): void {
    const { slots, subscriptions, merged: mergedAt } = connection.pending;
    const subscription = subscriptions[index]!;
    const slot = slots[index]!;
    const blank = subscription.greeks ? ((slot & BLANK_BITS) as Blank) : BLANK.NOT_REQUESTED;
    this.#assembler.put(kind, place, source, slot & ~BLANK_BITS, blank);
    if (subscription.snapshotDue) this.#flagSnapshot(kind, place, subscription);
    if (mergedAt.size > 0) {
      const merged = mergedAt.get(index);
      if (merged !== undefined) this.#flagConflated(kind, place, merged);
    }
  }

  #flagSnapshot(kind: FrameKind, place: number, subscription: Subscription): void {
    subscription.snapshotDue = false;
    const { u32, structBytes } = this.#assembler.frame(kind);
    u32[((place * structBytes) >> 2) + TICK_FLAGS_U32]! |= TICK_FLAG.SNAPSHOT;
    this.counts.snapshots++;
  }

  #flagConflated(kind: FrameKind, place: number, merged: number): void {
    const { u32, structBytes } = this.#assembler.frame(kind);
    const words = (place * structBytes) >> 2;
    u32[words + TICK_FLAGS_U32]! |= TICK_FLAG.CONFLATED;
    // All structs begin alike, see putHead.
    u32[words + TICK_MERGED_U32] = merged;
    this.counts.merged += merged;
  }

  #sendFrame(connection: ClientConnection, kind: FrameKind, count: number, through: number): void {
    const frame = this.#assembler.frame(kind).finish(count, this.#options.clock.nowUs(), through);
    this.#sendShared(connection, frame, count, frame.length, through);
  }

  #sendJson(
    connection: ClientConnection,
    source: TickViews,
    through: number,
    isRing: boolean,
  ): boolean {
    const ticks: TickObject[] = [];
    for (let i = 0; i < connection.pending.count; i++) {
      ticks.push(this.#jsonTick(connection, i, source));
    }
    if (isRing && this.#isOverwritten(connection)) return false;
    const text = JSON.stringify({
      type: 'ticks',
      epoch: this.epoch,
      sent_time: Math.round(this.#options.clock.nowUs()),
      through,
      ticks,
    });
    this.#sendShared(connection, text, ticks.length, text.length, through);
    return true;
  }

  /* The same bytes as in a binary frame, so that both formats show the same values. */
  #jsonTick(connection: ClientConnection, index: number, source: TickViews): TickObject {
    const { mode, greeks } = connection.pending.subscriptions[index]!;
    const kind = frameKind(mode);
    this.#put(kind, 0, source, connection, index);
    return tickObject(this.#assembler.view(kind), 0, kind, { greeks });
  }

  #sendShared(
    connection: ClientConnection,
    message: string | Uint8Array,
    ticks: number,
    bytes: number,
    through: number,
  ): void {
    this.#sendOne(connection, message, ticks, bytes, through);
    for (const follower of connection.followers) {
      this.#sendOne(follower, message, ticks, bytes, through);
    }
  }

  #sendOne(
    connection: ClientConnection,
    message: string | Uint8Array,
    ticks: number,
    bytes: number,
    through: number,
  ): void {
    connection.through = through;
    connection.told = through;
    if (connection.closed || !connection.socket.send(message)) return;
    this.counts.ticks += ticks;
    this.counts.frames++;
    this.counts.bytes += bytes;
    this.#checkBacklog(connection);
  }

  #checkBacklog(connection: ClientConnection): void {
    const buffered = connection.socket.bufferedBytes();
    if (buffered <= this.#options.softBufferBytes || connection.closed) return;
    const list = buffered > this.#options.clientBufferBytes ? this.overfull : this.congested;
    if (!list.includes(connection)) list.push(connection);
  }
}
