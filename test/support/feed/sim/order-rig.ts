import assert from 'node:assert/strict';
import { OrderFaultActions } from '../../../../src/feed/sim/orders/order-fault-actions.ts';
import type { OrderFaultName } from '../../../../src/feed/sim/orders/order-fault-table.ts';
import { OrderDesk } from '../../../../src/feed/sim/orders/order-desk.ts';
import { OrderEvents } from '../../../../src/feed/sim/orders/order-events.ts';
import { OrderFaults } from '../../../../src/feed/sim/orders/order-faults.ts';
import { readOrderChange, readOrderTerms } from '../../../../src/feed/sim/orders/order-form.ts';
import { OrderLimits } from '../../../../src/feed/sim/orders/order-limits.ts';
import { VARIETIES } from '../../../../src/feed/sim/orders/order-terms.ts';
import { Postbacks } from '../../../../src/feed/sim/orders/postbacks.ts';
import { OrderRefusal } from '../../../../src/feed/sim/orders/refusal.ts';
import type { SimOrder } from '../../../../src/feed/sim/orders/sim-order.ts';
import type { TradingAccount } from '../../../../src/feed/sim/orders/trading-account.ts';
import { packetFields } from '../../../../src/feed/sim/encoder.ts';
import type { PacketFields } from '../../../../src/feed/sim/encoder.ts';
import type { SimInstrument } from '../../../../src/feed/sim/sim-instrument.ts';
import { MarketRig } from './market-rig.ts';

export type AnyObject = Record<string, unknown>;
export type OrderForm = Record<string, string | number | boolean>;

/** Rupees and units of one level of a book. */
export interface Level {
  price: number;
  quantity: number;
}

export interface SentEvent {
  account: string;
  channel: 'socket' | 'postback';
  data: Record<string, unknown>;
}

/** Longer than any order takes to the exchange. */
export const SETTLED_MS = 60;

/** The order side of a simulator on a manual clock, without sockets and HTTP. */
export class OrderRig {
  readonly market: MarketRig;
  readonly faults = new OrderFaults();
  readonly limits: OrderLimits;
  readonly desk: OrderDesk;
  readonly sent: SentEvent[] = [];
  readonly #actions: OrderFaultActions;

  constructor(options: { seed?: number; instruments?: number; start?: string } = {}) {
    const { seed = 1 } = options;
    this.market = new MarketRig({ instruments: 200, ...options });
    const { clock, market } = this.market;
    const note = (account: string, channel: SentEvent['channel'], data: unknown): void => {
      this.sent.push({ account, channel, data: data as Record<string, unknown> });
    };
    const events = new OrderEvents(clock, this.faults, {
      secretOf: (account) => `secret-of-${account}`,
      appIdOf: () => 1001,
      sendToSockets: (account, text) => {
        const frame = JSON.parse(text) as { type: string; data: unknown };
        assert.equal(frame.type, 'order');
        note(account, 'socket', frame.data);
        return 1;
      },
      postback: (account) => (body) => note(account, 'postback', JSON.parse(body)),
    });
    this.limits = new OrderLimits(clock, true);
    this.desk = new OrderDesk({ clock, market, seed, faults: this.faults, events });
    this.#actions = new OrderFaultActions({
      clock,
      market,
      desk: this.desk,
      faults: this.faults,
      limits: this.limits,
      postbacks: new Postbacks(clock, () => undefined),
      accountIds: ['SIM001', 'SIM002'],
    });
  }

  get account(): TradingAccount {
    return this.desk.account('SIM001');
  }

  fault(
    name: OrderFaultName,
    args: Record<string, string | number | boolean>,
    account = 'SIM001',
  ): void {
    this.#actions.apply(name, { account, args });
  }

  instrument(key: string): SimInstrument {
    const instrument = this.market.market.findByKey(key);
    assert.ok(instrument !== undefined, key);
    return instrument;
  }

  /** The first listed option of the money's neighbourhood. */
  get option(): SimInstrument {
    const found = [...this.market.market.listed()].find(({ spec }) => spec.type === 'CE');
    assert.ok(found !== undefined);
    return found;
  }

  book(key: string): { bids: Level[]; offers: Level[]; fields: PacketFields } {
    const instrument = this.instrument(key);
    this.market.market.refresh(instrument);
    const fields = packetFields(instrument.full);
    const levels = (side: Level[] = []): Level[] =>
      side.map(({ price, quantity }) => ({ price: price / 100, quantity }));
    return { bids: levels(fields.depth?.buy), offers: levels(fields.depth?.sell), fields };
  }

  place(form: OrderForm, variety = 'regular', account = 'SIM001'): SimOrder {
    const known = VARIETIES.find((candidate) => candidate === variety);
    assert.ok(known !== undefined);
    return this.desk.place(account, readOrderTerms(params(form), known, this.market.market));
  }

  modify(order: SimOrder, form: OrderForm): void {
    const { variety } = order.terms;
    this.desk.modify(order.origin.account, variety, order.id, readOrderChange(params(form)));
  }

  cancel(order: SimOrder): void {
    this.desk.cancel(order.origin.account, order.terms.variety, order.id);
  }

  /** The error type and text with which the API refuses. */
  refusal(act: () => unknown): string {
    try {
      act();
    } catch (error) {
      if (error instanceof OrderRefusal) {
        return `${error.status} ${error.errorType}: ${error.message}`;
      }
      throw error;
    }
    assert.fail('not refused');
  }

  settle(): void {
    this.market.clock.advance(SETTLED_MS);
  }

  statuses(order: SimOrder): string[] {
    return order.history.map(({ status }) => status);
  }

  events(channel: SentEvent['channel'] = 'socket'): string[] {
    return this.sent
      .filter((event) => event.channel === channel)
      .map(({ data }) => `${String(data['status'])} ${String(data['filled_quantity'])}`);
  }
}

function params(form: OrderForm): URLSearchParams {
  return new URLSearchParams(Object.entries(form).map(([name, value]) => [name, String(value)]));
}

/** A buy of shares at a limit; change what a test is about. */
export function shares(rest: OrderForm = {}): OrderForm {
  return {
    exchange: 'NSE',
    tradingsymbol: 'RELIANCE',
    transaction_type: 'BUY',
    order_type: 'LIMIT',
    product: 'MIS',
    quantity: 10,
    price: 1300,
    validity: 'DAY',
    ...rest,
  };
}
