import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { startService, startTicker, temporaryFolder } from '../support/ticker-process.ts';
import { TicksClient } from '../support/ticks-client.ts';

test('with nothing configured a client receives option ticks with Greeks', async (t) => {
  const service = await startService(t);
  const client = await TicksClient.connect(t, service.ticksUrl, service.key);
  const answer = await client.request({
    type: 'subscribe',
    chain: { underlying: 'NIFTY', strikes: 3 },
    mode: 'full',
    greeks: true,
  });
  assert.equal(answer.type, 'subscribed');
  assert.equal(answer.results.length, 14);
  assert.ok(answer.results.every((result) => result.ok));
  const tick = await client.nextTick((candidate) => candidate.greeks?.status === 'OK');
  assert.ok(tick.flags.includes('SIMULATED'));
  assert.equal(tick.greeks?.model, 'BLACK_76');
  assert.equal(tick.greeks.forward_source, 'PARITY');
  assert.ok((tick.greeks.iv ?? 0) > 0.01 && (tick.greeks.iv ?? 0) < 2);
  assert.ok(Math.abs(tick.greeks.delta ?? 0) <= 1);
});

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`${signal} ends the service cleanly while a client is streaming`, async (t) => {
    const service = await startService(t);
    const client = await TicksClient.connect(t, service.ticksUrl, service.key);
    await client.request({ type: 'subscribe', instruments: [256265], mode: 'full' });
    await client.nextTick(() => true);
    service.child.kill(signal);
    assert.equal(await client.closed, 1012);
    assert.deepEqual(await service.exited, { code: 0, signal: null });
  });
}

test('a signal during the start ends the service cleanly too', async (t) => {
  const process = startTicker(t, ['serve'], {
    TICKER_DATA_DIR: temporaryFolder(t),
    TICKER_MARKET_PORT: '0',
    TICKER_ORDERS_PORT: '0',
    TICKER_SIM_PORT: '0',
  });
  // The key is written before the first thread is started.
  while (!process.errors().includes('API key')) await once(process.child.stderr!, 'data');
  process.child.kill('SIGTERM');
  assert.deepEqual(await process.exited, { code: 0, signal: null });
});

test('the generated key is printed once and kept for the next start', async (t) => {
  const folder = temporaryFolder(t);
  const environment = {
    TICKER_DATA_DIR: folder,
    TICKER_MARKET_PORT: '0',
    TICKER_ORDERS_PORT: '0',
    TICKER_SIM_PORT: '0',
    TICKER_LOG_LEVEL: 'silent',
  };
  const first = startTicker(t, ['serve'], environment);
  await first.line(/^ready /);
  const key = readFileSync(join(folder, 'api-key'), 'utf8').trim();
  assert.match(key, /^tk_dev_[A-Za-z0-9_-]{43}$/);
  assert.equal(statSync(join(folder, 'api-key')).mode & 0o777, 0o600);
  assert.equal(first.errors().split(key).length, 2, 'printed once');
  first.child.kill('SIGTERM');
  await first.exited;
  const second = startTicker(t, ['serve'], environment);
  await second.line(/^ready /);
  assert.equal(readFileSync(join(folder, 'api-key'), 'utf8').trim(), key);
  assert.ok(!second.errors().includes(key), 'not printed again');
});

test('a market port in use is a coded error that names it', async (t) => {
  const blocker = createServer().listen(0, '127.0.0.1');
  await once(blocker, 'listening');
  t.after(() => blocker.close());
  const { port } = blocker.address() as { port: number };
  const process = startTicker(t, ['serve', '--port', String(port)], {
    TICKER_DATA_DIR: temporaryFolder(t),
    TICKER_ORDERS_PORT: '0',
    TICKER_SIM_PORT: '0',
    TICKER_LOG_LEVEL: 'silent',
  });
  assert.deepEqual(await process.exited, { code: 1, signal: null });
  assert.match(process.errors(), new RegExp(`^ticker: PORT_IN_USE: .*${port}`, 'm'));
});

test('a simulator port in use is a coded error that names it', async (t) => {
  const blocker = createServer().listen(0, '127.0.0.1');
  await once(blocker, 'listening');
  t.after(() => blocker.close());
  const { port } = blocker.address() as { port: number };
  const process = startTicker(t, ['serve'], {
    TICKER_DATA_DIR: temporaryFolder(t),
    TICKER_MARKET_PORT: '0',
    TICKER_ORDERS_PORT: '0',
    TICKER_SIM_PORT: String(port),
    TICKER_LOG_LEVEL: 'silent',
  });
  assert.deepEqual(await process.exited, { code: 1, signal: null });
  assert.match(process.errors(), new RegExp(`^ticker: PORT_IN_USE: .*${port}`, 'm'));
});

test('bad settings, options and files end with one coded line and no start', async (t) => {
  const folder = temporaryFolder(t);
  const unreadable = join(folder, 'missing.json');
  const cases: {
    args: string[];
    environment: Record<string, string>;
    expected: RegExp;
    code: number;
  }[] = [
    {
      args: ['serve'],
      environment: { TICKER_MARKET_PROT: '1' },
      expected: /^ticker: CONFIG_UNKNOWN: TICKER_MARKET_PROT.*TICKER_MARKET_PORT/m,
      code: 1,
    },
    {
      args: ['serve'],
      environment: { TICKER_MARKET_PORT: 'http' },
      expected: /^ticker: CONFIG_INVALID: TICKER_MARKET_PORT/m,
      code: 1,
    },
    { args: ['serve', '--prot', '1'], environment: {}, expected: /^ticker: USAGE: /m, code: 2 },
    { args: ['frobnicate'], environment: {}, expected: /^ticker: USAGE: .*frobnicate/m, code: 2 },
    {
      args: ['serve', '--accounts-file', unreadable],
      environment: {},
      expected: /^ticker: CONFIG_FILE: .*missing\.json/m,
      code: 1,
    },
    {
      args: ['sim', '--script', unreadable],
      environment: { TICKER_SIM_PORT: '0' },
      expected: /^ticker: CONFIG_FILE: .*missing\.json/m,
      code: 1,
    },
    {
      args: ['serve'],
      environment: { TICKER_ENV: 'production' },
      expected: /^ticker: CONFIG_INVALID: .*TICKER_KMS_KEY_ID.*TICKER_DATABASE_URL/m,
      code: 1,
    },
  ];
  for (const { args, environment, expected, code } of cases) {
    const process = startTicker(t, args, { TICKER_DATA_DIR: folder, ...environment });
    assert.deepEqual(await process.exited, { code, signal: null }, args.join(' '));
    assert.match(process.errors(), expected);
    assert.equal(process.errors().trim().split('\n').length, 1, process.errors());
  }
});

test('a data directory that cannot be used is a coded error', async (t) => {
  const folder = temporaryFolder(t);
  const file = join(folder, 'file');
  writeFileSync(file, '');
  const process = startTicker(t, ['serve'], { TICKER_DATA_DIR: join(file, 'below') });
  assert.deepEqual(await process.exited, { code: 1, signal: null });
  assert.match(process.errors(), /^ticker: DATA_DIR: /m);
});
