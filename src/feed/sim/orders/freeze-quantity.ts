import type { ContractSpec } from '../contracts.ts';

/** Largest order in units, as the exchange has it since August 2026. */
const INDEX_FREEZE_UNITS: ReadonlyMap<string, number> = new Map([
  ['NIFTY', 1800],
  ['BANKNIFTY', 600],
]);
/** Assumed for derivatives of shares. */
const STOCK_FREEZE_LOTS = 40;
/** Assumed for shares. */
const EQUITY_FREEZE_UNITS = 100_000;

/** Most units that one order may have, a multiple of the lot. */
export function freezeUnits(spec: ContractSpec): number {
  if (spec.exchange === 'NSE') return EQUITY_FREEZE_UNITS;
  const units = INDEX_FREEZE_UNITS.get(spec.name) ?? STOCK_FREEZE_LOTS * spec.lotSize;
  return Math.floor(units / spec.lotSize) * spec.lotSize;
}
