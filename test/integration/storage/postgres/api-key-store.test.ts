import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import type { KeyRequest } from '../../../../src/access/key-request.ts';
import { KeyService } from '../../../../src/access/key-service.ts';
import { createSystemClock } from '../../../../src/domain/clock.ts';
import { PostgresApiKeyStore } from '../../../../src/storage/postgres/api-key-store.ts';
import { listAuditEvents, verifyAuditLog } from '../../../../src/storage/postgres/audit-log.ts';
import type { Database } from '../../../../src/storage/postgres/database.ts';
import { migratedDatabase } from '../../../support/migrated-database.ts';

const AUTHOR = { actor: 'cli:someone', origin: 'host' };
const REQUEST: KeyRequest = {
  scopes: ['ticks:read', 'orders:write'],
  accounts: ['AB1234', 'quoted "x", {y}'],
  expiresMs: 4_000_000_000_123,
  label: "a 'label'",
  limits: { connections: 7 },
};
const clock = createSystemClock();

function serviceOn(database: Database): KeyService {
  const store = new PostgresApiKeyStore(database);
  return new KeyService({ store, clock, environment: 'production', randomBytes });
}

test('a key comes back as it was stored, with one event about it', async (t) => {
  const { database } = await migratedDatabase(t);
  const service = serviceOn(database);
  const one = await service.create(REQUEST, AUTHOR);
  const two = await service.create({ ...REQUEST, accounts: 'all', expiresMs: null }, AUTHOR);
  const stored = await service.list();
  assert.equal(stored.length, 2);
  assert.deepEqual(new Set(stored), new Set([one.stored, two.stored]));
  const events = await listAuditEvents(database, 10);
  assert.deepEqual(
    events.map(({ actor, action, subject, timeMs }) => ({ actor, action, subject, timeMs })),
    [two, one].map(({ stored: { id, createdMs } }) => ({
      actor: AUTHOR.actor,
      action: 'key.created',
      subject: id,
      timeMs: createdMs,
    })),
  );
});

test('nothing of the database is the key', async (t) => {
  const { database } = await migratedDatabase(t);
  const service = serviceOn(database);
  const { key, stored } = await service.create(REQUEST, AUTHOR);
  const { key: successor } = await service.rotate(stored.id, {}, AUTHOR);
  const rows = await database.sql`select api_keys::text as row from api_keys
    union all select audit_events::text from audit_events`;
  const dump = JSON.stringify(rows);
  for (const secret of [key, successor]) {
    const random = secret.replace('tk_prod_', '');
    assert.ok(!dump.includes(random));
    assert.ok(!dump.includes(Buffer.from(random, 'base64url').toString('hex')));
  }
});

test('rotation and revocation change the stored key, each with its event', async (t) => {
  const { database } = await migratedDatabase(t);
  const service = serviceOn(database);
  const old = await service.create(REQUEST, AUTHOR);
  const fresh = await service.rotate(old.stored.id, { overlapMs: 5_000 }, AUTHOR);
  await service.revoke(fresh.stored.id, AUTHOR);
  assert.equal(await service.revoke(fresh.stored.id, AUTHOR), false);
  const keys = new Map((await service.list()).map((key) => [key.id, key]));
  assert.equal(keys.get(old.stored.id)?.expiresMs, fresh.previousExpiresMs);
  assert.equal(keys.get(fresh.stored.id)?.replaces, old.stored.id);
  assert.notEqual(keys.get(fresh.stored.id)?.revokedMs, null);
  const events = await listAuditEvents(database, 10);
  assert.deepEqual(
    events.map(({ action }) => action),
    ['key.revoked', 'key.rotated', 'key.created'],
  );
  assert.equal((await verifyAuditLog(database)).fault, undefined);
});

test('of many rotations of one key at the same time, one wins', async (t) => {
  const { database } = await migratedDatabase(t);
  const service = serviceOn(database);
  const { stored } = await service.create(REQUEST, AUTHOR);
  const results = await Promise.allSettled(
    Array.from({ length: 8 }, () => service.rotate(stored.id, {}, AUTHOR)),
  );
  const refusals = results.flatMap((result) =>
    result.status === 'rejected' ? [(result.reason as { code: string }).code] : [],
  );
  assert.deepEqual(
    refusals,
    Array.from({ length: 7 }, () => 'INVALID_REQUEST'),
  );
  assert.equal((await service.list()).length, 2);
  assert.equal((await verifyAuditLog(database)).count, 2);
});

test('a change without its event does not happen', async (t) => {
  const { database } = await migratedDatabase(t);
  const service = serviceOn(database);
  const { stored } = await service.create(REQUEST, AUTHOR);
  await database.sql`alter table audit_events add constraint full_up check (id < 2)`;
  const refused = { code: 'DATABASE_REFUSED' };
  await assert.rejects(service.create(REQUEST, AUTHOR), refused);
  await assert.rejects(service.rotate(stored.id, {}, AUTHOR), refused);
  await assert.rejects(service.revoke(stored.id, AUTHOR), refused);
  assert.deepEqual(await service.list(), [stored]);
});

test('an unknown key is UNKNOWN_KEY', async (t) => {
  const { database } = await migratedDatabase(t);
  const id = `key_${'a'.repeat(16)}`;
  await assert.rejects(serviceOn(database).revoke(id, AUTHOR), { code: 'UNKNOWN_KEY' });
  await assert.rejects(serviceOn(database).rotate(id, {}, AUTHOR), { code: 'UNKNOWN_KEY' });
});

test('the last use moves forward only, for many keys at once', async (t) => {
  const { database } = await migratedDatabase(t);
  const service = serviceOn(database);
  const ids: string[] = [];
  for (let n = 0; n < 3; n++) ids.push((await service.create(REQUEST, AUTHOR)).stored.id);
  const [a = '', b = '', c = ''] = ids;
  const uses = (...times: [string, number][]): { keyId: string; timeMs: number }[] =>
    times.map(([keyId, timeMs]) => ({ keyId, timeMs }));
  await service.noteUse(uses([a, 1000], [b, 5000], [a, 3000], [`key_${'z'.repeat(16)}`, 9000]));
  await service.noteUse(uses([a, 2000], [b, 6000.7]));
  const used = new Map((await service.list()).map((key) => [key.id, key.lastUsedMs]));
  assert.deepEqual(
    [a, b, c].map((id) => used.get(id)),
    [3000, 6000, null],
  );
  const backwards = uses([b, 8000], [a, 8000]);
  await Promise.all(
    Array.from({ length: 20 }, (_, n) =>
      service.noteUse(n % 2 === 0 ? backwards : backwards.toReversed()),
    ),
  );
  const [report] = [await verifyAuditLog(database)];
  assert.equal(report.count, 3);
});

test('every change of keys is told on a channel, a use is not', async (t) => {
  const { database } = await migratedDatabase(t);
  const service = serviceOn(database);
  let told = 0;
  let onTold = (): void => undefined;
  await new Promise<void>((listening) => {
    database.listen(
      'ticker_keys',
      () => {
        told += 1;
        onTold();
      },
      listening,
    );
  });
  const next = (): Promise<void> => new Promise((resolve) => (onTold = resolve));
  let heard = next();
  const { stored } = await service.create(REQUEST, AUTHOR);
  await heard;
  const before = told;
  await service.noteUse([{ keyId: stored.id, timeMs: 1000 }]);
  heard = next();
  await service.revoke(stored.id, AUTHOR);
  await heard;
  assert.equal(told, before + 1);
});
