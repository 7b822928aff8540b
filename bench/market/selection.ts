import { type Instrument, isOption } from '../../src/domain/instrument.ts';

/** Instruments of every bench: what one broker socket carries. */
export const INSTRUMENTS = 3000;
/** Share of options among them. */
const OPTION_SHARE = 0.6;
/** Contracts that the simulator must list for each one selected, for the shares to come out. */
const LISTED_PER_SELECTED = 1.45;

/**
 * Of the instruments that are not options, those that are traded more than any option. By the
 * simulator's law of popularity, 60 % of the ticks are then options' ticks too.
 */
const MOST_TRADED = 54;

/** Contracts to list so that `selectInstruments` finds `count`. */
export function listingSize(count: number): number {
  return Math.ceil(count * LISTED_PER_SELECTED);
}

/**
 * `count` instruments of a simulator's listing (most traded first), 60 % of them options: chains of
 * the first underlyings, their shares and futures and some other much traded ones, and shares from
 * the end of the list. No index: its packets are short. Throws RangeError if the listing has too
 * few.
 */
export function selectInstruments(listing: readonly Instrument[], count: number): Instrument[] {
  const optionCount = Math.round(count * OPTION_SHARE);
  const { options, names } = chainsOfFirst(listing, optionCount);
  const others = listing.filter(({ type }) => type === 'FUT' || type === 'EQ');
  const linked = others.filter(({ name, tradingsymbol }) => {
    return names.has(name) || names.has(tradingsymbol);
  });
  const selected = new Set([...options, ...linked]);
  for (const instrument of others) {
    if (selected.size >= optionCount + MOST_TRADED) break;
    selected.add(instrument);
  }
  for (const instrument of others.reverse()) {
    if (selected.size >= count) break;
    selected.add(instrument);
  }
  if (selected.size !== count) {
    throw new RangeError(`${selected.size} of ${count} instruments in a listing`);
  }
  return listing.filter((instrument) => selected.has(instrument));
}

/** The first `count` options of the fewest underlyings that have as many. */
function chainsOfFirst(
  listing: readonly Instrument[],
  count: number,
): { options: Instrument[]; names: Set<string> } {
  const all = listing.filter(({ type }) => isOption(type));
  const sizes = new Map<string, number>();
  for (const { name } of all) sizes.set(name, (sizes.get(name) ?? 0) + 1);
  const names = new Set<string>();
  let found = 0;
  for (const [name, size] of sizes) {
    if (found >= count) break;
    names.add(name);
    found += size;
  }
  return { options: all.filter(({ name }) => names.has(name)).slice(0, count), names };
}
