/**
 * What an intent costs until it is durable: order, idempotency key and three audit events in one
 * commit of a PostgreSQL that waits for its disk, beside a bare commit of one row; and how many a
 * second there are when several wait and share commits. A regression of the first is in every
 * order's way.
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEFAULT_KEY_LIMITS } from '../../src/domain/access.ts';
import { type Clock, createSystemClock } from '../../src/domain/clock.ts';
import type { JournalEntry } from '../../src/domain/order-journal.ts';
import type { PlaceRequest, WriteCall } from '../../src/domain/order-service.ts';
import { intentEvents, intentRecord } from '../../src/orders/intent-record.ts';
import { EmbeddedPostgres } from '../../src/storage/embedded/embedded-postgres.ts';
import { Database } from '../../src/storage/postgres/database.ts';
import { migrate } from '../../src/storage/postgres/migrator.ts';
import { PostgresOrderJournal } from '../../src/storage/postgres/order-journal.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import type { RunOptions } from '../harness/bench.ts';
import type { Measurement, RunReport } from '../harness/result.ts';
import { Verifier } from '../harness/verifier.ts';

interface Sizes {
  pairs: number;
  entries: number;
}

const FULL: Sizes = { pairs: 500, entries: 6000 };
const SMOKE: Sizes = { pairs: 20, entries: 100 };
/** Orders that wait for the journal at once. */
const WAITING = [1, 8, 64, 256];
const NS_PER_US = 1000;
const MS_PER_SECOND = 1000;
const DAY_US = 86_400_000_000;
const WORLD_MAY_PASS = 0o711;

const REQUEST: PlaceRequest = {
  account: 'AB1234',
  clientOrderId: null,
  clientTag: null,
  terms: {
    variety: 'regular',
    exchange: 'NSE',
    tradingsymbol: 'INFY',
    transactionType: 'BUY',
    orderType: 'LIMIT',
    product: 'MIS',
    quantity: 5,
    priceRupees: 1501.05,
    triggerPriceRupees: null,
    validity: 'DAY',
    validityTtl: null,
    disclosedQuantity: null,
    marketProtection: null,
    autoslice: false,
    icebergLegs: null,
    icebergQuantity: null,
    auctionNumber: null,
    algoId: null,
  },
};

export async function runOrderJournal({ smoke }: RunOptions): Promise<RunReport> {
  const folder = mkdtempSync(join(tmpdir(), 'ticker-bench-'));
  chmodSync(folder, WORLD_MAY_PASS);
  const clock = createSystemClock();
  const logger = createLogger({ level: 'silent', thread: 'bench', clock });
  const embedded = await EmbeddedPostgres.open({ dataDirectory: folder, clock, logger });
  const access = { url: embedded.url, clock, random: Math.random, applicationName: 'bench' };
  const database = new Database(access);
  try {
    await migrate(access, 'bench');
    await database.sql`create table bench_commits (body text)`;
    return await measure(database, clock, smoke ? SMOKE : FULL);
  } finally {
    await database.end();
    await embedded.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measure(database: Database, clock: Clock, sizes: Sizes): Promise<RunReport> {
  const journal = new PostgresOrderJournal({ database, clock, writer: 'bench' });
  await journal.load(clock.nowUs(), clock.nowUs());
  let count = 0;
  const append = (): Promise<void> => journal.append(entryOf(++count, Math.floor(clock.nowUs())));
  const bare: number[] = [];
  const intents: number[] = [];
  for (let pair = 0; pair < sizes.pairs; pair++) {
    bare.push(await msOf(() => database.sql`insert into bench_commits (body) values ('one row')`));
    intents.push(await msOf(append));
  }
  const [bareMs, intentMs] = [median(bare), median(intents)];
  const measurements: Measurement[] = [
    { name: 'bare commit of one row', unit: 'ms', value: bareMs },
    { name: 'commit of one intent', unit: 'ms', value: intentMs },
    { name: 'intent over bare commit', unit: 'ms', value: intentMs - bareMs },
  ];
  for (const waiting of WAITING) measurements.push(await throughput(append, waiting, sizes));
  await journal.close();
  const verifier = new Verifier();
  const [kept] = await database.sql<{ orders: number; events: number; uses: number }>`
    select (select count(*) from orders) as orders,
      (select count(*) from audit_events) as events,
      (select count(*) from idempotency_keys) as uses`;
  const expected = { orders: count, events: 3 * count, uses: count };
  verifier.equal('what is kept', { ...kept }, expected);
  return {
    measurements,
    checks: verifier.checks,
    notes: ['one process, one session; the CPU time is without the server'],
  };
}

/** Entries a second while so many wait at once. */
async function throughput(
  append: () => Promise<void>,
  waiting: number,
  { entries }: Sizes,
): Promise<Measurement> {
  let left = entries;
  const startedMs = performance.now();
  const before = process.cpuUsage();
  const writers = Array.from({ length: waiting }, async () => {
    while (left-- > 0) await append();
  });
  await Promise.all(writers);
  const { user, system } = process.cpuUsage(before);
  const value = (entries * MS_PER_SECOND) / (performance.now() - startedMs);
  const cpuNs = ((user + system) * NS_PER_US) / entries;
  return { name: `intents, ${waiting} waiting`, unit: 'orders/s', value, cpuNs };
}

function entryOf(number: number, nowUs: number): JournalEntry {
  const id = `ord_${number.toString(36).padStart(12, '0')}`;
  const key = `key-${number}`;
  const call: WriteCall = {
    principal: {
      keyId: 'key_a',
      scopes: new Set(['orders:write']),
      accounts: 'all',
      limits: DEFAULT_KEY_LIMITS,
    },
    origin: '127.0.0.1',
    requestId: id,
    idempotencyKey: key,
    fingerprint: 'f'.repeat(64),
  };
  const numbers = { order_value_rupees: 7505.25, order_value_limit_rupees: 5_000_000, quantity: 5 };
  const risk = { allowed: true, code: null, detail: null, isExit: false, numbers };
  const order = intentRecord(id, call, REQUEST, undefined, risk, nowUs);
  const { keyId } = call.principal;
  const { fingerprint } = call;
  const use = { keyId, key, fingerprint, subject: id, answer: null };
  return {
    orders: [order],
    idempotency: [{ ...use, createdUs: nowUs, expiresUs: nowUs + DAY_US }],
    events: intentEvents(call, order),
  };
}

async function msOf(act: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await act();
  return performance.now() - startedMs;
}

function median(values: readonly number[]): number {
  const rising = values.toSorted((left, right) => left - right);
  return rising[Math.floor(rising.length / 2)] ?? 0;
}
