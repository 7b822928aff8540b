/**
 * What the checks before an order add to its way to the broker: at most 20 us in all, however many
 * orders are open. Books of a busy day: thousands of orders, a hundred contracts, several keys.
 */
import type { MarketPrice, TradableContract } from '../../src/domain/order-market.ts';
import type { BrokerOrder, OrderRecord } from '../../src/domain/order-record.ts';
import type { OrderTerms } from '../../src/domain/order-terms.ts';
import type { CheckInput } from '../../src/orders/risk/check-input.ts';
import { Exposure } from '../../src/orders/risk/exposure.ts';
import { LimitBook, NO_LIMITS } from '../../src/orders/risk/limit-book.ts';
import { OrderRates } from '../../src/orders/risk/order-rates.ts';
import { PreTradeChecks } from '../../src/orders/risk/pre-trade-checks.ts';
import { referencePriceRupees } from '../../src/orders/risk/risk-numbers.ts';
import { TradingStates } from '../../src/orders/risk/trading-states.ts';
import type { RunOptions } from '../harness/bench.ts';
import { measureCases, microBudget, type MicroCase } from '../harness/micro-suite.ts';
import type { RunReport } from '../harness/result.ts';
import { Verifier } from '../harness/verifier.ts';

const NOW_US = Date.parse('2026-09-21T11:00:00+05:30') * 1000;
const ACCOUNT = 'AB1234';
const KEYS = 4;
const CONTRACTS = 100;
const OPEN_ORDERS = 5000;
/** Orders in one call of a case. */
const CALLS = 200;
const LOT = 65;
/** Above what all orders of a run are worth, so that none is refused. */
const ENDLESS = 1e12;

function contractOf(index: number): TradableContract {
  const strike = 20_000 + index * 50;
  return {
    token: (strike << 8) | 2,
    exchange: 'NFO',
    tradingsymbol: `NIFTY26SEP${strike}CE`,
    underlying: 'NIFTY',
    segment: 'NFO-OPT',
    type: 'CE',
    expiry: '2026-09-29',
    tickSizeRupees: 0.05,
    lotSize: LOT,
  };
}

const PRICE: MarketPrice = {
  lastRupees: 100,
  bidRupees: 99.95,
  askRupees: 100.05,
  lowerCircuitRupees: 0.05,
  upperCircuitRupees: 900,
  receivedUs: NOW_US,
  source: 'stream',
};

/** Order number `serial`; prices differ, so that none is a duplicate of another. */
function termsOf(contract: TradableContract, serial: number): OrderTerms {
  return {
    variety: 'regular',
    exchange: 'NFO',
    tradingsymbol: contract.tradingsymbol,
    transactionType: serial % 3 === 0 ? 'SELL' : 'BUY',
    orderType: 'LIMIT',
    product: 'NRML',
    quantity: LOT,
    priceRupees: (1900 + (serial % 200)) / 20,
    triggerPriceRupees: null,
    validity: 'DAY',
    validityTtl: null,
    disclosedQuantity: null,
    marketProtection: null,
    autoslice: false,
    icebergLegs: null,
    icebergQuantity: null,
    auctionNumber: null,
    algoId: null,
  };
}

function inputOf(serial: number): CheckInput {
  const contract = contractOf(serial % CONTRACTS);
  return {
    keyId: `key_${serial % KEYS}`,
    account: ACCOUNT,
    terms: termsOf(contract, serial),
    contract,
    price: PRICE,
    session: 'open',
    nowUs: NOW_US,
  };
}

function brokerOrder({ id, terms }: OrderRecord, filled: boolean): BrokerOrder {
  const { quantity, priceRupees } = terms;
  return {
    brokerOrderId: id,
    exchangeOrderId: null,
    parentOrderId: null,
    status: filled ? 'COMPLETE' : 'OPEN',
    statusMessage: null,
    quantity,
    filledQuantity: filled ? quantity : 0,
    pendingQuantity: filled ? 0 : quantity,
    cancelledQuantity: 0,
    averagePriceRupees: filled ? (priceRupees ?? 0) : 0,
    priceRupees: priceRupees ?? 0,
    triggerPriceRupees: 0,
    orderType: 'LIMIT',
    validity: 'DAY',
    orderTimeS: null,
    exchangeUpdateTimeS: null,
    meta: {},
  };
}

function recordOf({ account, keyId, terms, contract }: CheckInput, serial: number): OrderRecord {
  return {
    id: `ord_${serial}`,
    account,
    keyId,
    clientOrderId: null,
    clientTag: null,
    tag: '',
    terms,
    instrumentToken: contract.token,
    intentState: 'SENT',
    code: null,
    message: null,
    risk: null,
    brokerOrders: [],
    sliceParentId: null,
    sliceRefusals: [],
    duplicateOrderIds: [],
    createdUs: NOW_US - 60_000_000,
    sentUs: NOW_US,
    answeredUs: null,
    resolvedUs: null,
    updatedUs: NOW_US,
    version: 1,
  };
}

class Books {
  readonly limits = new LimitBook();
  readonly exposure = new Exposure();
  readonly rates = new OrderRates();
  readonly states = new TradingStates({ random: () => 0 });
  readonly checks = new PreTradeChecks(this);

  constructor() {
    const limits = {
      ...NO_LIMITS,
      orderValueRupees: ENDLESS,
      openValueRupees: ENDLESS,
      positionValueRupees: ENDLESS,
      dailyLossRupees: ENDLESS,
      ordersPerSecond: ENDLESS,
      ordersPerMinute: ENDLESS,
      priceBandPercent: 10,
      duplicateWindowMs: 1000,
    };
    this.limits.set({ scope: 'all', subject: '', limits, actor: 'bench', changedUs: 0 });
    for (let serial = 0; serial < OPEN_ORDERS; serial++) {
      const input = inputOf(serial);
      const order = recordOf(input, serial);
      this.exposure.reserve(order, input.terms.priceRupees ?? 0);
      const brokerOrders = [brokerOrder(order, serial % 2 === 0)];
      this.exposure.update({ ...order, intentState: 'ACCEPTED', brokerOrders, version: 2 });
      this.rates.note(ACCOUNT, input.keyId, NOW_US - serial);
    }
  }
}

/** The check alone: of orders that are taken. */
function checkCase(books: Books, refused: { count: number }): MicroCase {
  const inputs = Array.from({ length: CALLS }, (_, serial) => inputOf(OPEN_ORDERS + serial));
  return {
    name: 'all checks',
    unit: 'ns/order',
    operations: CALLS,
    run: () => {
      for (const input of inputs) {
        if (!books.checks.check(input).allowed) refused.count++;
      }
    },
  };
}

/** All that an order does to the books: checked, reserved, noted, told open and told filled. */
function lifeCase(books: Books, refused: { count: number }): MicroCase {
  const inputs = Array.from({ length: CALLS }, (_, serial) => inputOf(OPEN_ORDERS + serial));
  const orders = inputs.map((input, serial) => recordOf(input, OPEN_ORDERS + serial));
  const open = orders.map((order) => [brokerOrder(order, false)]);
  const filled = orders.map((order) => [brokerOrder(order, true)]);
  return {
    name: 'all checks, exposure reserved, order open, order filled',
    unit: 'ns/order',
    operations: CALLS,
    prepare: () => {
      for (const { id } of orders) books.exposure.forget(id);
      books.exposure.setPositions(ACCOUNT, [], NOW_US + 1);
    },
    run: () => {
      for (let i = 0; i < CALLS; i++) {
        const input = inputs[i];
        const order = orders[i];
        if (input === undefined || order === undefined) continue;
        const decision = books.checks.check(input);
        if (!decision.allowed) refused.count++;
        books.exposure.reserve(order, referencePriceRupees(decision) ?? 0);
        books.rates.note(ACCOUNT, input.keyId, NOW_US);
        for (const [version, rows] of [open[i], filled[i]].entries()) {
          const brokerOrders = rows ?? [];
          const state = { intentState: 'ACCEPTED', version: version + 2 } as const;
          books.exposure.update({ ...order, ...state, brokerOrders });
        }
      }
    },
  };
}

export async function runOrderChecks({ smoke }: RunOptions): Promise<RunReport> {
  const verifier = new Verifier();
  verifyBooks(verifier);
  const refused = { count: 0 };
  const measurements = await measureCases(
    [checkCase(new Books(), refused), lifeCase(new Books(), refused)],
    microBudget(smoke),
  );
  verifier.equal('orders refused', refused.count, 0);
  return {
    measurements,
    checks: verifier.checks,
    notes: [`${OPEN_ORDERS} orders of ${CONTRACTS} contracts and ${KEYS} keys are in the books`],
  };
}

/** The books hold what was put in, and the checks do look at them. */
function verifyBooks(verifier: Verifier): void {
  const books = new Books();
  let openRupees = 0;
  for (let serial = 1; serial < OPEN_ORDERS; serial += 2) {
    openRupees += LOT * (inputOf(serial).terms.priceRupees ?? 0);
  }
  verifier.equal('open value', Math.round(books.exposure.openValueRupees(ACCOUNT)), openRupees);
  const input = inputOf(OPEN_ORDERS);
  const { allowed, numbers } = books.checks.check(input);
  verifier.equal('an order is taken', allowed, true);
  verifier.atLeast('numbers seen', Object.keys(numbers).length, 40);

  const { code } = books.checks.check({ ...input, price: undefined });
  verifier.equal('without a price', code, 'PRICE_STALE');
}
