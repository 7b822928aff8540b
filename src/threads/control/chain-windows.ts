import { type ChainKey, chainName } from '../../domain/ports.ts';
import type { Instrument } from '../../domain/instrument.ts';
import { isDeltaBand } from '../../domain/strike-choice.ts';
import {
  type InstrumentRegistry,
  type OptionChain,
  type StrikeLegs,
  strikeWindow,
} from '../../instruments/registry.ts';
import type { Money } from './money.ts';
import { type StrikeDeltas, strikesWithin } from './strike-deltas.ts';

/** Strikes on each side of the money whose parity gives a chain its forward. */
const FORWARD_STRIKES = 4;
/**
 * A window lives from the answer that names its contracts, so that nothing is lost if the money
 * moves before its first follower arrives; without one it is forgotten after so many refreshes, one
 * a second. Publish waits for an answer for 10 s.
 */
const IDLE_REFRESHES_MAX = 15;

/** Where a window stands. */
interface Place {
  /** Index of the strike at the money. */
  centre: number;
  strikes: readonly StrikeLegs[];
}

interface Window extends Place {
  chain: OptionChain;
  /** Sessions that follow it. */
  followers: number;
  /** Refreshes since the last contact of anybody who does not follow it (yet). */
  idleRefreshes: number;
  key: ChainKey;
}

export interface WindowChange {
  key: ChainKey;
  added: Instrument[];
  removed: Instrument[];
}

/** Windows of strikes that follow the money: those of clients, and those that forwards need. */
export class ChainWindows {
  readonly #registry: InstrumentRegistry;
  readonly #money: Money;
  readonly #deltas: StrikeDeltas;
  readonly #windows = new Map<string, Window>();
  readonly #forwardCentres = new Map<OptionChain, number>();

  constructor(registry: InstrumentRegistry, money: Money, deltas: StrikeDeltas) {
    this.#registry = registry;
    this.#money = money;
    this.#deltas = deltas;
  }

  find(underlying: string, expiry: string): OptionChain | undefined {
    return this.#registry
      .underlying(underlying)
      ?.chains.find((candidate) => candidate.expiry === expiry);
  }

  /** Contracts of a chain as a client gets them now; the window that `follow` goes on with. */
  contracts(key: ChainKey): Instrument[] {
    const window = this.#open(key);
    return window === undefined ? [] : legsOf(window.strikes);
  }

  follow(key: ChainKey): void {
    const window = this.#open(key);
    if (window !== undefined) window.followers++;
  }

  unfollow(key: ChainKey): void {
    const window = this.#windows.get(chainName(key));
    if (window === undefined || window.followers === 0) return;
    window.followers--;
    window.idleRefreshes = 0;
  }

  #open(key: ChainKey): Window | undefined {
    const name = chainName(key);
    let window = this.#windows.get(name);
    if (window === undefined) {
      const chain = this.find(key.underlying, key.expiry);
      if (chain === undefined) return undefined;
      window = { chain, key, followers: 0, idleRefreshes: 0, ...this.#placeOf(chain, key) };
      this.#windows.set(name, window);
    }
    window.idleRefreshes = 0;
    return window;
  }

  /** Forgets all followers: the publish thread has restarted. */
  clear(): void {
    this.#windows.clear();
  }

  /** Moves the windows that the money has left, and says what changed. Call once a second. */
  refresh(): WindowChange[] {
    const changes: WindowChange[] = [];
    for (const [name, window] of this.#windows) {
      const { chain, key, followers } = window;
      if (followers === 0 && ++window.idleRefreshes > IDLE_REFRESHES_MAX) {
        this.#windows.delete(name);
        continue;
      }
      const place = this.#placeOf(chain, key, window);
      const before = new Set(legsOf(window.strikes));
      const after = new Set(legsOf(place.strikes));
      Object.assign(window, place);
      if (after.size === before.size && [...after].every((leg) => before.has(leg))) continue;
      changes.push({
        key,
        added: [...after].filter((leg) => !before.has(leg)),
        removed: [...before].filter((leg) => !after.has(leg)),
      });
    }
    return changes;
  }

  /** Where a window of `key` is to stand; `previous`: where it stood. */
  #placeOf(chain: OptionChain, { strikes: choice }: ChainKey, previous?: Place): Place {
    if (choice === 'all') return { centre: 0, strikes: chain.strikes };
    const centre = this.#money.atTheMoney(chain, previous?.centre);
    if (!isDeltaBand(choice)) return { centre, strikes: strikeWindow(chain, centre, choice) };
    const deltas = this.#deltas.of(chain);
    if (deltas !== undefined) {
      const held = new Set(previous?.strikes);
      return { centre, strikes: strikesWithin(deltas, choice, held) };
    }
    // Without any Greeks the window stays where it was, or starts around the money.
    return { centre, strikes: previous?.strikes ?? strikeWindow(chain, centre, FORWARD_STRIKES) };
  }

  /** True if a window by delta of the chain would have deltas to go by. */
  hasDeltas(chain: OptionChain): boolean {
    return this.#deltas.of(chain) !== undefined;
  }

  /** Chains with a window by delta: their Greeks are needed whatever clients have of them. */
  get chainsByDelta(): OptionChain[] {
    const windows = [...this.#windows.values()];
    return windows.filter(({ key }) => isDeltaBand(key.strikes)).map(({ chain }) => chain);
  }

  /** Contracts around the money whose quotes give `chain` its forward. */
  forwardContracts(chain: OptionChain): Instrument[] {
    const centre = this.#money.atTheMoney(chain, this.#forwardCentres.get(chain));
    this.#forwardCentres.set(chain, centre);
    return legsOf(strikeWindow(chain, centre, FORWARD_STRIKES));
  }
}

function legsOf(strikes: readonly StrikeLegs[]): Instrument[] {
  return strikes.flatMap(({ call, put }) => [call, put].filter((leg) => leg !== undefined));
}
