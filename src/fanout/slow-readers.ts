import type { Clock } from '../domain/clock.ts';
import { CLOSE } from '../domain/ports.ts';
import { isGreeksDone } from '../shm/greeks-section.ts';
import type { InstrumentTable } from '../shm/instrument-table.ts';
import {
  TICK_GREEKS_STATE_I32,
  TICK_INSTRUMENT_SEQUENCE_U32,
  TICK_INSTRUMENT_TOKEN_U32,
} from '../shm/layout/tick-slot.ts';
import type { Ring } from '../shm/ring.ts';
import { VOID_TOKEN } from '../shm/ring-writer.ts';
import { BLANK } from './assembler.ts';
import type { Behind, ClientConnection } from './connection.ts';
import type { FrameSender } from './frame-sender.ts';
import type { LastValueSender } from './last-value-sender.ts';
import { NewestValues } from './newest-values.ts';
import { ticksOfPiece } from './piece.ts';
import { PositionTimes } from './position-times.ts';
import type { Sharing } from './sharing.ts';
import type { SubscriptionIndex } from './subscription-index.ts';

/**
 * A client that says what it has (`ack`) and is this far behind what was sent is served as a slow
 * one: the kernel may hold megabytes for it that `bufferedBytes` does not show. Clients ack once a
 * second.
 */
export const LATE_MS = 2500;
/** Ring positions looked at in one turn for one connection that catches up. */
const REPLAY_SLICE = 4096;
/** Connections that catch up a slice in one turn: more would keep the others from their ticks. */
const SLICES_PER_TURN = 4;
const OVERWRITTEN = 'what it had not read yet has been overwritten';
/** Told when hardly anything ticks: a day. */
const REPLAY_SECONDS_MAX = 86_400;
/** Of a resume: room in the ring for what comes while it is being replayed. */
const RESUME_MARGIN = 1 / 16;

export interface SlowReadersPorts {
  ring: Ring;
  table: InstrumentTable;
  index: SubscriptionIndex;
  clock: Clock;
  /** Unread bytes from which a client is sent no more ticks; it goes on below a quarter of it. */
  softBufferBytes: number;
  sender: FrameSender;
  lastValues: LastValueSender;
  sharing: Sharing;
  /** Newest ring position that has been passed on. */
  position(): number;
}

/**
 * Connections to which nothing is pushed: those that read too slowly, and those that resume. When a
 * connection can take more it catches up: `skip` subscriptions go on from now, the positions that
 * they left out are named in one `gap`; `lossless` ones are replayed from the ring; `conflate` ones
 * get the newest value with the number of ticks merged into it. A resume replays everything.
 */
export class SlowReaders {
  readonly #ports: SlowReadersPorts;
  readonly #times: PositionTimes;
  readonly #newest: NewestValues;
  readonly #behind = new Set<ClientConnection>();
  /** Positions without a tick that the current slice has come to. */
  #void: number[] = [];

  constructor(ports: SlowReadersPorts) {
    this.#ports = ports;
    this.#times = new PositionTimes(ports.clock);
    this.#newest = new NewestValues(ports.lastValues, ports.sender, ports.softBufferBytes);
  }

  /** Connections that are behind. */
  get size(): number {
    return this.#behind.size;
  }

  /** Nothing more is pushed to the connection until it has read what it was sent. */
  park(connection: ClientConnection): void {
    if (connection.closed) return;
    if (connection.behind !== undefined) {
      connection.behind.waits = true;
      return;
    }
    this.#setAside(connection, 'slow', true);
    this.#ports.sender.sendMessage(connection, {
      type: 'slow_reader_warning',
      buffered_bytes: connection.socket.bufferedBytes(),
      age_ms: Math.round(this.ageMs(connection)),
    });
  }

  /** True if everything after `sequence` is still in the ring. */
  canResume(epoch: string, sequence: number): boolean {
    const { ring, sender } = this.#ports;
    const position = this.#ports.position();
    if (epoch !== sender.epoch || sequence > position || sequence < ring.start) return false;
    const oldest = Math.max(ring.start + 1, ring.firstIntact(position));
    const margin = oldest === ring.start + 1 ? 0 : ring.slots * RESUME_MARGIN;
    return sequence + 1 >= oldest + margin;
  }

  /** What the connection subscribes to from now on waits for `resume` or `release`. */
  hold(connection: ClientConnection): void {
    connection.behind = startBehind('resume', connection.through, true);
  }

  /** Ticks are pushed to a connection on hold from now on. */
  release(connection: ClientConnection): void {
    this.forget(connection);
    for (const subscription of connection.subscriptions.values()) {
      this.#ports.index.activate(subscription);
    }
  }

  /** How far back the ring reaches at the rate of the last minute, s. */
  replaySeconds(): number {
    const { slots } = this.#ports.ring;
    return Math.floor(Math.min(REPLAY_SECONDS_MAX, slots / this.#times.perSecond()));
  }

  /** Replays to the connection everything that it has subscribed to after `sequence`. */
  resume(connection: ClientConnection, sequence: number): void {
    this.#setAside(connection, 'resume', false);
    connection.through = sequence;
    if (connection.behind !== undefined) connection.behind.replayed = sequence;
  }

  /** How long ago the newest tick was sent that the client has said to have, ms; 0: it has all. */
  ageMs({ acked, told }: ClientConnection): number {
    return acked < 0 || acked >= told ? 0 : this.#times.ageMs(acked + 1);
  }

  /** Ends a connection that cannot be served any more; the reason says how far it had come. */
  close(connection: ClientConnection, why: string, code: number = CLOSE.TOO_SLOW): void {
    if (connection.closed) return;
    connection.closed = true;
    this.#ports.sender.counts.tooSlow++;
    const reason = `TOO_SLOW: ${why}; last sequence ${connection.through}`;
    connection.socket.end(code, reason);
  }

  /** Ends those with the most unread bytes until no more than `maxBytes` wait in all. */
  boundTotal(connections: readonly ClientConnection[], maxBytes: number): void {
    let total = 0;
    for (const { socket } of connections) total += socket.bufferedBytes();
    if (total <= maxBytes) return;
    const worst = connections
      .map((connection) => ({ connection, bytes: connection.socket.bufferedBytes() }))
      .sort((a, b) => b.bytes - a.bytes);
    for (const { connection, bytes } of worst) {
      if (total <= maxBytes) return;
      total -= bytes;
      this.close(connection, `${bytes} bytes unread, too much for all clients`, CLOSE.OVERLOAD);
    }
  }

  forget(connection: ClientConnection): void {
    this.#behind.delete(connection);
    connection.behind = undefined;
  }

  /**
   * Ten times a second: looks at the ages of those who tell, and for readers without loss that have
   * been left behind for good.
   */
  watch(connections: Iterable<ClientConnection>): void {
    const position = this.#ports.position();
    this.#times.note(position);
    for (const connection of connections) {
      if (connection.acked < 0 || connection.behind !== undefined || connection.closed) continue;
      if (this.ageMs(connection) > LATE_MS) this.park(connection);
    }
    const intact = this.#ports.ring.firstIntact(position);
    for (const connection of this.#behind) {
      const { kind, replayed } = connection.behind!;
      if (kind === 'slow' && replayed + 1 < intact && owesLossless(connection)) {
        this.close(connection, OVERWRITTEN);
      }
    }
  }

  /**
   * Serves those who can take more, a slice each and a few of them in a turn. True if somebody
   * wants another one.
   */
  doWork(): boolean {
    let isBusy = false;
    let slices = 0;
    let looks = this.#behind.size;
    for (const connection of this.#behind) {
      if (looks-- === 0) break;
      if (connection.closed || !this.#canTakeMore(connection)) continue;
      if (slices++ === SLICES_PER_TURN) return true;
      this.#catchUp(connection);
      if (!this.#behind.delete(connection)) continue;
      // Next time it comes after the others.
      this.#behind.add(connection);
      if (connection.behind?.waits === false) isBusy = true;
    }
    return isBusy;
  }

  #setAside(connection: ClientConnection, kind: 'slow' | 'resume', waits: boolean): void {
    const { sharing, index } = this.#ports;
    sharing.leave(connection);
    // Sending what was left may have ended it.
    if (connection.closed) return;
    for (const subscription of connection.subscriptions.values()) index.deactivate(subscription);
    // Nothing is pending: it has everything that has been passed on.
    const position = this.#ports.position();
    connection.through = connection.throughAt(position);
    connection.behind = startBehind(kind, position, waits);
    this.#behind.add(connection);
  }

  #canTakeMore(connection: ClientConnection): boolean {
    const { behind } = connection;
    if (behind?.waits !== true) return true;
    const enough = this.#ports.softBufferBytes / 4;
    if (connection.socket.bufferedBytes() > enough) return false;
    if (this.ageMs(connection) > LATE_MS) return false;
    behind.waits = false;
    return true;
  }

  #catchUp(connection: ClientConnection): void {
    const { behind } = connection;
    if (behind === undefined) return;
    const position = this.#ports.position();
    const isReplaying = behind.kind === 'resume' || owesLossless(connection);
    if (isReplaying && behind.replayed < position) {
      if (!this.#replay(connection, Math.min(position, behind.replayed + REPLAY_SLICE))) return;
      if (behind.replayed < position || behind.waits) return;
    }
    this.#finish(connection, position);
  }

  /** Replays up to `to`; false: the connection was closed, or starts again behind a gap. */
  #replay(connection: ClientConnection, to: number): boolean {
    const { ring, sender } = this.#ports;
    const behind = connection.behind!;
    const isAll = behind.kind === 'resume';
    const from = behind.replayed + 1;
    const ticksMax = ticksOfPiece(connection.binary, this.#ports.softBufferBytes);
    if (ring.firstIntact(to) > from) return this.#lapped(connection, ring.firstIntact(to));
    this.#void = [];
    for (let position = from; position <= to; position++) {
      if (connection.pending.count >= ticksMax) {
        to = position - 1;
        break;
      }
      this.#replayTick(connection, position, isAll);
    }
    // What was looked at may have been overwritten meanwhile, counts of ticks included.
    if (ring.firstIntact(to) > from) {
      const { count, subscriptions } = connection.pending;
      for (let i = 0; i < count; i++) subscriptions[i]!.started = false;
      connection.pending.clear();
      return this.#lapped(connection, ring.firstIntact(to));
    }
    this.#nameVoid(connection);
    connection.pending.from = from;
    behind.replayed = to;
    const through = isAll && !behind.owesSnapshots ? to : connection.through;
    if (connection.pending.count === 0) connection.through = through;
    else if (!sender.send(connection, ring.ticks, through, true)) {
      return this.#lapped(connection, ring.firstIntact(to));
    }
    return true;
  }

  #replayTick(connection: ClientConnection, position: number, isAll: boolean): void {
    const { ring, table } = this.#ports;
    const bytes = ring.slotBytes(position);
    const words = bytes >> 2;
    const token = ring.ticks.u32[words + TICK_INSTRUMENT_TOKEN_U32]!;
    if (token === VOID_TOKEN) this.#void.push(position);
    const row = table.find(token);
    const subscription = row < 0 ? undefined : connection.subscriptions.get(row);
    if (subscription === undefined) return;
    // What was subscribed to while the connection was behind begins with a snapshot.
    if (subscription.awaitsSnapshot || (!isAll && subscription.policy !== 'lossless')) return;
    if (!subscription.advance(ring.ticks.u32[words + TICK_INSTRUMENT_SEQUENCE_U32]!)) return;
    const isDone = isGreeksDone(ring.ticks.i32, words + TICK_GREEKS_STATE_I32, position);
    const missing = table.optionTypes[row] !== 0 ? BLANK.LATE : BLANK.NOT_AN_OPTION;
    connection.pending.push(bytes | (isDone ? BLANK.NOTHING : missing), subscription, 0);
  }

  /** Ingest died with what stood at these positions. */
  #nameVoid(connection: ClientConnection): void {
    const [from] = this.#void;
    const to = this.#void.at(-1);
    if (from === undefined || to === undefined) return;
    const gap = { type: 'gap', from, to, reason: 'INGEST_RESTART' } as const;
    this.#ports.sender.sendMessage(connection, gap);
  }

  /** The ring has gone past what was still to be replayed. */
  #lapped(connection: ClientConnection, intact: number): boolean {
    const behind = connection.behind!;
    if (behind.kind === 'slow') {
      this.close(connection, OVERWRITTEN);
      return false;
    }
    const gap = { type: 'gap', from: connection.through + 1, to: intact - 1 } as const;
    this.#ports.sender.sendMessage(connection, { ...gap, reason: 'RING_OVERRUN' });
    behind.replayed = intact - 1;
    connection.through = intact - 1;
    return false;
  }

  /** Sends a piece of what is left; the last one ends its being behind. */
  #finish(connection: ClientConnection, position: number): void {
    // What is sent from here on is not older than this: nothing before has to be replayed.
    connection.behind!.replayed = position;
    if (this.#newest.send(connection, position)) this.#end(connection, position);
  }

  /** It has everything: from now on ticks are pushed to it again. */
  #end(connection: ClientConnection, position: number): void {
    const { sender, lastValues } = this.#ports;
    const isResume = connection.behind?.kind === 'resume';
    if (isResume) {
      for (const subscription of connection.subscriptions.values()) {
        if (!subscription.started) lastValues.startBefore(subscription, position);
      }
    }
    const through = connection.throughAt(position);
    connection.through = through;
    connection.told = through;
    this.release(connection);
    if (isResume) sender.sendMessage(connection, { type: 'replay_completed', through });
    else sender.sendMessage(connection, { type: 'heartbeat', through, time: this.#nowUs() });
  }

  #nowUs(): number {
    return Math.round(this.#ports.clock.nowUs());
  }
}

function startBehind(kind: Behind['kind'], replayed: number, waits: boolean): Behind {
  return { kind, replayed, waits, owesSnapshots: false, nextConflated: 0 };
}

/** True if something of it has to be replayed; what it has asked for since begins with now. */
function owesLossless(connection: ClientConnection): boolean {
  for (const { policy, awaitsSnapshot } of connection.subscriptions.values()) {
    if (policy === 'lossless' && !awaitsSnapshot) return true;
  }
  return false;
}
