import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, test } from 'node:test';
import { LockOut, LOCK_OUT_RULE } from '../../../../src/access/lock-out.ts';
import { SharedLockOut } from '../../../../src/access/shared-lock-out.ts';
import type { WrongKeys } from '../../../../src/domain/access.ts';
import { createSystemClock } from '../../../../src/domain/clock.ts';
import { TickerError } from '../../../../src/domain/error-codes.ts';
import { keyName } from '../../../../src/storage/redis/key-names.ts';
import { RedisLockNews } from '../../../../src/storage/redis/lock-news.ts';
import { RedisRateCounters } from '../../../../src/storage/redis/rate-counters.ts';
import type { Redis } from '../../../../src/storage/redis/redis.ts';
import { Revocations } from '../../../../src/storage/redis/revocations.ts';
import { connectRedis } from '../../../support/redis-rig.ts';
import { redisUrl, TestRedis } from '../../../support/test-redis.ts';

const MINUTE_MS = 60_000;
const { failuresMax, firstLockMs } = LOCK_OUT_RULE;
const clock = createSystemClock();

function wrong(address: string, count: number, forgiven = false): WrongKeys {
  return { address, forgiven, count };
}

/** An IPv6 site that no other run has used. */
function newAddress(): string {
  const groups = randomUUID().replaceAll('-', '').match(/.{4}/g) ?? [];
  return `2001:${groups.slice(0, 3).join(':')}::1`;
}

describe('counters', () => {
  test('count together, each from 0, and always end', async (t) => {
    const url = await redisUrl(t);
    if (url === undefined) return;
    const [one, two] = [connectRedis(t, url), connectRedis(t, url)];
    await Promise.all([one.reached('ready'), two.reached('ready')]);
    const name = `test/${randomUUID()}`;
    const here = new RedisRateCounters(one.redis);
    const there = new RedisRateCounters(two.redis);
    assert.equal(await here.increment(name, MINUTE_MS), 1);
    assert.equal(await there.increment(name, MINUTE_MS, 5), 6);
    assert.equal(await here.increment(`${name}/other`, MINUTE_MS), 1);
    const leftMs = Number(await one.redis.run('PTTL', keyName(name, 'count')));
    assert.ok(leftMs > 0 && leftMs <= MINUTE_MS, String(leftMs));
  });

  test('their window begins with the first increment and is not prolonged', async (t) => {
    const url = await redisUrl(t);
    if (url === undefined) return;
    const rig = connectRedis(t, url);
    await rig.reached('ready');
    const counters = new RedisRateCounters(rig.redis);
    const name = `test/${randomUUID()}`;
    await counters.increment(name, MINUTE_MS);
    await counters.increment(name, 2 * MINUTE_MS);
    const leftMs = Number(await rig.redis.run('PTTL', keyName(name, 'count')));
    assert.ok(leftMs <= MINUTE_MS, String(leftMs));
  });

  test('one that was left without an end gets one', async (t) => {
    const url = await redisUrl(t);
    if (url === undefined) return;
    const rig = connectRedis(t, url);
    await rig.reached('ready');
    const name = `test/${randomUUID()}`;
    const key = keyName(name, 'count');
    await rig.redis.run('SET', key, 41);
    assert.equal(await new RedisRateCounters(rig.redis).increment(name, MINUTE_MS), 42);
    assert.ok(Number(await rig.redis.run('PTTL', key)) > 0);
  });
});

test('a revocation reaches the other instances at once', async (t) => {
  const url = await redisUrl(t);
  if (url === undefined) return;
  const [here, there] = [connectRedis(t, url), connectRedis(t, url)];
  await Promise.all([here.reached('ready'), there.reached('ready')]);
  const keyId = `key_${randomUUID().slice(0, 8)}`;
  let missed = 0;
  const revoked = new Promise<void>((resolve) => {
    const news = new Revocations(there.redis);
    news.subscribe(
      (id) => {
        if (id === keyId) resolve();
      },
      () => {
        missed += 1;
        void new Revocations(here.redis).publish(keyId);
      },
    );
  });
  await revoked;
  assert.equal(missed, 1);
});

describe('the lock-out of several instances', () => {
  function instance(redis: Redis): {
    lockOut: LockOut;
    shared: SharedLockOut;
    errors: unknown[];
    locked: Promise<string>;
  } {
    const lockOut = new LockOut(clock);
    const news = new RedisLockNews(redis);
    const errors: unknown[] = [];
    const shared = new SharedLockOut({
      counters: new RedisRateCounters(redis),
      news,
      clock,
      onLocked: (address, untilMs) => lockOut.lock(address, untilMs),
      onError: (error) => errors.push(error),
    });
    const locked = new Promise<string>((resolve) => {
      news.subscribe((address, untilMs) => {
        lockOut.lock(address, untilMs);
        resolve(address);
      });
    });
    return { lockOut, shared, errors, locked };
  }

  test('wrong keys count together, and all of them lock the address out', async (t) => {
    const url = await redisUrl(t);
    if (url === undefined) return;
    const rigs = [connectRedis(t, url), connectRedis(t, url)];
    await Promise.all(rigs.map((rig) => rig.reached('ready')));
    const [one, two] = rigs.map(({ redis }) => instance(redis));
    assert.ok(one !== undefined && two !== undefined);
    const address = newAddress();
    await one.shared.wrongKeys(wrong(address, failuresMax - 1));
    assert.equal(one.lockOut.check(address), 0);
    await two.shared.wrongKeys(wrong(address, 1));
    assert.ok(two.lockOut.check(address) > 0);
    // The news may have been sent before the other instance listened; the counters make up for it.
    await one.shared.wrongKeys(wrong(address, failuresMax));
    assert.ok(one.lockOut.check(address) > firstLockMs);
    assert.equal(await two.locked, address);
    assert.deepEqual([...one.errors, ...two.errors], []);
  });

  test('a right key at one of them forgets the wrong ones at all of them', async (t) => {
    const url = await redisUrl(t);
    if (url === undefined) return;
    const rig = connectRedis(t, url);
    await rig.reached('ready');
    const { lockOut, shared, errors } = instance(rig.redis);
    const address = newAddress();
    await shared.wrongKeys(wrong(address, failuresMax - 1));
    await shared.wrongKeys(wrong(address, failuresMax - 1, true));
    await shared.wrongKeys(wrong(address, 0, true));
    await shared.wrongKeys(wrong(address, failuresMax - 1));
    assert.equal(lockOut.check(address), 0);
    await shared.wrongKeys(wrong(address, 1));
    assert.ok(lockOut.check(address) > 0);
    assert.deepEqual(errors, []);
  });

  test('without Redis each instance goes on by itself, and says so', async (t) => {
    const server = await TestRedis.start(t);
    if (server === undefined) return;
    const rig = connectRedis(t, server.url);
    await rig.reached('ready');
    const { lockOut, shared, errors } = instance(rig.redis);
    await server.kill();
    await shared.wrongKeys(wrong('192.0.2.1', failuresMax));
    assert.equal(errors.length, 1);
    assert.ok(errors[0] instanceof TickerError && errors[0].code === 'REDIS_UNAVAILABLE');
    assert.equal(lockOut.check('192.0.2.1'), 0);
    for (let n = 0; n < failuresMax; n++) lockOut.failure('192.0.2.1');
    assert.ok(lockOut.check('192.0.2.1') > 0);
  });
});
