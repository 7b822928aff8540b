import { exchangeCalendar } from '../../src/domain/calendar.ts';
import type { Instrument } from '../../src/domain/instrument.ts';
import type { PricingBook } from '../../src/domain/pricing-terms.ts';
import { blackPrice } from '../../src/pricing/black.ts';
import { CALL, PUT } from '../../src/pricing/option-type.ts';
import { ManualClock } from './feed/sim/manual-clock.ts';
import { future, index, option } from './threads-instruments.ts';
import { QuoteBoard, type TestQuote } from './threads-quotes.ts';

export const EXPIRY = '2026-09-29';
export const NEXT_EXPIRY = '2026-10-27';
export const RATE = 0.065;
const YEAR_MS = 31_536_000_000;
const SPREAD = 0.5;

export interface NiftyBoardOptions {
  start?: string;
  strikes?: readonly number[];
  expiry?: string;
  ringSlots?: number;
  rate?: number;
  pricing?: PricingBook;
  /** What else is listed. */
  others?: readonly Instrument[];
}

/** NIFTY: index, futures of two months, and one chain, with quotes that the test makes. */
export class NiftyBoard extends QuoteBoard {
  readonly spot: Instrument;
  readonly future: Instrument;
  readonly nextFuture: Instrument;
  readonly strikes: readonly number[];
  readonly calls: readonly Instrument[];
  readonly puts: readonly Instrument[];
  readonly rate: number;
  readonly #expiry: string;

  constructor(options: NiftyBoardOptions = {}) {
    const { strikes = [23800, 23900, 24000, 24100, 24200], expiry = EXPIRY } = options;
    const { start = '2026-09-10T10:00:00+05:30', ringSlots = 1024, rate = RATE } = options;
    const spot = index('NIFTY 50', { token: 256265 });
    const near = future('NIFTY', EXPIRY);
    const next = future('NIFTY', NEXT_EXPIRY);
    const calls = strikes.map((strike) => option('NIFTY', expiry, strike, 'CE'));
    const puts = strikes.map((strike) => option('NIFTY', expiry, strike, 'PE'));
    super({
      instruments: [spot, near, next, ...calls, ...puts, ...(options.others ?? [])],
      clock: new ManualClock(start),
      ringSlots,
      rate,
      ...(options.pricing === undefined ? {} : { pricing: options.pricing }),
    });
    this.spot = spot;
    this.future = near;
    this.nextFuture = next;
    this.strikes = strikes;
    this.calls = calls;
    this.puts = puts;
    this.rate = rate;
    this.#expiry = expiry;
  }

  /** Call or put of a strike. */
  leg(strike: number, type: 'CE' | 'PE'): Instrument {
    const leg = (type === 'CE' ? this.calls : this.puts)[this.strikes.indexOf(strike)];
    if (leg === undefined) throw new Error(`no strike ${strike}`);
    return leg;
  }

  /** Years until the chain's contracts stop trading. */
  get timeYears(): number {
    const { epochMs } = exchangeCalendar.expiryInstant(this.#expiry);
    return (epochMs - this.clock.nowUs() / 1000) / YEAR_MS;
  }

  get discount(): number {
    return Math.exp(-this.rate * this.timeYears);
  }

  /** Black-76 price of a leg, rupees. */
  fairPrice(strike: number, type: 'CE' | 'PE', forward: number, volatility: number): number {
    const side = type === 'CE' ? CALL : PUT;
    return blackPrice(side, forward, strike, this.timeYears, this.discount, volatility);
  }

  /** A two-sided quote around the fair price, to the paisa. */
  fairQuote(strike: number, type: 'CE' | 'PE', forward: number, volatility: number): TestQuote {
    const price = this.fairPrice(strike, type, forward, volatility);
    const bid = Math.round((price - SPREAD / 2) * 100) / 100;
    return { bid, ask: bid + SPREAD, last: bid };
  }

  /** Quotes both legs of all strikes, or of some, in the next frame. */
  quoteChain(forward: number, volatility: number, strikes = this.strikes): this {
    for (const strike of strikes) {
      this.quote(this.leg(strike, 'CE'), this.fairQuote(strike, 'CE', forward, volatility));
      this.quote(this.leg(strike, 'PE'), this.fairQuote(strike, 'PE', forward, volatility));
    }
    return this;
  }
}
