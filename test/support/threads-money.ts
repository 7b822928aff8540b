import { exchangeCalendar } from '../../src/domain/calendar.ts';
import type { Instrument } from '../../src/domain/instrument.ts';
import { blackPrice } from '../../src/pricing/black.ts';
import { CALL, PUT } from '../../src/pricing/option-type.ts';
import { Money } from '../../src/threads/control/money.ts';
import { StrikeDeltas } from '../../src/threads/control/strike-deltas.ts';
import { ManualClock } from './feed/sim/manual-clock.ts';
import { chain, future, index } from './threads-instruments.ts';
import { QuoteBoard } from './threads-quotes.ts';

export const EXPIRY = '2026-12-01';
const RATE = 0.065;
const YEAR_MS = 31_536_000_000;

/** NIFTY with a chain of the given strikes, and prices that the test sets. */
export class MoneyBoard extends QuoteBoard {
  readonly spot: Instrument;
  readonly futures: readonly Instrument[];
  readonly money: Money;
  readonly deltas: StrikeDeltas;

  constructor(strikes: readonly number[], options: { spot?: boolean } = {}) {
    const spot = index('NIFTY 50', { token: 256265 });
    const futures = [future('NIFTY', EXPIRY), future('NIFTY', '2026-12-29')];
    const listed = [...futures, ...chain('NIFTY', EXPIRY, strikes)];
    super({
      instruments: options.spot === false ? listed : [spot, ...listed],
      clock: new ManualClock('2026-11-24T10:00:00+05:30'),
    });
    this.spot = spot;
    this.futures = futures;
    this.money = new Money(this.registry, this.table, this.lastValues);
    this.deltas = new StrikeDeltas(this.table, this.lastValues, () => true);
  }

  get underlying() {
    const underlying = this.registry.underlying('NIFTY');
    if (underlying === undefined) throw new Error('NIFTY is not listed');
    return underlying;
  }

  get chain() {
    const [first] = this.underlying.chains;
    if (first === undefined) throw new Error('there is no chain');
    return first;
  }

  /** Quotes both legs of every strike in the next frame, 0.05 wide, at one volatility. */
  quoteChain(forward: number, volatility: number): this {
    const { epochMs } = exchangeCalendar.expiryInstant(EXPIRY);
    const timeYears = (epochMs - this.clock.nowUs() / 1000) / YEAR_MS;
    const discount = Math.exp(-RATE * timeYears);
    for (const { strike, call, put } of this.chain.strikes) {
      for (const [leg, side] of [
        [call, CALL],
        [put, PUT],
      ] as const) {
        if (leg === undefined) continue;
        const price = blackPrice(side, forward, strike, timeYears, discount, volatility);
        const bid = Math.floor(price * 20) / 20;
        this.quote(leg, { bid, ask: bid + 0.05, last: bid });
      }
    }
    return this;
  }

  /** The index is at `price`, rupees. */
  spotAt(price: number): void {
    this.quote(this.spot, { last: price }).send();
  }
}
