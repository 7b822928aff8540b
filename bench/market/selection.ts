import { type Instrument, isOption } from '../../src/domain/instrument.ts';

/** Instruments of every bench: what one broker socket carries. */
export const INSTRUMENTS = 3000;
/** Share of options among them. */
const OPTION_SHARE = 0.6;
/** Contracts that the simulator must list for each one selected, for the shares to come out. */
const LISTED_PER_SELECTED = 1.45;

/** Contracts to list so that `selectInstruments` finds `count`. */
export function listingSize(count: number): number {
  return Math.ceil(count * LISTED_PER_SELECTED);
}

/**
 * `count` instruments of a simulator's listing (most traded first), 60 % of them options: whole
 * chains of the first underlyings, their shares and futures, and shares without derivatives from
 * the end of the list, so that about 60 % of the ticks are options' too. No index: its packets are
 * short. Throws RangeError if the listing has too few.
 */
export function selectInstruments(listing: readonly Instrument[], count: number): Instrument[] {
  const optionCount = Math.round(count * OPTION_SHARE);
  const { options, names } = chainsOfFirst(listing, optionCount);
  const linked = listing.filter(
    ({ type, name, tradingsymbol }) =>
      (type === 'FUT' && names.has(name)) || (type === 'EQ' && names.has(tradingsymbol)),
  );
  const others = linked.slice(0, count - optionCount);
  const shares = listing.filter(({ type }) => type === 'EQ');
  const known = new Set(others);
  for (let i = shares.length - 1; i >= 0 && known.size < count - optionCount; i--) {
    const share = shares[i];
    if (share !== undefined) known.add(share);
  }
  const selected = new Set([...options, ...known]);
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
