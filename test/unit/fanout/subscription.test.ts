import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { MODE } from '../../../src/domain/status.ts';
import { BY_NAME, ClientConnection, Subscription } from '../../../src/fanout/connection.ts';
import { testInstrument } from '../../support/fanout-directory.ts';
import { FakeClientSocket } from '../../support/fanout-socket.ts';

function subscription(): Subscription {
  const connection = new ClientConnection(new FakeClientSocket(), true, 0, 0);
  return new Subscription(connection, testInstrument(0, 'NSE:A'));
}

const QUOTE = { mode: MODE.QUOTE, greeks: false };
const FULL = { mode: MODE.FULL, greeks: true };
const LTP = { mode: MODE.LTP, greeks: false };

describe('the options of several sources', () => {
  test('the newest source sets mode and Greeks', () => {
    const it = subscription();
    it.addSource('chain', QUOTE, 1);
    it.addSource(BY_NAME, FULL, 2);
    assert.deepEqual([it.mode, it.greeks], [MODE.FULL, true]);
    it.addSource('chain', LTP, 3);
    assert.deepEqual([it.mode, it.greeks], [MODE.LTP, false]);
  });

  test('when the newest ends, the next one sets them again', () => {
    const it = subscription();
    it.addSource('a', QUOTE, 1);
    it.addSource('b', FULL, 2);
    it.addSource('c', LTP, 3);
    assert.ok(it.removeSource('c'));
    assert.deepEqual([it.mode, it.greeks], [MODE.FULL, true]);
    assert.ok(it.removeSource('a'));
    assert.deepEqual([it.mode, it.greeks], [MODE.FULL, true]);
  });

  test('a chain whose window reaches the instrument later is as old as its subscribe', () => {
    const it = subscription();
    it.addSource(BY_NAME, FULL, 2);
    it.addSource('chain of before', LTP, 1);
    assert.deepEqual([it.mode, it.greeks], [MODE.FULL, true]);
  });

  test('it ends with its last source; removing another one changes nothing', () => {
    const it = subscription();
    it.addSource('a', QUOTE, 1);
    it.addSource('b', FULL, 2);
    assert.equal(it.removeSource('never added'), false);
    assert.ok(it.removeSource('b'));
    assert.ok(it.hasSources);
    assert.ok(it.removeSource('a'));
    assert.equal(it.hasSources, false);
  });
});

describe('advance', () => {
  test('takes the first tick, whatever its count, then only newer ones', () => {
    const it = subscription();
    assert.ok(it.advance(7));
    assert.equal(it.advance(7), false);
    assert.equal(it.advance(6), false);
    assert.ok(it.advance(8));
    assert.equal(it.lastSequence, 8);
  });

  test('goes on where the count wraps at 2^32', () => {
    const it = subscription();
    assert.ok(it.advance(0xffff_fffe));
    assert.ok(it.advance(0xffff_ffff));
    assert.ok(it.advance(1));
    assert.equal(it.advance(0xffff_ffff), false);
    assert.ok(it.advance(2));
  });
});
