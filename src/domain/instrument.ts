/** One row of the broker's instrument dump, typed. */
export interface Instrument {
  /** Broker token: 1 .. 2^32-1. Reused after expiry, so it is bound to a trading day. */
  token: number;
  exchange: string;
  tradingsymbol: string;
  /** Underlying name for derivatives (NIFTY), company name for equities; may be empty. */
  name: string;
  type: InstrumentType;
  /** Broker segment: NSE, NFO-OPT, INDICES, ... */
  segment: string;
  /** IST day, or null. */
  expiry: string | null;
  /** Rupees; null unless an option. */
  strike: number | null;
  /** Rupees. */
  tickSize: number;
  lotSize: number;
}

/** A contract with the name of what it is on: NIFTY for NIFTY 50, its future and its options. */
export interface NamedInstrument extends Instrument {
  underlying: string;
}

/** Kite's own names; INDEX for rows of segment INDICES, which the dump calls EQ. */
export type InstrumentType = 'EQ' | 'FUT' | 'CE' | 'PE' | 'INDEX';

export function isOption(type: InstrumentType): type is 'CE' | 'PE' {
  return type === 'CE' || type === 'PE';
}

/** `EXCHANGE:TRADINGSYMBOL`, the name by which clients subscribe. */
export function qualifiedSymbol(instrument: Instrument): string {
  return `${instrument.exchange}:${instrument.tradingsymbol}`;
}
