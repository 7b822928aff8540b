import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ChainMessage } from '../../src/wire/messages.ts';
import { startService } from '../support/ticker-process.ts';
import { TicksClient } from '../support/ticks-client.ts';

test('whoever follows a chain gets its analytics, and the liquidity of its options', async (t) => {
  const service = await startService(t);
  const client = await TicksClient.connect(t, service.ticksUrl, service.key);
  const answer = await client.request({
    type: 'subscribe',
    chain: { underlying: 'NIFTY', strikes: 10 },
    mode: 'full',
    greeks: true,
  });
  assert.equal(answer.type, 'subscribed');
  const tokens = answer.results.flatMap((result) => (result.ok ? [result.token] : []));
  const record = (await client.next(
    (message) => message.type === 'chain' && message.smile.status === 'OK',
  )) as ChainMessage;
  assert.equal(record.chain.underlying, 'NIFTY');
  assert.deepEqual([record.status, record.forward_source], ['OK', 'PARITY']);
  assert.ok((record.atm_volatility ?? 0) > 0.01 && (record.atm_volatility ?? 9) < 2);
  assert.ok((record.smile.rms_error_points ?? 99) < 5);
  assert.ok((record.max_pain ?? 0) > 0 && (record.put_call_oi ?? 0) > 0);
  const [leg] = record.liquidity;
  assert.ok(leg !== undefined && tokens.includes(leg.token));

  const headers = { authorization: `Bearer ${service.key}` };
  const measures = await fetch(`${service.url}/v1/liquidity/${leg.token}`, { headers });
  assert.equal(measures.status, 200);
  const { mid, tier } = (await measures.json()) as { mid: number; tier: string };
  assert.ok(mid > 0);
  assert.match(tier, /^(HIGH|MEDIUM|LOW|ILLIQUID)$/);

  const unknown = await fetch(`${service.url}/v1/liquidity/1`, { headers });
  const { code } = (await unknown.json()) as { code: string };
  assert.deepEqual([unknown.status, code], [404, 'UNKNOWN_INSTRUMENT']);
});
