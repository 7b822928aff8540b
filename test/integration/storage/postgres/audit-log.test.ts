import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FIRST_PREVIOUS_HASH } from '../../../../src/domain/audit-chain.ts';
import type { AuditEvent } from '../../../../src/domain/storage.ts';
import {
  appendAuditEvent,
  listAuditEvents,
  recordAuditEvent,
  verifyAuditLog,
} from '../../../../src/storage/postgres/audit-log.ts';
import type { Database } from '../../../../src/storage/postgres/database.ts';
import { migratedDatabase } from '../../../support/migrated-database.ts';

const EVENT: AuditEvent = {
  actor: 'cli:someone',
  action: 'key.created',
  subject: 'key_a',
  origin: 'host',
  detail: { scopes: ['ticks:read'], count: 3, nested: { b: null, a: true } },
};
const START_MS = 1_790_000_000_123;

async function record(database: Database, count: number): Promise<void> {
  for (let n = 0; n < count; n++) {
    await recordAuditEvent(database, { ...EVENT, subject: `key_${n}` }, START_MS + n);
  }
}

/** Lets the table be changed, as somebody with all rights on the database could. */
async function unlock(database: Database): Promise<void> {
  await database.sql`alter table audit_events disable trigger all`;
}

test('events come back as they were recorded, numbered and chained', async (t) => {
  const { database } = await migratedDatabase(t);
  const first = await recordAuditEvent(database, EVENT, START_MS);
  const second = await recordAuditEvent(database, { ...EVENT, detail: {} }, START_MS + 0.9);
  assert.deepEqual(await listAuditEvents(database, 10), [second, first]);
  assert.deepEqual(await listAuditEvents(database, 1), [second]);
  assert.deepEqual([first.id, second.id], [1, 2]);
  assert.equal(first.previousHash, FIRST_PREVIOUS_HASH);
  assert.equal(second.previousHash, first.hash);
  assert.deepEqual([first.timeMs, second.timeMs], [START_MS, START_MS]);
});

test('an empty record is right', async (t) => {
  const { database } = await migratedDatabase(t);
  assert.deepEqual(await verifyAuditLog(database), {
    count: 0,
    firstMs: null,
    lastMs: null,
    head: null,
  });
});

test('a right record is reported with its head, also when it has several pages', async (t) => {
  const { database } = await migratedDatabase(t);
  const count = 2_001;
  await database.transaction(async (sql) => {
    for (let n = 0; n < count; n++) await appendAuditEvent(sql, EVENT, START_MS + n);
  });
  const [last] = await listAuditEvents(database, 1);
  assert.deepEqual(await verifyAuditLog(database), {
    count,
    firstMs: START_MS,
    lastMs: START_MS + count - 1,
    head: last?.hash,
  });
});

test('whatever text and numbers an event has, it is right when it comes back', async (t) => {
  const { database } = await migratedDatabase(t);
  const odd = 'a\0b \uD800 "\\ \u2028 \u{1F600} é e\u0301';
  await recordAuditEvent(
    database,
    {
      actor: odd,
      action: odd,
      subject: odd,
      origin: odd,
      detail: {
        [odd]: odd,
        z: 1,
        a: [0.1, 1e21, -0, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, NaN],
        ['__proto__']: { x: 1 },
        gone: undefined,
        time: new Date(0),
      },
    },
    START_MS,
  );
  const report = await verifyAuditLog(database);
  assert.equal(report.fault, undefined);
  assert.equal(report.count, 1);
});

test('an event belongs to its transaction: what is rolled back leaves no hole', async (t) => {
  const { database } = await migratedDatabase(t);
  await record(database, 1);
  await assert.rejects(
    database.transaction(async (sql) => {
      await appendAuditEvent(sql, EVENT, START_MS);
      throw new Error('changed my mind');
    }),
    /changed my mind/,
  );
  await record(database, 1);
  const report = await verifyAuditLog(database);
  assert.deepEqual([report.count, report.fault], [2, undefined]);
});

test('writers at the same time wait for each other: no event is lost or out of line', async (t) => {
  const { database } = await migratedDatabase(t);
  const all = Array.from({ length: 40 }, (_, n) =>
    recordAuditEvent(database, { ...EVENT, subject: `key_${n}` }, START_MS),
  );
  const ids = (await Promise.all(all)).map(({ id }) => id);
  assert.equal(new Set(ids).size, 40);
  const report = await verifyAuditLog(database);
  assert.deepEqual([report.count, report.fault], [40, undefined]);
});

test('the table itself refuses to be changed', async (t) => {
  const { database } = await migratedDatabase(t);
  await record(database, 1);
  await assert.rejects(database.sql`update audit_events set actor = 'me'`, /append-only/);
  await assert.rejects(database.sql`delete from audit_events`, /append-only/);
  await assert.rejects(database.sql`truncate audit_events`, /append-only/);
});

describe('a record of five events, changed behind our back', () => {
  type Change = (database: Database) => Promise<unknown>;
  const CHANGES: Record<string, [Change, { id: number; kind: string; count: number }]> = {
    'another time': [
      ({ sql }) => sql`update audit_events set time = time + interval '1 microsecond' where id = 3`,
      { id: 3, kind: 'altered', count: 2 },
    ],
    'another actor': [
      ({ sql }) => sql`update audit_events set actor = 'me' where id = 3`,
      { id: 3, kind: 'altered', count: 2 },
    ],
    'another action': [
      ({ sql }) => sql`update audit_events set action = action || ' ' where id = 3`,
      { id: 3, kind: 'altered', count: 2 },
    ],
    'another subject': [
      ({ sql }) => sql`update audit_events set subject = 'key_4' where id = 3`,
      { id: 3, kind: 'altered', count: 2 },
    ],
    'another origin': [
      ({ sql }) => sql`update audit_events set origin = '' where id = 3`,
      { id: 3, kind: 'altered', count: 2 },
    ],
    'another detail': [
      ({ sql }) =>
        sql`update audit_events set detail = jsonb_set(detail, '{nested,a}', 'false') where id = 3`,
      { id: 3, kind: 'altered', count: 2 },
    ],
    'one detail more': [
      ({ sql }) => sql`update audit_events set detail = detail || '{"more":null}' where id = 3`,
      { id: 3, kind: 'altered', count: 2 },
    ],
    'a number that rounds to the recorded one': [
      ({ sql }) => sql`
        update audit_events set detail = jsonb_set(detail, '{count}', '3.00000000000000000001')
        where id = 3`,
      { id: 3, kind: 'altered', count: 2 },
    ],
    'another hash': [
      ({ sql }) => sql`
        update audit_events set hash = set_byte(hash, 31, get_byte(hash, 31) # 1) where id = 3`,
      { id: 3, kind: 'altered', count: 2 },
    ],
    'another hash before it': [
      ({ sql }) => sql`
        update audit_events set previous_hash = set_byte(previous_hash, 0, 1) where id = 3`,
      { id: 3, kind: 'altered', count: 2 },
    ],
    'an event taken out': [
      ({ sql }) => sql`delete from audit_events where id = 3`,
      { id: 3, kind: 'missing', count: 2 },
    ],
    'the first event taken out': [
      ({ sql }) => sql`delete from audit_events where id = 1`,
      { id: 1, kind: 'missing', count: 0 },
    ],
    'an event taken out and the others moved up': [
      async ({ sql }) => {
        await sql`delete from audit_events where id = 3`;
        await sql`update audit_events set id = 3 where id = 4`;
        await sql`update audit_events set id = 4 where id = 5`;
      },
      { id: 3, kind: 'altered', count: 2 },
    ],
    'two events that changed places': [
      async ({ sql }) => {
        await sql`update audit_events set id = 100 where id = 3`;
        await sql`update audit_events set id = 3 where id = 4`;
        await sql`update audit_events set id = 4 where id = 100`;
      },
      { id: 3, kind: 'altered', count: 2 },
    ],
    'an event put in before the first': [
      ({ sql }) => sql`
        insert into audit_events
        select -1, time, actor, action, subject, origin, detail, previous_hash, hash
        from audit_events where id = 1`,
      { id: -1, kind: 'order', count: 0 },
    ],
  };

  test('is found broken where it was changed', async (t) => {
    const { database } = await migratedDatabase(t);
    const { sql } = database;
    await record(database, 5);
    await unlock(database);
    await sql`alter table audit_events drop constraint audit_events_id_check`;
    await sql`create table as_recorded as table audit_events`;
    for (const [name, [change, expected]] of Object.entries(CHANGES)) {
      await change(database);
      const { fault, count } = await verifyAuditLog(database);
      assert.deepEqual({ id: fault?.id, kind: fault?.kind, count }, expected, name);
      await sql`truncate audit_events`;
      await sql`insert into audit_events table as_recorded`;
      assert.equal((await verifyAuditLog(database)).fault, undefined);
    }
  });

  test('a cut tail is found by the head that was printed before, and only by it', async (t) => {
    const { database } = await migratedDatabase(t);
    await record(database, 5);
    const { head } = await verifyAuditLog(database);
    assert.ok(head !== null);
    await record(database, 1);
    assert.equal((await verifyAuditLog(database, head)).fault, undefined);
    await unlock(database);
    await database.sql`delete from audit_events where id >= 5`;
    assert.equal((await verifyAuditLog(database)).fault, undefined);
    const report = await verifyAuditLog(database, head);
    assert.deepEqual([report.count, report.fault?.id, report.fault?.kind], [4, null, 'missing']);
  });
});
