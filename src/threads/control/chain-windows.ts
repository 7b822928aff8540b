import type { ChainKey } from '../../domain/ports.ts';
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

interface Window {
  chain: OptionChain;
  centre: number;
  /** Sessions that follow it. */
  followers: number;
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

  /** Contracts of a chain as a client would get them now. */
  contracts(key: ChainKey): Instrument[] {
    const chain = this.find(key.underlying, key.expiry);
    if (chain === undefined) return [];
    const followed = this.#windows.get(windowName(key));
    const centre = followed?.centre ?? this.#money.atTheMoney(chain);
    return legsOf(windowOf(chain, key, centre));
  }

  follow(key: ChainKey): void {
    const name = windowName(key);
    const window = this.#windows.get(name);
    if (window !== undefined) {
      window.followers++;
      return;
    }
    const chain = this.find(key.underlying, key.expiry);
    if (chain === undefined) return;
    this.#windows.set(name, { chain, key, followers: 1, centre: this.#money.atTheMoney(chain) });
  }

  unfollow(key: ChainKey): void {
    const name = windowName(key);
    const window = this.#windows.get(name);
    if (window === undefined) return;
    window.followers--;
    if (window.followers === 0) this.#windows.delete(name);
  }

  /** Forgets all followers: the publish thread has restarted. */
  clear(): void {
    this.#windows.clear();
  }

  /** Moves the windows that the money has left, and says what changed. */
  refresh(): WindowChange[] {
    const changes: WindowChange[] = [];
    for (const window of this.#windows.values()) {
      const { chain, key } = window;
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

function windowName(key: ChainKey): string {
  return `${key.underlying}|${key.expiry}|${key.strikes}`;
}
