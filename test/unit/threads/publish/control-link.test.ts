import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { FromPublish } from '../../../../src/threads/messages.ts';
import { ControlLink } from '../../../../src/threads/publish/control-link.ts';
import { ManualClock } from '../../../support/client/manual-clock.ts';
import { settled } from '../../../support/fanout-rig.ts';

const ANSWER_MS = 10_000;
const CHAIN = { underlying: 'NIFTY', expiry: '2026-12-01', strikes: 1 };

function create() {
  const posted: FromPublish[] = [];
  const clock = new ManualClock();
  const link = new ControlLink((message) => posted.push(message), clock);
  const calls = () => posted.filter((message) => message.type === 'call');
  return { posted, clock, link, calls };
}

describe('a question', () => {
  test('resolves with its own answer, in whatever order they come', async () => {
    const { link, calls } = create();
    const first = link.call('findInstrument', 'NSE:A');
    const second = link.call('findInstrument', 'NSE:B');
    assert.deepEqual(
      calls().map(({ name, args }) => [name, args]),
      [
        ['findInstrument', 'NSE:A'],
        ['findInstrument', 'NSE:B'],
      ],
    );
    const [a, b] = calls();
    link.onAnswer({ type: 'answer', id: b!.id, ok: true, result: 'B' });
    link.onAnswer({ type: 'answer', id: a!.id, ok: true, result: 'A' });
    assert.deepEqual(await Promise.all([first, second]), ['A', 'B']);
  });

  test('rejects with the error that control answers', async () => {
    const { link, calls } = create();
    const asked = link.resolveChain({ underlying: 'NONE', strikes: 1 });
    const detail = 'nothing is listed on "NONE"';
    const { id } = calls()[0]!;
    link.onAnswer({ type: 'answer', id, ok: false, code: 'UNKNOWN_UNDERLYING', detail });
    await assert.rejects(asked, { name: 'TickerError', code: 'UNKNOWN_UNDERLYING', detail });
  });

  test('that nobody answers ends with TIMEOUT; an answer after that is no matter', async () => {
    const { link, calls, clock } = create();
    const asked = link.resolveInstruments(['NSE:A']);
    clock.advance(ANSWER_MS - 1);
    assert.equal(clock.pendingMs.length, 1);
    clock.advance(1);
    await assert.rejects(asked, { code: 'TIMEOUT' });
    link.onAnswer({ type: 'answer', id: calls()[0]!.id, ok: true, result: [] });
    link.onAnswer({ type: 'answer', id: 12345, ok: true, result: [] });
  });

  test('that is answered leaves no timer behind', async () => {
    const { link, calls, clock } = create();
    const asked = link.call('listExpiries', 'NIFTY');
    link.onAnswer({ type: 'answer', id: calls()[0]!.id, ok: true, result: '{}' });
    await asked;
    assert.deepEqual(clock.pendingMs, []);
  });
});

describe('demand', () => {
  test('of one turn leaves together, each row with its newest mode', async () => {
    const { link, posted } = create();
    link.setDemand(1, 3);
    link.setDemand(2, 1);
    link.setDemand(1, 0);
    assert.deepEqual(posted, []);
    await settled();
    assert.deepEqual(posted, [
      {
        type: 'demand',
        changes: [
          { row: 1, mode: 0 },
          { row: 2, mode: 1 },
        ],
      },
    ]);
    link.setDemand(3, 3);
    await settled();
    assert.equal(posted.length, 2);
  });

  test('is known to control before the next question', async () => {
    const { link, posted } = create();
    link.setDemand(1, 3);
    const asked = link.call('findInstrument', 'NSE:A');
    assert.deepEqual(
      posted.map(({ type }) => type),
      ['demand', 'call'],
    );
    await settled();
    assert.equal(posted.length, 2, 'it is told once');
    link.onAnswer({ type: 'answer', id: 1, ok: true, result: 'A' });
    await asked;
  });
});

test('following a chain and no longer are told at once', () => {
  const { link, posted } = create();
  link.follow(CHAIN);
  link.unfollow(CHAIN);
  assert.deepEqual(posted, [
    { type: 'follow', chain: CHAIN },
    { type: 'unfollow', chain: CHAIN },
  ]);
});
