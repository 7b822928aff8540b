import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { RecordedAuditEvent } from '../../../src/domain/storage.ts';
import { recordAuditEvent } from '../../../src/storage/postgres/audit-log.ts';
import type { Database } from '../../../src/storage/postgres/database.ts';
import { migratedDatabase } from '../../support/migrated-database.ts';
import { type CommandRun, runCommand } from '../../support/run-command.ts';
import { temporaryFolder } from '../../support/ticker-process.ts';

const START_MS = Date.parse('2026-11-24T10:00:00.250Z');

/** A database with `count` events, a second apart, and the command on it. */
async function rig(
  t: TestContext,
  count: number,
): Promise<{
  database: Database;
  events: RecordedAuditEvent[];
  audit: (...args: string[]) => Promise<CommandRun>;
}> {
  const { database, url } = await migratedDatabase(t);
  const settings = { TICKER_DATABASE_URL: url, TICKER_DATA_DIR: temporaryFolder(t) };
  const events: RecordedAuditEvent[] = [];
  for (let n = 0; n < count; n++) {
    const event = { actor: 'a', action: 'b', subject: `key_${n}`, origin: 'c', detail: { n } };
    events.push(await recordAuditEvent(database, event, START_MS + n * 1000));
  }
  await database.sql`alter table audit_events disable trigger all`;
  return { database, events, audit: (...args) => runCommand(t, ['audit', ...args], settings) };
}

test('verify prints how many there are, their times and the head', async (t) => {
  const { events, audit } = await rig(t, 3);
  const head = events.at(-1)?.hash;
  const { exitCode, out } = await audit('verify', '--json');
  assert.equal(exitCode, 0);
  assert.deepEqual(JSON.parse(out), {
    ok: true,
    count: 3,
    first: '2026-11-24T10:00:00.250Z',
    last: '2026-11-24T10:00:02.250Z',
    head,
  });
  const text = await audit('verify');
  assert.match(text.out, /^events +3$/m);
  assert.match(text.out, new RegExp(`^head +${head}$`, 'm'));
});

test('verify of nothing is right', async (t) => {
  const { audit } = await rig(t, 0);
  const { exitCode, out } = await audit('verify', '--json');
  assert.equal(exitCode, 0);
  assert.deepEqual(JSON.parse(out), { ok: true, count: 0, first: null, last: null, head: null });
});

test('verify names the first wrong row and exits with 1', async (t) => {
  const { database, audit } = await rig(t, 4);
  await database.sql`update audit_events set actor = 'x' where id >= 2`;
  const text = await audit('verify');
  assert.equal(text.exitCode, 1);
  assert.equal(text.out, '');
  assert.equal(text.errors, 'ticker: AUDIT_BROKEN: event 2 is not what was recorded');
  const json = await audit('verify', '--json');
  assert.equal(json.exitCode, 1);
  const { ok, code, row, count } = JSON.parse(json.out) as Record<string, unknown>;
  assert.deepEqual({ ok, code, row, count }, { ok: false, code: 'AUDIT_BROKEN', row: 2, count: 1 });
});

test('verify --head finds a record that was cut off', async (t) => {
  const { database, events, audit } = await rig(t, 3);
  const head = events.at(-1)?.hash ?? '';
  assert.equal((await audit('verify', '--head', head)).exitCode, 0);
  await database.sql`delete from audit_events where id = 3`;
  assert.equal((await audit('verify')).exitCode, 0);
  const { exitCode, errors } = await audit('verify', '--head', head);
  assert.equal(exitCode, 1);
  assert.match(errors, /AUDIT_BROKEN: no event has the hash/);
});

test('list shows the latest events, the newest first', async (t) => {
  const { events, audit } = await rig(t, 3);
  const { out } = await audit('list', '--limit', '2', '--json');
  assert.deepEqual(
    (JSON.parse(out) as { id: number; time: string; detail: unknown; hash: string }[]).map(
      ({ id, time, detail, hash }) => ({ id, time, detail, hash }),
    ),
    [
      { id: 3, time: '2026-11-24T10:00:02.250Z', detail: { n: 2 }, hash: events[2]?.hash },
      { id: 2, time: '2026-11-24T10:00:01.250Z', detail: { n: 1 }, hash: events[1]?.hash },
    ],
  );
  assert.match(
    (await audit('list')).out,
    /^3 +2026-11-24T10:00:02.250Z +a +b +key_2 +c +\{"n":2\}$/m,
  );
});

test('list --subject shows the events about one thing', async (t) => {
  const { audit } = await rig(t, 3);
  const { out } = await audit('list', '--subject', 'key_1', '--json');
  assert.deepEqual(
    (JSON.parse(out) as { id: number }[]).map(({ id }) => id),
    [2],
  );
});

test('what is wrong with the command line is said', async (t) => {
  const { audit } = await rig(t, 0);
  for (const [args, message] of [
    [['check'], /no action "check"/],
    [['verify', '--head', 'abc'], /--head must be the hash/],
    [['list', '--limit', '0'], /--limit must be a whole number from 1/],
    [[], /an argument is missing/],
  ] as const) {
    const { exitCode, errors } = await audit(...args);
    assert.equal(exitCode, 2);
    assert.match(errors, message);
  }
});
