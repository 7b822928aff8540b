import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { BookKeeper } from '../../../../src/feed/sim/orders/book-keeper.ts';
import { OrderRig, shares } from '../../../support/feed/sim/order-rig.ts';
import { temporaryFolder } from '../../../support/ticker-process.ts';

interface Run {
  rig: OrderRig;
  keeper: BookKeeper;
  reports: string[];
}

function bookPath(t: TestContext): string {
  return join(temporaryFolder(t), 'orders.jsonl');
}

function run(path: string, start?: string): Run {
  const rig = new OrderRig(start === undefined ? {} : { start });
  const reports: string[] = [];
  const { desk, market } = rig;
  const keeper = BookKeeper.open(path, desk, market.market, (text) => reports.push(text));
  return { rig, keeper, reports };
}

test('a resting order of the run before is put back to work and can be cancelled', (t) => {
  const path = bookPath(t);
  const first = run(path);
  const placed = first.rig.place(shares({ price: 1300 }));
  first.rig.settle();
  assert.equal(placed.status, 'OPEN');

  const { rig } = run(path);
  const found = rig.account.find(placed.id);
  assert.ok(found !== undefined);
  assert.deepEqual(found.history, placed.history);
  const other = rig.place(shares({ price: 1300 }));
  rig.settle();
  assert.ok(other.id > placed.id && other.exchangeOrderId! > placed.exchangeOrderId!);
  rig.cancel(other);
  rig.settle();
  assert.equal(other.status, 'CANCELLED');
  rig.market.market.jump(null, -20);
  rig.market.clock.advance(1000);
  assert.equal(found.status, 'COMPLETE', 'the market has come to it');
});

test('a change that was on its way arrives in the next run', (t) => {
  const path = bookPath(t);
  const first = run(path);
  const placed = first.rig.place(shares({ price: 1300 }));
  first.rig.settle();
  first.rig.modify(placed, { price: 1310 });
  assert.equal(placed.status, 'MODIFY VALIDATION PENDING');

  const { rig } = run(path);
  rig.settle();
  const found = rig.account.find(placed.id);
  assert.deepEqual([found?.status, found?.pricePaise], ['OPEN', 131_000]);
});

test('trades, positions and funds are there again', (t) => {
  const path = bookPath(t);
  const first = run(path);
  first.rig.fault('set_funds', { rupees: 500_000 });
  first.rig.place(shares({ price: 1450, quantity: 7, product: 'CNC' }));
  first.rig.settle();
  const { rig } = run(path);
  assert.equal(rig.account.trades.length, first.rig.account.trades.length);
  assert.equal(rig.account.portfolio.quantityOf(rig.instrument('NSE:RELIANCE'), 'CNC'), 7);
  const [before, after] = [first.rig, rig].map(({ account }) => account.portfolio.funds([]));
  assert.equal(after?.net, before?.net);
});

test('on a later day the orders are over and what is held is carried on', (t) => {
  const path = bookPath(t);
  const first = run(path, '2026-08-05T10:00:00+05:30');
  first.rig.place(shares({ price: 1450, quantity: 7, product: 'CNC' }));
  first.rig.place(shares({ price: 1300 }));
  first.rig.settle();

  const { rig, reports } = run(path, '2026-08-06T10:00:00+05:30');
  assert.deepEqual(reports, []);
  assert.deepEqual(rig.account.open(), []);
  const [position] = rig.account.portfolio.positions();
  assert.deepEqual([position?.overnightQuantity, position?.dayBuyQuantity], [7, 0]);
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  assert.equal(lines.length, 1, 'lines of the day before are dropped');
});

test('a broken file is moved aside and told, and the book begins empty', (t) => {
  const path = bookPath(t);
  writeFileSync(path, '{"kind":"day"}\n{"kind":"order"}\n');
  const { rig, reports } = run(path);
  assert.match(reports.join(), /is broken .* begins anew, the broken one is .*\.broken/);
  assert.equal(readFileSync(`${path}.broken`, 'utf8').startsWith('{"kind":"day"}'), true);
  rig.place(shares());
  assert.equal(run(path).rig.account.orders.length, 1);
});

test('only its owner reads the file, and a folder that is not there is an error', (t) => {
  const path = bookPath(t);
  run(path);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.ok(!existsSync(`${path}.new`));
  assert.throws(() => run(join(path, 'orders.jsonl')), /CONFIG_FILE|cannot be used \(ENOTDIR\)/);
});

test('orders of contracts that are not listed any more are left out and told', (t) => {
  const path = bookPath(t);
  const first = run(path);
  first.rig.place(shares());
  const text = readFileSync(path, 'utf8').replaceAll('NSE:RELIANCE', 'NSE:GONE');
  writeFileSync(path, text);
  const { rig, reports } = run(path);
  assert.deepEqual(rig.account.orders, []);
  assert.match(reports.join(), /1 orders and positions .* not listed/);
});
