import type { Instrument } from '../../src/domain/instrument.ts';
import { Money } from '../../src/threads/control/money.ts';
import { ManualClock } from './feed/sim/manual-clock.ts';
import { chain, future, index } from './threads-instruments.ts';
import { QuoteBoard } from './threads-quotes.ts';

export const EXPIRY = '2026-12-01';

/** NIFTY with a chain of the given strikes, and prices that the test sets. */
export class MoneyBoard extends QuoteBoard {
  readonly spot: Instrument;
  readonly futures: readonly Instrument[];
  readonly money: Money;

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

  /** The index is at `price`, rupees. */
  spotAt(price: number): void {
    this.quote(this.spot, { last: price }).send();
  }
}
