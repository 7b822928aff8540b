import assert from 'node:assert/strict';
import { request } from 'node:http';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { authorization, runSimulator } from '../../../support/feed/sim/running-simulator.ts';

interface RawAnswer {
  status: number;
  encoding: string | undefined;
  header: string | undefined;
  body: Buffer;
}

/** A request as it stands, without a client's own headers and decoding. */
function rawRequest(url: string, headers: Record<string, string>): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { headers }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('error', reject);
      answer.on('end', () => {
        resolve({
          status: answer.statusCode ?? 0,
          encoding: answer.headers['content-encoding'],
          header: answer.headers['x-ticker-simulator'] as string | undefined,
          body: Buffer.concat(chunks),
        });
      });
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
}

test('the dump has twelve columns, gzipped for who accepts it', async (t) => {
  const { simulator } = await runSimulator(t);
  const url = `${simulator.restUrl}/instruments`;
  const plain = await rawRequest(url, {});
  assert.equal(plain.encoding, undefined);
  const zipped = await rawRequest(url, { 'Accept-Encoding': 'gzip, deflate' });
  assert.equal(zipped.encoding, 'gzip');
  assert.deepEqual(gunzipSync(zipped.body), plain.body);
  const [header, ...rows] = plain.body.toString().trim().split('\n');
  assert.equal(
    header,
    'instrument_token,exchange_token,tradingsymbol,name,last_price,expiry,strike,tick_size,' +
      'lot_size,instrument_type,segment,exchange',
  );
  assert.equal(rows.length, 200);
  assert.equal(rows[0], '256265,1001,NIFTY 50,NIFTY 50,0,,0,0,0,EQ,INDICES,NSE');
  assert.ok(rows.every((row) => row.split(',').length === 12));
});

test('an exchange gives its own rows, one that is not there none', async (t) => {
  const { simulator } = await runSimulator(t);
  const rows = async (exchange: string): Promise<string[]> =>
    (await (await fetch(`${simulator.restUrl}/instruments/${exchange}`)).text()).trim().split('\n');
  const [nse, nfo, all] = [await rows('NSE'), await rows('NFO'), 200];
  assert.equal(nse.length + nfo.length - 2, all);
  assert.ok(nse.slice(1).every((row) => row.endsWith(',NSE')));
  assert.equal((await rows('MCX')).length, 1);
});

test("a route needs a live session; a refusal has the broker's envelope", async (t) => {
  const { simulator } = await runSimulator(t);
  const headers = [
    {},
    { Authorization: 'Bearer sim-token-1' },
    { Authorization: 'token sim-key-1' },
    { Authorization: 'token sim-key-1:sim-token-2' },
  ];
  for (const route of ['/user/profile', '/user/margins', '/quote?i=NSE:INFY', '/quote/ltp?i=a']) {
    for (const header of headers) {
      const answer = await fetch(simulator.restUrl + route, { headers: header as HeadersInit });
      assert.equal(answer.status, 403, route);
      assert.deepEqual(await answer.json(), {
        status: 'error',
        message: 'Incorrect `api_key` or `access_token`.',
        data: null,
        error_type: 'TokenException',
      });
    }
  }
});

test('every answer names the simulator, whatever its status', async (t) => {
  const { simulator } = await runSimulator(t);
  for (const [method, path, status] of [
    ['GET', '/instruments', 200],
    ['GET', '/user/margins/equity', 200],
    ['GET', '/user/margins/gold', 404],
    ['GET', '/nowhere', 404],
    ['PUT', '/user/profile', 405],
    ['POST', '/session/token', 403],
    ['DELETE', '/session/token', 403],
    ['GET', '/connect/login?api_key=nobody', 400],
    ['GET', '/quote', 400],
    ['GET', '/sim/ledger', 200],
  ] as const) {
    const answer = await fetch(simulator.restUrl + path, { method, headers: authorization() });
    assert.equal(answer.status, status, path);
    assert.equal(answer.headers.get('x-ticker-simulator'), '1', path);
    await answer.arrayBuffer();
  }
  const noHost = await rawRequest(`${simulator.restUrl}/instruments`, { Host: '' });
  assert.equal(noHost.header, '1');
  const expecting = await rawRequest(`${simulator.restUrl}/instruments`, { Expect: 'wonders' });
  assert.deepEqual([expecting.status, expecting.header], [200, '1']);
});

test('a symbol with odd characters is found under its own name', async (t) => {
  const { simulator } = await runSimulator(t, { instruments: 1000 });
  const query = new URLSearchParams([
    ['i', 'NSE:M&M'],
    ['i', 'NSE:BAJAJ-AUTO'],
    ['i', 'NSE:NIFTY BANK'],
  ]);
  const answer = await fetch(`${simulator.restUrl}/quote/ltp?${query.toString()}`, {
    headers: authorization(),
  });
  const { data } = (await answer.json()) as { data: object };
  assert.deepEqual(Object.keys(data), ['NSE:M&M', 'NSE:BAJAJ-AUTO', 'NSE:NIFTY BANK']);
});

test('more keys than the broker takes are refused', async (t) => {
  const { simulator } = await runSimulator(t);
  const ask = async (path: string, count: number): Promise<number> => {
    const query = Array.from({ length: count }, (_unused, index) => `i=NSE:A${index}`).join('&');
    const answer = await fetch(`${simulator.restUrl}${path}?${query}`, {
      headers: authorization(),
    });
    await answer.arrayBuffer();
    return answer.status;
  };
  assert.deepEqual([await ask('/quote', 500), await ask('/quote', 501)], [200, 400]);
  assert.deepEqual([await ask('/quote/ltp', 1000), await ask('/quote/ltp', 1001)], [200, 400]);
  assert.deepEqual([await ask('/quote/ohlc', 1000), await ask('/quote/ohlc', 1001)], [200, 400]);
});

test('a body beyond 256 KiB is refused', async (t) => {
  const { simulator } = await runSimulator(t);
  const answer = await fetch(`${simulator.restUrl}/sim/faults`, {
    method: 'POST',
    body: ' '.repeat(256 * 1024 + 1),
  });
  assert.equal(answer.status, 413);
});
