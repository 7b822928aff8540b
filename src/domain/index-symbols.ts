/**
 * Derivatives name their underlying (`name` = NIFTY), indices trade under another symbol
 * (NSE:NIFTY 50). Shares have the same name in both.
 */
const INDEX_SYMBOLS: ReadonlyMap<string, string> = new Map([
  ['NIFTY', 'NSE:NIFTY 50'],
  ['BANKNIFTY', 'NSE:NIFTY BANK'],
  ['FINNIFTY', 'NSE:NIFTY FIN SERVICE'],
  ['MIDCPNIFTY', 'NSE:NIFTY MID SELECT'],
  ['NIFTYNXT50', 'NSE:NIFTY NEXT 50'],
  ['SENSEX', 'BSE:SENSEX'],
  ['BANKEX', 'BSE:BANKEX'],
]);

const UNDERLYINGS: ReadonlyMap<string, string> = new Map(
  [...INDEX_SYMBOLS].map(([underlying, symbol]) => [symbol, underlying]),
);

/** What derivatives call the index of EXCHANGE:TRADINGSYMBOL `symbol`; undefined: it has none. */
export function underlyingOfIndex(symbol: string): string | undefined {
  return UNDERLYINGS.get(symbol);
}

/** EXCHANGE:TRADINGSYMBOL of the index that derivatives call `underlying`; of shares undefined. */
export function indexSymbol(underlying: string): string | undefined {
  return INDEX_SYMBOLS.get(underlying);
}
