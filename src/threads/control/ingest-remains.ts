import type { InstrumentTable } from '../../shm/instrument-table.ts';
import { LastValueTable } from '../../shm/last-value-table.ts';
import { Ring } from '../../shm/ring.ts';
import { publishVoid } from '../../shm/ring-writer.ts';
import type { SharedBlocks } from '../messages.ts';

/**
 * Tidies up behind an ingest thread that has ended: empties half-written rows of the last-value
 * table, and leaves the positions of what was counted but never published empty in the ring, where
 * clients are told of it.
 */
export function tidyAfterIngest(blocks: SharedBlocks, table: InstrumentTable): void {
  const lastValues = new LastValueTable(blocks.lastValues);
  for (let row = 0; row < table.count; row++) lastValues.repairQuote(row);
  publishVoid(new Ring(blocks.ring));
}
