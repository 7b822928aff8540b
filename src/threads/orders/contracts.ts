import { istDate } from '../../domain/calendar.ts';
import type { Clock } from '../../domain/clock.ts';
import type { ContractSource, TradableContract } from '../../domain/order-market.ts';

/** Asks for a contract; null: there is none. Rejects with NOT_READY. */
export type AskContract = (
  exchange: string,
  tradingsymbol: string,
) => Promise<TradableContract | null>;

/** The contracts that orders have named today. Tokens are used again, so no day knows another's. */
export class DayContracts implements ContractSource {
  readonly #clock: Clock;
  readonly #ask: AskContract;
  readonly #known = new Map<string, TradableContract>();
  #day = '';

  constructor(clock: Clock, ask: AskContract) {
    this.#clock = clock;
    this.#ask = ask;
  }

  async find(exchange: string, tradingsymbol: string): Promise<TradableContract | undefined> {
    const day = istDate(this.#clock.nowUs() / 1000);
    if (day !== this.#day) {
      this.#known.clear();
      this.#day = day;
    }
    const symbol = `${exchange}:${tradingsymbol}`;
    const known = this.#known.get(symbol);
    if (known !== undefined) return known;
    // What is not listed is asked for again: the next dump may have it.
    const found = await this.#ask(exchange, tradingsymbol);
    if (found === null) return undefined;
    if (day === this.#day) this.#known.set(symbol, found);
    return found;
  }
}
