import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { OldPayload } from '../../../../src/fanout/old/old-payload.ts';
import { GREEKS_WAIT_MS, OldChannelsLoop } from '../../../../src/threads/old-channels/loop.ts';
import { NiftyBoard } from '../../../support/threads-chain.ts';

interface Published {
  channel: string;
  payload: OldPayload;
}

function create(options: { ringSlots?: number; answers?: boolean } = {}) {
  const { ringSlots = 1024, answers = true } = options;
  const board = new NiftyBoard({ ringSlots });
  const { registry } = board;
  const published: Published[] = [];
  const questions: { first: number; tokens: number[] }[] = [];
  const loop = new OldChannelsLoop({
    ring: board.ring,
    table: board.table,
    clock: board.clock,
    prefix: 'old',
    add: (channel, text) => published.push({ channel, payload: JSON.parse(text) as OldPayload }),
    ask: (first, tokens) => questions.push({ first, tokens }),
  });
  const answer = (): void => {
    const question = questions.shift();
    assert.ok(question !== undefined, 'nothing was asked');
    const instruments = question.tokens.map((token) => {
      const instrument = registry.byToken(token);
      return instrument === undefined ? null : registry.named(instrument);
    });
    loop.describe(question.first, instruments);
  };
  /** Works off what there is, answering its questions. */
  const work = (): void => {
    for (;;) {
      if (loop.doWork() > 0) continue;
      if (!answers || questions.length === 0) return;
      answer();
    }
  };
  return { board, loop, published, questions, answer, work };
}

describe('ticks for the old channels', () => {
  test('go to a channel by what they are of, each with its token and price', () => {
    const { board, published, work } = create();
    const call = board.leg(24000, 'CE');
    board.quote(board.spot, { last: 24010.5 }).quote(board.future, { last: 24050.05 });
    board.quote(call, { bid: 200, ask: 201, last: 200.55 }).run();
    work();
    assert.deepEqual(
      published.map(({ channel, payload }) => [
        channel,
        payload.instrument_token,
        payload.token,
        payload.price,
        payload.last_price,
        payload.symbol,
      ]),
      [
        ['old:underlying', board.spot.token, board.spot.token, 24010.5, 24010.5, 'NIFTY'],
        ['old:futures', board.future.token, board.future.token, 24050.05, 24050.05, 'NIFTY'],
        ['old:options', call.token, call.token, 200.55, 200.55, 'NIFTY'],
      ],
    );
  });

  test('are every one of the ring, once and in its order', () => {
    const { board, published, work } = create();
    for (let i = 1; i <= 3000; i++) {
      board.quote(board.spot, { last: 24000 + i }).run();
      if (i % 700 === 0) work();
    }
    work();
    assert.deepEqual(
      published.map(({ payload }) => payload.price),
      Array.from({ length: 3000 }, (_unused, i) => 24001 + i),
    );
  });

  test('begin with the first one after the start', () => {
    const board = new NiftyBoard();
    board.quote(board.spot, { last: 1 }).run();
    const loop = new OldChannelsLoop({
      ring: board.ring,
      table: board.table,
      clock: board.clock,
      prefix: 'old',
      add: () => assert.fail('an old tick'),
      ask: () => undefined,
    });
    assert.equal(loop.doWork(), 0);
  });

  test('that the ring has overwritten are counted, and the rest is published', () => {
    const { board, loop, published, work } = create({ ringSlots: 64 });
    for (let i = 1; i <= 200; i++) board.quote(board.spot, { last: i }).run();
    work();
    assert.ok(loop.lost >= 200 - 64, `${loop.lost} lost`);
    assert.equal(published.length + loop.lost, 200);
    assert.equal(published.at(-1)?.payload.price, 200);
  });
});

describe('Greeks', () => {
  test('are waited for', () => {
    const { board, published, work } = create();
    const strikes = board.quoteChain(24000, 0.15).quote(board.spot, { last: 24000 });
    strikes.send();
    work();
    assert.equal(published.length, 0);
    board.compute();
    work();
    const statuses = published.flatMap(({ payload }) =>
      'greeks_status' in payload ? [payload.greeks_status] : [],
    );
    assert.equal(statuses.length, 10);
    assert.ok(!statuses.includes('GREEKS_LATE'), statuses.join());
  });

  test('that do not come in time are null, with the reason', () => {
    const { board, published, work } = create();
    const call = board.leg(24000, 'CE');
    board.quote(call, { bid: 200, ask: 201, last: 200 }).send();
    work();
    board.clock.advance(GREEKS_WAIT_MS - 1);
    work();
    assert.equal(published.length, 0);
    board.clock.advance(1);
    work();
    const [payload] = published.map((item) => item.payload);
    assert.ok(payload !== undefined && 'greeks_status' in payload);
    const { iv, delta, gamma, theta, vega, greeks_status: status, price } = payload;
    assert.deepEqual(
      { iv, delta, gamma, theta, vega, status, price },
      {
        iv: null,
        delta: null,
        gamma: null,
        theta: null,
        vega: null,
        status: 'GREEKS_LATE',
        price: 200,
      },
    );
  });

  test('of a worker that is behind hold up nothing for longer than that', () => {
    const { board, published, work } = create();
    const call = board.leg(24000, 'CE');
    for (let i = 0; i < 10; i++) board.quote(call, { last: 200 + i }).send();
    work();
    board.clock.advance(GREEKS_WAIT_MS);
    work();
    assert.equal(published.length, 10);
    board.quote(call, { last: 300 }).send();
    work();
    assert.equal(published.length, 10, 'what comes later is waited for again');
  });
});

describe('instruments', () => {
  test('are asked for once, and their ticks wait for the answer', () => {
    const { board, published, questions, answer, work } = create({ answers: false });
    board.quote(board.spot, { last: 24000 }).run();
    work();
    work();
    assert.equal(questions.length, 1);
    assert.deepEqual(questions[0]?.tokens, [...board.table.tokens.subarray(0, board.table.count)]);
    assert.equal(published.length, 0);
    answer();
    work();
    assert.equal(published.length, 1);
    board.quote(board.spot, { last: 24001 }).run();
    work();
    assert.equal(questions.length, 0);
    assert.equal(published.length, 2);
  });

  test('are asked for again when no answer came; an answer too many changes nothing', () => {
    const { board, loop, published, questions, answer, work } = create({ answers: false });
    board.quote(board.spot, { last: 24000 }).run();
    work();
    loop.forgetQuestion();
    work();
    assert.equal(questions.length, 2);
    answer();
    answer();
    work();
    board.quote(board.nextFuture, { last: 24100 }).run();
    work();
    assert.deepEqual(
      published.map(({ payload }) => payload.tradingsymbol),
      [board.spot.tradingsymbol, board.nextFuture.tradingsymbol],
    );
  });

  test('that nobody knows are counted', () => {
    const { board, loop, published, questions, work } = create({ answers: false });
    board.quote(board.spot, { last: 24000 }).run();
    work();
    loop.describe(0, questions[0]?.tokens.map(() => null) ?? []);
    work();
    assert.deepEqual([published.length, loop.undescribed], [0, 1]);
  });
});
