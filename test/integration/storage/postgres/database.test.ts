import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { createSystemClock } from '../../../../src/domain/clock.ts';
import { TickerError, type ErrorCode } from '../../../../src/domain/error-codes.ts';
import { DatabaseError } from '../../../../src/storage/postgres/database-error.ts';
import { Database, type DatabaseOptions } from '../../../../src/storage/postgres/database.ts';
import { createTestDatabase } from '../../../support/test-database.ts';

async function openDatabase(
  t: TestContext,
  options: Partial<DatabaseOptions> = {},
): Promise<Database> {
  const url = await createTestDatabase(t);
  const database = new Database({
    url,
    clock: createSystemClock(),
    random: () => 0.5,
    applicationName: 'test',
    ...options,
  });
  t.after(() => database.end());
  return database;
}

function coded(code: ErrorCode): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof TickerError, String(error));
    assert.equal(error.code, code, error.message);
    return true;
  };
}

/** Something that is waited for, and the way to let it come. */
function signal(): { come: Promise<void>; now: () => void } {
  let now: () => void = () => undefined;
  const come = new Promise<void>((resolve) => (now = resolve));
  return { come, now: () => now() };
}

test('values come back as what they are', async (t) => {
  const { sql } = await openDatabase(t);
  const values = {
    text: `it's "quoted" \\ and ₹`,
    whole: 2 ** 53 - 1,
    fraction: 0.1,
    yes: true,
    nothing: null,
    time: new Date('2026-11-24T09:15:00.123Z'),
    bytes: Buffer.from([0, 1, 254, 255]),
    texts: ['a', 'b"c', '', '{}'],
    json: { nested: [1, { deep: null }], text: 'x' },
  };
  const [row] = await sql`
    select ${values.text}::text as text, ${values.whole}::bigint as whole,
      ${values.fraction}::float8 as fraction, ${values.yes}::boolean as yes,
      ${values.nothing}::text as nothing, ${values.time}::timestamptz as time,
      ${values.bytes}::bytea as bytes, ${values.texts}::text[] as texts,
      ${values.json}::jsonb as json`;
  assert.deepEqual(row, values);
  await assert.rejects(sql`select 9007199254740993::bigint`, coded('DATABASE_REFUSED'));
});

test('a statement is prepared once and used again', async (t) => {
  const { sql } = await openDatabase(t, { poolMax: 1 });
  for (const n of [1, 2, 3]) await sql`select ${n}::int as prepared_here`;
  const rows = await sql`
    select generic_plans + custom_plans as uses from pg_prepared_statements
    where statement like '%prepared_here%' and statement not like '%pg_prepared%'`;
  assert.deepEqual(rows, [{ uses: 3 }]);
});

test('a transaction is done whole or not at all', async (t) => {
  const database = await openDatabase(t);
  const { sql } = database;
  await sql`create table entries (name text primary key)`;
  const count = async (): Promise<unknown> => (await sql`select count(*) as n from entries`)[0];

  const result = await database.transaction(async (inside) => {
    await inside`insert into entries values ('a')`;
    await inside`insert into entries values ('b')`;
    assert.deepEqual(await count(), { n: 0 });
    return 'done';
  });
  assert.equal(result, 'done');
  assert.deepEqual(await count(), { n: 2 });

  const reason = new Error('the caller changed its mind');
  await assert.rejects(
    database.transaction(async (inside) => {
      await inside`insert into entries values ('c')`;
      throw reason;
    }),
    (error) => error === reason,
  );
  assert.deepEqual(await count(), { n: 2 });
});

test('a transaction in which a statement failed is not taken for done', async (t) => {
  const database = await openDatabase(t);
  await database.sql`create table entries (name text primary key)`;
  await assert.rejects(
    database.transaction(async (sql) => {
      await sql`insert into entries values ('a')`;
      await assert.rejects(sql`insert into entries values ('a')`, coded('DATABASE_REFUSED'));
    }),
    coded('DATABASE_REFUSED'),
  );
  assert.deepEqual(await database.sql`select * from entries`, []);
});

test('nothing is sent through a transaction that is over', async (t) => {
  const database = await openDatabase(t);
  await database.sql`create table entries (name text)`;
  const kept = await database.transaction(async (sql) => [sql]);
  for (const sql of kept) {
    await assert.rejects(sql`insert into entries values ('late')`, /the transaction is over/);
  }
  assert.deepEqual(await database.sql`select * from entries`, []);
});

test('a transaction that lost against another is run again, and only such a one', async (t) => {
  const database = await openDatabase(t);
  const { sql } = database;
  await sql`create table counters (id int primary key, value int)`;
  await sql`insert into counters values (1, 0)`;
  const bothRead = signal();
  let runs = 0;
  const increment = (): Promise<void> =>
    database.transaction(
      async (inside) => {
        runs += 1;
        const [row] = await inside<{ value: number }>`select value from counters where id = 1`;
        if (runs === 2) bothRead.now();
        await bothRead.come;
        await inside`update counters set value = ${(row?.value ?? 0) + 1} where id = 1`;
      },
      { isolation: 'serializable' },
    );
  await Promise.all([increment(), increment()]);
  assert.deepEqual(await sql`select value from counters`, [{ value: 2 }]);
  assert.equal(runs, 3);

  let attempts = 0;
  await assert.rejects(
    database.transaction(async (inside) => {
      attempts += 1;
      await inside`insert into counters values (1, 0)`;
    }),
    (error) => error instanceof DatabaseError && error.sqlState === '23505',
  );
  assert.equal(attempts, 1);
});

test('of two transactions that lock each other out, both are done in the end', async (t) => {
  const database = await openDatabase(t);
  const { sql } = database;
  await sql`create table counters (id int primary key, value int)`;
  await sql`insert into counters values (1, 0), (2, 0)`;
  const bothHoldOne = signal();
  let runs = 0;
  const inOrder = (first: number, second: number): Promise<void> =>
    database.transaction(async (inside) => {
      await inside`update counters set value = value + 1 where id = ${first}`;
      runs += 1;
      if (runs === 2) bothHoldOne.now();
      await bothHoldOne.come;
      await inside`update counters set value = value + 1 where id = ${second}`;
    });
  await Promise.all([inOrder(1, 2), inOrder(2, 1)]);
  assert.deepEqual(await sql`select value from counters order by id`, [{ value: 2 }, { value: 2 }]);
  assert.equal(runs, 3);
});

test('a transaction that loses every time is given up', async (t) => {
  const database = await openDatabase(t);
  let runs = 0;
  await assert.rejects(
    database.transaction(async (_, script) => {
      runs += 1;
      await script(`do $$ begin raise exception using errcode = '40001'; end $$`);
    }),
    coded('DATABASE_BUSY'),
  );
  assert.equal(runs, 6);
});

test('the pool shows what is used and who waits, and the wait has an end', async (t) => {
  const database = await openDatabase(t, { poolMax: 2, waitTimeoutMs: 50 });
  assert.deepEqual(database.gauges(), { max: 2, used: 0, waiting: 0 });
  const held = [signal(), signal()];
  const release = held.map(() => signal());
  const holders = held.map((holding, index) =>
    database.transaction(async () => {
      holding.now();
      await release[index]?.come;
    }),
  );
  await Promise.all(held.map(({ come }) => come));
  assert.deepEqual(database.gauges(), { max: 2, used: 2, waiting: 0 });

  const tooLate = database.sql`select 1`;
  assert.deepEqual(database.gauges(), { max: 2, used: 2, waiting: 1 });
  await assert.rejects(tooLate, coded('DATABASE_BUSY'));

  const inTime = database.sql`select 1 as one`;
  release[0]?.now();
  assert.deepEqual(await inTime, [{ one: 1 }]);
  release[1]?.now();
  await Promise.all(holders);
  assert.deepEqual(database.gauges(), { max: 2, used: 0, waiting: 0 });
});

test('a statement that runs too long is ended, its connection is not', async (t) => {
  const { sql } = await openDatabase(t, { poolMax: 1, statementTimeoutMs: 30 });
  const pid = async (): Promise<unknown> => (await sql`select pg_backend_pid() as pid`)[0];
  const before = await pid();
  await assert.rejects(sql`select pg_sleep(60)`, coded('TIMEOUT'));
  assert.deepEqual(await pid(), before);
});

test('a transaction that is left alone is ended by the server', async (t) => {
  const database = await openDatabase(t, { poolMax: 1, idleTransactionTimeoutMs: 30 });
  await database.sql`create table entries (name text)`;
  const observer = new Database({
    url: await createTestDatabase(t),
    clock: createSystemClock(),
    random: () => 0.5,
    applicationName: 'observer',
  });
  t.after(() => observer.end());
  await assert.rejects(
    database.transaction(async (sql) => {
      const [session] = await sql<{ pid: number }>`select pg_backend_pid() as pid`;
      let isGone = false;
      while (!isGone) {
        const rows = await observer.sql`
          select from pg_stat_activity where pid = ${session?.pid ?? 0}`;
        isGone = rows.length === 0;
      }
      await sql`insert into entries values ('late')`;
    }),
    coded('DATABASE_UNAVAILABLE'),
  );
  assert.deepEqual(await database.sql`select * from entries`, []);
});

test('errors have the SQLSTATE and the constraint, never a value', async (t) => {
  const { sql } = await openDatabase(t);
  await sql`create table entries (name text constraint name_once unique, n int)`;
  await sql`insert into entries values ('canary-value', 1)`;
  const value = 'canary-value';
  const failures: [() => Promise<unknown>, string, ErrorCode][] = [
    [() => sql`insert into entries values (${value}, 1)`, '23505', 'DATABASE_REFUSED'],
    [() => sql`select ${value}::text::int`, '22P02', 'DATABASE_REFUSED'],
    [() => sql`select * from missing_table where x = ${value}`, '42P01', 'DATABASE_REFUSED'],
  ];
  for (const [fail, sqlState, code] of failures) {
    await assert.rejects(fail, (error) => {
      assert.ok(error instanceof DatabaseError);
      assert.deepEqual([error.sqlState, error.code], [sqlState, code]);
      const everything = [error.stack, JSON.stringify(error), String(error.cause)].join();
      assert.doesNotMatch(everything, /canary-value/);
      return true;
    });
  }
  await assert.rejects(sql`insert into entries values (${value}, 1)`, (error) => {
    assert.equal((error as DatabaseError).constraint, 'name_once');
    return true;
  });
});

test('a wrong password is refused and not shown', async (t) => {
  const url = new URL(await createTestDatabase(t));
  url.password = 'canary-password';
  const database = new Database({
    url: url.href,
    clock: createSystemClock(),
    random: () => 0.5,
    applicationName: 'test',
  });
  t.after(() => database.end());
  await assert.rejects(database.check(), (error) => {
    coded('DATABASE_REFUSED')(error);
    assert.match((error as Error).message, /28P01/);
    assert.doesNotMatch(String((error as Error).stack), /canary-password/);
    return true;
  });
});

test('after the end nothing is accepted', async (t) => {
  const database = await openDatabase(t);
  await database.check();
  const running = database.sql`select pg_sleep(0.05)`;
  await database.end();
  await running;
  await assert.rejects(database.check(), coded('DATABASE_UNAVAILABLE'));
});

test('any texts come back from an array as they were', async (t) => {
  const database = await openDatabase(t);
  const texts = [
    '',
    'a',
    'NULL',
    'null',
    '"',
    '\\',
    '{}',
    ',',
    ' a ',
    "'",
    '\n',
    '\u00e9\u{1F600}',
  ];
  const values = [...texts, null, texts.join('')];
  const [row] = await database.sql<{ back: (string | null)[]; none: string[] }>`
    select ${values}::text[] as back, ${[]}::text[] as none`;
  assert.deepEqual(row, { back: values, none: [] });
  const times = ['2026-09-10T10:00:00.123Z', null];
  const [counted] = await database.sql<{ count: number }>`
    select count(time) as count from unnest(${times}::timestamptz[]) as given (time)`;
  assert.equal(counted?.count, 1);
});
