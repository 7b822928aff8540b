import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { TickerError } from '../../../src/domain/error-codes.ts';
import { readInstrumentCsv } from '../../../src/instruments/instrument-csv.ts';

const TEXT = [
  'instrument_token,exchange_token,tradingsymbol,name,last_price,expiry,strike,tick_size,' +
    'lot_size,instrument_type,segment,exchange',
  '256265,1001,NIFTY 50,NIFTY 50,0,,0,0,0,EQ,INDICES,NSE',
  '408065,1594,INFY,"INFOSYS, ""LTD"" \u20b9",0,,0,0.05,1,EQ,NSE,NSE',
  'bad,1594,X,X,0,,0,0.05,1,EQ,NSE,NSE',
  '12345602,48225,NIFTY26JAN24000CE,NIFTY,0,2026-01-27,24000.0,0.05,65,CE,NFO-OPT,NFO',
  '',
].join('\r\n');
const BYTES = Buffer.from(TEXT);

async function* pieces(bytes: Buffer, cuts: readonly number[]): AsyncGenerator<Uint8Array> {
  const places = [0, ...[...new Set(cuts)].sort((a, b) => a - b), bytes.length];
  for (let i = 1; i < places.length; i++) yield bytes.subarray(places[i - 1], places[i]);
}

test('chunks may end anywhere, within a character or a quoted field too', async () => {
  const whole = await readInstrumentCsv(pieces(BYTES, []));
  assert.deepEqual([whole.instruments.length, whole.rejectedRows], [3, 1]);
  const cuts = fc.array(fc.nat(BYTES.length), { maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(cuts, async (places) => {
      assert.deepEqual(await readInstrumentCsv(pieces(BYTES, places)), whole);
    }),
    { numRuns: 200 },
  );
  const everywhere = Array.from({ length: BYTES.length }, (_unused, i) => i);
  assert.deepEqual(await readInstrumentCsv(pieces(BYTES, everywhere)), whole);
});

test('any bytes give instruments or BROKER_ANSWER', async () => {
  const spoiled = fc.record({
    at: fc.nat(BYTES.length - 1),
    bytes: fc.uint8Array({ maxLength: 8 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(spoiled, { maxLength: 10 }), async (changes) => {
      const bytes = Buffer.from(BYTES);
      for (const { at, bytes: wrong } of changes) bytes.set(wrong.slice(0, bytes.length - at), at);
      try {
        const { instruments } = await readInstrumentCsv(pieces(bytes, []));
        for (const { token, tradingsymbol } of instruments) {
          assert.ok(Number.isInteger(token) && token > 0 && token <= 0xffff_ffff);
          assert.notEqual(tradingsymbol, '');
        }
      } catch (error) {
        assert.ok(error instanceof TickerError);
        assert.equal(error.code, 'BROKER_ANSWER');
      }
    }),
    { numRuns: 300 },
  );
});
