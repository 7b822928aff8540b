import type { ChainRow, InstrumentRow } from '../../src/shm/instrument-table.ts';

/** The instrument number `index` of the test; tokens of one exchange share their low byte. */
export function instrument(index: number): InstrumentRow {
  const optionType = ([1, -1, 0] as const)[index % 3]!;
  const isOption = optionType !== 0;
  return {
    token: (index * 256 + 2) >>> 0,
    optionType,
    strike: isOption ? index + 0.5 : 0,
    chain: isOption ? index % 7 : -1,
  };
}

/** State number `state` of the chain. */
export function chainState(state: number): ChainRow {
  return {
    expiryMs: state * 1000,
    calendarEstimated: state % 2 === 1,
    settlementMs: state * 900,
    model: state % 3,
    firstSource: state % 5,
    curve: Array.from({ length: 1 + (state % 8) }, (_unused, point) => ({
      years: point + state,
      rate: state / 3,
    })),
    dividendYield: state / 7,
    worker: state % 16,
    spotRow: state,
    futureRow: state + 1,
    otherFutureRow: state + 2,
    otherFutureExpiryMs: state * 2000,
  };
}
