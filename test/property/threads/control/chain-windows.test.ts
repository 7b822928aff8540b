import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Instrument } from '../../../../src/domain/instrument.ts';
import type { ChainKey } from '../../../../src/domain/ports.ts';
import { ChainWindows } from '../../../../src/threads/control/chain-windows.ts';
import { EXPIRY, MoneyBoard } from '../../../support/threads-money.ts';

const STRIKES = Array.from({ length: 21 }, (_unused, i) => 23000 + 100 * i);
const WIDTHS = [0, 1, 3, 'all'] as const;

/** A client of one window: it has what it was answered, and applies what it is told. */
interface Client {
  key: ChainKey;
  held: Set<Instrument>;
  following: boolean;
}

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('move' as const),
      by: fc.integer({ min: -400, max: 400 }),
    }),
  },
  { weight: 3, arbitrary: fc.constant({ do: 'refresh' as const }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('answer' as const), width: fc.constantFrom(...WIDTHS) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('follow' as const), which: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('leave' as const), which: fc.nat() }) },
);

test('whoever applies the changes from its answer on has the window, whenever it came', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const board = new MoneyBoard(STRIKES);
      let price = 24000;
      board.spotAt(price);
      const windows = new ChainWindows(board.registry, board.money, board.deltas);
      const clients: Client[] = [];
      const refresh = (): void => {
        for (const { key, added, removed } of windows.refresh()) {
          for (const client of clients) {
            if (client.key.strikes !== key.strikes) continue;
            for (const contract of removed) assert.ok(client.held.delete(contract));
            for (const contract of added) client.held.add(contract);
          }
        }
      };
      for (const one of steps) {
        if (one.do === 'move') board.spotAt((price = Math.max(1, price + one.by)));
        else if (one.do === 'refresh') refresh();
        else if (one.do === 'answer') {
          const key: ChainKey = { underlying: 'NIFTY', expiry: EXPIRY, strikes: one.width };
          clients.push({ key, held: new Set(windows.contracts(key)), following: false });
        } else if (one.do === 'follow') {
          const waiting = clients.filter(({ following }) => !following);
          const client = waiting[one.which % Math.max(1, waiting.length)];
          if (client === undefined) continue;
          client.following = true;
          windows.follow(client.key);
        } else if (clients.length > 0) {
          const [client] = clients.splice(one.which % clients.length, 1);
          if (client?.following === true) windows.unfollow(client.key);
        }
        // An answer is followed at once or not at all, long before its window is forgotten.
        for (const client of clients) {
          if (client.following || one.do !== 'refresh') continue;
          client.following = true;
          windows.follow(client.key);
        }
      }
      refresh();
      for (const { key, held } of clients) {
        assert.deepEqual(held, new Set(windows.contracts(key)));
      }
    }),
    { numRuns: 300 },
  );
});
