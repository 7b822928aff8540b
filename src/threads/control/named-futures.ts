import type { Instrument } from '../../domain/instrument.ts';
import { type PricingBook, withoutExchange } from '../../domain/pricing-terms.ts';
import { type InstrumentRegistry, listedName } from '../../instruments/registry.ts';

/**
 * The future that the pricing terms of `underlying` name, as EXCHANGE:TRADINGSYMBOL; undefined if
 * it is not listed, or is no future of that underlying.
 */
export function namedFuture(
  registry: InstrumentRegistry,
  underlying: string,
  symbol: string,
): Instrument | undefined {
  const found = registry.bySymbol(symbol);
  if (found?.type !== 'FUT') return undefined;
  return listedName(found) === withoutExchange(underlying) ? found : undefined;
}

/** What the pricing terms name and cannot have; spot with carry stands in, flagged as degraded. */
export function missingFutures(
  registry: InstrumentRegistry,
  { byUnderlying }: PricingBook,
): { underlying: string; future: string }[] {
  const missing: { underlying: string; future: string }[] = [];
  for (const [underlying, { future }] of byUnderlying) {
    if (future === undefined || namedFuture(registry, underlying, future) !== undefined) continue;
    missing.push({ underlying, future });
  }
  return missing;
}
