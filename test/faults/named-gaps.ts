import type { HeldInstrument } from './held-subscriptions.ts';
import type { LedgerTick } from './ledger.ts';

export interface GapRecord {
  from: number;
  to: number;
  reason: string;
}

const INGEST_RESTART = 'INGEST_RESTART';
const SLOW_READER = 'SLOW_READER';

/** The gap records that a client has been told in one epoch. */
export class NamedGaps {
  readonly records: GapRecord[] = [];

  /**
   * Whether a record names this tick: its position lies in the record's range, and the record's
   * reason can be that of this tick and of this subscription.
   */
  names(tick: LedgerTick, held: HeldInstrument): boolean {
    return this.records.some(({ from, to, reason }) => {
      if (tick.position < from || tick.position > to) return false;
      if (reason === INGEST_RESTART) return !tick.isPublished;
      return reason !== SLOW_READER || held.wanted.policy === 'skip';
    });
  }

  /** Positions named between `after` and `before`, both exclusive: where no ledger is at hand. */
  positionsBetween(after: number, before: number): number {
    let count = 0;
    for (const { from, to } of this.records) {
      count += Math.max(0, Math.min(to, before - 1) - Math.max(from, after + 1) + 1);
    }
    return count;
  }
}
