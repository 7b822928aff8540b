import type { ModeName, SubscriptionResult } from '../../src/wire/messages.ts';

export type Policy = 'conflate' | 'lossless' | 'skip';

/** What a subscribe asks for, or an item of a resume. */
export interface Wanted {
  mode: ModeName;
  greeks: boolean;
  policy: Policy;
}

interface Source extends Wanted {
  order: number;
}

/** One instrument on one connection. */
export class HeldInstrument {
  readonly token: number;
  /** By chain, or by name: the newest of them says what comes. */
  readonly sources = new Map<string, Source>();
  wanted: Wanted = { mode: 'quote', greeks: false, policy: 'conflate' };
  /** instrument_sequence of the newest tick heard; 0: none yet. */
  last = 0;
  /** Ring position of that tick. */
  lastPosition = 0;
  /** Snapshots that have been promised and have not come. */
  snapshotsDue = 0;
  /** Ticks that the ledger had when the subscription was answered. */
  before = 0;
  /** Nothing has come on this connection yet: `last` is of the one that it goes on with. */
  isCarried = false;
  /** Then: the newest one that the service knows to have been heard; 0: it cannot be told. */
  carriedFrom = 0;

  constructor(token: number) {
    this.token = token;
  }

  apply(): void {
    let newest = -1;
    for (const source of this.sources.values()) {
      if (source.order < newest) continue;
      newest = source.order;
      this.wanted = source;
    }
  }
}

const BY_NAME = 'by name';

interface Request {
  wanted: Wanted;
  order: number;
}

/** What a connection holds, by the messages that went over it. */
export class HeldSubscriptions {
  readonly byToken = new Map<number, HeldInstrument>();
  readonly #chains = new Map<string, Request>();

  /** Takes the results of an answer; returns the instruments that it names, as they now are. */
  accept(
    results: readonly SubscriptionResult[],
    request: Request,
  ): { held: HeldInstrument; isNew: boolean }[] {
    return results.flatMap((result) => {
      if (typeof result.request === 'object') this.#chains.set(nameOf(result.request), request);
      return result.ok ? [this.#add(result.token, sourceOf(result), request)] : [];
    });
  }

  /** A chain's window has moved. */
  chainChanged(
    chain: object,
    added: readonly SubscriptionResult[],
    removed: readonly number[],
  ): { held: HeldInstrument; isNew: boolean }[] {
    const request = this.#chains.get(nameOf(chain));
    if (request === undefined) throw new RangeError(`chain ${nameOf(chain)} is not followed`);
    for (const token of removed) this.#remove(token, nameOf(chain));
    return added.flatMap((result) =>
      result.ok ? [this.#add(result.token, nameOf(chain), request)] : [],
    );
  }

  /** Takes the results of an unsubscribe. */
  end(results: readonly SubscriptionResult[]): void {
    for (const result of results) {
      if (!result.ok) continue;
      if (typeof result.request === 'object') this.#chains.delete(nameOf(result.request));
      this.#remove(result.token, sourceOf(result));
    }
  }

  #add(token: number, source: string, { wanted, order }: Request) {
    let held = this.byToken.get(token);
    const isNew = held === undefined;
    if (held === undefined) this.byToken.set(token, (held = new HeldInstrument(token)));
    held.sources.set(source, { ...wanted, order });
    held.apply();
    return { held, isNew };
  }

  #remove(token: number, source: string): void {
    const held = this.byToken.get(token);
    if (held === undefined || !held.sources.delete(source)) return;
    held.apply();
    if (held.sources.size === 0) this.byToken.delete(token);
  }
}

function sourceOf({ request }: SubscriptionResult): string {
  return typeof request === 'object' ? nameOf(request) : BY_NAME;
}

function nameOf(chain: object): string {
  const { underlying, expiry, strikes } = chain as Record<string, unknown>;
  return JSON.stringify([underlying, expiry, strikes]);
}
