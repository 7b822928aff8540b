import { type ChainKey, chainName } from '../../domain/ports.ts';
import type { Instrument } from '../../domain/instrument.ts';
import {
  type InstrumentRegistry,
  type OptionChain,
  type StrikeLegs,
  strikeWindow,
} from '../../instruments/registry.ts';
import type { Money } from './money.ts';

/** Strikes on each side of the money whose parity gives a chain its forward. */
const FORWARD_STRIKES = 4;
/**
 * A window lives from the answer that names its contracts, so that nothing is lost if the money
 * moves before its first follower arrives; without one it is forgotten after so many refreshes, one
 * a second. Publish waits for an answer for 10 s.
 */
const IDLE_REFRESHES_MAX = 15;

interface Window {
  chain: OptionChain;
  centre: number;
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
  readonly #windows = new Map<string, Window>();
  readonly #forwardCentres = new Map<OptionChain, number>();

  constructor(registry: InstrumentRegistry, money: Money) {
    this.#registry = registry;
    this.#money = money;
  }

  find(underlying: string, expiry: string): OptionChain | undefined {
    return this.#registry
      .underlying(underlying)
      ?.chains.find((candidate) => candidate.expiry === expiry);
  }

  /** Contracts of a chain as a client gets them now; the window that `follow` goes on with. */
  contracts(key: ChainKey): Instrument[] {
    const window = this.#open(key);
    return window === undefined ? [] : legsOf(windowOf(window.chain, key, window.centre));
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
      const centre = this.#money.atTheMoney(chain);
      window = { chain, key, followers: 0, idleRefreshes: 0, centre };
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
      if (key.strikes === 'all') continue;
      const centre = this.#money.atTheMoney(chain, window.centre);
      if (centre === window.centre) continue;
      const before = new Set(legsOf(windowOf(chain, key, window.centre)));
      const after = new Set(legsOf(windowOf(chain, key, centre)));
      window.centre = centre;
      changes.push({
        key,
        added: [...after].filter((leg) => !before.has(leg)),
        removed: [...before].filter((leg) => !after.has(leg)),
      });
    }
    return changes;
  }

  /** Contracts around the money whose quotes give `chain` its forward. */
  forwardContracts(chain: OptionChain): Instrument[] {
    const centre = this.#money.atTheMoney(chain, this.#forwardCentres.get(chain));
    this.#forwardCentres.set(chain, centre);
    return legsOf(strikeWindow(chain, centre, FORWARD_STRIKES));
  }
}

function windowOf(chain: OptionChain, key: ChainKey, centre: number): StrikeLegs[] {
  return key.strikes === 'all' ? chain.strikes : strikeWindow(chain, centre, key.strikes);
}

function legsOf(strikes: readonly StrikeLegs[]): Instrument[] {
  return strikes.flatMap(({ call, put }) => [call, put].filter((leg) => leg !== undefined));
}
