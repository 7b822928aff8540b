import { underlyingOfIndex } from '../domain/index-symbols.ts';
import {
  type Instrument,
  isOption,
  type NamedInstrument,
  qualifiedSymbol,
} from '../domain/instrument.ts';
import { spotSymbols, underlyingOfSymbol } from './underlyings.ts';

const HOMES = ['NFO', 'BFO'];

/** Both legs of one strike. */
export interface StrikeLegs {
  strike: number;
  call: Instrument | undefined;
  put: Instrument | undefined;
}

/** Options of one underlying and expiry, by rising strike. */
export interface OptionChain {
  underlying: string;
  expiry: string;
  strikes: StrikeLegs[];
}

/** The contracts of one underlying at one exchange. */
export interface Underlying {
  /** RELIANCE; where two exchanges have contracts of that name, the others' is BFO:RELIANCE. */
  name: string;
  spot: Instrument | undefined;
  /** By rising expiry. */
  futures: Instrument[];
  /** By rising expiry. */
  chains: OptionChain[];
}

/** Every listed contract of a trading day, indexed. Immutable; a new dump is a new registry. */
export class InstrumentRegistry {
  readonly all: readonly Instrument[];
  readonly #byToken = new Map<number, Instrument>();
  readonly #bySymbol = new Map<string, Instrument>();
  readonly #underlyings = new Map<string, Underlying>();
  /** Exchange whose contracts of a name need no prefix. */
  readonly #homes = new Map<string, string>();

  constructor(instruments: readonly Instrument[]) {
    this.all = instruments;
    for (const instrument of instruments) {
      this.#byToken.set(instrument.token, instrument);
      this.#bySymbol.set(qualifiedSymbol(instrument), instrument);
    }
    const derivatives = instruments.filter(({ type }) => type === 'FUT' || isOption(type));
    for (const derivative of derivatives) this.#findHome(derivative);
    for (const derivative of derivatives) this.#addDerivative(derivative);
    for (const underlying of this.#underlyings.values()) sortUnderlying(underlying);
  }

  byToken(token: number): Instrument | undefined {
    return this.#byToken.get(token);
  }

  /** `symbol` is EXCHANGE:TRADINGSYMBOL. */
  bySymbol(symbol: string): Instrument | undefined {
    return this.#bySymbol.get(symbol);
  }

  underlying(name: string): Underlying | undefined {
    return this.#underlyings.get(name);
  }

  get underlyings(): IterableIterator<Underlying> {
    return this.#underlyings.values();
  }

  /** Name of a derivative's underlying as the `name` of `Underlying`: it tells exchanges apart. */
  underlyingName(derivative: Instrument): string {
    const name = listedName(derivative);
    const { exchange } = derivative;
    return this.#homes.get(name) === exchange ? name : `${exchange}:${name}`;
  }

  #findHome(derivative: Instrument): void {
    const name = listedName(derivative);
    const home = this.#homes.get(name);
    const { exchange } = derivative;
    if (home === undefined || isHomeBefore(exchange, home)) this.#homes.set(name, exchange);
  }

  /** The contract with what it is on; an index or share is on itself. */
  named(instrument: Instrument): NamedInstrument {
    const { type, tradingsymbol } = instrument;
    const isDerivative = type === 'FUT' || isOption(type);
    const underlying = isDerivative
      ? this.underlyingName(instrument)
      : (underlyingOfIndex(qualifiedSymbol(instrument)) ?? tradingsymbol);
    return { ...instrument, underlying };
  }

  #addDerivative(instrument: Instrument): void {
    const name = this.underlyingName(instrument);
    let underlying = this.#underlyings.get(name);
    if (underlying === undefined) {
      const candidates = spotSymbols(listedName(instrument), instrument.exchange);
      const symbol = candidates.find((candidate) => this.#bySymbol.has(candidate));
      const spot = symbol === undefined ? undefined : this.#bySymbol.get(symbol);
      underlying = { name, spot, futures: [], chains: [] };
      this.#underlyings.set(name, underlying);
    }
    if (instrument.type === 'FUT') underlying.futures.push(instrument);
    else addToChain(underlying, instrument);
  }
}

/** What the exchange calls a derivative's underlying. */
export function listedName({ name, tradingsymbol }: Instrument): string {
  return name === '' ? underlyingOfSymbol(tradingsymbol) : name;
}

/** NFO first, then BFO, then the others by name. */
function isHomeBefore(exchange: string, other: string): boolean {
  const rank = (one: string) => (HOMES.includes(one) ? HOMES.indexOf(one) : HOMES.length);
  const byRank = rank(exchange) - rank(other);
  return byRank === 0 ? exchange < other : byRank < 0;
}

function addToChain(underlying: Underlying, option: Instrument): void {
  const { expiry, strike } = option;
  if (expiry === null || strike === null) return;
  let chain = underlying.chains.find((candidate) => candidate.expiry === expiry);
  if (chain === undefined) {
    chain = { underlying: underlying.name, expiry, strikes: [] };
    underlying.chains.push(chain);
  }
  // The dump lists the legs of a strike together, so the last one added is usually the one.
  let legs = chain.strikes.at(-1);
  if (legs?.strike !== strike) legs = chain.strikes.find((known) => known.strike === strike);
  if (legs === undefined) {
    legs = { strike, call: undefined, put: undefined };
    chain.strikes.push(legs);
  }
  if (option.type === 'CE') legs.call = option;
  else legs.put = option;
}

function sortUnderlying(underlying: Underlying): void {
  const byExpiry = (a: { expiry: string | null }, b: { expiry: string | null }) =>
    (a.expiry ?? '').localeCompare(b.expiry ?? '');
  underlying.futures.sort(byExpiry);
  underlying.chains.sort(byExpiry);
  for (const chain of underlying.chains) chain.strikes.sort((a, b) => a.strike - b.strike);
}

/** Index of the strike nearest to `price`; -1 for an empty chain. */
export function nearestStrike(chain: OptionChain, price: number): number {
  let best = -1;
  let bestDistance = Infinity;
  chain.strikes.forEach((legs, index) => {
    const distance = Math.abs(legs.strike - price);
    if (distance < bestDistance) {
      best = index;
      bestDistance = distance;
    }
  });
  return best;
}

/** Strikes within `each` places of the one at `centre`. */
export function strikeWindow(chain: OptionChain, centre: number, each: number): StrikeLegs[] {
  return chain.strikes.slice(Math.max(0, centre - each), centre + each + 1);
}
