import type { TestContext } from 'node:test';
import { createSystemClock } from '../../src/domain/clock.ts';
import type { Database } from '../../src/storage/postgres/database.ts';
import { migrate } from '../../src/storage/postgres/migrator.ts';
import { createTestDatabase, openTestDatabase } from './test-database.ts';

/** A fresh database of this version's schema on a real server, and its URL; dropped after `t`. */
export async function migratedDatabase(
  t: TestContext,
): Promise<{ database: Database; url: string }> {
  const url = await createTestDatabase(t);
  const options = { clock: createSystemClock(), random: Math.random, applicationName: 'test' };
  await migrate({ ...options, url }, 'test');
  const database = openTestDatabase(url);
  t.after(() => database.end());
  return { database, url };
}
