import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { TickObject } from '../../src/wire/messages.ts';
import { sharedDataOrSkip } from '../support/shared-data.ts';
import { accountsFile, startService, startSimulatorProcess } from '../support/ticker-process.ts';
import { TicksClient } from '../support/ticks-client.ts';

/** The broker's own expectation of a packet, as its JSON samples have it. */
interface Expected {
  mode: string;
  instrument_token: number;
  last_price: number;
  last_quantity: number;
  average_price: number;
  volume: number;
  buy_quantity: number;
  sell_quantity: number;
  ohlc: { open: number; high: number; low: number; close: number };
  last_trade_time?: string;
  oi?: number;
  oi_day_high?: number;
  oi_day_low?: number;
  timestamp?: string;
  depth?: {
    buy: { price: number; quantity: number; orders: number }[];
    sell: { price: number; quantity: number; orders: number }[];
  };
}

const epochUs = (text: string) => Date.parse(text) * 1000;

/**
 * The broker's sample names to ours. `change` is left out: the samples' own values follow two
 * different formulas, and no packet of a tradable carries one.
 */
const NAMES: readonly [
  keyof Expected,
  (tick: TickObject) => unknown,
  ((value: never) => unknown)?,
][] = [
  ['instrument_token', (tick) => tick.instrument_token],
  ['last_price', (tick) => tick.last_price],
  ['last_quantity', (tick) => tick.last_traded_quantity],
  ['average_price', (tick) => tick.average_traded_price],
  ['volume', (tick) => tick.volume_traded],
  ['buy_quantity', (tick) => tick.total_buy_quantity],
  ['sell_quantity', (tick) => tick.total_sell_quantity],
  ['ohlc', (tick) => tick.ohlc],
  ['last_trade_time', (tick) => tick.last_trade_time, epochUs],
  ['timestamp', (tick) => tick.exchange_timestamp, epochUs],
  ['oi', (tick) => tick.oi],
  ['oi_day_high', (tick) => tick.oi_day_high],
  ['oi_day_low', (tick) => tick.oi_day_low],
  ['depth', (tick) => tick.depth],
];

for (const name of ['ticker_full', 'ticker_quote']) {
  test(`the broker's recorded ${name} arrives at a client field by field`, async (t) => {
    const packet = sharedDataOrSkip(t, 'kite-mocks', `${name}.packet`);
    const sample = sharedDataOrSkip(t, 'kite-mocks', `${name}.json`);
    if (packet === undefined || sample === undefined) return;
    const expected = JSON.parse(readFileSync(sample, 'utf8')) as Expected;
    const simulator = await startSimulatorProcess(t, [
      ...['--port', '0', '--instruments', '50', '--rate', '100', '--packets', packet],
    ]);
    const accounts = accountsFile(t, simulator);
    const service = await startService(t, { TICKER_ACCOUNTS_FILE: accounts });
    const client = await TicksClient.connect(t, service.ticksUrl, service.key);
    const arrived = client.nextTick((tick) => tick.instrument_token === expected.instrument_token);
    await client.request({
      type: 'subscribe',
      instruments: [expected.instrument_token],
      mode: 'full',
    });
    const tick = await arrived;
    for (const [field, ours, convert] of NAMES) {
      const theirs = expected[field];
      if (theirs === undefined) continue;
      const wanted = convert === undefined ? theirs : convert(theirs as never);
      assert.deepEqual(ours(tick), wanted, `${field} of ${name}`);
    }
    assert.equal(tick.mode, expected.mode);
    assert.ok(tick.flags.includes('SIMULATED'));
  });
}
