import { TickerError } from '../../domain/error-codes.ts';
import type { TradableContract } from '../../domain/order-market.ts';
import type { InstrumentRegistry } from '../../instruments/registry.ts';

/** Contracts as orders name them. */
export class ContractDesk {
  #registry: InstrumentRegistry | undefined;

  /** The contracts of the day are known. */
  set registry(registry: InstrumentRegistry) {
    this.#registry = registry;
  }

  /** Null: there is none. Throws NOT_READY. */
  find(exchange: string, tradingsymbol: string): TradableContract | null {
    const registry = this.#known();
    const instrument = registry.bySymbol(`${exchange}:${tradingsymbol}`);
    if (instrument === undefined) return null;
    const { token, segment, type, expiry, tickSize, lotSize } = instrument;
    const { underlying } = registry.named(instrument);
    const contract = { token, exchange, tradingsymbol, underlying, segment, type, expiry };
    return { ...contract, tickSizeRupees: tickSize, lotSize };
  }

  /** Expiry days of the listed futures, rising, by underlying; nothing before they are known. */
  futures(): [string, string[]][] {
    return [...(this.#registry?.underlyings ?? [])]
      .filter(({ futures }) => futures.length > 0)
      .map(({ name, futures }) => [name, futures.map(({ expiry }) => expiry ?? '')]);
  }

  #known(): InstrumentRegistry {
    if (this.#registry !== undefined) return this.#registry;
    throw new TickerError('NOT_READY', 'the instruments have not been loaded yet');
  }
}
