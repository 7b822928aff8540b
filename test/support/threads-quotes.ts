import type { Instrument } from '../../src/domain/instrument.ts';
import { frameOf, words } from './feed/kite/frames.ts';
import { TickPath, type TickPathOptions } from './threads-tick-path.ts';

/** Rupees; a side left out has no quote. */
export interface TestQuote {
  bid?: number;
  ask?: number;
  last?: number;
  /** Epoch s; left out: 0, absent. */
  exchangeTime?: number;
  /** Epoch s; left out: 0, absent. */
  lastTradeTime?: number;
  volume?: number;
  openInterest?: number;
}

const FULL_WORDS = 46;

function paise(rupees: number): number {
  return Math.round(rupees * 100);
}

/** Full packet (184 bytes) of a tradable instrument with one level each side. */
export function fullPacket(token: number, quote: TestQuote): Buffer {
  const { bid = 0, ask = 0, last = 0, exchangeTime = 0, lastTradeTime = 0, volume = 0 } = quote;
  const { openInterest = 0 } = quote;
  const values = new Array<number>(FULL_WORDS).fill(0);
  values[0] = token;
  values[1] = paise(last);
  values[4] = volume;
  values[11] = lastTradeTime;
  values[12] = openInterest;
  values[15] = exchangeTime;
  // A level is quantity, price, orders.
  values[16] = bid > 0 ? 65 : 0;
  values[17] = paise(bid);
  values[31] = ask > 0 ? 65 : 0;
  values[32] = paise(ask);
  return words(...values);
}

/** Quote packet (44 bytes): no depth. */
export function quotePacket(token: number, quote: TestQuote): Buffer {
  return fullPacket(token, quote).subarray(0, 44);
}

export function ltpPacket(token: number, last: number): Buffer {
  return words(token, paise(last));
}

/** Full packet (32 bytes) of an index. */
export function indexPacket(token: number, last: number, exchangeTime = 0): Buffer {
  const value = paise(last);
  return words(token, value, value, value, value, value, 0, exchangeTime);
}

/** A tick path whose quotes the test makes, through real packets. */
export class QuoteBoard extends TickPath {
  #packets: Uint8Array[] = [];

  /** `taken` false: instruments are in the tables only after `rowOf`. */
  constructor(options: TickPathOptions & { taken?: boolean }) {
    super(options);
    const { instruments, taken = true } = options;
    if (taken) for (const instrument of instruments) this.rowOf(instrument);
  }

  /** Puts a quote into the next frame. */
  quote(instrument: Instrument, quote: TestQuote): this {
    const { token, type } = instrument;
    const isIndex = type === 'INDEX';
    return this.packet(isIndex ? indexPacket(token, quote.last ?? 0) : fullPacket(token, quote));
  }

  packet(packet: Uint8Array): this {
    this.#packets.push(packet);
    return this;
  }

  /** Ingest takes the frame. */
  send(): this {
    const frame = frameOf(this.#packets);
    this.#packets = [];
    this.receive(frame);
    return this;
  }

  /** Ingest takes the frame, the workers compute. */
  run(): this {
    this.send().compute();
    return this;
  }
}
