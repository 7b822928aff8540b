import type { Clock, TimerHandle } from '../../../domain/clock.ts';
import { numberOr, textOrNull } from '../fault-rule.ts';
import type { Random } from '../random.ts';
import type { Exchange } from './exchange.ts';
import type { OrderEvents } from './order-events.ts';
import type { OrderFaults } from './order-faults.ts';
import { hasTrigger } from './order-terms.ts';
import type { OrderChange } from './order-terms.ts';
import type { SimOrder } from './sim-order.ts';

/** A stage at the broker or on the way to the exchange takes so long. */
const SHORTEST_STAGE_MS = 2;
const LONGEST_STAGE_MS = 8;
const MINUTE_MS = 60_000;

type Stage = 'received' | 'validation' | 'open' | 'modify' | 'cancel';

export interface StageParts {
  clock: Clock;
  random: Random;
  exchange: Exchange;
  events: OrderEvents;
  faults: OrderFaults;
}

/** What the stages ask and tell. */
export interface StageListener {
  /** A reason of the broker's own checks to reject the order now, or null. */
  rejection(order: SimOrder): string | null;
  onTerminal(order: SimOrder): void;
}

/** Brings orders, changes and cancellations from stage to stage, each after its time. */
export class OrderStages {
  readonly #parts: StageParts;
  readonly #listener: StageListener;
  readonly #timers = new Set<TimerHandle>();

  constructor(parts: StageParts, listener: StageListener) {
    this.#parts = parts;
    this.#listener = listener;
  }

  stop(): void {
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
  }

  /** Runs `action` after a time, unless the simulator stops first. */
  later(delayMs: number, action: () => void): void {
    const timer = this.#parts.clock.setTimeout(() => {
      this.#timers.delete(timer);
      action();
    }, delayMs);
    this.#timers.add(timer);
  }

  /** From receipt to the exchange, or to its rejection. */
  receive(order: SimOrder): void {
    this.#after('received', order, () => {
      this.#enter(order, 'VALIDATION PENDING');
      this.#after('validation', order, () => this.#validate(order));
    });
  }

  /** Ends an order with a reason of the broker or the exchange. */
  reject(order: SimOrder, message: string, raw: string | null = null): void {
    order.statusMessage = message;
    order.statusMessageRaw = raw ?? `RMS:${message}`;
    this.#end(order, 'REJECTED');
  }

  cancelNow(order: SimOrder, message: string | null): void {
    order.statusMessage = message;
    this.#end(order, 'CANCELLED');
  }

  /** Until the cancellation has arrived the order may still trade. */
  cancel(order: SimOrder): void {
    this.#enter(order, 'CANCEL PENDING');
    this.#after('cancel', order, () => this.cancelNow(order, null));
  }

  modify(order: SimOrder, change: OrderChange): void {
    order.asked = change;
    this.#enter(order, 'MODIFY VALIDATION PENDING');
    this.#after('modify', order, () => {
      this.#enter(order, 'MODIFY PENDING');
      this.#after('modify', order, () => this.#apply(order, change));
    });
  }

  /** Goes on with an order of a run before from where it stood. The session is open. */
  resume(order: SimOrder): void {
    if (order.isWorking) this.#parts.exchange.resume(order);
    switch (order.status) {
      case 'AMO REQ RECEIVED':
        this.#enter(order, 'PUT ORDER REQ RECEIVED');
        this.receive(order);
        return;
      case 'PUT ORDER REQ RECEIVED':
        this.receive(order);
        return;
      case 'VALIDATION PENDING':
        this.#after('validation', order, () => this.#validate(order));
        return;
      case 'OPEN PENDING':
        this.#after('open', order, () => this.#open(order));
        return;
      case 'MODIFY VALIDATION PENDING':
      case 'MODIFY PENDING':
        this.#after('modify', order, () => this.#apply(order, order.asked ?? {}));
        return;
      case 'CANCEL PENDING':
        this.#after('cancel', order, () => this.cancelNow(order, null));
        return;
      case 'MODIFIED':
        this.#rest(order);
        break;
      default:
        break;
    }
    if (order.validity === 'IOC') this.cancelNow(order, null);
    else if (order.validity === 'TTL') this.#expireAfter(order, order.ttlMinutes, sinceUs(order));
  }

  /** Cover orders leave by trading at the market. */
  exitAtMarket(order: SimOrder): void {
    order.change({ orderType: 'MARKET', marketProtection: 0, pricePaise: 0 });
    order.isTriggered = true;
    this.#parts.exchange.repriced(order);
    this.#rest(order);
    this.#parts.exchange.match(order);
  }

  /** Tells of trades; the last one ends the order. */
  filled(order: SimOrder): void {
    this.#parts.events.publish(order, order.isTerminal ? order.status : 'UPDATE');
    if (order.isTerminal) this.#listener.onTerminal(order);
  }

  triggered(order: SimOrder): void {
    if (order.status === 'TRIGGER PENDING') this.#enter(order, 'OPEN');
  }

  #validate(order: SimOrder): void {
    const { faults, clock } = this.#parts;
    const { account } = order.origin;
    const fault = faults.take('reject_orders', account, clock.monotonicMs());
    if (fault !== null) {
      this.reject(order, textOrNull(fault, 'message') ?? '', textOrNull(fault, 'raw'));
      return;
    }
    const reason = this.#listener.rejection(order);
    if (reason !== null) {
      this.reject(order, reason);
      return;
    }
    this.#enter(order, 'OPEN PENDING');
    this.#after('open', order, () => this.#open(order));
  }

  #open(order: SimOrder): void {
    const { exchange } = this.#parts;
    exchange.admit(order);
    const refusal = exchange.priceRefusal(order);
    if (refusal !== null) {
      this.reject(order, refusal, `16283 : ${refusal}`);
      return;
    }
    this.#rest(order);
    exchange.match(order);
    if (order.isTerminal) return;
    if (order.validity === 'IOC') this.cancelNow(order, null);
    else if (order.validity === 'TTL') this.#expireAfter(order, order.ttlMinutes);
  }

  #expireAfter(order: SimOrder, minutes: number, fromUs = this.#parts.clock.nowUs()): void {
    const goneMs = (this.#parts.clock.nowUs() - fromUs) / 1000;
    this.later(Math.max(0, minutes * MINUTE_MS - goneMs), () => {
      const isStillWanted = order.validity === 'TTL' && order.ttlMinutes === minutes;
      if (isStillWanted && !order.isTerminal) this.cancelNow(order, 'Validity has expired.');
    });
  }

  #apply(order: SimOrder, change: OrderChange): void {
    const { exchange, events } = this.#parts;
    order.asked = null;
    if (change.quantity !== undefined && change.quantity <= order.filled) {
      order.statusMessage = 'The modified quantity has been traded already.';
      this.#rest(order);
      events.publish(order, 'UPDATE');
      return;
    }
    order.change(change);
    exchange.repriced(order);
    this.#enter(order, 'MODIFIED');
    this.#rest(order);
    events.publish(order, 'UPDATE');
    if (change.validity === 'TTL') this.#expireAfter(order, order.ttlMinutes);
    exchange.match(order);
  }

  #rest(order: SimOrder): void {
    const isWaiting = hasTrigger(order.orderType) && !order.isTriggered;
    this.#enter(order, isWaiting ? 'TRIGGER PENDING' : 'OPEN');
  }

  #enter(order: SimOrder, status: SimOrder['status']): void {
    order.enter(status, this.#parts.clock.nowUs());
  }

  #end(order: SimOrder, status: 'CANCELLED' | 'REJECTED'): void {
    this.#enter(order, status);
    this.#parts.events.publish(order);
    this.#listener.onTerminal(order);
  }

  /** Goes on with an order after a stage, if nothing else has ended it by then. */
  #after(stage: Stage, order: SimOrder, next: () => void): void {
    const { faults, clock, random } = this.#parts;
    const fault = faults.take(
      'hold_orders',
      order.origin.account,
      clock.monotonicMs(),
      (args) => (textOrNull(args, 'stage') ?? 'received') === stage,
    );
    const usualMs = random.integer(SHORTEST_STAGE_MS, LONGEST_STAGE_MS);
    this.later(fault === null ? usualMs : numberOr(fault, 'hold_ms', usualMs), () => {
      if (!order.isTerminal) next();
    });
  }
}

/** When its validity began, epoch µs. */
function sinceUs({ history, origin }: SimOrder): number {
  const begun = history.findLast(
    ({ status }) => status === 'MODIFIED' || status === 'OPEN PENDING',
  );
  return begun?.timeUs ?? origin.placedUs;
}
