import type { Calendar } from '../../domain/calendar.ts';
import { type Instrument, isOption, qualifiedSymbol } from '../../domain/instrument.ts';
import type { SubscribableInstrument } from '../../domain/ports.ts';
import { priceDivisor, segmentOf } from '../../domain/price-scale.ts';
import { type PricingBook, termsOf } from '../../domain/pricing-terms.ts';
import type { InstrumentRegistry, Underlying } from '../../instruments/registry.ts';
import type { ChainRow, InstrumentTable } from '../../shm/instrument-table.ts';
import { namedFuture } from './named-futures.ts';

export interface RowAllocatorOptions {
  table: InstrumentTable;
  registry: InstrumentRegistry;
  calendar: Calendar;
  pricing: PricingBook;
  /** Greeks workers among which chains are spread. */
  workers: number;
}

/** Takes instruments into the shared tables when somebody first wants them. */
export class RowAllocator {
  readonly #options: RowAllocatorOptions;
  /** Chain number by underlying and expiry. */
  readonly #chains = new Map<string, number>();

  constructor(options: RowAllocatorOptions) {
    this.#options = options;
  }

  /** Row of the instrument; -1 if the tables are full. */
  rowOf(instrument: Instrument): number {
    const { table } = this.#options;
    const known = table.find(instrument.token);
    if (known >= 0) return known;
    if (!isOption(instrument.type)) {
      return table.add({ token: instrument.token, optionType: 0, strike: 0, chain: -1 });
    }
    const chain = this.#chainOf(instrument);
    if (chain < 0) return -1;
    return table.add({
      token: instrument.token,
      optionType: instrument.type === 'CE' ? 1 : -1,
      strike: instrument.strike ?? 0,
      chain,
    });
  }

  /** The instrument as clients see it; undefined if the tables are full. */
  subscribable(instrument: Instrument): SubscribableInstrument | undefined {
    const row = this.rowOf(instrument);
    if (row < 0) return undefined;
    return {
      token: instrument.token,
      symbol: qualifiedSymbol(instrument),
      type: instrument.type,
      strike: instrument.strike,
      expiry: instrument.expiry,
      lotSize: instrument.lotSize,
      priceDivisor: priceDivisor(segmentOf(instrument.token)),
      row,
    };
  }

  #chainOf(option: Instrument): number {
    const { registry, table, workers } = this.#options;
    const name = registry.underlyingName(option);
    const expiry = option.expiry ?? '';
    const key = `${name}|${expiry}`;
    const known = this.#chains.get(key);
    if (known !== undefined) return known;
    const underlying = registry.underlying(name);
    if (underlying === undefined) return -1;
    const worker = table.chainCount % Math.max(1, workers);
    const number = table.addChain(this.#chainFacts(underlying, expiry, worker));
    if (number >= 0) this.#chains.set(key, number);
    return number;
  }

  /**
   * Futures that the forward of a chain may come from: of its own expiry, and of another one. The
   * one that the pricing terms name stands alone, and nothing stands in for it.
   */
  futuresOf(
    underlying: Underlying,
    expiry: string,
  ): { own: Instrument | undefined; other: Instrument | undefined } {
    const { pricing, registry } = this.#options;
    const { future: named } = termsOf(pricing, underlying.name);
    const only = named === undefined ? undefined : namedFuture(registry, underlying.name, named);
    const futures = named === undefined ? underlying.futures : only === undefined ? [] : [only];
    return {
      own: futures.find((future) => future.expiry === expiry),
      other: futures.find((future) => future.expiry !== expiry),
    };
  }

  #chainFacts(underlying: Underlying, expiry: string, worker: number): ChainRow {
    const { calendar, pricing } = this.#options;
    const { model, firstSource, curve, dividendYield } = termsOf(pricing, underlying.name);
    const end = calendar.expiryInstant(expiry);
    const { own, other } = this.futuresOf(underlying, expiry);
    const otherExpiry = other?.expiry ?? undefined;
    return {
      expiryMs: end.epochMs,
      settlementMs: end.settlementMs,
      calendarEstimated: end.estimated,
      model,
      firstSource,
      curve,
      dividendYield,
      worker,
      spotRow: underlying.spot === undefined ? -1 : this.rowOf(underlying.spot),
      futureRow: own === undefined ? -1 : this.rowOf(own),
      otherFutureRow: other === undefined ? -1 : this.rowOf(other),
      otherFutureExpiryMs:
        otherExpiry === undefined ? 0 : calendar.expiryInstant(otherExpiry).epochMs,
    };
  }
}
