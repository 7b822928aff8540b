import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ReadFlights } from '../../../../../src/feed/kite/orders/read-flights.ts';
import { settled } from '../../../../support/feed/kite/scripted-order-transport.ts';

interface Read {
  land: (value: number) => void;
  crash: (error: Error) => void;
}

function rig(): { reads: Read[]; ask: (key?: string) => Promise<number> } {
  const flights = new ReadFlights();
  const reads: Read[] = [];
  const read = (): Promise<number> =>
    new Promise((land, crash) => {
      reads.push({ land, crash });
    });
  return { reads, ask: (key = 'orders') => flights.share(key, read) };
}

test('who asks while a read is under way gets the next one, with all the others', async () => {
  const { reads, ask } = rig();
  const first = ask();
  const [second, third] = [ask(), ask()];
  await settled();
  assert.equal(reads.length, 1);
  reads[0]?.land(1);
  assert.equal(await first, 1);
  await settled();
  assert.equal(reads.length, 2);
  const fourth = ask();
  reads[1]?.land(2);
  assert.deepEqual(await Promise.all([second, third]), [2, 2]);
  await settled();
  reads[2]?.land(3);
  assert.equal(await fourth, 3);
  await settled();
  void ask();
  assert.equal(reads.length, 4, 'nothing is kept');
});

test('a read that fails does not fail the one after it', async () => {
  const { reads, ask } = rig();
  const first = ask();
  const second = ask();
  reads[0]?.crash(new Error('reset'));
  await assert.rejects(first, /reset/);
  await settled();
  reads[1]?.land(2);
  assert.equal(await second, 2);
});

test('reads of other keys have nothing to do with each other', async () => {
  const { reads, ask } = rig();
  const [orders, trades] = [ask('orders'), ask('trades')];
  assert.equal(reads.length, 2);
  reads[1]?.land(2);
  assert.equal(await trades, 2);
  reads[0]?.land(1);
  assert.equal(await orders, 1);
});
