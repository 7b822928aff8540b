import { istDate } from '../../domain/calendar.ts';
import { filledQuantity, type RiskDecision } from '../../domain/order-record.ts';
import { changedTerms } from './changed-terms.ts';
import type { Check, CheckCase } from './check-case.ts';
import type { ChangeCheckInput, CheckInput } from './check-input.ts';
import {
  checkFreeze,
  checkLot,
  checkSession,
  checkTick,
  checkTradable,
} from './contract-checks.ts';
import { bookedProduct, type Exposure } from './exposure.ts';
import {
  checkDisclosed,
  checkPrices,
  checkProduct,
  checkProtection,
  checkQuantity,
  checkTriggerSide,
  checkValidity,
} from './form-checks.ts';
import type { LimitBook } from './limit-book.ts';
import type { OrderRates } from './order-rates.ts';
import { checkDuplicate, checkRate } from './pace-checks.ts';
import { checkCircuit, checkPriceAge, checkPriceBand } from './price-checks.ts';
import { checkTradingState } from './state-check.ts';
import type { TradingStates } from './trading-states.ts';
import {
  checkDailyLoss,
  checkOpenValue,
  checkOrderValue,
  checkPosition,
  checkQuantityLimit,
} from './value-checks.ts';
import { checkAuction, checkAutoslice, checkCover, checkIceberg } from './variety-checks.ts';

/** In this order; the first refusal is the answer. Later ones rely on what earlier ones found. */
const CHECKS: readonly Check[] = [
  checkTradingState,
  checkQuantity,
  checkPrices,
  checkTriggerSide,
  checkProtection,
  checkValidity,
  checkDisclosed,
  checkProduct,
  checkTradable,
  checkCover,
  checkAuction,
  checkIceberg,
  checkAutoslice,
  checkSession,
  checkLot,
  checkTick,
  checkFreeze,
  checkPriceAge,
  checkPriceBand,
  checkCircuit,
  checkQuantityLimit,
  checkOrderValue,
  checkOpenValue,
  checkPosition,
  checkDailyLoss,
  checkRate,
  checkDuplicate,
];

const NOTHING = { units: 0, valueRupees: 0 };
const US_PER_MS = 1_000;

export interface PreTradeChecksOptions {
  limits: LimitBook;
  exposure: Exposure;
  rates: OrderRates;
  states: TradingStates;
}

/**
 * All that an order must pass before it is sent. What only brings a position nearer to zero passes
 * the limits of value, position and loss: they are there to be got away from.
 */
export class PreTradeChecks {
  readonly #limits: LimitBook;
  readonly #exposure: Exposure;
  readonly #rates: OrderRates;
  readonly #states: TradingStates;

  constructor({ limits, exposure, rates, states }: PreTradeChecksOptions) {
    this.#limits = limits;
    this.#exposure = exposure;
    this.#rates = rates;
    this.#states = states;
  }

  /** A new order. It is not counted yet: that is `Exposure.reserve` and `OrderRates.note`. */
  check(input: CheckInput): RiskDecision {
    return run(this.#caseOf(input, false, input.terms.quantity, NOTHING));
  }

  /** A modification, by what the order will be after it. */
  checkChange({ order, change, ...input }: ChangeCheckInput): RiskDecision {
    const terms = changedTerms(input.terms, change);
    const openUnits = Math.max(0, terms.quantity - filledQuantity(order));
    const counted = this.#exposure.ofOrder(order.id);
    return run(this.#caseOf({ ...input, terms }, true, openUnits, counted));
  }

  #caseOf(
    input: CheckInput,
    isChange: boolean,
    openUnits: number,
    counted: CheckCase['counted'],
  ): CheckCase {
    const { account, keyId, terms, contract, price, session, nowUs } = input;
    const exposure = this.#exposure;
    const { exchange, tradingsymbol } = terms;
    const contractExposure = exposure.contract(account, exchange, tradingsymbol);
    return {
      account,
      keyId,
      terms,
      contract,
      price,
      session,
      nowUs,
      isChange,
      isExit: this.#isExit(input, openUnits, counted.units),
      date: istDate(nowUs / US_PER_MS),
      openUnits,
      counted,
      state: this.#states.effective(account),
      limits: this.#limits.effective(account, keyId),
      accountLimits: this.#limits.ofAccount(account),
      keyLimits: this.#limits.ofKey(keyId),
      exposure,
      rates: this.#rates,
      contractExposure,
      marketRupees: 0,
      referenceRupees: 0,
      numbers: {},
    };
  }

  /**
   * True: with all that is open on the same side it cannot take the position beyond zero, so that
   * two exits that both fill do not turn it round. A cover order always opens a position.
   */
  #isExit({ account, terms }: CheckInput, openUnits: number, countedUnits: number): boolean {
    const { exchange, tradingsymbol, transactionType, variety } = terms;
    if (variety === 'co') return false;
    const book = this.#exposure
      .contract(account, exchange, tradingsymbol)
      ?.products.get(bookedProduct(terms));
    if (book === undefined) return false;
    const held = transactionType === 'SELL' ? book.netQuantity : -book.netQuantity;
    return held > 0 && book.openQuantity(transactionType) - countedUnits + openUnits <= held;
  }
}

function run(order: CheckCase): RiskDecision {
  const { isExit, numbers } = order;
  for (const check of CHECKS) {
    const refusal = check(order);
    if (refusal !== undefined) return { allowed: false, ...refusal, isExit, numbers };
  }
  return { allowed: true, code: null, detail: null, isExit, numbers };
}
