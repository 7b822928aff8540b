import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { BrokerPosition } from '../../../../src/domain/order-broker.ts';
import type { BrokerOrder, OrderRecord } from '../../../../src/domain/order-record.ts';
import type { IntentState } from '../../../../src/domain/intent-state.ts';
import { Exposure } from '../../../../src/orders/risk/exposure.ts';
import { openQuantity } from '../../../../src/orders/risk/open-quantity.ts';
import {
  brokerOrder,
  NOW_US,
  optionTerms,
  orderRecord,
} from '../../../support/orders/risk-samples.ts';

const ACCOUNTS = ['AB1234', 'CD5678'];
const KEYS = ['key_one', 'key_two', null];
const SYMBOLS = ['NIFTY26SEP24000CE', 'NIFTY26SEP24000PE'];
const PRODUCTS = ['NRML', 'MIS'] as const;
const STATES: readonly IntentState[] = [
  'SENT',
  'UNKNOWN',
  'ACCEPTED',
  'REJECTED',
  'RESOLVED_ABSENT',
  'ESCALATED',
];
const STATUSES = ['OPEN', 'COMPLETE', 'CANCELLED', null];
const ORDERS = 5;

type Step =
  | { kind: 'order'; index: number; state: IntentState; filled: number; status: string | null }
  | { kind: 'positions'; account: string; units: number[]; pnl: number }
  | { kind: 'mark'; symbol: number; price: number }
  | { kind: 'forget'; index: number };

const index = fc.integer({ min: 0, max: ORDERS - 1 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('order' as const),
      index,
      state: fc.constantFrom(...STATES),
      filled: fc.integer({ min: 0, max: 10 }),
      status: fc.constantFrom(...STATUSES),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('positions' as const),
      account: fc.constantFrom(...ACCOUNTS),
      units: fc.array(fc.integer({ min: -20, max: 20 }), { minLength: 4, maxLength: 4 }),
      pnl: fc.integer({ min: -5000, max: 5000 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('mark' as const),
      symbol: fc.integer({ min: 0, max: 1 }),
      price: fc.integer({ min: 1, max: 4000 }).map((ticks) => (ticks * 5) / 100),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('forget' as const), index }) },
);

function pick<Item>(items: readonly Item[], at: number): Item {
  return items[at % items.length] as Item;
}

/** Order number `at`, with prices and sides that differ; each fill costs what its number says. */
function newOrder(at: number): OrderRecord {
  const terms = optionTerms({
    tradingsymbol: pick(SYMBOLS, at),
    product: pick(PRODUCTS, at >> 1),
    transactionType: at % 3 === 0 ? 'SELL' : 'BUY',
    quantity: 10,
    priceRupees: 100 + at * 0.05,
  });
  const account = pick(ACCOUNTS, at >> 1);
  return orderRecord(terms, { id: `ord_${at}`, account, keyId: pick(KEYS, at), version: 0 });
}

interface KnownFill {
  order: OrderRecord;
  units: number;
  timeUs: number;
}

/** All that was told, and everything summed up again when it is asked for. */
class NaiveBooks {
  readonly orders = new Map<number, OrderRecord>();
  readonly fills: KnownFill[] = [];
  readonly positions = new Map<string, { rows: BrokerPosition[]; asOfUs: number }>();
  readonly prices = new Map<string, number>();

  sumOpenPaise(isMine: (order: OrderRecord) => boolean): number {
    return [...this.orders.values()]
      .filter(isMine)
      .map((order) => Math.round(openQuantity(order) * (order.terms.priceRupees ?? 0) * 100))
      .reduce((sum, paise) => sum + paise, 0);
  }

  net(account: string, symbol: string, product: string): number {
    const { rows, asOfUs } = this.positions.get(account) ?? { rows: [], asOfUs: -Infinity };
    const held = rows
      .filter((row) => row.tradingsymbol === symbol && row.product === product)
      .reduce((sum, { netQuantity }) => sum + netQuantity, 0);
    return this.fills
      .filter(({ order, timeUs }) => {
        const { terms } = order;
        const isSame = terms.tradingsymbol === symbol && terms.product === product;
        return order.account === account && isSame && timeUs > asOfUs;
      })
      .reduce((sum, { units }) => sum + units, held);
  }

  pnlPaise(account: string): number {
    const { rows, asOfUs } = this.positions.get(account) ?? { rows: [], asOfUs: -Infinity };
    let paise = 0;
    for (const { pnlRupees, netQuantity, lastPriceRupees, tradingsymbol } of rows) {
      const price = this.prices.get(tradingsymbol) ?? lastPriceRupees;
      paise += pnlRupees * 100 + netQuantity * (price - lastPriceRupees) * 100;
    }
    for (const { order, units, timeUs } of this.fills) {
      if (order.account !== account || timeUs <= asOfUs) continue;
      const price = this.prices.get(order.terms.tradingsymbol) ?? 0;
      paise += units * (price - (order.terms.priceRupees ?? 0)) * 100;
    }
    return Math.round(paise);
  }
}

/** Both books side by side. */
class Comparison {
  readonly exposure = new Exposure();
  readonly naive = new NaiveBooks();
  #timeUs = NOW_US;

  constructor() {
    // Prices are told first, so that both books value everything at the market's price.
    for (const account of ACCOUNTS) {
      for (const symbol of SYMBOLS) this.#touch(account, symbol);
    }
    for (let symbol = 0; symbol < SYMBOLS.length; symbol++) this.#mark(symbol, 100);
  }

  #touch(account: string, tradingsymbol: string): void {
    const order = orderRecord(optionTerms({ tradingsymbol }), {
      account,
      id: `ord_${account}${tradingsymbol}`,
      keyId: null,
      intentState: 'REJECTED',
    });
    this.exposure.update(order);
  }

  apply(step: Step): void {
    this.#timeUs += 1_000_000;
    switch (step.kind) {
      case 'order':
        this.#order(step);
        break;
      case 'positions':
        this.#setPositions(step.account, step.units, step.pnl);
        break;
      case 'mark':
        this.#mark(step.symbol, step.price);
        break;
      case 'forget':
        this.exposure.forget(`ord_${step.index}`);
        this.naive.orders.delete(step.index);
    }
  }

  #order({ index: at, state, filled, status }: Extract<Step, { kind: 'order' }>): void {
    const before = this.naive.orders.get(at);
    const known = before ?? newOrder(at);
    // What has filled stays so; a forgotten order comes back without its fills.
    const was = before?.brokerOrders[0]?.filledQuantity ?? 0;
    const filledQuantity = Math.max(was, filled);
    const priceRupees = known.terms.priceRupees ?? 0;
    const row: BrokerOrder = brokerOrder({
      quantity: 10,
      filledQuantity,
      averagePriceRupees: filledQuantity > 0 ? priceRupees : 0,
      priceRupees,
      status,
    });
    const order: OrderRecord = {
      ...known,
      intentState: known.keyId === null ? null : state,
      brokerOrders: [row],
      updatedUs: this.#timeUs,
      version: known.version + 1,
    };
    this.naive.orders.set(at, order);
    const more = filledQuantity - was;
    const units = order.terms.transactionType === 'BUY' ? more : -more;
    if (more > 0) this.naive.fills.push({ order, units, timeUs: this.#timeUs });
    this.exposure.update(order);
    // The same again, and an older one, change nothing.
    this.exposure.update(order);
    this.exposure.update({ ...known, version: known.version - 1 });
  }

  #setPositions(account: string, units: number[], pnlRupees: number): void {
    const rows = units.map((netQuantity, at): BrokerPosition => {
      const tradingsymbol = pick(SYMBOLS, at);
      return {
        exchange: 'NFO',
        tradingsymbol,
        instrumentToken: at % 2,
        product: pick(PRODUCTS, at >> 1),
        netQuantity,
        multiplier: 1,
        averagePriceRupees: 0,
        lastPriceRupees: this.naive.prices.get(tradingsymbol) ?? 0,
        pnlRupees,
        buyValueRupees: 0,
        sellValueRupees: 0,
      };
    });
    this.naive.positions.set(account, { rows, asOfUs: this.#timeUs });
    this.exposure.setPositions(account, rows, this.#timeUs);
  }

  #mark(symbol: number, price: number): void {
    const name = pick(SYMBOLS, symbol);
    this.naive.prices.set(name, price);
    for (const account of ACCOUNTS) this.exposure.mark(account, 'NFO', name, price);
  }

  check(): void {
    const { exposure, naive } = this;
    for (const account of ACCOUNTS) {
      const open = naive.sumOpenPaise((order) => order.account === account);
      assert.equal(exposure.openValueRupees(account), open / 100);
      const pnl = exposure.dayPnlRupees(account) * 100;
      assert.ok(Math.abs(pnl - naive.pnlPaise(account)) < 1, `${pnl}`);
      for (const symbol of SYMBOLS) this.#checkContract(account, symbol);
    }
    for (const key of KEYS) {
      if (key === null) continue;
      const open = naive.sumOpenPaise(({ keyId }) => keyId === key);
      assert.equal(exposure.openValueOfKeyRupees(key), open / 100);
    }
  }

  #checkContract(account: string, symbol: string): void {
    const { exposure, naive } = this;
    const contract = exposure.contract(account, 'NFO', symbol);
    assert.ok(contract);
    let net = 0;
    for (const product of PRODUCTS) {
      const expected = naive.net(account, symbol, product);
      assert.equal(exposure.netQuantity(account, 'NFO', symbol, product), expected);
      net += expected;
    }
    assert.equal(contract.netQuantity, net);
    for (const side of ['BUY', 'SELL'] as const) {
      const units = [...naive.orders.values()]
        .filter(({ account: whose, terms }) => {
          const isSame = terms.tradingsymbol === symbol && terms.transactionType === side;
          return whose === account && isSame;
        })
        .reduce((sum, order) => sum + openQuantity(order), 0);
      assert.equal(contract.openQuantity(side), units);
    }
  }
}

test('kept up to date step by step, it is what summing up everything again gives', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const comparison = new Comparison();
      comparison.check();
      for (const one of steps) {
        comparison.apply(one);
        comparison.check();
      }
    }),
    { numRuns: 300 },
  );
});
