import type { Clock, TimerHandle } from '../../domain/clock.ts';
import type { UpstreamMode } from '../../domain/ports.ts';
import { MODE } from '../../domain/status.ts';
import { createPrivateTicks, type TickViews } from '../../shm/block.ts';
import type { LastValueTable } from '../../shm/last-value-table.ts';
import {
  TICK_INSTRUMENT_SEQUENCE_U32,
  TICK_RECEIVE_TIME_F64,
  TICK_SLOT_BYTES,
} from '../../shm/layout/tick-slot.ts';
import type { SubscriptionIndex, TickTaker } from '../subscription-index.ts';
import { isNews, type KiteClient, type KiteSubscription } from './kite-client.ts';
import { KiteFrame } from './kite-frame.ts';
import { bytesInMode, PACKET_BYTES, rebuildPacket } from './kite-packet.ts';
import { PacketRun } from './packet-run.ts';

/** What was sent, for the meters. */
export interface KiteSent {
  packets: number;
  frames: number;
  bytes: number;
  /** Ticks that were not sent for a newer one of the instrument, because the client read slowly. */
  conflated: number;
}

export interface KiteTakerOptions {
  index: SubscriptionIndex;
  lastValues: LastValueTable;
  clock: Clock;
  /** Unread bytes at which a client gets nothing more for the time being. */
  congestedBytes: number;
}

/** For so long a subscription waits for a packet of the broker that suits it better. */
export const FIRST_PACKET_MS = 3_000;
/** A last value of an instrument that nobody was subscribed to is older than this: out of date. */
const OLD_VALUE_US = 5_000_000;

/** Up to so many clients get every run at once. */
const CLIENTS_WITHOUT_WINDOW = 40;
/** The cost is per socket write: one ms of window for so many clients. */
const CLIENTS_PER_WINDOW_MS = 50;
const WINDOW_MAX_MS = 10;
/** So many packets do not wait for the end of the window: about 750 kB. */
const WAITING_PACKETS_MAX = 4096;

/**
 * Sends ticks to the clients of the broker's protocol. A packet is rebuilt once for all of them. To
 * a client that does not read, nothing is sent until it has read, and then the newest packet of
 * each instrument that had ticks: the protocol has no way to say more.
 */
export class KiteTaker implements TickTaker {
  readonly sent: KiteSent = { packets: 0, frames: 0, bytes: 0, conflated: 0 };
  /** Subscriptions in all. */
  size = 0;
  /** Clients connected: the more there are, the longer packets are gathered for a frame. */
  clients = 0;
  readonly #options: KiteTakerOptions;
  readonly #byRow: (KiteSubscription[] | undefined)[] = [];
  readonly #run = new PacketRun();
  readonly #touched: KiteClient[] = [];
  readonly #frame = new KiteFrame();
  readonly #lastValue: TickViews = createPrivateTicks(1, TICK_SLOT_BYTES);
  readonly #packet = new Uint8Array(PACKET_BYTES.FULL);
  /** Clients whose due values leave with the next turn. */
  readonly #soon = new Set<KiteClient>();
  /** Ends the window. */
  #timer: TimerHandle | undefined;
  #sentMs = 0;

  constructor(options: KiteTakerOptions) {
    this.#options = options;
  }

  /** From now on the subscription, whose row is known, gets its last value and every tick. */
  add(subscription: KiteSubscription): void {
    const { index } = this.#options;
    const { row } = subscription;
    const list = this.#byRow[row];
    subscription.isFirst = list === undefined && index.ofRow(row) === undefined;
    this.size++;
    if (list === undefined) {
      this.#byRow[row] = [subscription];
      index.addTaker(row, this);
    } else {
      list.push(subscription);
      index.refreshDemand(row);
    }
    this.ask(subscription);
  }

  remove(subscription: KiteSubscription): void {
    const { client, row } = subscription;
    client.due.delete(subscription);
    client.waiting.delete(subscription);
    subscription.row = -1;
    const list = this.#byRow[row];
    const at = list?.indexOf(subscription) ?? -1;
    if (list === undefined || at < 0) return;
    // Order within a row means nothing: the last one fills the hole.
    const last = list.pop();
    if (last !== undefined && last !== subscription) list[at] = last;
    this.size--;
    if (list.length > 0) {
      this.#options.index.refreshDemand(row);
      return;
    }
    this.#byRow[row] = undefined;
    this.#options.index.removeTaker(row, this);
  }

  /** The mode of a subscription that was added has changed. */
  changedMode(subscription: KiteSubscription): void {
    this.#options.index.refreshDemand(subscription.row);
    this.ask(subscription);
  }

  /**
   * Sends the last value, whether it was sent before or not; with the next turn, so that a mode
   * that follows the subscribe counts for it already.
   */
  ask(subscription: KiteSubscription): void {
    const { clock } = this.#options;
    const { client } = subscription;
    subscription.isAsked = true;
    subscription.sinceMs = clock.monotonicMs();
    client.waiting.delete(subscription);
    client.due.add(subscription);
    this.#sendSoon(client);
  }

  /** Ticks were lost on the way to here, nobody knows whose: sends every value that is news. */
  refresh(client: KiteClient): void {
    for (const subscription of client.subscriptions.values()) {
      if (subscription.row >= 0) client.due.add(subscription);
    }
    this.#sendSoon(client);
  }

  upstreamMode(row: number): UpstreamMode {
    const list = this.#byRow[row];
    if (list === undefined) return 0;
    // A quote packet is the beginning of a full one, and one upstream subscription serves all.
    return list.some(({ mode }) => mode !== MODE.LTP) ? MODE.FULL : MODE.LTP;
  }

  take(row: number, ticks: TickViews, slotBytes: number): void {
    const list = this.#byRow[row];
    if (list === undefined) return;
    const packet = this.#run.add(ticks, slotBytes);
    if (packet < 0) return;
    for (const subscription of list) {
      const { client } = subscription;
      if (client.pendingPackets.length === 0) this.#touched.push(client);
      client.pendingPackets.push(packet);
      client.pendingFor.push(subscription);
    }
  }

  flush(): void {
    if (this.#touched.length === 0) return;
    const waitMs = this.#sentMs + this.#windowMs() - this.#options.clock.monotonicMs();
    if (waitMs <= 0 || this.#run.count >= WAITING_PACKETS_MAX) this.sendWaiting();
    else this.#timer ??= this.#options.clock.setTimeout(() => this.sendWaiting(), waitMs);
  }

  /**
   * What was taken cannot be trusted any more, and what waits lies among it: the last values take
   * the place of all of it.
   */
  discard(): void {
    for (const client of this.#touched) {
      for (const subscription of client.pendingFor) this.#postpone(subscription);
      this.#sendSoon(client);
    }
    this.#endWindow();
  }

  /** Sends what waits for the end of its window. */
  sendWaiting(): void {
    const nowMs = this.#options.clock.monotonicMs();
    for (const client of this.#touched) if (!client.closed) this.#sendPending(client, nowMs);
    this.#sentMs = nowMs;
    this.#endWindow();
  }

  /** Sends what is due, as far as the client reads. */
  sendDue(client: KiteClient): void {
    if (client.due.size === 0 || client.closed || this.isCongested(client)) return;
    const nowMs = this.#options.clock.monotonicMs();
    for (const subscription of client.due) {
      client.due.delete(subscription);
      if (!this.#addLastValue(subscription, nowMs)) continue;
      if (this.#frame.isFull && !this.#send(client)) return;
    }
    this.#send(client);
  }

  /** The first packets of the broker that have not come in time: the last values go instead. */
  giveUpWaiting(client: KiteClient): void {
    if (client.waiting.size === 0) return;
    const nowMs = this.#options.clock.monotonicMs();
    for (const subscription of client.waiting) {
      if (nowMs - subscription.sinceMs < FIRST_PACKET_MS) continue;
      client.waiting.delete(subscription);
      client.due.add(subscription);
    }
    this.sendDue(client);
  }

  isCongested(client: KiteClient): boolean {
    return client.socket.bufferedBytes() > this.#options.congestedBytes;
  }

  #windowMs(): number {
    if (this.clients <= CLIENTS_WITHOUT_WINDOW) return 0;
    return Math.min(WINDOW_MAX_MS, Math.ceil(this.clients / CLIENTS_PER_WINDOW_MS));
  }

  #endWindow(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    for (const client of this.#touched) {
      client.pendingPackets.length = 0;
      client.pendingFor.length = 0;
    }
    this.#touched.length = 0;
    this.#run.clear();
  }

  #sendSoon(client: KiteClient): void {
    if (this.#soon.size === 0) {
      this.#options.clock.setTimeout(() => {
        const clients = [...this.#soon];
        this.#soon.clear();
        for (const each of clients) this.sendDue(each);
      }, 0);
    }
    this.#soon.add(client);
  }

  #sendPending(client: KiteClient, nowMs: number): void {
    // Older than what is pending, which may turn out not to be news after it.
    this.sendDue(client);
    let reads = !this.isCongested(client);
    for (let i = 0; i < client.pendingFor.length; i++) {
      const subscription = client.pendingFor[i]!;
      if (!reads) this.#postpone(subscription);
      else if (this.#addPacket(subscription, client.pendingPackets[i]!, nowMs)) {
        if (this.#frame.isFull) reads = this.#send(client);
      }
    }
    this.#send(client);
  }

  #postpone(subscription: KiteSubscription): void {
    if (subscription.row < 0) return;
    // The first one is stood for by the last value, any other one takes the place of its elder.
    if (++subscription.postponed > 1) this.sent.conflated++;
    subscription.client.due.add(subscription);
  }

  /** Adds a packet to the frame; false: it is not for this client. */
  #addPacket(subscription: KiteSubscription, packet: number, nowMs: number): boolean {
    const run = this.#run;
    // It has ended since the packet was taken.
    if (subscription.row < 0) return false;
    const sequence = run.instrumentSequence(packet);
    const length = run.length(packet);
    if (!isNews(subscription, sequence)) return false;
    if (this.#awaitsMore(subscription, length, nowMs)) return false;
    this.#frame.add(run.bytes, run.offset(packet), bytesInMode(length, subscription.mode));
    this.#wasSent(subscription, sequence);
    return true;
  }

  /** Adds the last value to the frame; false: there is none that is of use. */
  #addLastValue(subscription: KiteSubscription, nowMs: number): boolean {
    const { lastValues, clock } = this.#options;
    const ticks = this.#lastValue;
    const wasAsked = subscription.isAsked;
    subscription.isAsked = false;
    // Without a value, or while one is written, the next one is on its way through the ring.
    if (!lastValues.read(subscription.row, ticks, 0)) return false;
    const sequence = ticks.u32[TICK_INSTRUMENT_SEQUENCE_U32]!;
    if (!wasAsked && !isNews(subscription, sequence)) return false;
    const length = rebuildPacket(ticks, 0, this.#packet, 0);
    if (length === 0 || this.#awaitsMore(subscription, length, nowMs)) return false;
    const ageUs = clock.nowUs() - ticks.f64[TICK_RECEIVE_TIME_F64]!;
    if (subscription.isFirst && ageUs > OLD_VALUE_US && this.#awaits(subscription, nowMs)) {
      return false;
    }
    this.#frame.add(this.#packet, 0, bytesInMode(length, subscription.mode));
    this.#wasSent(subscription, sequence);
    return true;
  }

  /**
   * True if the broker still sends last prices only of an instrument of which more is wanted by
   * now: its answer to that is on its way.
   */
  #awaitsMore(subscription: KiteSubscription, length: number, nowMs: number): boolean {
    if (length > PACKET_BYTES.LTP || subscription.mode === MODE.LTP) return false;
    return this.#awaits(subscription, nowMs);
  }

  /** True, and noted, if there is still time for a better packet. */
  #awaits(subscription: KiteSubscription, nowMs: number): boolean {
    if (nowMs - subscription.sinceMs >= FIRST_PACKET_MS) return false;
    subscription.client.waiting.add(subscription);
    subscription.isAsked = true;
    return true;
  }

  #wasSent(subscription: KiteSubscription, sequence: number): void {
    const { client } = subscription;
    subscription.started = true;
    subscription.isFirst = false;
    subscription.isAsked = false;
    subscription.lastSequence = sequence;
    subscription.postponed = 0;
    if (client.waiting.size > 0) client.waiting.delete(subscription);
    if (client.due.size > 0) client.due.delete(subscription);
  }

  /** Sends the frame, if there is anything in it. False: the client does not read any more. */
  #send(client: KiteClient): boolean {
    const { packets } = this.#frame;
    if (packets === 0) return !client.closed;
    const frame = this.#frame.finish();
    if (client.socket.send(frame)) {
      client.isQuiet = false;
      this.sent.packets += packets;
      this.sent.frames++;
      this.sent.bytes += frame.length;
    }
    return !client.closed && !this.isCongested(client);
  }
}
