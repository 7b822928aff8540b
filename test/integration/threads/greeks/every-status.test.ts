import assert from 'node:assert/strict';
import test from 'node:test';
import type { Instrument } from '../../../../src/domain/instrument.ts';
import {
  GREEKS_STATUS,
  GREEKS_STATUS_NAMES,
  type GreeksStatus,
} from '../../../../src/domain/status.ts';
import { GREEKS } from '../../../../src/shm/layout/meters.ts';
import { chain, future } from '../../../support/threads-instruments.ts';
import { NiftyBoard } from '../../../support/threads-chain.ts';
import { QuoteBoard } from '../../../support/threads-quotes.ts';

/** What a worker can say of an option, and how it comes to say it. */
type Case = () => { board: QuoteBoard; option: Instrument };

const OPEN = { bid: 350, ask: 351, last: 350 };

function niftyCase(
  before: (board: NiftyBoard) => void,
  quote: { bid?: number; ask?: number; last?: number } = OPEN,
  start?: string,
): Case {
  return () => {
    const board = new NiftyBoard(start === undefined ? {} : { start });
    before(board);
    const option = board.leg(24000, 'CE');
    board.quote(option, quote).run();
    return { board, option };
  };
}

const futureAt = (price: number) => (board: NiftyBoard) => {
  board.quote(board.future, { bid: price - 1, ask: price + 1, last: price });
};

/** An option of strike 0: not even its strike is a price. */
function invalid(): ReturnType<Case> {
  const [option, ...rest] = chain('ODD', '2026-09-29', [0]);
  const odd = future('ODD', '2026-09-29');
  const board = new NiftyBoard();
  const oddBoard = new QuoteBoard({
    instruments: [option!, ...rest, odd],
    clock: board.clock,
  });
  oddBoard.quote(odd, { bid: 99, ask: 101, last: 100 }).quote(option!, OPEN).run();
  return { board: oddBoard, option: option! };
}

/** Only the newest of a large backlog is computed. */
function skipped(): ReturnType<Case> {
  const board = new NiftyBoard({ ringSlots: 64 });
  futureAt(24071)(board);
  board.run();
  const option = board.leg(24000, 'CE');
  const first = board.ring.newest() + 1;
  for (let i = 0; i < 20; i++) board.quote(option, OPEN).send();
  board.compute();
  board.newestOf = () => first;
  return { board, option };
}

const SETTLED = '2026-09-29T15:36:00+05:30';
const OVER = '2026-09-30T10:00:00+05:30';

/**
 * By the worker. Others say GREEKS_LATE (publish), NOT_AN_OPTION (ingest), NOT_REQUESTED (fan-out).
 */
const CASES: readonly [GreeksStatus, Case][] = [
  [GREEKS_STATUS.OK, niftyCase(futureAt(24071))],
  [GREEKS_STATUS.BELOW_INTRINSIC, niftyCase(futureAt(25000))],
  [GREEKS_STATUS.ABOVE_MAXIMUM, niftyCase(futureAt(24071), { bid: 24071, ask: 24073 })],
  [GREEKS_STATUS.EXPIRED, niftyCase(futureAt(24071), OPEN, OVER)],
  [GREEKS_STATUS.INVALID, invalid],
  [GREEKS_STATUS.NO_UNDERLYING, niftyCase(() => undefined)],
  [GREEKS_STATUS.NO_QUOTE, niftyCase(futureAt(24071), {})],
  [
    GREEKS_STATUS.STALE,
    niftyCase((board) => {
      futureAt(24071)(board);
      board.run();
      board.clock.advance(61_000);
    }),
  ],
  [GREEKS_STATUS.CROSSED, niftyCase(futureAt(24071), { bid: 352, ask: 351 })],
  [GREEKS_STATUS.AFTER_SETTLEMENT, niftyCase(futureAt(24071), OPEN, SETTLED)],
  [GREEKS_STATUS.GREEKS_SKIPPED, skipped],
];

for (const [status, arrange] of CASES) {
  const name = GREEKS_STATUS_NAMES[status] ?? '';
  test(`${name} occurs, in the slot and in the meters`, () => {
    const { board, option } = arrange();
    const tick = board.newestTick(option);
    assert.equal(GREEKS_STATUS_NAMES[tick.greeksStatus ?? 0], name);
    assert.equal(tick.iv !== undefined, status === GREEKS_STATUS.OK);
    assert.equal(tick.delta !== undefined, status === GREEKS_STATUS.OK);
    assert.ok(board.greeksMeters().get(GREEKS.STATUS_FIRST + status) > 0);
  });
}

test('there is no status that nobody says', () => {
  const others: GreeksStatus[] = [
    GREEKS_STATUS.UNSET,
    GREEKS_STATUS.GREEKS_LATE,
    GREEKS_STATUS.NOT_AN_OPTION,
    GREEKS_STATUS.NOT_REQUESTED,
  ];
  const said = [...CASES.map(([status]) => status), ...others].sort((a, b) => a - b);
  assert.deepEqual(said, Object.values(GREEKS_STATUS));
});

test('a last price of a trade of more than a minute ago gives no volatility: STALE', () => {
  for (const [ageSeconds, status] of [
    [59, GREEKS_STATUS.OK],
    [61, GREEKS_STATUS.STALE],
  ] as const) {
    const board = new NiftyBoard();
    futureAt(24071)(board);
    const option = board.leg(24200, 'CE');
    const lastTradeTime = board.clock.nowUs() / 1_000_000 - ageSeconds;
    board.quote(option, { last: 250, lastTradeTime }).run();
    assert.equal(board.newestTick(option).greeksStatus, status);
  }
});
