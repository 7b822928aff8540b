import type { Clock } from '../../domain/clock.ts';
import type { TickerError } from '../../domain/error-codes.ts';
import { createConnectionCounts } from '../../feed/kite/connection-counts.ts';
import { KiteSocket } from '../../feed/kite/socket.ts';

/** The market side looks at the access token alone. */
const API_KEY = 'orders';

export interface ServiceHintsOptions {
  clock: Clock;
  random: () => number;
  /** http(s)://host:port of the market side. */
  url: string;
  /** A key of it. */
  key: string;
  /** The broker's record of an order that changed, and the account that it names. */
  onOrder: (account: string, data: unknown) => void;
  /** Why nothing comes at the moment. */
  onProblem: (failure: TickerError) => void;
}

/** Order updates that the market side in another process passes on through its `/kite`. */
export class ServiceHints {
  readonly #socket: KiteSocket;

  constructor({ clock, random, url, key, onOrder, onProblem }: ServiceHintsOptions) {
    this.#socket = new KiteSocket({
      clock,
      random,
      url: `${url.replace(/^http/, 'ws').replace(/\/+$/, '')}/kite`,
      apiKey: API_KEY,
      accessToken: key,
      tokens: new Map(),
      counts: createConnectionCounts(),
      listener: {
        onFrame: () => undefined,
        onText: ({ type, data }) => {
          const account = (data as { user_id?: unknown } | null | undefined)?.user_id;
          if (type === 'order' && typeof account === 'string') onOrder(account, data);
        },
        onState: (_state, failure) => {
          if (failure !== undefined) onProblem(failure);
        },
      },
    });
    this.#socket.start();
  }

  problem(): string | undefined {
    return this.#socket.state === 'OPEN'
      ? undefined
      : (this.#socket.failure?.message ?? 'the market side has not been reached yet');
  }

  close(): void {
    this.#socket.stop();
  }
}
