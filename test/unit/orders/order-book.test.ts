import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OrderBook } from '../../../src/orders/order-book.ts';
import { sampleOrder } from '../../support/order-samples.ts';

test('orders are found by account and by contract, in their latest version, until removed', () => {
  const book = new OrderBook();
  const first = sampleOrder('ord_aaaaaaaaaaaa');
  const other = { ...first.terms, tradingsymbol: 'TCS' };
  book.put(first);
  book.put(sampleOrder('ord_bbbbbbbbbbbb', { terms: other }));
  book.put(sampleOrder('ord_cccccccccccc', { account: 'CD5678' }));
  const later = { ...first, version: 2 };
  book.put(later);
  const ids = (orders: Iterable<{ id: string }>): string[] => [...orders].map(({ id }) => id);
  assert.deepEqual(ids(book.ofAccount('AB1234')), ['ord_aaaaaaaaaaaa', 'ord_bbbbbbbbbbbb']);
  assert.deepEqual([...book.ofContract('AB1234', 'NSE', 'INFY')], [later]);
  assert.deepEqual(ids(book.ofContract('CD5678', 'NSE', 'INFY')), ['ord_cccccccccccc']);
  book.remove(first.id);
  assert.deepEqual([...book.ofContract('AB1234', 'NSE', 'INFY')], []);
  assert.deepEqual(ids(book.ofAccount('AB1234')), ['ord_bbbbbbbbbbbb']);
  assert.deepEqual(book.ofAccount('nobody'), []);
});
