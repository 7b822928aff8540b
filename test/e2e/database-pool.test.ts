import assert from 'node:assert/strict';
import { test } from 'node:test';
import { metricsUntil } from '../support/metrics-text.ts';
import { createTestDatabase, openTestDatabase } from '../support/test-database.ts';
import { runTicker, startService, type TickerProcess } from '../support/ticker-process.ts';
import { TicksClient } from '../support/ticks-client.ts';

/** Waits until the process has logged something that matches. */
async function logged(process: TickerProcess, pattern: RegExp): Promise<void> {
  while (!pattern.test(process.errors())) {
    const more = new Promise((resolve) => process.child.stderr?.once('data', resolve));
    await Promise.race([more, process.exited.then(() => assert.fail(process.errors()))]);
  }
}

/* Half of the connections are the order side's. */
test('a pool in use above 80 % is logged and measured, and ticks do not wait for it', async (t) => {
  const url = await createTestDatabase(t);
  const environment = { TICKER_DATABASE_URL: url, TICKER_DATABASE_POOL: '4' };
  const service = await startService(t, environment);
  const made = await runTicker(['keys', 'create', '--scopes', 'admin', '--json'], environment);
  const { key } = JSON.parse(made.out) as { key: string };
  await metricsUntil(service.url, (samples) => samples.get('ticker_api_keys') === 2);
  assert.doesNotMatch(service.errors(), /most database connections are in use/);

  const database = openTestDatabase(url);
  t.after(() => database.end());
  await database.transaction(async (sql) => {
    // Whoever reads keys, or notes their use, waits for this transaction.
    await sql`lock table api_keys in access exclusive mode`;
    const client = await TicksClient.connect(t, service.ticksUrl, key);
    await client.request({ type: 'subscribe', instruments: ['NSE:NIFTY 50'] });
    await logged(service, /"used":2,"max":2,.*"most database connections are in use"/);
    await metricsUntil(
      service.url,
      (samples) => samples.get('ticker_database_connections{state="used"}') === 2,
    );
    await client.nextTick(() => true);
  });
});
