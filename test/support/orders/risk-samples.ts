import type { MarketPrice, TradableContract } from '../../../src/domain/order-market.ts';
import type { BrokerOrder, OrderRecord, RiskDecision } from '../../../src/domain/order-record.ts';
import type { OrderTerms } from '../../../src/domain/order-terms.ts';
import type { RiskLimits } from '../../../src/domain/trading-state.ts';
import type { CheckInput } from '../../../src/orders/risk/check-input.ts';
import { Exposure } from '../../../src/orders/risk/exposure.ts';
import { LimitBook, NO_LIMITS } from '../../../src/orders/risk/limit-book.ts';
import { OrderRates } from '../../../src/orders/risk/order-rates.ts';
import { PreTradeChecks } from '../../../src/orders/risk/pre-trade-checks.ts';
import { TradingStates } from '../../../src/orders/risk/trading-states.ts';

export const ACCOUNT = 'AB1234';
export const KEY = 'key_one';
/** A Monday of September 2026, 11:00 IST. */
export const NOW_US = Date.parse('2026-09-21T11:00:00+05:30') * 1000;

export const OPTION: TradableContract = {
  token: 12_345_602,
  exchange: 'NFO',
  tradingsymbol: 'NIFTY26SEP24000CE',
  underlying: 'NIFTY',
  segment: 'NFO-OPT',
  type: 'CE',
  expiry: '2026-09-29',
  tickSizeRupees: 0.05,
  lotSize: 65,
};
export const SHARE: TradableContract = {
  token: 738_561,
  exchange: 'NSE',
  tradingsymbol: 'RELIANCE',
  underlying: 'RELIANCE',
  segment: 'NSE',
  type: 'EQ',
  expiry: null,
  tickSizeRupees: 0.1,
  lotSize: 1,
};
export const CRUDE: TradableContract = {
  token: 111_111_175,
  exchange: 'MCX',
  tradingsymbol: 'CRUDEOIL26OCTFUT',
  underlying: 'CRUDEOIL',
  segment: 'MCX-FUT',
  type: 'FUT',
  expiry: '2026-10-19',
  tickSizeRupees: 1,
  lotSize: 1,
};

/** Buys one lot of the option at 100. */
export function optionTerms(changes: Partial<OrderTerms> = {}): OrderTerms {
  return {
    variety: 'regular',
    exchange: 'NFO',
    tradingsymbol: OPTION.tradingsymbol,
    transactionType: 'BUY',
    orderType: 'LIMIT',
    product: 'NRML',
    quantity: 65,
    priceRupees: 100,
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
    ...changes,
  };
}

/** Buys ten shares at 1000. */
export function shareTerms(changes: Partial<OrderTerms> = {}): OrderTerms {
  return optionTerms({
    exchange: 'NSE',
    tradingsymbol: 'RELIANCE',
    product: 'CNC',
    quantity: 10,
    priceRupees: 1000,
    ...changes,
  });
}

export function marketAt(lastRupees: number, changes: Partial<MarketPrice> = {}): MarketPrice {
  return {
    lastRupees,
    bidRupees: lastRupees,
    askRupees: lastRupees,
    lowerCircuitRupees: null,
    upperCircuitRupees: null,
    receivedUs: NOW_US,
    source: 'stream',
    ...changes,
  };
}

export function orderRecord(terms: OrderTerms, changes: Partial<OrderRecord> = {}): OrderRecord {
  return {
    id: 'ord_000000000001',
    account: ACCOUNT,
    keyId: KEY,
    clientOrderId: null,
    clientTag: null,
    tag: 'AB00000000000100',
    terms,
    instrumentToken: OPTION.token,
    intentState: 'SENT',
    code: null,
    message: null,
    risk: null,
    brokerOrders: [],
    sliceParentId: null,
    sliceRefusals: [],
    duplicateOrderIds: [],
    createdUs: NOW_US,
    sentUs: NOW_US,
    answeredUs: null,
    resolvedUs: null,
    updatedUs: NOW_US,
    version: 1,
    ...changes,
  };
}

export function brokerOrder(changes: Partial<BrokerOrder> = {}): BrokerOrder {
  return {
    brokerOrderId: '260921000000001',
    exchangeOrderId: null,
    parentOrderId: null,
    status: 'OPEN',
    statusMessage: null,
    quantity: 65,
    filledQuantity: 0,
    pendingQuantity: 65,
    cancelledQuantity: 0,
    averagePriceRupees: 0,
    priceRupees: 100,
    triggerPriceRupees: 0,
    orderType: 'LIMIT',
    validity: 'DAY',
    orderTimeS: null,
    exchangeUpdateTimeS: null,
    meta: {},
    ...changes,
  };
}

/** The checks with books of their own. */
export class RiskRig {
  readonly limits = new LimitBook();
  readonly exposure = new Exposure();
  readonly rates = new OrderRates();
  readonly states = new TradingStates({ random: () => 0.5 });
  readonly checks = new PreTradeChecks(this);

  /** Limits for all; what is left out is none. */
  limit(limits: Partial<RiskLimits>): void {
    this.set('all', '', limits);
  }

  set(scope: 'all' | 'account' | 'key', subject: string, limits: Partial<RiskLimits>): void {
    const changedUs = NOW_US;
    const all = { ...NO_LIMITS, ...limits };
    this.limits.set({ scope, subject, limits: all, actor: 'test', changedUs });
  }

  /** The account holds so many units of the option, at 100. */
  hold(netQuantity: number, product = 'NRML', pnlRupees = 0): void {
    const position = {
      exchange: 'NFO',
      tradingsymbol: OPTION.tradingsymbol,
      instrumentToken: OPTION.token,
      product,
      netQuantity,
      multiplier: 1,
      averagePriceRupees: 100,
      lastPriceRupees: 100,
      pnlRupees,
      buyValueRupees: 0,
      sellValueRupees: 0,
    };
    this.exposure.setPositions(ACCOUNT, [position], NOW_US);
  }

  option(terms: Partial<OrderTerms> = {}, input: Partial<CheckInput> = {}): RiskDecision {
    return this.checks.check({ ...OPTION_INPUT, terms: optionTerms(terms), ...input });
  }

  share(terms: Partial<OrderTerms> = {}, input: Partial<CheckInput> = {}): RiskDecision {
    return this.checks.check({ ...SHARE_INPUT, terms: shareTerms(terms), ...input });
  }
}

const PLAIN = { keyId: KEY, account: ACCOUNT, session: 'open', nowUs: NOW_US } as const;
export const OPTION_INPUT: CheckInput = {
  ...PLAIN,
  terms: optionTerms(),
  contract: OPTION,
  price: marketAt(100),
};
export const SHARE_INPUT: CheckInput = {
  ...PLAIN,
  terms: shareTerms(),
  contract: SHARE,
  price: marketAt(1000),
};
