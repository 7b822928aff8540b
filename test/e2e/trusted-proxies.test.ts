import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LOCK_OUT_RULE } from '../../src/access/lock-out.ts';
import { startService } from '../support/ticker-process.ts';

test('the running service tells clients behind TICKER_TRUSTED_PROXIES apart', async (t) => {
  const service = await startService(t, { TICKER_TRUSTED_PROXIES: '127.0.0.1' });
  const ask = async (client: string, key: string): Promise<number> => {
    const headers = { authorization: `Bearer ${key}`, 'x-forwarded-for': client };
    return (await fetch(`${service.url}/v1/instruments?q=NIFTY`, { headers })).status;
  };
  for (let attempt = 0; attempt < LOCK_OUT_RULE.failuresMax; attempt++) {
    assert.equal(await ask('203.0.113.9', 'a-wrong-key-0123456789-abcdefghi'), 401);
  }
  assert.equal(await ask('203.0.113.9', service.key), 429);
  assert.equal(await ask('203.0.113.10', service.key), 200);
});
