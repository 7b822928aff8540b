import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { addDays, exchangeCalendar } from '../../../src/domain/calendar.ts';

function isOpen(date: string, time: string): boolean {
  return exchangeCalendar.isTradingTime(Date.parse(`${date}T${time}+05:30`));
}

/** Days of a year on which there is trading at noon. */
function tradingDays(year: number): string[] {
  const days: string[] = [];
  for (let date = `${year}-01-01`; date <= `${year}-12-31`; date = addDays(date, 1)) {
    if (isOpen(date, '12:00:00')) days.push(date);
  }
  return days;
}

describe('trading time', () => {
  for (const [date, last] of [
    ['2026-07-31', '15:29:59.999'],
    ['2026-08-03', '15:39:59.999'],
  ] as const) {
    test(`of ${date} is from 9:15 until just after ${last}`, () => {
      assert.deepEqual(
        ['09:14:59.999', '09:15:00', last].map((time) => isOpen(date, time)),
        [false, true, true],
      );
      const afterMs = Date.parse(`${date}T${last}+05:30`) + 1;
      assert.equal(exchangeCalendar.isTradingTime(afterMs), false);
    });
  }

  for (const date of [
    '2026-01-15',
    '2026-01-26',
    '2026-03-03',
    '2026-03-26',
    '2026-03-31',
    '2026-04-03',
    '2026-04-14',
    '2026-05-01',
    '2026-05-28',
    '2026-06-26',
    '2026-09-14',
    '2026-10-02',
    '2026-10-20',
    '2026-11-10',
    '2026-11-24',
    '2026-12-25',
  ]) {
    test(`is none on ${date}, a holiday`, () => {
      assert.equal(isOpen(date, '12:00:00'), false);
    });
  }

  test('is none at weekends but for the Sunday of the budget', () => {
    assert.equal(isOpen('2026-01-31', '12:00:00'), false);
    assert.equal(isOpen('2026-02-01', '12:00:00'), true);
    assert.equal(isOpen('2026-02-08', '12:00:00'), false);
  });

  test('of 2026 is on 246 days: 261 from Monday to Friday, 16 holidays, one Sunday', () => {
    assert.equal(tradingDays(2026).length, 261 - 16 + 1);
  });

  test('beyond the data is on every weekday', () => {
    assert.equal(tradingDays(2027).length, 261);
    assert.equal(exchangeCalendar.expiryInstant('2027-01-05').estimated, true);
    assert.equal(exchangeCalendar.expiryInstant('2026-12-29').estimated, false);
  });
});
