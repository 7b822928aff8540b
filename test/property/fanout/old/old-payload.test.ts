import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { UNDEFINED_F64, UNDEFINED_U32 } from '../../../../src/domain/status.ts';
import { oldPayload } from '../../../../src/fanout/old/old-payload.ts';
import { SAMPLE_INDEX, SAMPLE_OPTION, sampleView } from '../../../support/old-samples.ts';

/** Any count or price of the broker, the reserved number for "undefined" among them. */
const word = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 0xffff_ffff }) },
  fc.constant(UNDEFINED_U32),
  fc.constant(0),
);
const greek = fc.oneof(
  { weight: 4, arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true }) },
  fc.constant(UNDEFINED_F64),
  fc.constantFrom(Infinity, -Infinity, Number.NaN),
);

function expected(raw: number, divisor: number): number | null {
  return raw === UNDEFINED_U32 ? null : raw / divisor;
}

test('undefined is null and nothing else is, in every field that a tick may lack', () => {
  fc.assert(
    fc.property(word, word, word, greek, greek, (lastPrice, volume, oi, iv, theta) => {
      const view = sampleView({ lastPrice, volume, oi, iv, theta });
      const payload = oldPayload(view, SAMPLE_OPTION, true);
      assert.ok('greeks_status' in payload);
      assert.equal(payload.price, expected(lastPrice, 100));
      assert.equal(payload.last_price, payload.price);
      assert.equal(payload.volume, expected(volume, 1));
      assert.equal(payload.oi, expected(oi, 1));
      const isDefined = (value: number) => Number.isFinite(value) && value !== UNDEFINED_F64;
      assert.equal(payload.iv, isDefined(iv) ? iv : null);
      assert.equal(payload.theta, isDefined(theta) ? theta : null);
    }),
  );
});

test('what is sent is what was made: JSON keeps every value of a payload', () => {
  fc.assert(
    fc.property(word, word, greek, fc.boolean(), (lastPrice, close, delta, greeksDone) => {
      // JSON has one zero.
      fc.pre(!Object.is(delta, -0));
      for (const instrument of [SAMPLE_OPTION, SAMPLE_INDEX]) {
        const payload = oldPayload(sampleView({ lastPrice, close, delta }), instrument, greeksDone);
        assert.deepEqual(JSON.parse(JSON.stringify(payload)), payload);
      }
    }),
  );
});

test('an option has its Greeks exactly when they are its own and done', () => {
  fc.assert(
    fc.property(word, word, fc.boolean(), (low, high, greeksDone) => {
      const view = sampleView({ greeksSequenceLow: low, greeksSequenceHigh: high });
      const payload = oldPayload(view, SAMPLE_OPTION, greeksDone);
      assert.ok('greeks_status' in payload);
      const own = greeksDone && low === 7 && high === 1;
      assert.equal(payload.iv !== null, own);
      assert.equal(payload.greeks_status, own ? 'OK' : 'GREEKS_LATE');
    }),
    { examples: [[7, 1, true]] },
  );
});
