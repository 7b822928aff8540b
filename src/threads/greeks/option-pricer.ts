import {
  FORWARD_SOURCE,
  GREEKS_STATUS,
  PRICING_MODEL,
  QUALITY,
  UNDEFINED_F32,
  UNDEFINED_F64,
} from '../../domain/status.ts';
import {
  black76GreeksInPlace,
  blackScholesMertonGreeksInPlace,
  GREEKS_DELTA,
  GREEKS_GAMMA,
  GREEKS_OUTPUTS,
  GREEKS_RHO,
  GREEKS_THETA,
  GREEKS_VEGA,
} from '../../pricing/greeks.ts';
import {
  SOLVE_DISCOUNT,
  SOLVE_FORWARD,
  SOLVE_PRICE,
  SOLVE_STRIKE,
  SOLVE_TIME_YEARS,
  SOLVE_VOLATILITY,
  solveBlack76InPlace,
  solveRegisters,
} from '../../pricing/implied-volatility.ts';
import { blankGreeks } from '../../shm/blank-greeks.ts';
import type { TickViews } from '../../shm/block.ts';
import type { InstrumentTable } from '../../shm/instrument-table.ts';
import {
  TICK_DELTA_F64,
  TICK_FORWARD_F64,
  TICK_FORWARD_SOURCE_U8,
  TICK_GAMMA_F64,
  TICK_GREEKS_SEQUENCE_HIGH_U32,
  TICK_GREEKS_SEQUENCE_LOW_U32,
  TICK_GREEKS_STATUS_U8,
  TICK_IV_ASK_F32,
  TICK_IV_BID_F32,
  TICK_IV_F64,
  TICK_IV_OWN_F32,
  TICK_MODEL_U8,
  TICK_QUALITY_U8,
  TICK_RHO_F64,
  TICK_THETA_F64,
  TICK_TIME_TO_EXPIRY_F32,
  TICK_VEGA_F64,
} from '../../shm/layout/tick-slot.ts';
import { ChainBook } from './chain-book.ts';
import type { QuoteBook } from './quote-book.ts';

const DAYS_PER_YEAR = 365;

/* Places of `#solved`. */
const PRICE = 0;
const SIDE = 1;
const VOLATILITY = 2;
/* Arguments of the Greeks, in the place of their results. */
const UNDERLYING = 0;
const STRIKE = 1;
const TIME_YEARS = 2;
const RATE = 3;
const SIGMA = 4;
const DIVIDEND_YIELD = 5;

/** The option being priced; one object per worker, overwritten for every tick. */
export interface PricedOption {
  row: number;
  /** Ring position of the quote. */
  position: number;
  /** 1 call, -1 put. */
  optionType: 1 | -1;
  /** Rupees. */
  strike: number;
  /** Rupees; 0 none. */
  bid: number;
  ask: number;
  last: number;
  /** Of the last price, epoch ms; 0 unknown. */
  tradeMs: number;
  chain: ChainBook;
}

/** An option to price; `aim` says which. */
export function createPricedOption(table: InstrumentTable): PricedOption {
  return {
    row: 0,
    position: 0,
    optionType: 1,
    strike: 0,
    bid: 0,
    ask: 0,
    last: 0,
    tradeMs: 0,
    chain: new ChainBook(-1, table.chain(0)),
  };
}

/** Makes `option` the one in `row` as it stood at `position`; its quote is read separately. */
export function aim(
  option: PricedOption,
  table: InstrumentTable,
  row: number,
  position: number,
  chain: ChainBook,
): void {
  option.row = row;
  option.position = position;
  option.optionType = table.optionTypes[row] === 1 ? 1 : -1;
  option.strike = table.strikes[row]!;
  option.chain = chain;
}

/**
 * Computes the Greeks of one option tick into its section. Prices come from the tick itself; the
 * volatility comes from the out-of-the-money leg of the strike, whose price holds it best, so that
 * call and put of a strike agree.
 */
export class OptionPricer {
  readonly #quotes: QuoteBook;
  readonly #greeks = new Float64Array(GREEKS_OUTPUTS);
  #quality = 0;
  /** What the last volatility was solved from, and it. */
  readonly #solved = new Float64Array(3);

  constructor(quotes: QuoteBook) {
    this.#quotes = quotes;
  }

  /** Price from which the volatility of the last `price` was solved, rupees. */
  get solvedPrice(): number {
    return this.#solved[PRICE]!;
  }

  /** Side of the option whose price that was. */
  get solvedType(): 1 | -1 {
    return this.#solved[SIDE] === 1 ? 1 : -1;
  }

  /**
   * Writes the section of the tick at `tickBytes` (all but its state word) and returns its
   * GREEKS_STATUS. Chain and quotes stand at the present. `withSides` false leaves out iv_bid and
   * iv_ask.
   */
  price(option: PricedOption, ticks: TickViews, tickBytes: number, withSides: boolean): number {
    const { chain } = option;
    const words = tickBytes >> 2;
    this.#blank(option.position, ticks, tickBytes);
    ticks.f32[words + TICK_TIME_TO_EXPIRY_F32] = Math.max(chain.timeYears, 0);
    this.#quality = chain.facts.calendarEstimated ? QUALITY.CALENDAR_ESTIMATED : 0;
    if (chain.phase !== GREEKS_STATUS.OK) return this.#finish(ticks, tickBytes, chain.phase);
    if (chain.source === FORWARD_SOURCE.NONE) {
      return this.#finish(ticks, tickBytes, chain.noForward);
    }
    if (chain.source === FORWARD_SOURCE.SPOT_CARRY) this.#quality |= QUALITY.FORWARD_DEGRADED;
    ticks.u8[tickBytes + TICK_FORWARD_SOURCE_U8] = chain.source;
    ticks.u8[tickBytes + TICK_MODEL_U8] = chain.facts.model;
    ticks.f64[(tickBytes >> 3) + TICK_FORWARD_F64] = chain.forward;
    if (option.bid > 0 && option.ask > 0 && option.bid > option.ask) {
      return this.#finish(ticks, tickBytes, GREEKS_STATUS.CROSSED);
    }
    const status = this.#solve(option, ticks, words, withSides);
    if (status !== GREEKS_STATUS.OK) return this.#finish(ticks, tickBytes, status);
    this.#greeks[STRIKE] = option.strike;
    this.#write(chain, option.optionType, ticks, tickBytes);
    return this.#finish(ticks, tickBytes, GREEKS_STATUS.OK);
  }

  /**
   * Computes the section of option `row` at `tickBytes`, whose status is OK, again for the chain's
   * forward and time now, in place; its volatilities stay: they belong to its own quote.
   */
  reprice(
    chain: ChainBook,
    row: number,
    table: InstrumentTable,
    ticks: TickViews,
    tickBytes: number,
  ): void {
    this.#solved[VOLATILITY] = ticks.f64[(tickBytes >> 3) + TICK_IV_F64]!;
    this.#greeks[STRIKE] = table.strikes[row]!;
    const isDegraded = chain.source === FORWARD_SOURCE.SPOT_CARRY;
    ticks.f32[(tickBytes >> 2) + TICK_TIME_TO_EXPIRY_F32] = chain.timeYears;
    ticks.u8[tickBytes + TICK_FORWARD_SOURCE_U8] = chain.source;
    ticks.u8[tickBytes + TICK_QUALITY_U8] =
      (ticks.u8[tickBytes + TICK_QUALITY_U8]! & ~QUALITY.FORWARD_DEGRADED) |
      (isDegraded ? QUALITY.FORWARD_DEGRADED : 0);
    ticks.f64[(tickBytes >> 3) + TICK_FORWARD_F64] = chain.forward;
    this.#write(chain, table.optionTypes[row] === 1 ? 1 : -1, ticks, tickBytes);
  }

  /** Takes the values out of the section at `tickBytes`: the chain's clock leaves none. */
  close(chain: ChainBook, ticks: TickViews, tickBytes: number): void {
    blankGreeks(ticks, tickBytes, chain.phase);
    ticks.f32[(tickBytes >> 2) + TICK_TIME_TO_EXPIRY_F32] = Math.max(chain.timeYears, 0);
  }

  /** Fills the section of a tick that is not computed because a newer one of its instrument is. */
  skip(position: number, ticks: TickViews, tickBytes: number): number {
    this.#blank(position, ticks, tickBytes);
    ticks.f32[(tickBytes >> 2) + TICK_TIME_TO_EXPIRY_F32] = UNDEFINED_F32;
    this.#quality = 0;
    return this.#finish(ticks, tickBytes, GREEKS_STATUS.GREEKS_SKIPPED);
  }

  /**
   * Solves what there is to solve of an option; leaves the volatility of its strike in `#solved`.
   */
  #solve(option: PricedOption, ticks: TickViews, words: number, withSides: boolean): number {
    const { chain } = option;
    solveRegisters[SOLVE_FORWARD] = chain.forward;
    solveRegisters[SOLVE_STRIKE] = option.strike;
    solveRegisters[SOLVE_TIME_YEARS] = chain.timeYears;
    solveRegisters[SOLVE_DISCOUNT] = chain.discount;
    const own = this.#solveOwn(option);
    if (own === GREEKS_STATUS.OK) {
      ticks.f32[words + TICK_IV_OWN_F32] = solveRegisters[SOLVE_VOLATILITY]!;
      this.#takeSolution(option.optionType);
    }
    if (withSides) {
      solveRegisters[SOLVE_PRICE] = option.bid;
      this.#solveSide(option.optionType, ticks, words + TICK_IV_BID_F32);
      solveRegisters[SOLVE_PRICE] = option.ask;
      this.#solveSide(option.optionType, ticks, words + TICK_IV_ASK_F32);
    }
    if (this.#solveOther(option)) return GREEKS_STATUS.OK;
    const twoSided = option.bid > 0 && option.ask > 0;
    if (!twoSided && option.last > 0) this.#quality |= QUALITY.PRICE_FROM_LAST_TRADE;
    return own;
  }

  #takeSolution(side: 1 | -1): void {
    this.#solved[PRICE] = solveRegisters[SOLVE_PRICE]!;
    this.#solved[SIDE] = side;
    this.#solved[VOLATILITY] = solveRegisters[SOLVE_VOLATILITY]!;
  }

  /** From the leg's own mid, else its last price. Returns the status. */
  #solveOwn(option: PricedOption): number {
    const twoSided = option.bid > 0 && option.ask > 0;
    const price = twoSided ? (option.bid + option.ask) / 2 : option.last;
    if (!(price > 0)) return GREEKS_STATUS.NO_QUOTE;
    // A trade of long ago met another forward than today's.
    if (!twoSided && !this.#quotes.isTradeFresh(option)) return GREEKS_STATUS.STALE;
    solveRegisters[SOLVE_PRICE] = price;
    return solveBlack76InPlace(option.optionType);
  }

  /** The price of one side is in its register; 0 none. */
  #solveSide(side: 1 | -1, ticks: TickViews, word: number): void {
    if (!(solveRegisters[SOLVE_PRICE]! > 0)) return;
    if (solveBlack76InPlace(side) !== GREEKS_STATUS.OK) return;
    ticks.f32[word] = solveRegisters[SOLVE_VOLATILITY]!;
  }

  /**
   * In the money: from the strike's other leg, priced as that prices itself, so that both show the
   * same volatility. False if there is none.
   */
  #solveOther(option: PricedOption): boolean {
    const { optionType, chain, row } = option;
    if (optionType * (chain.forward - option.strike) <= 0) return false;
    const other = chain.otherLeg(row, optionType, option.strike);
    if (other < 0) return false;
    const quotes = this.#quotes;
    const isQuoted = quotes.mids[other]! > 0;
    if (isQuoted ? !quotes.hasFreshMid(other) : !quotes.hasFreshLast(other)) return false;
    const side = optionType === 1 ? -1 : 1;
    solveRegisters[SOLVE_PRICE] = isQuoted ? quotes.mids[other]! : quotes.last[other]!;
    if (solveBlack76InPlace(side) !== GREEKS_STATUS.OK) return false;
    if (!isQuoted) this.#quality |= QUALITY.PRICE_FROM_LAST_TRADE;
    this.#takeSolution(side);
    return true;
  }

  /**
   * Greeks of the strike in `#greeks` and the volatility in `#solved`. A spot at the forward's
   * present carry gives both models one price, so one volatility.
   */
  #write(chain: ChainBook, optionType: 1 | -1, ticks: TickViews, tickBytes: number): void {
    const out = this.#greeks;
    const volatility = this.#solved[VOLATILITY]!;
    out[TIME_YEARS] = chain.timeYears;
    out[RATE] = chain.rate;
    out[SIGMA] = volatility;
    if (chain.isSpotModel) {
      out[UNDERLYING] = chain.impliedSpot;
      out[DIVIDEND_YIELD] = chain.facts.dividendYield;
      blackScholesMertonGreeksInPlace(out, optionType);
    } else {
      out[UNDERLYING] = chain.forward;
      black76GreeksInPlace(out, optionType);
    }
    const gamma = out[GREEKS_GAMMA];
    if (gamma > chain.repriced.gamma) chain.repriced.gamma = gamma;
    const { f64 } = ticks;
    const base = tickBytes >> 3;
    f64[base + TICK_IV_F64] = volatility;
    f64[base + TICK_DELTA_F64] = out[GREEKS_DELTA]!;
    f64[base + TICK_GAMMA_F64] = gamma;
    f64[base + TICK_THETA_F64] = out[GREEKS_THETA] / DAYS_PER_YEAR;
    f64[base + TICK_VEGA_F64] = out[GREEKS_VEGA] / 100;
    f64[base + TICK_RHO_F64] = out[GREEKS_RHO]! / 100;
  }

  #blank(position: number, ticks: TickViews, tickBytes: number): void {
    const { f64, f32, u8, u32 } = ticks;
    const words = tickBytes >> 2;
    const doubles = tickBytes >> 3;
    // Not read from the slot: the ring may have lapped it since.
    u32[words + TICK_GREEKS_SEQUENCE_LOW_U32] = position;
    u32[words + TICK_GREEKS_SEQUENCE_HIGH_U32] = position / 0x1_0000_0000;
    u8[tickBytes + TICK_FORWARD_SOURCE_U8] = FORWARD_SOURCE.NONE;
    u8[tickBytes + TICK_MODEL_U8] = PRICING_MODEL.NONE;
    for (let i = TICK_FORWARD_F64; i <= TICK_RHO_F64; i++) f64[doubles + i] = UNDEFINED_F64;
    for (let i = TICK_IV_BID_F32; i <= TICK_IV_OWN_F32; i++) f32[words + i] = UNDEFINED_F32;
  }

  #finish(ticks: TickViews, tickBytes: number, status: number): number {
    ticks.u8[tickBytes + TICK_GREEKS_STATUS_U8] = status;
    ticks.u8[tickBytes + TICK_QUALITY_U8] = this.#quality;
    return status;
  }
}
