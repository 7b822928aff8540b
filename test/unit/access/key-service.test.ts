import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import type { KeyRequest } from '../../../src/access/key-request.ts';
import { KeyService } from '../../../src/access/key-service.ts';
import { KeyTable } from '../../../src/access/key-table.ts';
import { DEFAULT_KEY_LIMITS } from '../../../src/domain/access.ts';
import { ManualClock } from '../../support/client/manual-clock.ts';
import { MemoryKeyStore } from '../../support/memory-key-store.ts';

const AUTHOR = { actor: 'cli:someone', origin: 'host' };
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const REQUEST: KeyRequest = {
  scopes: ['ticks:read'],
  accounts: 'all',
  expiresMs: null,
  label: 'a test',
  limits: {},
};

class Rig {
  readonly clock = new ManualClock();
  readonly store = new MemoryKeyStore();
  readonly service = new KeyService({
    store: this.store,
    clock: this.clock,
    environment: 'development',
    randomBytes,
  });

  get nowMs(): number {
    return this.clock.nowUs() / 1000;
  }

  /** Who the service lets in with `key` now. */
  async opens(key: string): Promise<string | undefined> {
    const table = new KeyTable(this.clock, await this.service.records());
    return table.authenticate(key)?.keyId;
  }
}

describe('a new key', () => {
  test('opens what it was made for, and is stored as a hash only', async () => {
    const rig = new Rig();
    const { key, stored } = await rig.service.create(
      {
        scopes: ['orders:write', 'ticks:read', 'ticks:read'],
        accounts: ['AB1234', 'CD5678', 'AB1234'],
        expiresMs: rig.nowMs + DAY_MS,
        label: ' desk 7 ',
        limits: { connections: 3 },
      },
      AUTHOR,
    );
    assert.equal(await rig.opens(key), stored.id);
    assert.deepEqual(await rig.service.list(), [stored]);
    assert.deepEqual(stored.scopes, ['ticks:read', 'orders:write']);
    assert.deepEqual(stored.accounts, ['AB1234', 'CD5678']);
    assert.deepEqual(stored.limits, { ...DEFAULT_KEY_LIMITS, connections: 3 });
    assert.equal(stored.label, 'desk 7');
    const kept = JSON.stringify([...rig.store.keys.values(), ...rig.store.events]);
    assert.ok(!kept.includes(key) && !kept.includes(key.slice('tk_dev_'.length)));
  });

  test('is recorded: who, what, from where', async () => {
    const rig = new Rig();
    const { stored } = await rig.service.create(REQUEST, AUTHOR);
    assert.deepEqual(rig.store.events, [
      {
        ...AUTHOR,
        action: 'key.created',
        subject: stored.id,
        detail: {
          scopes: ['ticks:read'],
          accounts: 'all',
          label: 'a test',
          limits: DEFAULT_KEY_LIMITS,
          expires: null,
        },
      },
    ]);
  });

  test('ends when it expires', async () => {
    const rig = new Rig();
    const request = { ...REQUEST, expiresMs: rig.nowMs + HOUR_MS };
    const { key, stored } = await rig.service.create(request, AUTHOR);
    rig.clock.advance(HOUR_MS - 1);
    assert.equal(await rig.opens(key), stored.id);
    rig.clock.advance(1);
    assert.equal(await rig.opens(key), undefined);
    assert.deepEqual(await rig.service.records(), []);
  });

  const WRONG: [string, Partial<KeyRequest>, RegExp][] = [
    ['a scope of a near name', { scopes: ['tick:read'] }, /"tick:read" \(did you mean ticks:read/],
    ['a scope of no known name', { scopes: ['everything'] }, /"everything"; scopes: ticks:read, /],
    ['no scope', { scopes: [] }, /at least one scope/],
    ['no account', { accounts: [] }, /at least one account/],
    ['an empty account', { accounts: [''] }, /"" cannot be the id/],
    ['an account of two lines', { accounts: ['A\nB'] }, /cannot be the id/],
    ['an expiry in the past', { expiresMs: 1 }, /in the future/],
    ['an expiry that is no time', { expiresMs: NaN }, /in the future/],
    ['a label of two lines', { label: 'a\nb' }, /one line/],
    ['a label that is too long', { label: 'x'.repeat(101) }, /at most 100/],
    ['a limit of 0', { limits: { connections: 0 } }, /connections must be a whole number/],
  ];
  for (const [name, change, message] of WRONG) {
    test(`with ${name} is refused, and nothing is stored`, async () => {
      const rig = new Rig();
      await assert.rejects(rig.service.create({ ...REQUEST, ...change }, AUTHOR), {
        code: 'INVALID_REQUEST',
        message,
      });
      assert.equal(rig.store.keys.size + rig.store.events.length, 0);
    });
  }
});

describe('rotation', () => {
  test('gives a key that may do the same; both open until the overlap is over', async () => {
    const rig = new Rig();
    const request = { ...REQUEST, accounts: ['AB1234'], limits: { connections: 2 } };
    const old = await rig.service.create(request, AUTHOR);
    const fresh = await rig.service.rotate(old.stored.id, {}, AUTHOR);
    const { scopes, accounts, limits, label, replaces, expiresMs } = fresh.stored;
    assert.deepEqual(
      { scopes, accounts, limits, label },
      {
        scopes: old.stored.scopes,
        accounts: old.stored.accounts,
        limits: old.stored.limits,
        label: old.stored.label,
      },
    );
    assert.equal(replaces, old.stored.id);
    assert.equal(expiresMs, null);
    assert.equal(fresh.previousExpiresMs, rig.nowMs + DAY_MS);
    rig.clock.advance(DAY_MS - 1);
    assert.equal(await rig.opens(old.key), old.stored.id);
    assert.equal(await rig.opens(fresh.key), fresh.stored.id);
    rig.clock.advance(1);
    assert.equal(await rig.opens(old.key), undefined);
    assert.equal(await rig.opens(fresh.key), fresh.stored.id);
    assert.deepEqual(
      rig.store.events.map(({ action, subject }) => [action, subject]),
      [
        ['key.created', old.stored.id],
        ['key.rotated', old.stored.id],
      ],
    );
  });

  test('without overlap ends the old key at once', async () => {
    const rig = new Rig();
    const old = await rig.service.create(REQUEST, AUTHOR);
    const fresh = await rig.service.rotate(old.stored.id, { overlapMs: 0 }, AUTHOR);
    assert.equal(await rig.opens(old.key), undefined);
    assert.equal(await rig.opens(fresh.key), fresh.stored.id);
  });

  test('never prolongs the old key, and the new one is made to last as long', async () => {
    const rig = new Rig();
    const request = { ...REQUEST, expiresMs: rig.nowMs + 2 * HOUR_MS };
    const old = await rig.service.create(request, AUTHOR);
    rig.clock.advance(HOUR_MS);
    const fresh = await rig.service.rotate(old.stored.id, {}, AUTHOR);
    assert.equal(fresh.previousExpiresMs, rig.nowMs + HOUR_MS);
    assert.equal(fresh.stored.expiresMs, rig.nowMs + 2 * HOUR_MS);
    const last = await rig.service.rotate(fresh.stored.id, { expiresMs: null }, AUTHOR);
    assert.equal(last.stored.expiresMs, null);
  });

  test('of a key that was rotated, revoked or has expired, or is unknown, is refused', async () => {
    const rig = new Rig();
    const rotated = await rig.service.create(REQUEST, AUTHOR);
    const successor = await rig.service.rotate(rotated.stored.id, {}, AUTHOR);
    const revoked = await rig.service.create(REQUEST, AUTHOR);
    await rig.service.revoke(revoked.stored.id, AUTHOR);
    const over = await rig.service.create({ ...REQUEST, expiresMs: rig.nowMs + 1 }, AUTHOR);
    rig.clock.advance(1);
    const events = rig.store.events.length;
    const rotate = ({ id }: { id: string }): Promise<unknown> => rig.service.rotate(id, {}, AUTHOR);
    await assert.rejects(rotate(rotated.stored), {
      code: 'INVALID_REQUEST',
      message: new RegExp(`replaced by ${successor.stored.id} already`),
    });
    await assert.rejects(rotate(revoked.stored), {
      code: 'KEY_REVOKED',
      message: /was revoked at/,
    });
    await assert.rejects(rotate(over.stored), { code: 'KEY_REVOKED', message: /expired at/ });
    await assert.rejects(rotate({ id: `key_${'a'.repeat(16)}` }), { code: 'UNKNOWN_KEY' });
    assert.equal(rig.store.events.length, events);
  });
});

describe('revocation', () => {
  test('ends a key at once, is recorded once, and is no error the second time', async () => {
    const rig = new Rig();
    const { key, stored } = await rig.service.create(REQUEST, AUTHOR);
    assert.equal(await rig.service.revoke(stored.id, AUTHOR), true);
    assert.equal(await rig.opens(key), undefined);
    assert.equal(await rig.service.revoke(stored.id, AUTHOR), false);
    const [listed] = await rig.service.list();
    assert.equal(listed?.revokedMs, rig.nowMs);
    assert.equal(rig.store.events.filter(({ action }) => action === 'key.revoked').length, 1);
  });

  test('of a rotated key leaves its successor, and the other way round', async () => {
    const rig = new Rig();
    const old = await rig.service.create(REQUEST, AUTHOR);
    const fresh = await rig.service.rotate(old.stored.id, {}, AUTHOR);
    await rig.service.revoke(fresh.stored.id, AUTHOR);
    assert.equal(await rig.opens(old.key), old.stored.id);
    assert.equal(await rig.opens(fresh.key), undefined);
  });

  test('a key given in place of its id is refused without being repeated', async () => {
    const rig = new Rig();
    const { key } = await rig.service.create(REQUEST, AUTHOR);
    for (const attempt of [rig.service.revoke(key, AUTHOR), rig.service.rotate(key, {}, AUTHOR)]) {
      await assert.rejects(
        attempt,
        (error: Error & { code: string }) =>
          error.code === 'UNKNOWN_KEY' && !error.message.includes(key),
      );
    }
  });
});

test('the last use is kept for stored keys only', async () => {
  const rig = new Rig();
  const { stored } = await rig.service.create(REQUEST, AUTHOR);
  await rig.service.noteUse([
    { keyId: 'default', timeMs: 5 },
    { keyId: stored.id, timeMs: 7 },
  ]);
  assert.equal(rig.store.keys.get(stored.id)?.lastUsedMs, 7);
  assert.equal(rig.store.keys.size, 1);
});
