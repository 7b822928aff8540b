import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KiteConnect } from 'kiteconnect';
import { upgradeAnswer } from '../../../support/feed/sim/broker-client.ts';
import { runSimulator } from '../../../support/feed/sim/running-simulator.ts';

type Client = InstanceType<typeof KiteConnect>;

function client(root: string, number = 1): Client {
  const kite = new KiteConnect({ api_key: `sim-key-${number}`, root });
  kite.setAccessToken(`sim-token-${number}`);
  return kite;
}

function rejectedWith(errorType: string): (error: unknown) => boolean {
  return (error) => {
    assert.equal((error as { error_type?: unknown }).error_type, errorType);
    return true;
  };
}

/** Follows the login page of an account to its request token, as a browser would. */
async function logIn(restUrl: string, number: number): Promise<string> {
  const url = `${restUrl}/connect/login?v=3&api_key=sim-key-${number}&redirect_params=a%3Db`;
  const answer = await fetch(url, { redirect: 'manual' });
  assert.equal(answer.status, 302);
  assert.equal(answer.headers.get('x-ticker-simulator'), '1');
  const target = new URL(answer.headers.get('location') ?? '', restUrl);
  assert.equal(target.searchParams.get('a'), 'b');
  assert.equal(target.searchParams.get('status'), 'success');
  const shown = (await (await fetch(target)).json()) as { data: { request_token: string } };
  assert.equal(shown.data.request_token, target.searchParams.get('request_token'));
  return shown.data.request_token;
}

test('the official KiteConnect reads the instrument dump with types', async (t) => {
  const { simulator } = await runSimulator(t, { instruments: 2000 });
  const kite = client(simulator.restUrl);
  // The client makes one row of the empty line at the end.
  const all = (await kite.getInstruments()).slice(0, -1);
  assert.equal(all.length, 2000);
  const option = all.find(({ tradingsymbol }) => tradingsymbol === 'NIFTY26SEP25200CE');
  const { instrument_token: token, exchange_token: exchangeToken, ...rest } = option ?? {};
  assert.equal(Math.floor(Number(token) / 256), Number(exchangeToken));
  assert.deepEqual(rest, {
    tradingsymbol: 'NIFTY26SEP25200CE',
    name: 'NIFTY',
    last_price: 0,
    expiry: new Date('2026-09-29'),
    strike: 25_200,
    tick_size: 0.05,
    lot_size: 65,
    instrument_type: 'CE',
    segment: 'NFO-OPT',
    exchange: 'NFO',
  });
  const derivatives = (await kite.getInstruments('NFO')).slice(0, -1);
  assert.ok(derivatives.length > 1400 && derivatives.every(({ exchange }) => exchange === 'NFO'));
});

test('the official KiteConnect reads quotes: full, ohlc and last price', async (t) => {
  const { simulator } = await runSimulator(t);
  const kite = client(simulator.restUrl);
  const keys = ['NSE:NIFTY 50', 'NSE:RELIANCE', 'NFO:NIFTY26SEPFUT', 'NSE:NOBODY'];
  const quotes = await kite.getQuote(keys);
  assert.deepEqual(Object.keys(quotes), keys.slice(0, 3));
  const share = quotes['NSE:RELIANCE']!;
  assert.equal(share.instrument_token, 738_561);
  assert.equal(share.depth.buy.length, 5);
  assert.ok(share.depth.buy[0]!.price < share.depth.sell[0]!.price);
  assert.ok(share.volume > 0 && share.average_price > 0);
  assert.equal(String(new Date(share.timestamp).getTime() > 0), 'true');
  const index = quotes['NSE:NIFTY 50']!;
  assert.ok(index.last_price > 20_000 && !('depth' in index));

  const ohlc = await kite.getOHLC(keys);
  const last = await kite.getLTP(keys);
  for (const key of keys.slice(0, 3)) {
    assert.deepEqual(ohlc[key]?.ohlc, quotes[key]?.ohlc);
    assert.deepEqual(last[key], {
      instrument_token: quotes[key]?.instrument_token,
      last_price: quotes[key]?.last_price,
    });
  }
});

test('a quote of a subscribed instrument is what its subscriber has seen', async (t) => {
  const { simulator, clock, connect } = await runSimulator(t);
  const subscriber = await connect();
  subscriber.subscribeFull([738_561]);
  await subscriber.roundTrip();
  clock.advance(1000);
  await subscriber.roundTrip();
  const quote = (await client(simulator.restUrl).getQuote(['NSE:RELIANCE']))['NSE:RELIANCE']!;
  const seen = subscriber.packets.at(-1)!;
  assert.equal(quote.last_price, seen.lastPrice / 100);
  assert.equal(quote.volume, seen.volume);
  assert.equal(quote.depth.sell[4]?.quantity, seen.offers?.[4]?.quantity);
});

test('the official KiteConnect reads profile and margins of its own account', async (t) => {
  const { simulator } = await runSimulator(t);
  const kite = client(simulator.restUrl, 2);
  assert.equal((await kite.getProfile()).user_id, 'SIM002');
  assert.equal((await kite.getMargins()).equity?.enabled, true);
});

test('the official KiteConnect logs in: a new session, the end of the one before', async (t) => {
  const { simulator, connect } = await runSimulator(t);
  const kite = new KiteConnect({ api_key: 'sim-key-1', root: simulator.restUrl });
  const requestToken = await logIn(simulator.restUrl, 1);
  const session = await kite.generateSession(requestToken, 'sim-secret-1');
  assert.equal(session.user_id, 'SIM001');
  kite.setAccessToken(session.access_token);
  assert.equal((await kite.getProfile()).user_id, 'SIM001');
  await connect(1, session.access_token);
  await assert.rejects(client(simulator.restUrl).getProfile(), rejectedWith('TokenException'));
  await assert.rejects(
    kite.generateSession(requestToken, 'sim-secret-1'),
    rejectedWith('TokenException'),
  );
  const second = await logIn(simulator.restUrl, 1);
  await assert.rejects(kite.generateSession(second, 'wrong'), rejectedWith('TokenException'));
});

test('logging out ends the session for requests and upgrades', async (t) => {
  const { simulator } = await runSimulator(t);
  const kite = client(simulator.restUrl);
  assert.equal(await kite.invalidateAccessToken('sim-token-1'), true);
  await assert.rejects(kite.getProfile(), rejectedWith('TokenException'));
  const url = `${simulator.wsUrl}?api_key=sim-key-1&access_token=sim-token-1`;
  assert.equal((await upgradeAnswer(url)).statusCode, 403);
});
