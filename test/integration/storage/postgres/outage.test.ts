import assert from 'node:assert/strict';
import { connect, createServer, type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { createSystemClock } from '../../../../src/domain/clock.ts';
import { TickerError } from '../../../../src/domain/error-codes.ts';
import { Database, type DatabaseOptions } from '../../../../src/storage/postgres/database.ts';
import { createTestDatabase } from '../../../support/test-database.ts';

function open(t: TestContext, url: string, options: Partial<DatabaseOptions> = {}): Database {
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

function isUnavailable(error: unknown): true {
  assert.ok(error instanceof TickerError, String(error));
  assert.equal(error.code, 'DATABASE_UNAVAILABLE', error.message);
  return true;
}

/** A server that is not PostgreSQL: does `act` with every connection. */
async function impostor(t: TestContext, act: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    act(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  return `postgres://user:password@127.0.0.1:${address.port}/database`;
}

async function backendOf(database: Pick<Database, 'sql'>): Promise<number> {
  const [row] = await database.sql<{ pid: number }>`select pg_backend_pid() as pid`;
  return row?.pid ?? 0;
}

test('a transaction whose session is ended does not go on in another session', async (t) => {
  const url = await createTestDatabase(t);
  const database = open(t, url, { poolMax: 2 });
  const observer = open(t, url);
  await database.sql`create table entries (name text)`;
  const late: string[] = [];
  await assert.rejects(
    database.transaction(async (sql) => {
      await sql`insert into entries values ('first')`;
      await observer.sql`select pg_terminate_backend(${await backendOf({ sql })})`;
      await assert.rejects(sql`insert into entries values ('second')`, isUnavailable);
      // Other sessions are there by now.
      await Promise.all([database.check(), database.check()]);
      await sql`insert into entries values ('third')`.catch((error: unknown) => {
        isUnavailable(error);
        late.push('refused');
      });
    }),
    isUnavailable,
  );
  assert.deepEqual(late, ['refused']);
  assert.deepEqual(await database.sql`select * from entries`, []);
  assert.equal(database.gauges().used, 0);
});

test('a statement whose session is ended rejects, the next one has a new session', async (t) => {
  const url = await createTestDatabase(t);
  const database = open(t, url, { poolMax: 1 });
  const observer = open(t, url);
  const before = await backendOf(database);
  const running = assert.rejects(database.sql`select pg_sleep(60)`, isUnavailable);
  await observer.sql`select pg_terminate_backend(${before})`;
  await running;
  assert.notEqual(await backendOf(database), before);
});

test('idle sessions that the server ended are made anew', async (t) => {
  const url = await createTestDatabase(t);
  const database = open(t, url);
  const observer = open(t, url, { applicationName: 'observer' });
  await Promise.all([database.check(), database.check(), database.check()]);
  await observer.sql`
    select pg_terminate_backend(pid) from pg_stat_activity
    where application_name = 'test' and datname = current_database()`;
  // A session may look alive for a moment longer.
  let failures = 0;
  for (let n = 0; n < 4; n++) await database.check().catch(() => (failures += 1));
  assert.ok(failures < 4);
  await database.check();
});

test('a server that is not there, is silent, hangs up or is no database is given up', async (t) => {
  const closed = new URL(await impostor(t, () => undefined));
  closed.port = '1';
  await assert.rejects(open(t, closed.href).check(), isUnavailable);

  let connections = 0;
  const rude = await impostor(t, (socket) => {
    connections += 1;
    socket.destroy();
  });
  await assert.rejects(open(t, rude).check(), isUnavailable);
  assert.equal(connections, 1);

  const polite = await impostor(t, (socket) => {
    connections += 1;
    socket.once('data', () => socket.end());
  });
  await assert.rejects(open(t, polite).check(), isUnavailable);
  assert.equal(connections, 2);

  const silent = await impostor(t, () => undefined);
  const hanging = open(t, silent, { connectTimeoutMs: 50, poolMax: 1 });
  await assert.rejects(hanging.check(), /no answer within 50 ms/);
  assert.deepEqual(hanging.gauges(), { max: 1, used: 0, waiting: 0 });
});

test('a server without TLS is refused where TLS is wanted, with the way out', async (t) => {
  const url = await createTestDatabase(t);
  for (const mode of ['require', 'verify-full']) {
    await assert.rejects(open(t, `${url}?sslmode=${mode}`).check(), (error) => {
      isUnavailable(error);
      assert.match((error as Error).message, /does not offer TLS.*sslmode=disable/);
      return true;
    });
  }
});

test('notifications are heard, and heard again after the session was lost', async (t) => {
  const url = await createTestDatabase(t);
  const database = open(t, url, { random: () => 0 });
  const heard: string[] = [];
  let wake: () => void = () => undefined;
  const until = async (isThere: () => boolean): Promise<void> => {
    while (!isThere()) await new Promise<void>((resolve) => (wake = resolve));
  };
  let listening = 0;
  const note = (channel: string) => (payload: string) => {
    heard.push(`${channel}:${payload}`);
    wake();
  };
  database.listen('ticker_one', note('one'), () => {
    listening += 1;
    wake();
  });
  database.listen('Ticker "two"', note('two'), () => {
    listening += 1;
    wake();
  });
  await until(() => listening === 2);
  await database.sql`select pg_notify('ticker_one', 'a'), pg_notify('Ticker "two"', 'b')`;
  await until(() => heard.length === 2);
  assert.deepEqual(heard, ['one:a', 'two:b']);

  await database.sql`
    select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and query ilike 'listen%'`;
  await until(() => listening === 4);
  await database.sql`select pg_notify('ticker_one', 'c')`;
  await until(() => heard.length === 3);
  assert.equal(heard[2], 'one:c');
});

test('what keeps a subscription from hearing is told once', async (t) => {
  const url = new URL(await createTestDatabase(t));
  url.pathname = 'no_such_database';
  const problems: string[] = [];
  let attempts = 0;
  let thirdAttempt: () => void = () => undefined;
  const third = new Promise<void>((resolve) => (thirdAttempt = resolve));
  const database = open(t, url.href, {
    url: () => {
      attempts += 1;
      if (attempts === 4) thirdAttempt();
      return url.href;
    },
    random: () => 0,
    onListenProblem: (error) => problems.push(error.code),
  });
  database.listen('channel', () => undefined);
  await third;
  assert.deepEqual(problems, ['DATABASE_REFUSED']);
});

test('a server that closes a session in its first moment costs that statement alone', async (t) => {
  const real = new URL(await createTestDatabase(t));
  const isReady = (bytes: Buffer): boolean => bytes.includes(Buffer.from([0x5a, 0, 0, 0, 5]));
  const url = await impostor(t, (near) => {
    const far = connect(Number(real.port), real.hostname);
    let isOpen = false;
    far.on('error', () => near.destroy());
    far.on('data', (bytes: Buffer) => {
      isOpen ||= isReady(bytes);
      near.write(bytes);
    });
    near.on('data', (bytes: Buffer) => {
      // Whatever is asked first is not answered any more.
      if (!isOpen) far.write(bytes);
      else far.end(() => near.end());
    });
  });
  const proxied = new URL(real);
  proxied.port = new URL(url).port;
  const database = open(t, proxied.href);
  // An error that nobody takes would end the test run here.
  for (let turn = 0; turn < 3; turn++) await assert.rejects(database.check(), isUnavailable);
});
