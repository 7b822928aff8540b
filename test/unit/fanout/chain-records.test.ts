import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ChainKey } from '../../../src/domain/ports.ts';
import { FORWARD_SOURCE, GREEKS_STATUS, SMILE_STATUS } from '../../../src/domain/status.ts';
import { ChainRecords } from '../../../src/fanout/chain-records.ts';
import { type ChainFigures, ChainTable, createChainTable } from '../../../src/shm/chain-table.ts';
import { FanoutRig, settled, type TestClient } from '../../support/fanout-rig.ts';

const CHAIN = { underlying: 'NIFTY', strikes: 1 };
const KEY: ChainKey = { ...CHAIN, expiry: '2026-12-01', strikes: 1 };
/** Number of the chain in the instrument table. */
const NUMBER = 2;

const FIGURES: ChainFigures = {
  timeUs: 1_764_000_000_000_000.5,
  status: GREEKS_STATUS.OK,
  forwardSource: FORWARD_SOURCE.PARITY,
  quality: 0,
  forward: 24_071.35,
  timeYears: 0.0192,
  atmVolatility: 0.1203,
  smileStatus: SMILE_STATUS.OK,
  smilePoints: 41,
  smileA: 1e-5,
  smileB: 0.012,
  smileRho: -0.31,
  smileM: 0.003,
  smileSigma: 0.02,
  smileError: 0.0005,
  riskReversal25: Number.NaN,
  butterfly25: Number.NaN,
  putCallOpenInterest: 1.15,
  putCallVolume: 0.93,
  maxPain: 24_000,
  gammaExposure: -3.2e9,
};

class RecordsRig extends FanoutRig {
  readonly chains = new ChainTable(createChainTable(4));
  readonly records: ChainRecords;
  readonly clients: TestClient[] = [];

  constructor() {
    super();
    const { clock, table, chains, lastValues, delivery } = this;
    this.records = new ChainRecords({ clock, table, chains, lastValues, delivery });
    const calls = [24_000, 24_100].map((strike) => this.list(`NFO:NIFTY${strike}CE`));
    for (const { row } of calls) table.chains[row] = NUMBER;
    this.directory.chain = calls;
  }

  /** A client that follows the chain, or only ticks by name. */
  async client(message: object = { chain: CHAIN }): Promise<TestClient> {
    const client = this.connect();
    client.session.onText(JSON.stringify({ id: 1, type: 'subscribe', ...message }));
    await settled();
    client.socket.forget();
    this.clients.push(client);
    return client;
  }

  second(): void {
    this.records.second(this.clients.map(({ session }) => session));
  }
}

describe('a second', () => {
  test('brings the analytics of a chain to those who follow it, and to nobody else', async () => {
    const rig = new RecordsRig();
    rig.chains.write(NUMBER, FIGURES);
    const [one, two] = [await rig.client(), await rig.client()];
    const other = await rig.client({ instruments: ['NFO:NIFTY24000CE'] });
    rig.second();
    const [record] = one.socket.of('chain');
    assert.deepEqual(record, {
      type: 'chain',
      chain: KEY,
      time: 1_764_000_000_000_001,
      status: 'OK',
      forward: 24_071.35,
      forward_source: 'PARITY',
      quality: [],
      time_to_expiry: 0.0192,
      atm_volatility: 0.1203,
      smile: {
        status: 'OK',
        a: 1e-5,
        b: 0.012,
        rho: -0.31,
        m: 0.003,
        sigma: 0.02,
        rms_error_points: 0.05,
        points: 41,
      },
      risk_reversal_25: null,
      butterfly_25: null,
      put_call_oi: 1.15,
      put_call_volume: 0.93,
      max_pain: 24_000,
      gamma_exposure: -3.2e9,
      liquidity: [],
    });
    assert.deepEqual(two.socket.of('chain'), [record]);
    assert.deepEqual(other.socket.received, []);
  });

  test('the record has the liquidity of each contract that has a book', async () => {
    const rig = new RecordsRig();
    rig.chains.write(NUMBER, FIGURES);
    const client = await rig.client();
    const [first] = rig.directory.instruments;
    assert.ok(first !== undefined);
    rig.ingest(first);
    rig.second();
    const liquidity = client.socket.of('chain')[0]?.liquidity ?? [];
    assert.deepEqual(
      liquidity.map(({ token }) => token),
      [first.token],
    );
    const [leg] = liquidity;
    assert.ok(leg !== undefined && leg.mid !== null && leg.spread !== null && leg.spread >= 0);
    assert.match(leg.tier, /^(HIGH|MEDIUM|LOW|ILLIQUID)$/);
  });

  test('without analytics yet, or without a contract, nothing is sent', async () => {
    const rig = new RecordsRig();
    const client = await rig.client();
    rig.second();
    rig.directory.chain = [];
    const empty = await rig.client({ chain: { ...CHAIN, strikes: 3 } });
    rig.chains.write(NUMBER, FIGURES);
    rig.second();
    assert.equal(client.socket.of('chain').length, 1);
    assert.deepEqual(empty.socket.received, []);
  });

  test('sends no record after unsubscribe or close', async () => {
    const rig = new RecordsRig();
    rig.chains.write(NUMBER, FIGURES);
    const [one, two] = [await rig.client(), await rig.client()];
    one.session.onText(JSON.stringify({ id: 2, type: 'unsubscribe', chain: CHAIN }));
    await settled();
    two.session.onClose();
    rig.second();
    assert.deepEqual(one.socket.of('chain'), []);
    assert.deepEqual(two.socket.of('chain'), []);
  });
});

test('chains go out one by one, with pauses for ticks, each once a second', async () => {
  const rig = new RecordsRig();
  rig.chains.write(NUMBER, FIGURES);
  const client = await rig.client();
  client.session.onText(
    JSON.stringify({ id: 2, type: 'subscribe', chain: { ...CHAIN, strikes: 2 } }),
  );
  await settled();
  rig.second();
  assert.equal(client.socket.of('chain').length, 1);
  rig.second();
  assert.equal(client.socket.of('chain').length, 1, 'the last second is not over');
  rig.clock.advance(10);
  const strikes = client.socket.of('chain').map(({ chain }) => chain.strikes);
  assert.deepEqual(strikes.sort(), [1, 2]);
  rig.clock.advance(1000);
  assert.equal(client.socket.of('chain').length, 2);
  rig.second();
  assert.equal(client.socket.of('chain').length, 3);
});

test('a record stands for no heartbeat: `through` must move on while nothing ticks', async () => {
  const rig = new RecordsRig();
  rig.chains.write(NUMBER, FIGURES);
  const { session, socket } = await rig.client();
  for (let second = 0; second < 15; second++) {
    rig.clock.advance(1000);
    rig.second();
    session.heartbeatIfIdle();
  }
  assert.equal(socket.of('heartbeat').length, 1);
});
