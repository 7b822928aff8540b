import { indexSymbol } from '../domain/index-symbols.ts';

/**
 * Symbols under which the spot of what derivatives of `exchange` call `name` may be listed, best
 * first.
 */
export function spotSymbols(name: string, exchange: string): string[] {
  const index = indexSymbol(name);
  if (index !== undefined) return [index];
  const symbols = [`NSE:${name}`, `BSE:${name}`];
  return exchange === 'BFO' ? symbols.reverse() : symbols;
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
