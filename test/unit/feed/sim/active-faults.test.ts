import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ActiveFaults } from '../../../../src/feed/sim/active-faults.ts';
import type { RestFault } from '../../../../src/feed/sim/active-faults.ts';

function restFault(status: number): RestFault {
  return { status, errorType: null, message: null, body: null, contentType: 'text/html' };
}

test('a refusal holds for its account and its time', () => {
  const faults = new ActiveFaults();
  faults.addRefusal({ account: 'SIM001', status: 503, untilMs: 100 });
  assert.equal(faults.refusalFor('SIM001', 99), 503);
  assert.equal(faults.refusalFor('SIM002', 99), null);
  assert.equal(faults.refusalFor(null, 99), null);
  assert.equal(faults.refusalFor('SIM001', 100), null);
});

test('the newest refusal wins and uncovers the one before when it ends', () => {
  const faults = new ActiveFaults();
  faults.addRefusal({ account: null, status: 503, untilMs: Infinity });
  faults.addRefusal({ account: null, status: 429, untilMs: 50 });
  assert.equal(faults.refusalFor(null, 0), 429);
  assert.equal(faults.refusalFor(null, 50), 503);
});

test('a fault of a route covers what lies under it, and its method if it names one', () => {
  const faults = new ActiveFaults();
  faults.addRestFault(restFault(500), null, 'GET /quote', Infinity, Infinity);
  const status = (method: string, path: string): number | undefined =>
    faults.takeRestFault(null, method, path, 0)?.status;
  assert.equal(status('GET', '/quote'), 500);
  assert.equal(status('GET', '/quote/ltp'), 500);
  assert.equal(status('GET', '/quotes'), undefined);
  assert.equal(status('POST', '/quote'), undefined);
});

test('a fault of an account leaves the others alone', () => {
  const faults = new ActiveFaults();
  faults.addRestFault(restFault(500), 'SIM001', null, Infinity, Infinity);
  assert.equal(faults.takeRestFault('SIM001', 'DELETE', '/any', 0)?.status, 500);
  assert.equal(faults.takeRestFault('SIM002', 'DELETE', '/any', 0), null);
});

test('a fault ends after its times or its time', () => {
  const faults = new ActiveFaults();
  faults.addRestFault(restFault(502), null, '/quote', Infinity, 2);
  const take = (nowMs: number): number | undefined =>
    faults.takeRestFault(null, 'GET', '/quote', nowMs)?.status;
  assert.deepEqual([take(0), take(0), take(0)], [502, 502, undefined]);
  faults.addRestFault(restFault(504), null, '/quote', 10, Infinity);
  assert.deepEqual([take(9), take(10)], [504, undefined]);
});
