import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Instrument } from '../../../../src/domain/instrument.ts';
import { blackPrice } from '../../../../src/pricing/black.ts';
import { CALL, PUT } from '../../../../src/pricing/option-type.ts';
import { DemandBook } from '../../../../src/threads/control/demand-book.ts';
import { InstrumentDesk } from '../../../../src/threads/control/instrument-desk.ts';
import { Money } from '../../../../src/threads/control/money.ts';
import { answerCall } from '../../../../src/threads/control/publish-calls.ts';
import type { FromPublish } from '../../../../src/threads/messages.ts';
import { ManualClock } from '../../../support/feed/sim/manual-clock.ts';
import { settled } from '../../../support/fanout-rig.ts';
import { chain, future, index, option, share } from '../../../support/threads-instruments.ts';
import { QuoteBoard } from '../../../support/threads-quotes.ts';

const NEAR = '2026-12-01';
const FAR = '2026-12-29';
const YEAR_MS = 31_536_000_000;
const STRIKES = Array.from({ length: 21 }, (_unused, i) => 23000 + 100 * i);

const spot = index('NIFTY 50', { token: 256265 });
const near = future('NIFTY', NEAR);
const far = future('NIFTY', FAR);
const infy = share('INFY');
const infyFuture = future('INFY', FAR);
const LISTED: readonly Instrument[] = [
  spot,
  near,
  far,
  ...chain('NIFTY', FAR, STRIKES),
  ...chain('NIFTY', NEAR, STRIKES),
  infy,
  infyFuture,
  ...chain('INFY', FAR, [1500, 1520]),
];

function create(capacity = 1000) {
  const clock = new ManualClock('2026-11-24T10:00:00+05:30');
  const board = new QuoteBoard({ instruments: LISTED, clock, taken: false });
  const demand = new DemandBook(
    capacity,
    () => clock.monotonicMs(),
    () => undefined,
  );
  const { registry, table, allocator: rows, lastValues } = board;
  const money = new Money(registry, table, lastValues);
  const desk = new InstrumentDesk({ registry, table, rows, demand, money, lastValues, clock });
  return { board, clock, demand, desk };
}

/** A desk whose NIFTY is at 24000. */
function priced(capacity?: number) {
  const created = create(capacity);
  created.board.rowOf(spot);
  created.board.quote(spot, { last: 24000 }).send();
  return created;
}

function parsed(text: string): Record<string, unknown> {
  return JSON.parse(text) as Record<string, unknown>;
}

const nearest = { underlying: 'NIFTY', strikes: 2 };

describe('instruments by name', () => {
  test('are taken into the tables, by token and by symbol', async () => {
    const { board, desk } = create();
    const results = await desk.resolveInstruments([infy.token, 'NSE:NIFTY 50', 'NSE:NONE', 7]);
    assert.deepEqual(
      results.map((result) => (result.ok ? result.instrument.row : result.code)),
      [
        board.table.find(infy.token),
        board.table.find(256265),
        'UNKNOWN_INSTRUMENT',
        'UNKNOWN_INSTRUMENT',
      ],
    );
    assert.equal(board.table.count, 2);
  });

  test('are described with what they are on, and are not taken into the tables for it', () => {
    const { board, desk } = create();
    const first = LISTED.find(({ expiry, type }) => expiry === NEAR && type === 'CE');
    assert.ok(first !== undefined);
    const described = desk.describeInstruments([
      spot.token,
      7,
      near.token,
      first.token,
      infy.token,
    ]);
    assert.deepEqual(described, [
      { ...spot, underlying: 'NIFTY' },
      null,
      { ...near, underlying: 'NIFTY' },
      { ...first, underlying: 'NIFTY' },
      { ...infy, underlying: 'INFY' },
    ]);
    assert.equal(board.table.count, 0);
  });

  test('beyond what the broker’s sockets carry are CAPACITY_EXCEEDED', async () => {
    const { desk } = create(1);
    const results = await desk.resolveInstruments([infy.token, spot.token, infy.token]);
    assert.deepEqual(
      results.map((result) => result.ok || result.code),
      [true, 'CAPACITY_EXCEEDED', true],
    );
  });
});

describe('a chain', () => {
  test('without an expiry is the nearest; its contracts surround the money', async () => {
    const { desk } = priced();
    const { chain: key, results } = await desk.resolveChain(nearest);
    assert.deepEqual(key, { underlying: 'NIFTY', expiry: NEAR, strikes: 2 });
    assert.deepEqual(
      results.map((result) => result.ok && [result.instrument.strike, result.instrument.type]),
      [23800, 23900, 24000, 24100, 24200].flatMap((strike) => [
        [strike, 'CE'],
        [strike, 'PE'],
      ]),
    );
    assert.ok(results.every(({ request }) => request === key));
  });

  test('of an expiry, and of all strikes', async () => {
    const { desk } = priced();
    const { results } = await desk.resolveChain({
      underlying: 'NIFTY',
      expiry: FAR,
      strikes: 'all',
    });
    assert.equal(results.length, 2 * STRIKES.length);
    assert.ok(results.every((result) => result.ok && result.instrument.expiry === FAR));
  });

  test('of something unlisted is refused, and the refusal names what there is', async () => {
    const { desk } = priced();
    await assert.rejects(desk.resolveChain({ underlying: 'NONE', strikes: 1 }), {
      code: 'UNKNOWN_UNDERLYING',
    });
    await assert.rejects(desk.resolveChain({ ...nearest, expiry: '2031-01-01' }), {
      code: 'UNKNOWN_EXPIRY',
      detail: `NIFTY has options of ${NEAR}, ${FAR}`,
    });
  });

  test('waits for its underlying’s first price, which it asks the broker for', async () => {
    const { board, clock, demand, desk } = create();
    const resolving = desk.resolveChain(nearest);
    await settled();
    const row = board.table.find(256265);
    assert.equal(demand.modeOf(row), 3);
    board.quote(spot, { last: 24500 }).send();
    clock.advance(10);
    const { results } = await resolving;
    assert.deepEqual(results.map((result) => result.ok && result.instrument.strike)[4], 24500);
  });

  test('does not wait for ever: without a price the middle strikes are taken', async () => {
    const { clock, desk } = create();
    const resolving = desk.resolveChain({ ...nearest, strikes: 0 });
    await settled();
    clock.advance(2_000);
    const { results } = await resolving;
    assert.deepEqual(
      results.map((result) => result.ok && result.instrument.strike),
      [24000, 24000],
    );
  });

  test('of all strikes needs no price', async () => {
    const { desk } = create();
    const { results } = await desk.resolveChain({ ...nearest, strikes: 'all' });
    assert.equal(results.length, 2 * STRIKES.length);
  });
});

describe('a chain by delta', () => {
  const band = { underlying: 'NIFTY', strikes: { delta: [0.2, 0.8] as const } };

  /** Both legs of the strikes that the broker is asked for, at one volatility. */
  function quoteDemanded({ board, demand }: ReturnType<typeof create>): void {
    const timeYears = (Date.parse(`${NEAR}T15:40:00+05:30`) - board.clock.nowUs() / 1000) / YEAR_MS;
    for (const row of demand.wantedBy('forwards').keys()) {
      const leg = board.registry.byToken(board.table.tokens[row]!);
      if (leg?.expiry !== NEAR || leg.strike === null) continue;
      const side = leg.type === 'CE' ? CALL : PUT;
      const price = blackPrice(side, 24020, leg.strike, timeYears, 1, 0.15);
      board.quote(leg, { bid: price - 0.5, ask: price + 0.5, last: price });
    }
    board.run();
  }

  test('asks the broker for the strikes around the money and waits for their Greeks', async () => {
    const created = priced();
    const { desk, clock, demand } = created;
    const resolving = desk.resolveChain(band);
    await settled();
    assert.ok(demand.wantedBy('forwards').size > 18);
    quoteDemanded(created);
    clock.advance(10);
    const { chain: key, results } = await resolving;
    assert.deepEqual(key, { underlying: 'NIFTY', expiry: NEAR, strikes: band.strikes });
    const strikes = results.map((result) => (result.ok ? (result.instrument.strike ?? 0) : 0));
    // 15 % over a week are 500 points: 0.2 to 0.8 is 0.84 of that on each side.
    assert.ok(Math.abs(Math.min(...strikes) - 23600) <= 100, String(strikes));
    assert.ok(Math.abs(Math.max(...strikes) - 24400) <= 100, String(strikes));
  });

  test('goes on to ask for them while its window is open, though nobody has a contract', async () => {
    const created = priced();
    const { desk, clock, demand } = created;
    const resolving = desk.resolveChain(band);
    await settled();
    quoteDemanded(created);
    clock.advance(10);
    await resolving;
    desk.demandForwards();
    assert.ok(demand.wantedBy('forwards').size > 18);
    for (let second = 0; second < 60; second++) desk.moveWindows();
    desk.demandForwards();
    assert.equal(demand.wantedBy('forwards').size, 0);
  });

  test('does not wait for ever: without Greeks it starts with four strikes each side', async () => {
    const { desk, clock } = priced();
    const resolving = desk.resolveChain(band);
    await settled();
    clock.advance(2_000);
    const { results } = await resolving;
    assert.equal(results.length, 18);
  });
});

describe('what the broker is asked for on the service’s own account', () => {
  test('the indices that have options, from the start', () => {
    const { board, demand, desk } = create();
    desk.demandBase();
    assert.deepEqual([...demand.wantedBy('base')], [[board.table.find(256265), 3]]);
  });

  test('what the forward of a chain in use depends on, while it is in use', async () => {
    const { board, demand, desk } = priced();
    const call = LISTED.find(({ strike, expiry }) => strike === 24500 && expiry === NEAR)!;
    const row = board.rowOf(call);
    demand.set('clients', row, 3);
    desk.demandForwards();
    const wanted = new Set(
      [...demand.wantedBy('forwards').keys()].map((found) => {
        return board.registry.byToken(board.table.tokens[found]!);
      }),
    );
    const votes = LISTED.filter(
      ({ strike, expiry, name }) =>
        name === 'NIFTY' && expiry === NEAR && strike !== null && Math.abs(strike - 24000) <= 400,
    );
    assert.equal(votes.length, 18);
    assert.deepEqual(wanted, new Set([spot, near, far, ...votes]));
    assert.ok([...demand.wantedBy('forwards').values()].every((mode) => mode === 3));
    demand.set('clients', row, 0);
    desk.demandForwards();
    assert.deepEqual([...demand.wantedBy('forwards')], []);
    await settled();
    assert.equal(demand.size, 0);
  });

  test('nothing for shares and futures', () => {
    const { board, demand, desk } = priced();
    demand.set('clients', board.rowOf(infy), 3);
    demand.set('clients', board.rowOf(near), 3);
    desk.demandForwards();
    assert.deepEqual([...demand.wantedBy('forwards')], []);
  });

  test('moves with the money', () => {
    const { board, demand, desk } = priced();
    const call = option('NIFTY', NEAR, 24000, 'CE');
    assert.ok(call);
    const listed = LISTED.find(({ strike, expiry }) => strike === 24000 && expiry === NEAR)!;
    demand.set('clients', board.rowOf(listed), 3);
    desk.demandForwards();
    board.quote(spot, { last: 24300 }).send();
    desk.demandForwards();
    const strikes = [...demand.wantedBy('forwards').keys()].map(
      (row) => board.registry.byToken(board.table.tokens[row]!)?.strike,
    );
    const range = strikes.filter((strike) => typeof strike === 'number');
    assert.deepEqual([Math.min(...range), Math.max(...range)], [23900, 24700]);
  });

  test('takes only the room that clients leave', () => {
    const { board, demand, desk } = priced(3);
    const call = LISTED.find(({ strike, expiry }) => strike === 24000 && expiry === NEAR)!;
    demand.set('clients', board.rowOf(call), 3);
    desk.demandForwards();
    assert.equal(demand.size, 3);
  });
});

describe('questions of the instrument routes', () => {
  test('one instrument by token or symbol', () => {
    const { desk } = create();
    for (const id of [String(infy.token), 'NSE:INFY']) {
      assert.equal(parsed(desk.findInstrument(id))['symbol'], 'NSE:INFY');
    }
    for (const id of ['1', 'NSE:NONE', '']) {
      assert.throws(() => desk.findInstrument(id), { code: 'UNKNOWN_INSTRUMENT' });
    }
  });

  test('the expiries of options and futures, sorted', () => {
    const { desk } = create();
    assert.deepEqual(JSON.parse(desk.listExpiries('NIFTY')), {
      underlying: 'NIFTY',
      expiries: [NEAR, FAR],
    });
    assert.throws(() => desk.listExpiries('NONE'), { code: 'UNKNOWN_UNDERLYING' });
  });

  test('a search says how much there is beyond the page', () => {
    const { desk } = create();
    const answer = parsed(desk.searchInstruments({ type: 'CE', limit: 2, offset: 1 }));
    assert.equal(answer['total'], STRIKES.length * 2 + 2);
    assert.equal((answer['instruments'] as unknown[]).length, 2);
    assert.deepEqual([answer['limit'], answer['offset']], [2, 1]);
  });
});

describe('the answers that publish gets', () => {
  const call = (name: string, args: unknown) =>
    ({ type: 'call', id: 9, name, args }) as Extract<FromPublish, { type: 'call' }>;
  const unexpected = (error: unknown): void => assert.fail(String(error));

  test('are the desk’s', async () => {
    const { desk } = create();
    const answer = await answerCall(call('findInstrument', 'NSE:INFY'), desk, unexpected);
    assert.ok(answer.type === 'answer' && answer.ok);
    assert.equal(answer.id, 9);
    assert.equal(answer.result, desk.findInstrument('NSE:INFY'));
  });

  test('are NOT_READY before the instruments are loaded', async () => {
    const answer = await answerCall(call('listExpiries', 'NIFTY'), undefined, unexpected);
    assert.ok(answer.type === 'answer' && !answer.ok);
    assert.deepEqual([answer.id, answer.code], [9, 'NOT_READY']);
  });

  test('carry the desk’s refusals', async () => {
    const { desk } = create();
    const unknown = call('resolveChain', { underlying: 'NONE', strikes: 1 });
    const answer = await answerCall(unknown, desk, unexpected);
    assert.ok(answer.type === 'answer' && !answer.ok);
    assert.equal(answer.code, 'UNKNOWN_UNDERLYING');
  });

  test('are INTERNAL for a bug, which is reported', async () => {
    const { desk } = create();
    const errors: unknown[] = [];
    const bug = call('searchInstruments', undefined);
    const answer = await answerCall(bug, desk, (error) => errors.push(error));
    assert.ok(answer.type === 'answer' && !answer.ok);
    assert.equal(answer.code, 'INTERNAL');
    assert.equal(errors.length, 1);
  });
});
