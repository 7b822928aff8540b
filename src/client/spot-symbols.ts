import { indexSymbol } from '../domain/index-symbols.ts';

/** EXCHANGE:TRADINGSYMBOL of what `underlying` names. */
export function spotSymbol(underlying: string): string {
  return indexSymbol(underlying) ?? `NSE:${underlying}`;
}
