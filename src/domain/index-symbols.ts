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

/** EXCHANGE:TRADINGSYMBOL of the index that derivatives call `underlying`; of shares undefined. */
export function indexSymbol(underlying: string): string | undefined {
  return INDEX_SYMBOLS.get(underlying);
}
