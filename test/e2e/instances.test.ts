import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { channelName } from '../../src/storage/redis/key-names.ts';
import { Revocations } from '../../src/storage/redis/revocations.ts';
import { openEmbedded, openFolder } from '../support/embedded-rig.ts';
import { metricsUntil } from '../support/metrics-text.ts';
import { connectRedis } from '../support/redis-rig.ts';
import { createTestDatabase } from '../support/test-database.ts';
import { TestRedis } from '../support/test-redis.ts';
import { type RunningTicker, runTicker, startService } from '../support/ticker-process.ts';
import { TicksClient } from '../support/ticks-client.ts';

const POLL_MS = 50;

interface Health {
  status: string;
  checks: Record<string, { ok: boolean; detail?: string }>;
}

async function ask(service: RunningTicker, key: string): Promise<number> {
  const answer = await fetch(`${service.url}/v1/instruments?q=NIFTY`, {
    headers: { authorization: `Bearer ${key}` },
  });
  await answer.arrayBuffer();
  return answer.status;
}

async function untilHealth(service: RunningTicker, check: string, isOk: boolean): Promise<Health> {
  for (;;) {
    const answer = await fetch(`${service.url}/readyz`);
    const health = (await answer.json()) as Health;
    if (health.checks[check]?.ok === isOk) return health;
    await pause(POLL_MS);
  }
}

async function instances(
  t: TestContext,
  environment: Record<string, string>,
): Promise<[RunningTicker, RunningTicker]> {
  const both = [startService(t, environment), startService(t, environment)] as const;
  const started = await Promise.all(both);
  for (const service of started) await untilHealth(service, 'database', true);
  return started;
}

test('two instances with one database and one Redis act as one', async (t) => {
  const redis = await TestRedis.start(t);
  if (redis === undefined) return;
  const environment = {
    TICKER_DATABASE_URL: await createTestDatabase(t),
    TICKER_REDIS_URL: redis.url,
  };
  const [one, two] = await instances(t, environment);
  for (const service of [one, two]) await untilHealth(service, 'redis', true);
  const { out } = await runTicker(['keys', 'create', '--scopes', 'admin', '--json'], environment);
  const { id, key } = JSON.parse(out) as { id: string; key: string };
  // At once: the command prints a key when both let it in.
  const sockets = [
    await TicksClient.connect(t, one.ticksUrl, key),
    await TicksClient.connect(t, two.ticksUrl, key),
  ];
  const revoked = await runTicker(['keys', 'revoke', id], environment);
  assert.equal(revoked.code, 0, revoked.errors);
  assert.deepEqual(await Promise.all(sockets.map(({ closed }) => closed)), [4501, 4501]);

  const observer = connectRedis(t, redis.url);
  const lock = new Promise<string>((resolve) => {
    observer.redis.subscribe(channelName('locks'), resolve);
  });
  await observer.reached('ready');
  // Fewer than lock an address out at either of them alone.
  for (let n = 0; n < 6; n++) {
    assert.equal(await ask(one, 'wrong'), 401);
    assert.equal(await ask(two, 'wrong'), 401);
  }
  assert.match(await lock, /^locked 127\.0\.0\.1 /);
  for (const service of [one, two]) {
    while ((await ask(service, service.key)) !== 429) await pause(POLL_MS);
  }

  await redis.kill();
  const health = await untilHealth(one, 'redis', false);
  assert.equal(health.status, 'degraded');
  await redis.restart();
  const healed = await Promise.all([one, two].map((each) => untilHealth(each, 'redis', true)));
  // One of them takes the orders; the other one says that it does not.
  assert.deepEqual(healed.map(({ status }) => status).toSorted(), ['degraded', 'ready']);
});

test('a revocation that comes by Redis holds while the database is away', async (t) => {
  const redis = await TestRedis.start(t);
  if (redis === undefined) return;
  const { embedded } = await openEmbedded(t, openFolder(t), false);
  const environment = { TICKER_DATABASE_URL: embedded.url, TICKER_REDIS_URL: redis.url };
  const service = await startService(t, environment);
  await untilHealth(service, 'database', true);
  await untilHealth(service, 'redis', true);
  const { out } = await runTicker(
    ['keys', 'create', '--scopes', 'ticks:read', '--json'],
    environment,
  );
  const { id, key } = JSON.parse(out) as { id: string; key: string };
  await metricsUntil(service.url, (samples) => samples.get('ticker_api_keys') === 2);
  const client = await TicksClient.connect(t, service.ticksUrl, key);

  await embedded.stop();
  await untilHealth(service, 'database', false);
  const elsewhere = connectRedis(t, redis.url);
  await elsewhere.reached('ready');
  await new Revocations(elsewhere.redis).publish(id);
  assert.equal(await client.closed, 4501);
  assert.equal(await ask(service, key), 401);
});
