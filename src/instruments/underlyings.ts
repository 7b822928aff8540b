/**
 * Derivatives name their underlying (`name` = NIFTY), indices trade under another symbol
 * (NSE:NIFTY 50). Shares have the same name in both.
 */
const INDEX_SYMBOLS: Readonly<Record<string, string>> = {
  NIFTY: 'NSE:NIFTY 50',
  BANKNIFTY: 'NSE:NIFTY BANK',
  FINNIFTY: 'NSE:NIFTY FIN SERVICE',
  MIDCPNIFTY: 'NSE:NIFTY MID SELECT',
  NIFTYNXT50: 'NSE:NIFTY NEXT 50',
  SENSEX: 'BSE:SENSEX',
  BANKEX: 'BSE:BANKEX',
};

/** Symbols under which the spot of `underlying` may be listed, best first. */
export function spotSymbols(underlying: string): string[] {
  const index = INDEX_SYMBOLS[underlying];
  return index === undefined ? [`NSE:${underlying}`, `BSE:${underlying}`] : [index];
}

/** Underlying, expiry, and FUT or strike and type. Names can have digits of their own (360ONE). */
const DERIVATIVE_SYMBOL = /^(.+?)\d{2}(?:[A-Z]{3}|[1-9OND]\d{2})(?:FUT|\d+(?:\.\d+)?(?:CE|PE))$/;

/**
 * Underlying of a derivative whose `name` is empty: what stands before the expiry in its symbol
 * (NIFTY2612024000CE, RELIANCE26NOVFUT).
 */
export function underlyingOfSymbol(tradingsymbol: string): string {
  return DERIVATIVE_SYMBOL.exec(tradingsymbol)?.[1] ?? tradingsymbol;
}
