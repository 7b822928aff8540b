import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext } from 'node:test';
import { createSystemClock } from '../../src/domain/clock.ts';
import { EmbeddedPostgres } from '../../src/storage/embedded/embedded-postgres.ts';
import { Database, type DatabaseOptions } from '../../src/storage/postgres/database.ts';
import { createLogger } from '../../src/telemetry/logger.ts';

interface Server {
  embedded: EmbeddedPostgres;
  admin: Database;
  folder: string;
}

const clock = createSystemClock();
let server: Promise<Server> | undefined;
let databases = 0;

/** One for all tests of a file: without durability, in a folder of its own. */
async function startServer(): Promise<Server> {
  const folder = mkdtempSync(join(tmpdir(), 'ticker-database-'));
  chmodSync(folder, 0o700);
  const embedded = await EmbeddedPostgres.open({
    dataDirectory: folder,
    clock,
    logger: createLogger({ level: 'silent', thread: 'test', clock }),
    isDurable: false,
  });
  const admin = openTestDatabase(embedded.url);
  return { embedded, admin, folder };
}

after(async () => {
  if (server === undefined) return;
  const { embedded, admin, folder } = await server;
  await admin.end();
  await embedded.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** A `Database` on `url`, with what tests do not care about. */
export function openTestDatabase(url: DatabaseOptions['url']): Database {
  return new Database({ url, clock, random: Math.random, applicationName: 'ticker-test' });
}

/** A statement whose text is made by the test; names cannot be parameters. */
export function statement(text: string): TemplateStringsArray {
  return Object.assign([text], { raw: [text] });
}

/** URL of a fresh, empty database on a real server; it is dropped after the test. */
export async function createTestDatabase(t: TestContext): Promise<string> {
  server ??= startServer();
  const { embedded, admin } = await server;
  databases += 1;
  const name = `test_${databases}`;
  await admin.sql(statement(`create database ${name}`));
  t.after(() => admin.sql(statement(`drop database ${name} with (force)`)));
  const url = new URL(embedded.url);
  url.pathname = name;
  return url.href;
}
