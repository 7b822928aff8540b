import { OptionChainView, type ChainListeners } from '../client/chain.ts';
import { TickerError, type ChainRequest, type TickerClient } from '../client/client.ts';
import type { Clock, TimerHandle } from '../domain/clock.ts';

export interface LiveChainOptions {
  client: TickerClient;
  clock: Clock;
  listeners: ChainListeners;
  /** Another chain is being opened; the old one is gone. */
  switched(view: OptionChainView): void;
  /** The service refused; undefined: it did not. */
  refused(error: TickerError | undefined): void;
}

/** Time until a chain that was refused for now is asked for again, ms. */
const RETRY_MS = 2000;

/** The one chain that the page shows. The newest wish counts, however fast they come. */
export class LiveChain {
  readonly #options: LiveChainOptions;
  #wanted: ChainRequest | undefined;
  #view: OptionChainView | undefined;
  #retry: TimerHandle | undefined;
  #isSwitching = false;

  constructor(options: LiveChainOptions) {
    this.#options = options;
  }

  get view(): OptionChainView | undefined {
    return this.#view;
  }

  show(request: ChainRequest): void {
    this.#retry?.cancel();
    this.#wanted = request;
    if (!this.#isSwitching) void this.#switch();
  }

  async #switch(): Promise<void> {
    this.#isSwitching = true;
    try {
      while (this.#wanted !== undefined) {
        const request = this.#wanted;
        this.#wanted = undefined;
        await this.#replace(request);
      }
    } finally {
      this.#isSwitching = false;
    }
  }

  async #replace(request: ChainRequest): Promise<void> {
    const { client, listeners } = this.#options;
    const old = this.#view;
    const view = new OptionChainView(client, request, listeners);
    this.#view = view;
    this.#options.switched(view);
    try {
      await old?.close();
      await view.open();
      this.#options.refused(undefined);
    } catch (error) {
      if (!(error instanceof TickerError)) throw error;
      // The page says itself why the client ended.
      if (client.state === 'closed') return;
      this.#options.refused(error);
      if (error.retryable) this.#retryLater(request);
    }
  }

  #retryLater(request: ChainRequest): void {
    if (this.#wanted !== undefined) return;
    this.#retry = this.#options.clock.setTimeout(() => this.show(request), RETRY_MS);
  }
}
