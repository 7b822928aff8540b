import { indexSymbol } from '../domain/index-symbols.ts';

/** Symbols under which the spot of `underlying` may be listed, best first. */
export function spotSymbols(underlying: string): string[] {
  const index = indexSymbol(underlying);
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
