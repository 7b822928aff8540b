import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { KiteRest } from '../../../../src/feed/kite/rest.ts';
import {
  brokerFailure,
  restRig,
  sendJson,
  tickerError,
} from '../../../support/feed/kite/rest-rig.ts';

const LIMIT = { timeout: 10_000 };
const HEADER =
  'instrument_token,exchange_token,tradingsymbol,name,last_price,expiry,strike,tick_size,' +
  'lot_size,instrument_type,segment,exchange\r\n';
const ROW = '408065,1594,INFY,INFOSYS,0.0,,0.0,0.05,1,EQ,NSE,NSE\r\n';
const DUMP = HEADER + ROW.repeat(20_000);

async function readAll(rest: KiteRest, exchange?: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of rest.instruments(exchange)) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

test(
  'the dump comes in pieces, compressed or not, of all exchanges or of one',
  LIMIT,
  async (t) => {
    const { rest, requests } = await restRig(t, ({ url }, response) => {
      if (url === '/instruments') {
        response.end(DUMP);
      } else {
        response.setHeader('content-encoding', 'gzip');
        response.end(gzipSync(DUMP));
      }
    });
    let pieces = 0;
    for await (const chunk of rest.instruments()) pieces += chunk.length > 0 ? 1 : 0;
    assert.ok(pieces > 1);
    assert.equal(await readAll(rest), DUMP);
    assert.equal(await readAll(rest, 'NFO'), DUMP);
    const paths = requests.map(({ url }) => url);
    assert.deepEqual(paths, ['/instruments', '/instruments', '/instruments/NFO']);
  },
);

test('a header that comes byte by byte is recognised', LIMIT, async (t) => {
  const { rest } = await restRig(t, (_, response) => {
    const writeFrom = (at: number): void => {
      if (at === HEADER.length) response.end(ROW);
      else response.write(HEADER[at], () => setImmediate(writeFrom, at + 1));
    };
    writeFrom(0);
  });
  assert.equal(await readAll(rest), HEADER + ROW);
});

const CASES = {
  'a page instead of a dump': ['<html>'.repeat(20), /not an instrument dump/],
  'an empty dump': ['', /not an instrument dump/],
  'a few bytes': ['instr', /not an instrument dump/],
  'a dump that ends within a line': [HEADER + ROW.slice(0, 20), /ends within a line/],
} as const;

for (const [name, [body, detail]] of Object.entries(CASES)) {
  test(`${name} is an error`, LIMIT, async (t) => {
    const { rest } = await restRig(t, (_, response) => void response.end(body));
    await assert.rejects(readAll(rest), tickerError('BROKER_ANSWER', detail));
  });
}

test('a dump whose connection ends is an error, compressed or not', LIMIT, async (t) => {
  const { rest } = await restRig(t, ({ url }, response) => {
    if (url === '/instruments/NSE') {
      response.write(DUMP.slice(0, 50_000), () => response.destroy());
      return;
    }
    response.setHeader('content-encoding', 'gzip');
    response.write(gzipSync(DUMP).subarray(0, 300), () => response.destroy());
  });
  await assert.rejects(readAll(rest, 'NSE'), tickerError('BROKER_ANSWER', /incomplete/));
  await assert.rejects(readAll(rest, 'NFO'), tickerError('BROKER_ANSWER', /incomplete/));
});

test('a refusal has its code', LIMIT, async (t) => {
  const { rest } = await restRig(t, (_, response) => {
    sendJson(response, 403, brokerFailure('TokenException', 'Incorrect token'));
  });
  await assert.rejects(readAll(rest), tickerError('BROKER_SESSION', /HTTP 403/));
});

test('the dump has a deadline of its own', LIMIT, async (t) => {
  const rig = await restRig(t, (_, response) => void response.write(DUMP.slice(0, 1000)));
  const dump = rig.rest.instruments();
  assert.equal((await dump.next()).done, false);
  const more = dump.next();
  rig.clock.advance(59_999);
  assert.equal(rig.aborted, 0);
  rig.clock.advance(1);
  await assert.rejects(more, tickerError('BROKER_UNREACHABLE', /within 60000 ms/));
  await rig.watch.until(() => rig.aborted === 1);
});

for (const encoding of ['identity', 'gzip']) {
  test(`who stops reading ends the transfer (${encoding})`, LIMIT, async (t) => {
    const rig = await restRig(t, (_, response) => {
      response.setHeader('content-encoding', encoding);
      response.write(encoding === 'gzip' ? gzipSync(DUMP) : DUMP);
    });
    for await (const chunk of rig.rest.instruments()) {
      assert.ok(chunk.length > 0);
      break;
    }
    await rig.watch.until(() => rig.aborted === 1);
    assert.equal(rig.clock.pendingTimeouts, 0);
  });
}
