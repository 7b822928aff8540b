import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { TickerError } from '../../../../src/domain/error-codes.ts';
import { decodeFrame } from '../../../support/feed/sim/broker-packet.ts';
import { authorization, runSimulator } from '../../../support/feed/sim/running-simulator.ts';
import { sharedDataOrSkip } from '../../../support/shared-data.ts';

const INFY = 408_065;
const RAW_TOKEN = 884_737;
const BARE = ['ticker_quote.packet', 'ticker_full.packet'];
const RAW = ['ltpMode_binary.packet', 'quoteMode_binary.packet', 'fullMode_binary.packet'];

test("the broker's recorded packets reach a client byte for byte", async (t) => {
  const directory = sharedDataOrSkip(t, 'kite-mocks');
  if (directory === undefined) return;
  const packetFiles = [...BARE, ...RAW].map((name) => join(directory, name));
  const { simulator, clock, connect } = await runSimulator(t, { packetFiles, instruments: 10 });
  const client = await connect();
  client.subscribeFull([INFY, RAW_TOKEN]);
  await client.roundTrip();
  clock.advance(900);
  await client.roundTrip();

  const expected = [
    ...BARE.map((name) => {
      const packet = Buffer.from(readFileSync(join(directory, name), 'latin1'), 'base64');
      return Buffer.concat([Buffer.of(0, 1, 0, packet.length), packet]);
    }),
    ...RAW.map((name) => readFileSync(join(directory, name))),
  ];
  assert.deepEqual(client.binary, expected);

  const answer = await fetch(`${simulator.restUrl}/quote?i=NSE:INFY&i=NSE:RECORDED${RAW_TOKEN}`, {
    headers: authorization(),
  });
  const { data } = (await answer.json()) as {
    data: Record<string, { last_price: number; depth: { buy: unknown[] } }>;
  };
  const want = JSON.parse(readFileSync(join(directory, 'ticker_full.json'), 'utf8')) as {
    last_price: number;
    depth: { buy: unknown[] };
  };
  assert.equal(data['NSE:INFY']?.last_price, want.last_price);
  assert.deepEqual(data['NSE:INFY'].depth.buy, want.depth.buy);
  assert.ok(`NSE:RECORDED${RAW_TOKEN}` in data);

  const entry = simulator.ledger().instruments.find((one) => one.instrument_token === INFY);
  assert.equal(entry?.deliveries.count, 2);
  const prices = client.binary.slice(0, 2).flatMap(decodeFrame);
  const sum = prices.reduce((total, { lastPrice }) => total + lastPrice, 0);
  assert.equal(entry.deliveries.last_price_sum, sum);
  assert.equal(entry.ticks.count, 0);
});

test('a packet file that cannot be read keeps the simulator from starting', async (t) => {
  await assert.rejects(runSimulator(t, { packetFiles: ['/nowhere/at-all.packet'] }), (error) => {
    assert.ok(error instanceof TickerError);
    assert.equal(error.code, 'CONFIG_FILE');
    assert.match(error.detail, /\/nowhere\/at-all\.packet/);
    return true;
  });
});
