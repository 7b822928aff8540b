import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ChainMessage } from '../../../src/wire/messages.ts';
import { ClientBench } from '../../support/client/client-bench.ts';

const RECORD: ChainMessage = {
  type: 'chain',
  chain: { underlying: 'NIFTY', expiry: '2026-12-01', strikes: 10 },
  time: 1_764_000_000_000_000,
  status: 'OK',
  forward: 24_071.35,
  forward_source: 'PARITY',
  quality: [],
  time_to_expiry: 0.0192,
  atm_volatility: 0.12,
  smile: {
    status: 'TOO_FEW_POINTS',
    a: null,
    b: null,
    rho: null,
    m: null,
    sigma: null,
    rms_error_points: null,
    points: 4,
  },
  risk_reversal_25: null,
  butterfly_25: null,
  put_call_oi: 1.15,
  put_call_volume: null,
  max_pain: 24_000,
  gamma_exposure: -3.2e9,
  liquidity: [],
};

test('analytics of a chain are an event of their own, as the service sent them', async () => {
  const bench = new ClientBench();
  const heard = bench.listen('analytics');
  await bench.open();
  bench.socket.say(RECORD);
  assert.deepEqual(heard, [RECORD]);
  assert.deepEqual([bench.heard.notice, bench.heard.chain], [[], []]);
});

test('a record without its chain is a broken message, not an event', async () => {
  const bench = new ClientBench();
  const heard = bench.listen('analytics');
  await bench.open();
  bench.socket.say({ ...RECORD, chain: null } as unknown as ChainMessage);
  assert.deepEqual(heard, []);
  assert.equal(bench.heard.error[0]?.code, 'BAD_MESSAGE');
});
