import type { InstrumentTable } from '../../shm/instrument-table.ts';
import { LastValueTable } from '../../shm/last-value-table.ts';
import { Ring } from '../../shm/ring.ts';
import type { SharedBlocks, ToPublish } from '../messages.ts';

/**
 * Tidies up behind an ingest thread that has ended: empties half-written rows of the last-value
 * table. Returns the record that names what was counted but never published; undefined: nothing.
 */
export function tidyAfterIngest(
  blocks: SharedBlocks,
  table: InstrumentTable,
): Extract<ToPublish, { type: 'gap' }> | undefined {
  const lastValues = new LastValueTable(blocks.lastValues);
  for (let row = 0; row < table.count; row++) lastValues.repairQuote(row);
  const ring = new Ring(blocks.ring);
  const newest = ring.newest();
  const to = ring.intent(newest);
  return to > newest ? { type: 'gap', from: newest + 1, to, reason: 'INGEST_RESTART' } : undefined;
}
