import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { TickerError } from '../../../src/domain/error-codes.ts';
import { checkMessage, isRefusal } from '../../../src/fanout/client-message.ts';

const REFUSAL_CODES = new Set(['BAD_JSON', 'BAD_MESSAGE', 'NOT_SUPPORTED', 'LIMIT_EXCEEDED']);

/** Any value, but mostly what one finds in messages. */
const value = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom<unknown>('all', 'full', 'quote', 'NSE:INFY', true, false, 0, 1, 256265, [], {}),
  fc.constantFrom<unknown>([256265], ['NSE:INFY', 1], { underlying: 'NIFTY', strikes: 'all' }),
  fc.constantFrom<unknown>({ underlying: 'NIFTY', expiry: '2026-12-01', strikes: 10 }),
  fc.record({
    underlying: fc.constant('NIFTY'),
    strikes: fc.record({ delta: fc.array(fc.double({ min: -0.5, max: 1.5 }), { maxLength: 3 }) }),
  }),
);
const type = fc.constantFrom('subscribe', 'unsubscribe', 'ping', 'auth', 'resume', 'ack', 'x');
const message = fc.record(
  {
    id: fc.oneof(fc.nat(), fc.jsonValue()),
    type: fc.oneof(type, fc.jsonValue()),
    token: value,
    instruments: value,
    chain: value,
    mode: value,
    greeks: value,
    policy: value,
    window_ms: value,
    __proto__: value,
  },
  { requiredKeys: [] },
);

function check(text: string): void {
  const result = checkMessage(text);
  if (isRefusal(result)) {
    assert.ok(result.error instanceof TickerError);
    assert.ok(REFUSAL_CODES.has(result.error.code), result.error.code);
    return;
  }
  const parsed = JSON.parse(text) as Record<string, unknown>;
  assert.equal(result.id, parsed['id']);
  assert.equal(result.type, parsed['type']);
  assert.ok(Number.isSafeInteger(result.id) && result.id >= 0);
  if (result.type !== 'subscribe') return;
  assert.ok([1, 2, 3, 4].includes(result.mode));
  assert.equal(typeof result.greeks, 'boolean');
  if (result.target.kind === 'instruments') {
    for (const item of result.target.instruments) {
      assert.ok(typeof item === 'string' || (Number.isInteger(item) && item > 0));
    }
  } else {
    const { underlying, expiry, strikes } = result.target.chain;
    assert.equal(typeof underlying, 'string');
    assert.match(expiry ?? '2026-01-01', /^\d{4}-\d\d-\d\d$/);
    if (typeof strikes === 'object') {
      const [least, greatest] = strikes.delta;
      assert.ok(0 <= least && least < greatest && greatest <= 1);
    } else {
      assert.ok(strikes === 'all' || (Number.isInteger(strikes) && strikes >= 0));
    }
  }
}

test('any JSON is a message of the protocol or refused with a code', () => {
  fc.assert(
    fc.property(fc.json(), (text) => check(text)),
    { numRuns: 2000 },
  );
});

test('what nearly is a message is accepted as what it says, or refused', () => {
  fc.assert(
    fc.property(message, (fields) => check(JSON.stringify(fields))),
    { numRuns: 5000 },
  );
});

test('any text is refused or accepted, never an exception', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => check(text)),
    { numRuns: 2000 },
  );
});
