import { randomUUID } from 'node:crypto';
import type { TestContext } from 'node:test';
import { createSystemClock } from '../../src/domain/clock.ts';
import type { Database } from '../../src/storage/postgres/database.ts';
import {
  type OrderJournalOptions,
  PostgresOrderJournal,
} from '../../src/storage/postgres/order-journal.ts';

/** A journal on `database` as another process has it; closed after `t`. */
export function postgresOrderJournal(
  t: TestContext,
  database: Database,
  options: Partial<OrderJournalOptions> = {},
): PostgresOrderJournal {
  const clock = createSystemClock();
  const journal = new PostgresOrderJournal({ database, clock, writer: randomUUID(), ...options });
  t.after(() => journal.close().catch(() => undefined));
  return journal;
}
