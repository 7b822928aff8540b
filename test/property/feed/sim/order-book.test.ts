import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { BookKeeper } from '../../../../src/feed/sim/orders/book-keeper.ts';
import type { SimTrade } from '../../../../src/feed/sim/orders/sim-trade.ts';
import { OrderRig } from '../../../support/feed/sim/order-rig.ts';
import { checkOrders, orderSteps, runSteps } from '../../../support/feed/sim/order-steps.ts';

const SETTLED = /^(?:OPEN|TRIGGER PENDING)$/;
const LEGS_MAX = 20;

/** Files of one test, gone after it. */
function withFolder(act: (path: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'ticker-book-'));
  try {
    act(join(folder, 'orders.jsonl'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function open(rig: OrderRig, path: string): BookKeeper {
  const { desk, market } = rig;
  return BookKeeper.open(path, desk, market.market, (message) => assert.fail(message));
}

const withoutContract = ({ terms, ...trade }: SimTrade) => ({
  ...trade,
  instrument: terms.instrument.key,
});

/** Everything that a run leaves to the next one. */
function bookOf({ desk }: OrderRig): object {
  return {
    day: desk.day,
    numbers: desk.numbers,
    accounts: desk.accounts().map(({ id, portfolio, orders, trades }) => ({
      portfolio: portfolio.state(id),
      trades: trades.map(withoutContract),
      orders: orders.map((order) => ({
        origin: order.origin,
        iceberg: order.iceberg,
        terms: { ...order.terms, instrument: order.terms.instrument.key },
        state: order.state(),
        history: order.history,
        trades: order.trades.map(withoutContract),
      })),
    })),
  };
}

/** A new run at the moment at which `before` stands. */
function nextRun(before: OrderRig, seed: number): OrderRig {
  const rig = new OrderRig({ seed });
  const behindUs = before.market.clock.nowUs() - rig.market.clock.nowUs();
  rig.market.clock.advance(behindUs / 1000);
  return rig;
}

test('any history is the same after it was kept and read again, and goes on', () => {
  fc.assert(
    fc.property(orderSteps, fc.nat(5), (steps, seed) => {
      withFolder((path) => {
        const before = new OrderRig({ seed });
        open(before, path);
        before.fault('set_funds', { rupees: 20_000_000 });
        runSteps(before, steps);
        const expected = bookOf(before);

        const after = nextRun(before, seed);
        const keeper = open(after, path);
        assert.deepEqual(bookOf(after), expected);

        // No order is stuck where the run before left it; legs of an iceberg follow each other.
        const isSettled = ({ status }: { status: string }): boolean => SETTLED.test(status);
        for (let turn = 0; turn < LEGS_MAX && !after.account.open().every(isSettled); turn++) {
          after.market.clock.advance(500);
        }
        for (const order of after.account.open()) {
          assert.match(order.status, SETTLED);
          after.cancel(order);
        }
        after.market.clock.advance(500);
        checkOrders(after);
        keeper.close();
        const last = nextRun(after, seed);
        open(last, path).close();
        assert.deepEqual(bookOf(last), bookOf(after));
      });
    }),
    { numRuns: 40 },
  );
});

test('a file that was cut anywhere is read up to the last whole line', () => {
  fc.assert(
    fc.property(orderSteps, fc.nat(3000), (steps, cut) => {
      withFolder((path) => {
        const before = new OrderRig();
        open(before, path);
        runSteps(before, steps);
        const text = readFileSync(path, 'utf8');
        const beginning = text.indexOf('\n') + 1;
        const kept = text.slice(0, Math.max(beginning, text.length - cut));
        writeFileSync(path, kept);
        const after = nextRun(before, 1);
        open(after, path).close();
        checkOrders(after);
        const wholeLines = kept.slice(0, kept.lastIndexOf('\n') + 1);
        assert.ok(readFileSync(path, 'utf8').startsWith(wholeLines));
      });
    }),
    { numRuns: 25 },
  );
});
