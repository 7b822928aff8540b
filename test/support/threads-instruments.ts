import type { Instrument } from '../../src/domain/instrument.ts';

const SHARE: Instrument = {
  token: 0,
  exchange: 'NSE',
  tradingsymbol: '',
  name: '',
  type: 'EQ',
  segment: 'NSE',
  expiry: null,
  strike: null,
  tickSize: 0.05,
  lotSize: 1,
};

let lastToken = 0;

/** A token of its own, of NFO. */
function nextToken(): number {
  return ++lastToken * 256 + 2;
}

export function share(tradingsymbol: string, changes: Partial<Instrument> = {}): Instrument {
  return { ...SHARE, token: nextToken(), tradingsymbol, name: `${tradingsymbol} LTD`, ...changes };
}

export function index(tradingsymbol: string, changes: Partial<Instrument> = {}): Instrument {
  return share(tradingsymbol, { type: 'INDEX', segment: 'INDICES', lotSize: 0, ...changes });
}

export function future(
  name: string,
  expiry: string,
  changes: Partial<Instrument> = {},
): Instrument {
  return share(`${name}${expiry.slice(2, 4)}${expiry.slice(5)}FUT`, {
    name,
    exchange: 'NFO',
    type: 'FUT',
    segment: 'NFO-FUT',
    expiry,
    lotSize: 65,
    ...changes,
  });
}

export function option(
  name: string,
  expiry: string,
  strike: number,
  type: 'CE' | 'PE',
  changes: Partial<Instrument> = {},
): Instrument {
  return share(`${name}${expiry.replaceAll('-', '').slice(2)}${strike}${type}`, {
    name,
    exchange: 'NFO',
    type,
    segment: 'NFO-OPT',
    expiry,
    strike,
    lotSize: 65,
    ...changes,
  });
}

/** Both options of every strike. */
export function chain(name: string, expiry: string, strikes: readonly number[]): Instrument[] {
  return strikes.flatMap((strike) => [
    option(name, expiry, strike, 'CE'),
    option(name, expiry, strike, 'PE'),
  ]);
}
