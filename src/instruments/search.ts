import type { Instrument } from '../domain/instrument.ts';
import { qualifiedSymbol } from '../domain/instrument.ts';
import type { InstrumentSearch } from '../domain/ports.ts';
import { type InstrumentRegistry, listedName } from './registry.ts';

export interface InstrumentMatches {
  total: number;
  instruments: Instrument[];
}

/**
 * Matching contracts: with `q`, exact symbols first, then prefixes, then the rest, each by symbol.
 */
export function searchInstruments(
  registry: InstrumentRegistry,
  search: InstrumentSearch,
): InstrumentMatches {
  const wanted = search.q?.trim().toUpperCase() ?? '';
  const ranked: { rank: number; symbol: string; instrument: Instrument }[] = [];
  for (const instrument of registry.all) {
    if (!matchesFilters(registry, instrument, search)) continue;
    const rank = wanted === '' ? 0 : matchRank(instrument, wanted);
    if (rank < 0) continue;
    ranked.push({ rank, symbol: qualifiedSymbol(instrument), instrument });
  }
  ranked.sort((a, b) => a.rank - b.rank || (a.symbol < b.symbol ? -1 : 1));
  const page = ranked.slice(search.offset, search.offset + search.limit);
  return { total: ranked.length, instruments: page.map((match) => match.instrument) };
}

function matchesFilters(
  registry: InstrumentRegistry,
  instrument: Instrument,
  search: InstrumentSearch,
): boolean {
  return (
    (search.exchange === undefined || instrument.exchange === search.exchange) &&
    (search.segment === undefined || instrument.segment === search.segment) &&
    (search.expiry === undefined || instrument.expiry === search.expiry) &&
    (search.type === undefined || instrument.type === search.type) &&
    (search.underlying === undefined ||
      (instrument.expiry !== null && isOn(registry, instrument, search.underlying)))
  );
}

/** `underlying` may name the contracts of one exchange (BFO:RELIANCE) or of all (RELIANCE). */
function isOn(registry: InstrumentRegistry, derivative: Instrument, underlying: string): boolean {
  return (
    listedName(derivative) === underlying || registry.underlyingName(derivative) === underlying
  );
}

/** 0 exact, 1 prefix, 2 inside the symbol, 3 inside the name, -1 no match. */
function matchRank(instrument: Instrument, wanted: string): number {
  const symbol = instrument.tradingsymbol.toUpperCase();
  if (symbol === wanted || qualifiedSymbol(instrument).toUpperCase() === wanted) return 0;
  if (symbol.startsWith(wanted)) return 1;
  if (symbol.includes(wanted)) return 2;
  return instrument.name.toUpperCase().includes(wanted) ? 3 : -1;
}

/** An instrument in the form of `/v1/instruments`: the broker's own column names. */
export function instrumentRecord(instrument: Instrument): Record<string, unknown> {
  return {
    instrument_token: instrument.token,
    symbol: qualifiedSymbol(instrument),
    exchange: instrument.exchange,
    tradingsymbol: instrument.tradingsymbol,
    name: instrument.name,
    type: instrument.type,
    segment: instrument.segment,
    expiry: instrument.expiry,
    strike: instrument.strike,
    tick_size: instrument.tickSize,
    lot_size: instrument.lotSize,
  };
}
