import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ERRORS, type ErrorCode, TickerError } from '../../../src/domain/error-codes.ts';
import { httpStatusOf, problemOf, retryAfter } from '../../../src/http/problem.ts';

const CODES = Object.keys(ERRORS) as ErrorCode[];

test('every code that can stand for an order or a call of the broker has its own status', () => {
  const first = CODES.indexOf('BROKER_SESSION');
  assert.ok(first > 0);
  for (const code of CODES.slice(first)) {
    // Of a start in production, and of a record that is answered with 202.
    if (code === 'SIMULATOR_REFUSED' || code === 'OUTCOME_UNKNOWN') continue;
    assert.notEqual(httpStatusOf(code), undefined, code);
  }
});

test('429 and 503 say when to come back; others only if a time is known', () => {
  for (const code of CODES) {
    const status = httpStatusOf(code);
    if (status === undefined) continue;
    const isLater = status === 429 || status === 503;
    assert.deepEqual(retryAfter(code, undefined), isLater ? { 'Retry-After': '1' } : undefined);
    assert.deepEqual(retryAfter(code, 2_001), { 'Retry-After': '3' });
    assert.deepEqual(retryAfter(code, 0), { 'Retry-After': '1' });
    if (code === 'INTERNAL') continue;
    const { headers } = problemOf(new TickerError(code)) ?? {};
    assert.deepEqual(headers, isLater ? { 'Retry-After': '1' } : undefined, code);
  }
});
