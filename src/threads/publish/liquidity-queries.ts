import { TickerError } from '../../domain/error-codes.ts';
import { liquidityOfRow } from '../../fanout/leg-liquidity.ts';
import type { LiquidityQueries } from '../../http/routes/liquidity.ts';
import type { InstrumentTable } from '../../shm/instrument-table.ts';
import type { LastValueTable } from '../../shm/last-value-table.ts';
import type { ControlLink } from './control-link.ts';

/** The liquidity route's questions, answered from the last-value table. */
export function liquidityQueries(
  table: InstrumentTable,
  lastValues: LastValueTable,
  link: ControlLink,
): LiquidityQueries {
  return {
    async liquidity(token) {
      const measures = liquidityOfRow(lastValues, table.find(token));
      if (measures !== undefined) return measures;
      // Control knows whether there is such an instrument at all.
      await link.call('findInstrument', String(token));
      throw new TickerError('NO_QUOTE');
    },
  };
}
