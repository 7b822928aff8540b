import { GREEKS_STATUS, UNDEFINED_F32 } from '../../domain/status.ts';
import {
  type ReferenceTerms,
  referenceGreeks,
  referenceVolatility,
} from '../../pricing/reference.ts';
import type { TickViews } from '../../shm/block.ts';
import type { LastValueTable } from '../../shm/last-value-table.ts';
import { GREEKS } from '../../shm/layout/meters.ts';
import {
  TICK_DELTA_F64,
  TICK_FORWARD_F64,
  TICK_GAMMA_F64,
  TICK_GREEKS_STATUS_U8,
  TICK_IV_ASK_F32,
  TICK_IV_BID_F32,
  TICK_IV_F64,
  TICK_IV_OWN_F32,
  TICK_QUALITY_U8,
  TICK_RHO_F64,
  TICK_THETA_F64,
  TICK_TIME_TO_EXPIRY_F32,
  TICK_VEGA_F64,
} from '../../shm/layout/tick-slot.ts';
import type { ThreadMeters } from '../../shm/meters.ts';
import type { ChainBook } from './chain-book.ts';
import type { OptionPricer, PricedOption } from './option-pricer.ts';
import type { QuoteBook } from './quote-book.ts';

/** A volatility that differs by more, beyond the width of its quote, has jumped. */
const JUMP = 0.05;
/** Within this; an option may well be worth another volatility after an hour. */
const JUMP_YEARS = 60 / 31_536_000;
/** Rupees: one tick of an option. */
const TICK_SIZE = 0.05;
/** Call and put at the money may differ by this and half the widths of their quotes. */
const SPLIT = 0.001;
/** Both quotes and both forwards are of one moment. */
const SPLIT_AGE_MS = 2000;
const SPLIT_FORWARD_SHARE = 1e-5;
/** Chains whose split is looked at each second. */
const SPLIT_CHAINS = 64;
/** Relative; the fast functions and the reference agree to some 1e-13 where an option has value. */
const TOLERANCE = 1e-9;
/** Of the underlying's price: what the textbook's subtraction of the legs leaves uncertain. */
const PRICE_TOLERANCE = 1e-13;
const DAYS_PER_YEAR = 365;

export interface QualityWatchOptions {
  lastValues: LastValueTable;
  meters: ThreadMeters;
  pricer: OptionPricer;
  quotes: QuoteBook;
}

/**
 * Doubts the worker's own results: once a second one option is computed again by the slow
 * reference, and ticks that no sound market and no sound model gives are counted by kind.
 */
export class QualityWatch {
  readonly #options: QualityWatchOptions;
  #isSampleDue = true;
  #nextChain = 0;

  constructor(options: QualityWatchOptions) {
    this.#options = options;
  }

  /** Once a second: the next option is a sample; the money of some chains is looked at. */
  eachSecond(chains: readonly ChainBook[]): void {
    this.#isSampleDue = true;
    const looks = Math.min(SPLIT_CHAINS, chains.length);
    for (let look = 0; look < looks; look++) {
      this.#nextChain = (this.#nextChain + 1) % chains.length;
      this.#lookAtSplit(chains[this.#nextChain]!);
    }
  }

  /**
   * Looks at an option whose section at `bytes` has just been computed with status OK; the
   * last-value table still holds the one before.
   */
  look(option: PricedOption, ticks: TickViews, bytes: number): void {
    this.#lookForJump(option.row, ticks, bytes);
    const { chain, optionType, strike, bid, ask } = option;
    const exercise = chain.discount * optionType * (chain.forward - strike);
    if (bid > 0 && ask > 0 && ask + TICK_SIZE < exercise) {
      this.#options.meters.add(GREEKS.ANOMALY_NEGATIVE_TIME_VALUE, 1);
    }
    if (!this.#isSampleDue) return;
    this.#isSampleDue = false;
    this.#compare(option, ticks, bytes);
  }

  #lookForJump(row: number, ticks: TickViews, bytes: number): void {
    const { lastValues, meters } = this.#options;
    const before = lastValues.ticks;
    const at = lastValues.rowBytes(row);
    if (before.u8[at + TICK_GREEKS_STATUS_U8] !== GREEKS_STATUS.OK) return;
    if (before.u8[at + TICK_QUALITY_U8] !== 0 || ticks.u8[bytes + TICK_QUALITY_U8] !== 0) return;
    const ivBid = ticks.f32[(bytes >> 2) + TICK_IV_BID_F32]!;
    const ivAsk = ticks.f32[(bytes >> 2) + TICK_IV_ASK_F32]!;
    if (ivBid === UNDEFINED_F32 || ivAsk === UNDEFINED_F32) return;
    const passedYears =
      before.f32[(at >> 2) + TICK_TIME_TO_EXPIRY_F32]! -
      ticks.f32[(bytes >> 2) + TICK_TIME_TO_EXPIRY_F32]!;
    if (passedYears > JUMP_YEARS) return;
    const change = ticks.f64[(bytes >> 3) + TICK_IV_F64]! - before.f64[(at >> 3) + TICK_IV_F64]!;
    if (Math.abs(change) > JUMP + ivAsk - ivBid) meters.add(GREEKS.ANOMALY_IV_JUMP, 1);
  }

  /** Counts what the reference sees differently. */
  #compare(option: PricedOption, ticks: TickViews, bytes: number): void {
    const { meters, pricer } = this.#options;
    const { chain } = option;
    const { f64 } = ticks;
    const at = bytes >> 3;
    const iv = f64[at + TICK_IV_F64]!;
    const terms = forwardTerms(option);
    const solved = referenceVolatility({ ...terms, type: pricer.solvedType }, pricer.solvedPrice);
    const isSpot = chain.isSpotModel;
    const expected = referenceGreeks(isSpot ? spotTerms(option) : terms, iv);
    const uncertain = PRICE_TOLERANCE * terms.underlying;
    const rho = isSpot ? expected.rho : -terms.timeYears * expected.price;
    const deviation = iv * Math.sqrt(terms.timeYears);
    const pairs = [
      [iv, solved, uncertain / expected.vega],
      [f64[at + TICK_DELTA_F64]!, expected.delta, PRICE_TOLERANCE],
      [f64[at + TICK_GAMMA_F64]!, expected.gamma, PRICE_TOLERANCE / (terms.underlying * deviation)],
      [f64[at + TICK_THETA_F64]! * DAYS_PER_YEAR, expected.theta, uncertain],
      [f64[at + TICK_VEGA_F64]! * 100, expected.vega, uncertain],
      [f64[at + TICK_RHO_F64]! * 100, rho, uncertain],
    ] as const;
    meters.add(GREEKS.REFERENCE_SAMPLES, 1);
    for (const [kind, [actual, reference, absolute]] of pairs.entries()) {
      const allowed = TOLERANCE * Math.abs(reference) + absolute;
      // NaN is a disagreement too.
      if (Math.abs(actual - reference) <= allowed) continue;
      meters.add(GREEKS.DISAGREEMENT_FIRST + kind, 1);
    }
  }

  /** Call and put of the strike at the money, each from its own quote, must agree. */
  #lookAtSplit(chain: ChainBook): void {
    const { lastValues, meters, quotes } = this.#options;
    const { strikes, forward } = chain;
    if (chain.phase !== GREEKS_STATUS.OK || forward === 0 || strikes.length === 0) return;
    const above = Math.min(chain.strikeAtOrAbove(forward), strikes.length - 1);
    const below = Math.max(0, above - 1);
    const isBelow = forward - strikes[below]! < strikes[above]! - forward;
    const index = isBelow ? below : above;
    const call = chain.calls[index]!;
    const put = chain.puts[index]!;
    if (call < 0 || put < 0) return;
    if (Math.abs(quotes.timeMs[call]! - quotes.timeMs[put]!) > SPLIT_AGE_MS) return;
    const { u8, f32, f64 } = lastValues.ticks;
    const c = lastValues.rowBytes(call);
    const p = lastValues.rowBytes(put);
    const isOk = (bytes: number) => u8[bytes + TICK_GREEKS_STATUS_U8] === GREEKS_STATUS.OK;
    if (!isOk(c) || !isOk(p)) return;
    const forwards = f64[(c >> 3) + TICK_FORWARD_F64]! - f64[(p >> 3) + TICK_FORWARD_F64]!;
    if (Math.abs(forwards) > SPLIT_FORWARD_SHARE * forward) return;
    let allowed = SPLIT;
    for (const bytes of [c, p]) {
      const bid = f32[(bytes >> 2) + TICK_IV_BID_F32]!;
      const ask = f32[(bytes >> 2) + TICK_IV_ASK_F32]!;
      if (bid === UNDEFINED_F32 || ask === UNDEFINED_F32) return;
      allowed += (ask - bid) / 2;
    }
    const split = f32[(c >> 2) + TICK_IV_OWN_F32]! - f32[(p >> 2) + TICK_IV_OWN_F32]!;
    if (Math.abs(split) > allowed) meters.add(GREEKS.ANOMALY_CALL_PUT_SPLIT, 1);
  }
}

/** Black-76 is Black-Scholes-Merton with a yield that is the rate. */
function forwardTerms({ chain, optionType, strike }: PricedOption): ReferenceTerms {
  const { forward, timeYears, rate } = chain;
  const underlying = forward;
  return { type: optionType, underlying, strike, timeYears, rate, dividendYield: rate };
}

function spotTerms(option: PricedOption): ReferenceTerms {
  const { chain } = option;
  const { dividendYield } = chain.facts;
  return { ...forwardTerms(option), underlying: chain.impliedSpot, dividendYield };
}
