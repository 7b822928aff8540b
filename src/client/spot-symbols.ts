/** Indices whose derivatives have another name than the index itself. */
const INDEX_SYMBOLS: Readonly<Record<string, string>> = {
  NIFTY: 'NSE:NIFTY 50',
  BANKNIFTY: 'NSE:NIFTY BANK',
  FINNIFTY: 'NSE:NIFTY FIN SERVICE',
  MIDCPNIFTY: 'NSE:NIFTY MID SELECT',
  NIFTYNXT50: 'NSE:NIFTY NEXT 50',
  SENSEX: 'BSE:SENSEX',
  BANKEX: 'BSE:BANKEX',
};

/** EXCHANGE:TRADINGSYMBOL of what `underlying` names. */
export function spotSymbol(underlying: string): string {
  return Object.hasOwn(INDEX_SYMBOLS, underlying)
    ? (INDEX_SYMBOLS[underlying] ?? '')
    : `NSE:${underlying}`;
}
