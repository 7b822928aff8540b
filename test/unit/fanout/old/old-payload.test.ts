import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { TICK_FLAG, UNDEFINED_U32 } from '../../../../src/domain/status.ts';
import { oldPayload } from '../../../../src/fanout/old/old-payload.ts';
import {
  SAMPLE_INDEX,
  SAMPLE_OPTION,
  SAMPLE_SHARE,
  sampleView,
} from '../../../support/old-samples.ts';
import { UNDEFINED_GREEKS, UNDEFINED_LEVELS } from '../../../support/wire/sample-tick.ts';

const NO_GREEKS = { iv: null, delta: null, gamma: null, theta: null, vega: null };

describe('the old payload of an option', () => {
  test('has the old fields, rupees, and both names of token and price', () => {
    assert.deepEqual(oldPayload(sampleView(), SAMPLE_OPTION, true), {
      symbol: 'NIFTY',
      token: 12_345_602,
      instrument_token: 12_345_602,
      tradingsymbol: 'NIFTY2612024000CE',
      segment: 'NFO-OPT',
      exchange: 'NFO',
      price: 123.45,
      last_price: 123.45,
      volume: 3_000_000_000,
      ts: 1_790_000_000,
      is_mock: false,
      strike: 24000,
      expiry: '2026-12-01',
      type: 'CE',
      lot_size: 65,
      tick_size: 0.05,
      oi: 555_555,
      iv: 0.1234,
      delta: 0.512,
      gamma: 0.000_321,
      theta: -12.5,
      vega: 9.75,
      greeks_status: 'OK',
      depth: {
        buy: [
          { quantity: 65, price: 123.4, orders: 1 },
          { quantity: 130, price: 123.35, orders: 2 },
          { quantity: 195, price: 123.3, orders: 3 },
          { quantity: 260, price: 123.25, orders: 4 },
          { quantity: 0, price: 0, orders: 0 },
        ],
        sell: [
          { quantity: 75, price: 123.5, orders: 11 },
          { quantity: 150, price: 123.55, orders: 12 },
          { quantity: 225, price: 123.6, orders: 13 },
          { quantity: 300, price: 123.65, orders: 65_535 },
          { quantity: 0, price: 0, orders: 0 },
        ],
      },
      total_buy_quantity: 70_001,
      total_sell_quantity: 80_002,
    });
  });

  test('whose Greeks are not there has nulls and the reason, never a zero', () => {
    const late = oldPayload(sampleView(), SAMPLE_OPTION, false);
    assert.deepEqual({ ...late, ...NO_GREEKS, greeks_status: 'GREEKS_LATE' }, late);
    const older = oldPayload(sampleView({ greeksSequenceLow: 6 }), SAMPLE_OPTION, true);
    assert.deepEqual({ ...older, ...NO_GREEKS, greeks_status: 'GREEKS_LATE' }, older);
    const unsolved = sampleView({ status: 2, ...UNDEFINED_GREEKS });
    const below = oldPayload(unsolved, SAMPLE_OPTION, true);
    assert.deepEqual({ ...below, ...NO_GREEKS, greeks_status: 'BELOW_INTRINSIC' }, below);
  });

  test('of a packet without depth has neither depth nor totals', () => {
    const payload = oldPayload(sampleView({ levels: UNDEFINED_LEVELS }), SAMPLE_OPTION, true);
    assert.ok(!('depth' in payload));
    assert.ok(!('total_buy_quantity' in payload) && !('total_sell_quantity' in payload));
  });

  test('says what is simulated', () => {
    const payload = oldPayload(sampleView({ flags: TICK_FLAG.SIMULATED }), SAMPLE_OPTION, true);
    assert.equal(payload.is_mock, true);
  });

  test('without an exchange time has the second in which it came', () => {
    const payload = oldPayload(sampleView({ exchangeTimestamp: 0 }), SAMPLE_OPTION, true);
    assert.equal(payload.ts, 1_790_000_000);
  });
});

test('the old payload of a share has the shape of an option, and no Greeks', () => {
  const share = oldPayload(sampleView(), SAMPLE_SHARE, true);
  const option = oldPayload(sampleView(), SAMPLE_OPTION, true);
  assert.deepEqual(Object.keys(share), Object.keys(option));
  assert.deepEqual(
    { ...share, ...NO_GREEKS, type: 'EQ', strike: null, greeks_status: 'NOT_AN_OPTION' },
    share,
  );
});

test('the old payload of an index has the fields of both old shapes', () => {
  assert.deepEqual(oldPayload(sampleView({ volume: UNDEFINED_U32 }), SAMPLE_INDEX, true), {
    symbol: 'NIFTY',
    token: 12_345_602,
    instrument_token: 12_345_602,
    tradingsymbol: 'NIFTY 50',
    segment: 'INDICES',
    exchange: 'NSE',
    price: 123.45,
    last_price: 123.45,
    volume: null,
    ts: 1_790_000_000,
    is_mock: false,
    open: 110,
    high: 130,
    low: 105,
    close: 123.45,
    ohlc: { open: 110, high: 130, low: 105, close: 120 },
    timestamp: 1_790_000_000,
  });
});
