import { indexSymbol } from '../domain/index-symbols.ts';

/** EXCHANGE:TRADINGSYMBOL of what `underlying` (RELIANCE, or BFO:RELIANCE) names. */
export function spotSymbol(underlying: string): string {
  const [name = '', exchange] = underlying.split(':').reverse();
  return indexSymbol(name) ?? `${exchange === 'BFO' ? 'BSE' : 'NSE'}:${name}`;
}
