import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exchangeCalendar, istMidnightMs } from '../../../../src/domain/calendar.ts';
import { MarketSession } from '../../../../src/threads/publish/market-session.ts';

const MINUTE_MS = 60_000;
/** A Wednesday on which the exchanges trade, 09:15 to 15:40. */
const DAY_MS = istMidnightMs('2026-11-25');

function start(minutes: number) {
  const time = { ms: DAY_MS + minutes * MINUTE_MS };
  const clock = {
    nowUs: () => time.ms * 1000,
    monotonicMs: () => time.ms,
    setTimeout: () => assert.fail('it is asked, it does not wait'),
    setInterval: () => assert.fail('it is asked, it does not wait'),
  };
  const session = new MarketSession(exchangeCalendar, clock);
  const at = (hours: number, minute: number): string[] => {
    time.ms = DAY_MS + (hours * 60 + minute) * MINUTE_MS;
    return session.changes().map(({ segment, state }) => `${segment} ${state}`);
  };
  return { session, at };
}

test('segments open and close by the exchange calendar, each change is told once', () => {
  const { session, at } = start(0);
  assert.deepEqual(session.states, [
    { type: 'session_state', segment: 'NFO', state: 'closed' },
    { type: 'session_state', segment: 'BFO', state: 'closed' },
  ]);
  assert.deepEqual(at(9, 14), []);
  assert.deepEqual(at(9, 15), ['NFO open', 'BFO open']);
  assert.equal(session.states[0]?.state, 'open');
  assert.deepEqual(at(12, 0), []);
  assert.deepEqual(at(15, 40), ['NFO closed', 'BFO closed']);
  assert.deepEqual(at(15, 41), []);
});

test("a simulator's market is always open", () => {
  const { session, at } = start(0);
  session.isSimulated = true;
  assert.deepEqual(at(3, 0), ['NFO open', 'BFO open']);
  assert.deepEqual(at(23, 0), []);
  session.isSimulated = false;
  assert.deepEqual(at(23, 1), ['NFO closed', 'BFO closed']);
});
