import type { NamedInstrument } from '../../domain/instrument.ts';
import type { UpstreamMode } from '../../domain/ports.ts';
import { MODE } from '../../domain/status.ts';
import { createPrivateTicks, type TickViews } from '../../shm/block.ts';
import type { LastValueTable } from '../../shm/last-value-table.ts';
import { TICK_SLOT_BYTES } from '../../shm/layout/tick-slot.ts';
import { TICK_LAYOUT } from '../../wire/tick-layout.ts';
import { TickView } from '../../wire/tick-view.ts';
import type { SubscriptionIndex, TickTaker } from '../subscription-index.ts';
import type { OldClient, OldSubscription } from './old-client.ts';
import { oldPayload } from './old-payload.ts';

/** What was sent, for the meters. */
export interface OldSent {
  /** Counted per client, snapshots included. */
  ticks: number;
  bytes: number;
  /** Ticks that were not sent for a newer one of the instrument, because the client read slowly. */
  conflated: number;
}

export interface OldTakerOptions {
  index: SubscriptionIndex;
  lastValues: LastValueTable;
  /** Unread bytes at which a client gets no tick for the time being. */
  congestedBytes: number;
}

/** A tick of the current run, as its subscribers get it. */
interface TakenTick {
  row: number;
  sequence: number;
  /** Undefined: none of them reads at the moment, so it was not made. */
  message: string | undefined;
}

/**
 * Sends ticks to the clients of the old protocol, one message each, made once for all of them. To a
 * client that does not read, nothing is sent until it has read, and then the last value of each
 * instrument that had ticks: nobody waits for it, and what waits for it is bounded by what it
 * subscribed to.
 */
export class OldTaker implements TickTaker {
  readonly sent: OldSent = { ticks: 0, bytes: 0, conflated: 0 };
  /** Subscriptions in all. */
  size = 0;
  readonly #options: OldTakerOptions;
  readonly #byRow = new Map<number, Set<OldSubscription>>();
  readonly #run: TakenTick[] = [];
  /** Clients for whom ticks of this run or an earlier one were postponed. */
  readonly #behind = new Set<OldClient>();
  readonly #tick = new TickView();
  readonly #lastValue = createPrivateTicks(1, TICK_SLOT_BYTES);
  readonly #lastValueBytes = new DataView(this.#lastValue.u8.buffer);
  /** The memory of the latest `take`, and a view of it. */
  #memory: TickViews | undefined;
  #memoryBytes = this.#lastValueBytes;

  constructor(options: OldTakerOptions) {
    this.#options = options;
  }

  /** From now on the client gets every tick of the instrument; `sendDue` begins with the last. */
  add(client: OldClient, instrument: NamedInstrument, row: number): void {
    const subscription: OldSubscription = {
      client,
      instrument,
      row,
      lastSequence: 0,
      started: false,
      postponed: 0,
    };
    client.subscriptions.set(instrument.token, subscription);
    client.due.add(subscription);
    this.size++;
    const list = this.#byRow.get(row);
    if (list !== undefined) {
      list.add(subscription);
      return;
    }
    this.#byRow.set(row, new Set([subscription]));
    this.#options.index.addTaker(row, this);
  }

  remove(subscription: OldSubscription): void {
    const { client, instrument, row } = subscription;
    const list = this.#byRow.get(row);
    if (list === undefined || !list.delete(subscription)) return;
    client.subscriptions.delete(instrument.token);
    client.due.delete(subscription);
    if (client.subscriptions.size === 0) this.#behind.delete(client);
    this.size--;
    if (list.size > 0) return;
    this.#byRow.delete(row);
    this.#options.index.removeTaker(row, this);
  }

  upstreamMode(row: number): UpstreamMode {
    return this.#byRow.has(row) ? MODE.FULL : 0;
  }

  take(row: number, ticks: TickViews, slotBytes: number, greeksDone: boolean): void {
    const list = this.#byRow.get(row);
    if (list === undefined) return;
    const tick = this.#tick.moveTo(this.#bytesOf(ticks), slotBytes, TICK_LAYOUT);
    let message: string | undefined;
    for (const { client, instrument } of list) {
      if (client.due.size > 0) continue;
      message = tickMessage(tick, instrument, greeksDone);
      break;
    }
    this.#run.push({ row, sequence: tick.instrumentSequence, message });
  }

  flush(): void {
    for (const { row, sequence, message } of this.#run) {
      for (const subscription of this.#byRow.get(row) ?? []) {
        if (isNews(subscription, sequence)) this.#send(subscription, sequence, message);
      }
    }
    this.#run.length = 0;
    for (const client of this.#behind) if (this.sendDue(client)) this.#behind.delete(client);
  }

  /** What was taken cannot be trusted: the last values take its place. */
  discard(): void {
    const rows = new Set(this.#run.map(({ row }) => row));
    this.#run.length = 0;
    for (const row of rows) {
      for (const subscription of this.#byRow.get(row) ?? []) {
        subscription.client.due.add(subscription);
        this.sendDue(subscription.client);
      }
    }
  }

  /** Ticks were lost on the way to here, nobody knows whose: sends last values that are news. */
  refresh(client: OldClient): void {
    for (const subscription of client.subscriptions.values()) client.due.add(subscription);
    this.sendDue(client);
  }

  /** Sends the last values that are due, as far as the client reads. False: some are left. */
  sendDue(client: OldClient): boolean {
    for (const subscription of client.due) {
      if (this.#isCongested(client)) return false;
      client.due.delete(subscription);
      this.#sendLastValue(subscription);
    }
    return true;
  }

  #send(subscription: OldSubscription, sequence: number, message: string | undefined): void {
    const { client } = subscription;
    // What is due is older, or the same tick, which is then no news any more.
    if (message === undefined || !this.sendDue(client) || this.#isCongested(client)) {
      subscription.postponed++;
      client.due.add(subscription);
      this.#behind.add(client);
    } else if (isNews(subscription, sequence)) {
      this.#put(subscription, sequence, message);
    }
  }

  #sendLastValue(subscription: OldSubscription): void {
    const { instrument, row, postponed } = subscription;
    subscription.postponed = 0;
    if (!this.#options.lastValues.read(row, this.#lastValue, 0)) return;
    const tick = this.#tick.moveTo(this.#lastValueBytes, 0, TICK_LAYOUT);
    const { instrumentSequence } = tick;
    if (!isNews(subscription, instrumentSequence)) return;
    // Greeks of an older quote tell themselves by their position.
    this.#put(subscription, instrumentSequence, tickMessage(tick, instrument, true));
    this.sent.conflated += Math.max(0, postponed - 1);
  }

  #put(subscription: OldSubscription, sequence: number, message: string): void {
    subscription.started = true;
    subscription.lastSequence = sequence;
    if (!subscription.client.socket.send(message)) return;
    this.sent.ticks++;
    this.sent.bytes += message.length;
  }

  #isCongested({ socket }: OldClient): boolean {
    return socket.bufferedBytes() > this.#options.congestedBytes;
  }

  #bytesOf(ticks: TickViews): DataView {
    if (ticks !== this.#memory) {
      const { buffer, byteOffset, byteLength } = ticks.u8;
      this.#memory = ticks;
      this.#memoryBytes = new DataView(buffer, byteOffset, byteLength);
    }
    return this.#memoryBytes;
  }
}

function tickMessage(tick: TickView, instrument: NamedInstrument, greeksDone: boolean): string {
  return `{"type":"tick","data":${JSON.stringify(oldPayload(tick, instrument, greeksDone))}}`;
}

/** True if a tick with this count is newer than what was sent. The count wraps at 2^32. */
function isNews(subscription: OldSubscription, instrumentSequence: number): boolean {
  return !subscription.started || ((instrumentSequence - subscription.lastSequence) | 0) > 0;
}
