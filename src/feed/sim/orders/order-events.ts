import { createHash } from 'node:crypto';
import type { Clock, TimerHandle } from '../../../domain/clock.ts';
import { numberOr, textOrNull } from '../fault-rule.ts';
import type { FaultArgs } from '../fault-rule.ts';
import type { OrderFaults } from './order-faults.ts';
import type { OrderRow, SimOrder } from './sim-order.ts';

export type EventChannel = 'socket' | 'postback';

/** A held event goes out at the latest so long after it was due. */
const REORDER_PATIENCE_MS = 1000;
const BAD_CHECKSUM = '0'.repeat(64);

/** Where order events leave by. */
export interface EventPorts {
  secretOf(account: string): string;
  appIdOf(account: string): number;
  /** Sends a text frame to every socket of the account; returns to how many. */
  sendToSockets(account: string, text: string): number;
  /** Null without a postback address. */
  postback(account: string): ((body: string) => void) | null;
}

/** One event of one channel, for the ledger. */
export interface EventRecord {
  timeUs: number;
  account: string;
  channel: EventChannel;
  orderId: string;
  status: string;
  filled: number;
  /** sent, nobody (there was no socket), lost. */
  fate: 'sent' | 'nobody' | 'lost';
}

interface OutgoingEvent {
  order: SimOrder;
  status: string;
  payload: Record<string, unknown>;
}

/** Order updates: text frames to all sockets of the user, signed postbacks to the app. */
export class OrderEvents {
  readonly #clock: Clock;
  readonly #faults: OrderFaults;
  readonly #ports: EventPorts;
  readonly #timers = new Set<TimerHandle>();
  /** Events that wait to be overtaken, by account and channel. */
  readonly #held = new Map<string, () => void>();
  readonly records: EventRecord[] = [];

  constructor(clock: Clock, faults: OrderFaults, ports: EventPorts) {
    this.#clock = clock;
    this.#faults = faults;
    this.#ports = ports;
  }

  stop(): void {
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
  }

  /** Tells of the order as it is now, under its own status or `UPDATE`. */
  publish(order: SimOrder, status: string = order.status): void {
    const row = order.history.at(-1)?.row;
    if (row === undefined) return;
    const event = { order, status, payload: this.#payload(order, row, status) };
    const hiddenMs = (order.visibleFromUs - this.#clock.nowUs()) / 1000;
    if (hiddenMs > 0) this.#later(hiddenMs, () => this.#dispatch(event));
    else this.#dispatch(event);
  }

  #dispatch(event: OutgoingEvent): void {
    this.#emit(event, 'socket');
    // Orders of other terminals do not reach the app of an API key.
    if (!event.order.origin.isExternal) this.#emit(event, 'postback');
  }

  #payload(order: SimOrder, row: OrderRow, status: string): Record<string, unknown> {
    const payload: Record<string, unknown> = { ...row };
    delete payload['tags'];
    delete payload['modified'];
    const { account } = order.origin;
    const signed = `${order.id}${String(row['order_timestamp'])}${this.#ports.secretOf(account)}`;
    return {
      user_id: account,
      unfilled_quantity: order.pending,
      app_id: this.#ports.appIdOf(account),
      checksum: createHash('sha256').update(signed).digest('hex'),
      ...payload,
      status,
    };
  }

  #emit(event: OutgoingEvent, channel: EventChannel): void {
    const { account } = event.order.origin;
    const key = `${account}/${channel}`;
    const fits = (args: FaultArgs): boolean =>
      (textOrNull(args, 'channel') ?? channel) === channel &&
      (textOrNull(args, 'status') ?? event.status) === event.status;
    const fault = this.#faults.take('order_events', account, this.#clock.monotonicMs(), fits);
    const overtaken = this.#held.get(key);
    this.#held.delete(key);
    if (fault === null) this.#send(event, channel);
    else this.#sendWithFault(event, channel, fault);
    overtaken?.();
  }

  #sendWithFault(event: OutgoingEvent, channel: EventChannel, fault: FaultArgs): void {
    const { account } = event.order.origin;
    const delayMs = numberOr(fault, 'delay_ms', REORDER_PATIENCE_MS);
    switch (fault['action']) {
      case 'lose':
        this.#record(event, channel, 'lost');
        return;
      case 'duplicate':
        this.#send(event, channel);
        this.#send(event, channel);
        return;
      case 'delay':
        this.#later(delayMs, () => this.#send(event, channel));
        return;
      case 'bad_checksum':
      case 'empty_checksum': {
        const checksum = fault['action'] === 'bad_checksum' ? BAD_CHECKSUM : '';
        this.#send({ ...event, payload: { ...event.payload, checksum } }, channel);
        return;
      }
      default: {
        const timer = this.#later(delayMs, () => {
          this.#held.delete(`${account}/${channel}`);
          this.#send(event, channel);
        });
        this.#held.set(`${account}/${channel}`, () => {
          timer.cancel();
          this.#timers.delete(timer);
          this.#send(event, channel);
        });
      }
    }
  }

  #send(event: OutgoingEvent, channel: EventChannel): void {
    const { account } = event.order.origin;
    if (channel === 'postback') {
      const post = this.#ports.postback(account);
      if (post === null) return;
      post(JSON.stringify(event.payload));
      this.#record(event, channel, 'sent');
      return;
    }
    const frame = JSON.stringify({ type: 'order', data: event.payload });
    const sockets = this.#ports.sendToSockets(account, frame);
    this.#record(event, channel, sockets === 0 ? 'nobody' : 'sent');
  }

  #record(event: OutgoingEvent, channel: EventChannel, fate: EventRecord['fate']): void {
    this.records.push({
      timeUs: this.#clock.nowUs(),
      account: event.order.origin.account,
      channel,
      orderId: event.order.id,
      status: event.status,
      filled: Number(event.payload['filled_quantity']),
      fate,
    });
  }

  #later(delayMs: number, action: () => void): TimerHandle {
    const timer = this.#clock.setTimeout(() => {
      this.#timers.delete(timer);
      action();
    }, delayMs);
    this.#timers.add(timer);
    return timer;
  }
}
