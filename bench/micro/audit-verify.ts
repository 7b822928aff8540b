/**
 * How long `ticker audit verify` takes: events are appended by the order journal, as a day of
 * orders does, then the whole chain is read and hashed. A record grows by a few events an order,
 * so that a million of them must take seconds.
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, createSystemClock } from '../../src/domain/clock.ts';
import type { TimedAuditEvent } from '../../src/domain/order-journal.ts';
import { EmbeddedPostgres } from '../../src/storage/embedded/embedded-postgres.ts';
import { verifyAuditLog } from '../../src/storage/postgres/audit-log.ts';
import { Database } from '../../src/storage/postgres/database.ts';
import { migrate } from '../../src/storage/postgres/migrator.ts';
import { PostgresOrderJournal } from '../../src/storage/postgres/order-journal.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import type { RunOptions } from '../harness/bench.ts';
import type { RunReport } from '../harness/result.ts';
import { Verifier } from '../harness/verifier.ts';

const EVENTS = 100_000;
const SMOKE_EVENTS = 2_000;
/** Of one append. */
const BATCH = 1_000;
const NS_PER_MS = 1_000_000;
const NS_PER_US = 1000;
const MS_PER_SECOND = 1000;
const WORLD_MAY_PASS = 0o711;

export async function runAuditVerify({ smoke }: RunOptions): Promise<RunReport> {
  const folder = mkdtempSync(join(tmpdir(), 'ticker-bench-'));
  chmodSync(folder, WORLD_MAY_PASS);
  const clock = createSystemClock();
  const logger = createLogger({ level: 'silent', thread: 'bench', clock });
  const server = { dataDirectory: folder, clock, logger, isDurable: false };
  const embedded = await EmbeddedPostgres.open(server);
  const access = { url: embedded.url, clock, random: Math.random, applicationName: 'bench' };
  const database = new Database(access);
  try {
    await migrate(access, 'bench');
    return await measure(database, clock, smoke ? SMOKE_EVENTS : EVENTS);
  } finally {
    await database.end();
    await embedded.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measure(database: Database, clock: Clock, count: number): Promise<RunReport> {
  await fill(database, clock, count);
  const startedMs = performance.now();
  const before = process.cpuUsage();
  const report = await verifyAuditLog(database);
  const { user, system } = process.cpuUsage(before);
  const wallMs = performance.now() - startedMs;
  const verifier = new Verifier();
  verifier.equal('no fault', report.fault, undefined);
  verifier.equal('events verified', report.count, count);
  return {
    measurements: [
      {
        name: 'audit verify',
        unit: 'ns/event',
        value: (wallMs * NS_PER_MS) / count,
        cpuNs: ((user + system) * NS_PER_US) / count,
      },
      { name: 'audit verify, rate', unit: 'events/s', value: (count * MS_PER_SECOND) / wallMs },
    ],
    checks: verifier.checks,
    notes: [`${count} events of orders, one connection; the CPU time is without the server's`],
  };
}

async function fill(database: Database, clock: Clock, count: number): Promise<void> {
  const journal = new PostgresOrderJournal({ database, clock, writer: 'bench' });
  await journal.load(clock.nowUs(), clock.nowUs());
  for (let first = 0; first < count; first += BATCH) {
    const events = Array.from({ length: BATCH }, (_, i) => eventOf(first + i, clock.nowUs()));
    await journal.append({ events });
  }
  await journal.close();
}

function eventOf(number: number, timeUs: number): TimedAuditEvent {
  const subject = `ord_${number.toString(36).padStart(12, '0')}`;
  const detail = {
    allowed: true,
    code: null,
    isExit: false,
    account: 'AB1234',
    numbers: { valueRupees: 7505.25, limitRupees: 1_000_000, quantity: 5, openOrders: 3 },
  };
  return { timeUs, actor: 'key_a', action: 'order.decision', subject, origin: '127.0.0.1', detail };
}
