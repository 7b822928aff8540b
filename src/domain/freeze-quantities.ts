/*
 * Largest quantity of one order in derivatives, from the exchange's circulars. The exchange
 * recomputes it every month: a new circular is a new row here.
 */

interface FreezeTable {
  /** First IST day on which it holds. */
  from: string;
  exchange: string;
  /** Units by underlying. */
  units: ReadonlyMap<string, number>;
}

/** The newest first. Those of BSE (SENSEX, BANKEX) and of shares are not known here. */
const TABLES: readonly FreezeTable[] = [
  {
    from: '2026-08-03',
    exchange: 'NFO',
    units: new Map([
      ['NIFTY', 1_800],
      ['BANKNIFTY', 600],
      ['FINNIFTY', 1_800],
      ['MIDCPNIFTY', 2_800],
      ['NIFTYNXT50', 600],
    ]),
  },
];

export interface FreezeQuantity {
  /** Most units of one order; not always a multiple of the lot. */
  units: number;
  /** IST day since which it holds. */
  from: string;
}

/** In force on the IST day `date`; null: not known, so that it cannot be checked. */
export function freezeQuantity(
  exchange: string,
  underlying: string,
  date: string,
): FreezeQuantity | null {
  for (const table of TABLES) {
    if (table.exchange !== exchange || date < table.from) continue;
    const units = table.units.get(underlying);
    if (units !== undefined) return { units, from: table.from };
  }
  return null;
}
