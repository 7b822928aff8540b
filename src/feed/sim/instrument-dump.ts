import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { ContractSpec } from './contracts.ts';
import type { Market } from './market.ts';

const gzipAsync = promisify(gzip);

const HEADER =
  'instrument_token,exchange_token,tradingsymbol,name,last_price,expiry,strike,tick_size,' +
  'lot_size,instrument_type,segment,exchange';

function row(contract: ContractSpec): string {
  // The broker quotes the names of derivatives.
  const name = contract.expiry === null ? contract.name : `"${contract.name}"`;
  return [
    contract.token,
    contract.token >>> 8,
    contract.tradingsymbol,
    name,
    0,
    contract.expiry ?? '',
    contract.strikePaise / 100,
    contract.tickPaise / 100,
    contract.lotSize,
    contract.type,
    contract.segment,
    contract.exchange,
  ].join(',');
}

/** The broker's instrument dump (CSV, 12 columns), made once per listing. */
export class InstrumentDump {
  readonly #market: Market;
  readonly #csv = new Map<string | null, string>();
  readonly #gzipped = new Map<string | null, Promise<Buffer>>();
  #version = -1;

  constructor(market: Market) {
    this.#market = market;
  }

  /** Rows of an exchange, or of all with null; an exchange without rows gives the header alone. */
  csv(exchange: string | null): string {
    this.#forgetOldListing();
    let text = this.#csv.get(exchange);
    if (text === undefined) {
      const rows = [HEADER];
      for (const { spec } of this.#market.listed()) {
        if (exchange === null || spec.exchange === exchange) rows.push(row(spec));
      }
      text = `${rows.join('\n')}\n`;
      this.#csv.set(exchange, text);
    }
    return text;
  }

  gzipped(exchange: string | null): Promise<Buffer> {
    this.#forgetOldListing();
    let compressed = this.#gzipped.get(exchange);
    if (compressed === undefined) {
      compressed = gzipAsync(this.csv(exchange));
      this.#gzipped.set(exchange, compressed);
    }
    return compressed;
  }

  #forgetOldListing(): void {
    if (this.#version === this.#market.listingVersion) return;
    this.#version = this.#market.listingVersion;
    this.#csv.clear();
    this.#gzipped.clear();
  }
}
