import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { addDays, exchangeCalendar } from '../../../src/domain/calendar.ts';
import { freezeQuantity } from '../../../src/domain/freeze-quantities.ts';
import type { TradableContract } from '../../../src/domain/order-market.ts';
import { ExchangeSessions } from '../../../src/orders/risk/exchange-sessions.ts';
import { CRUDE, OPTION, SHARE } from '../../support/orders/risk-samples.ts';

const FUTURE: TradableContract = { ...OPTION, type: 'FUT', expiry: '2026-09-29' };
const NEXT_FUTURE: TradableContract = { ...FUTURE, expiry: '2026-10-27' };
const FUND: TradableContract = { ...SHARE, underlying: 'GOLDBEES' };
const CURRENCY: TradableContract = { ...FUTURE, exchange: 'CDS', underlying: 'USDINR' };

const sessions = new ExchangeSessions({
  isSimulated: (account) => account === 'SIM001',
  futureExpiries: (underlying) =>
    underlying === 'GOLDBEES' ? [] : ['2026-08-25', '2026-09-29', '2026-10-27'],
});

function at(contract: TradableContract, date: string, time: string, account = 'AB1234') {
  const ms = Date.parse(`${date}T${time}+05:30`);
  return sessions.state(contract, account, ms * 1000);
}

/** Every minute at which the state changes, with the state from then on. */
function phases(contract: TradableContract, date: string): string[] {
  const found: string[] = [];
  let state = 'closed';
  for (let minute = 0; minute < 24 * 60; minute++) {
    const time = [Math.floor(minute / 60), minute % 60]
      .map((part) => String(part).padStart(2, '0'))
      .join(':');
    const now = at(contract, date, `${time}:00`);
    if (now !== state) found.push(`${time} ${now}`);
    state = now;
  }
  return found;
}

const PRE_OPEN = ['09:00 pre-open', '09:08 closed'];

describe('sessions by market', () => {
  const examples: readonly [string, TradableContract, string, readonly string[]][] = [
    ['options', OPTION, '2026-09-21', ['09:15 open', '15:40 closed']],
    ['options', OPTION, '2026-07-31', ['09:15 open', '15:30 closed']],
    ['the near future', FUTURE, '2026-09-21', [...PRE_OPEN, '09:15 open', '15:40 closed']],
    ['the next future', NEXT_FUTURE, '2026-09-21', ['09:15 open', '15:40 closed']],
    ['the next future', NEXT_FUTURE, '2026-09-24', [...PRE_OPEN, '09:15 open', '15:40 closed']],
    [
      'shares with derivatives',
      SHARE,
      '2026-09-21',
      [
        '09:00 pre-open',
        '09:10 closed',
        '09:15 open',
        '15:15 closed',
        '15:20 auction',
        '15:30 closed',
      ],
    ],
    ['shares with derivatives', SHARE, '2026-07-31', [...PRE_OPEN, '09:15 open', '15:30 closed']],
    ['funds', FUND, '2026-08-31', [...PRE_OPEN, '09:15 open', '15:30 closed']],
    ['currency', CURRENCY, '2026-09-21', ['09:00 open', '17:00 closed']],
    ['commodities', CRUDE, '2026-09-21', ['09:00 open', '23:30 closed']],
  ];
  for (const [name, contract, date, expected] of examples) {
    test(`${name} on ${date}`, () => assert.deepEqual(phases(contract, date), expected));
  }

  test('none on holidays, at weekends and in the hour of Muhurat, but on the day of the budget', () => {
    for (const date of ['2026-10-02', '2026-11-24', '2026-09-19', '2026-11-08']) {
      assert.deepEqual(phases(SHARE, date), [], date);
    }
    assert.equal(at(SHARE, '2026-02-01', '12:00:00'), 'open');
  });

  test('options trade when the calendar says so, all the year', () => {
    for (let date = '2026-01-01'; date <= '2026-12-31'; date = addDays(date, 1)) {
      for (const time of ['09:14:59', '09:15:00', '15:29:59', '15:30:00', '15:39:59', '15:40:00']) {
        const ms = Date.parse(`${date}T${time}+05:30`);
        const isOpen = at(OPTION, date, time) === 'open';
        assert.equal(isOpen, exchangeCalendar.isTradingTime(ms), `${date} ${time}`);
      }
    }
  });

  test('an account whose feed is the simulator is always open', () => {
    assert.equal(at(OPTION, '2026-10-02', '03:00:00', 'SIM001'), 'open');
  });
});

test('freeze quantities are those of the circular of August 2026, where they are known', () => {
  const units = (name: string, date = '2026-09-21', exchange = 'NFO') =>
    freezeQuantity(exchange, name, date)?.units ?? null;
  assert.deepEqual(
    ['NIFTY', 'BANKNIFTY', 'FINNIFTY', 'MIDCPNIFTY', 'NIFTYNXT50'].map((name) => units(name)),
    [1800, 600, 1800, 2800, 600],
  );
  assert.equal(units('RELIANCE'), null);
  assert.equal(units('SENSEX', '2026-09-21', 'BFO'), null);
  assert.equal(units('NIFTY', '2026-08-03'), 1800);
  assert.equal(units('NIFTY', '2026-08-02'), null);
});
