import {
  FORWARD_SOURCE,
  GREEKS_STATUS,
  PRICING_MODEL,
  QUALITY,
  UNDEFINED_F32,
  UNDEFINED_F64,
} from '../../domain/status.ts';
import {
  black76Greeks,
  blackScholesMertonGreeks,
  GREEKS_DELTA,
  GREEKS_GAMMA,
  GREEKS_OUTPUTS,
  GREEKS_RHO,
  GREEKS_THETA,
  GREEKS_VEGA,
} from '../../pricing/greeks.ts';
import { solveBlack76 } from '../../pricing/implied-volatility.ts';
import { blankGreeks } from '../../shm/blank-greeks.ts';
import type { TickViews } from '../../shm/block.ts';
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
import type { ChainBook } from './chain-book.ts';
import type { QuoteBook } from './quote-book.ts';

const DAYS_PER_YEAR = 365;

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

/**
 * Computes the Greeks of one option tick into its section. Prices come from the tick itself; the
 * volatility comes from the out-of-the-money leg of the strike, whose price holds it best, so that
 * call and put of a strike agree.
 */
export class OptionPricer {
  readonly #quotes: QuoteBook;
  readonly #greeks = new Float64Array(GREEKS_OUTPUTS);
  #quality = 0;
  /** Price and OptionType from which the last volatility was solved. */
  readonly #solved = new Float64Array(2);

  constructor(quotes: QuoteBook) {
    this.#quotes = quotes;
  }

  /** Price from which the volatility of the last `price` was solved, rupees. */
  get solvedPrice(): number {
    return this.#solved[0]!;
  }

  /** Side of the option whose price that was. */
  get solvedType(): 1 | -1 {
    return this.#solved[1] === 1 ? 1 : -1;
  }

  /**
   * Writes the section of the tick at `tickBytes` (all but its state word) and returns its
   * GREEKS_STATUS. The chain's clock stands at `nowMs`. `withSides` false leaves out iv_bid and
   * iv_ask.
   */
  price(
    option: PricedOption,
    nowMs: number,
    ticks: TickViews,
    tickBytes: number,
    withSides: boolean,
  ): number {
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
    const own = this.#solveOwn(option, nowMs);
    if (own > 0) ticks.f32[words + TICK_IV_OWN_F32] = own;
    if (withSides) this.#solveSides(option, ticks, words);
    const volatility = this.#solveStrike(option, own, nowMs);
    if (!(volatility > 0)) return this.#finish(ticks, tickBytes, -volatility);
    this.#write(chain, option.optionType, option.strike, volatility, ticks, tickBytes);
    return this.#finish(ticks, tickBytes, GREEKS_STATUS.OK);
  }

  /**
   * Computes the section at `tickBytes`, whose status is OK, again for the chain's forward and time
   * now, in place; its volatilities stay: they belong to its own quote.
   */
  reprice(
    chain: ChainBook,
    optionType: 1 | -1,
    strike: number,
    ticks: TickViews,
    tickBytes: number,
  ): void {
    const volatility = ticks.f64[(tickBytes >> 3) + TICK_IV_F64]!;
    const isDegraded = chain.source === FORWARD_SOURCE.SPOT_CARRY;
    ticks.f32[(tickBytes >> 2) + TICK_TIME_TO_EXPIRY_F32] = chain.timeYears;
    ticks.u8[tickBytes + TICK_FORWARD_SOURCE_U8] = chain.source;
    ticks.u8[tickBytes + TICK_QUALITY_U8] =
      (ticks.u8[tickBytes + TICK_QUALITY_U8]! & ~QUALITY.FORWARD_DEGRADED) |
      (isDegraded ? QUALITY.FORWARD_DEGRADED : 0);
    ticks.f64[(tickBytes >> 3) + TICK_FORWARD_F64] = chain.forward;
    this.#write(chain, optionType, strike, volatility, ticks, tickBytes);
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

  /** Volatility of the leg's own mid, else of its last price; negative: -status. */
  #solveOwn(option: PricedOption, nowMs: number): number {
    const { optionType, strike, chain, bid, ask, tradeMs } = option;
    const twoSided = bid > 0 && ask > 0;
    const price = twoSided ? (bid + ask) / 2 : option.last;
    if (!(price > 0)) return -GREEKS_STATUS.NO_QUOTE;
    // A trade of long ago met another forward than today's.
    if (!twoSided && tradeMs > 0 && !this.#quotes.isFresh(tradeMs, nowMs)) {
      return -GREEKS_STATUS.STALE;
    }
    this.#solved[0] = price;
    this.#solved[1] = optionType;
    return solveBlack76(optionType, price, chain.forward, strike, chain.timeYears, chain.discount);
  }

  /** Volatility of the strike: from its out-of-the-money leg if that is fresh, else `own`. */
  #solveStrike(option: PricedOption, own: number, nowMs: number): number {
    const { optionType, strike, chain, row } = option;
    const inTheMoney = optionType * (chain.forward - strike) > 0;
    const other = inTheMoney ? chain.otherLeg(row, optionType, strike) : -1;
    if (other >= 0) {
      // Priced as the other leg prices itself, so that both show the same volatility.
      const quoted = this.#quotes.mid(other) > 0;
      const price = quoted
        ? this.#quotes.freshMid(other, nowMs)
        : this.#quotes.freshLast(other, nowMs);
      const type = optionType === 1 ? -1 : 1;
      const { forward, timeYears, discount } = chain;
      const solved =
        price > 0 ? solveBlack76(type, price, forward, strike, timeYears, discount) : 0;
      if (solved > 0) {
        if (!quoted) this.#quality |= QUALITY.PRICE_FROM_LAST_TRADE;
        this.#solved[0] = price;
        this.#solved[1] = type;
        return solved;
      }
    }
    const twoSided = option.bid > 0 && option.ask > 0;
    if (!twoSided && option.last > 0) this.#quality |= QUALITY.PRICE_FROM_LAST_TRADE;
    return own;
  }

  #solveSides(option: PricedOption, ticks: TickViews, words: number): void {
    const { optionType, strike, chain, bid, ask } = option;
    const { forward, timeYears, discount } = chain;
    if (bid > 0) {
      const solved = solveBlack76(optionType, bid, forward, strike, timeYears, discount);
      if (solved > 0) ticks.f32[words + TICK_IV_BID_F32] = solved;
    }
    if (ask > 0) {
      const solved = solveBlack76(optionType, ask, forward, strike, timeYears, discount);
      if (solved > 0) ticks.f32[words + TICK_IV_ASK_F32] = solved;
    }
  }

  /* A spot at the forward's present carry gives both models one price, so one volatility. */
  #write(
    chain: ChainBook,
    optionType: 1 | -1,
    strike: number,
    volatility: number,
    ticks: TickViews,
    tickBytes: number,
  ): void {
    const { forward, timeYears, rate } = chain;
    const out = this.#greeks;
    if (chain.isSpotModel) {
      const spot = chain.impliedSpot;
      const { dividendYield } = chain.facts;
      blackScholesMertonGreeks(
        out,
        optionType,
        spot,
        strike,
        timeYears,
        rate,
        dividendYield,
        volatility,
      );
    } else {
      black76Greeks(out, optionType, forward, strike, timeYears, rate, volatility);
    }
    const gamma = out[GREEKS_GAMMA]!;
    if (gamma > chain.repriced.gamma) chain.repriced.gamma = gamma;
    const { f64 } = ticks;
    const base = tickBytes >> 3;
    f64[base + TICK_IV_F64] = volatility;
    f64[base + TICK_DELTA_F64] = out[GREEKS_DELTA]!;
    f64[base + TICK_GAMMA_F64] = gamma;
    f64[base + TICK_THETA_F64] = out[GREEKS_THETA]! / DAYS_PER_YEAR;
    f64[base + TICK_VEGA_F64] = out[GREEKS_VEGA]! / 100;
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
