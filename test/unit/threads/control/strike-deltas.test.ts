import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { DeltaBand } from '../../../../src/domain/strike-choice.ts';
import { black76Greeks, GREEKS_DELTA, GREEKS_OUTPUTS } from '../../../../src/pricing/greeks.ts';
import { CALL, PUT } from '../../../../src/pricing/option-type.ts';
import {
  type StrikeDelta,
  StrikeDeltas,
  strikesWithin,
} from '../../../../src/threads/control/strike-deltas.ts';
import { NiftyBoard } from '../../../support/threads-chain.ts';

const STRIKES = Array.from({ length: 41 }, (_unused, i) => 23000 + 50 * i);
const FORWARD = 24010;

/** A smile: 12 % at 24,000, more on both sides. */
function volatilityOf(strike: number): number {
  return 0.12 + ((strike - 24000) / 5000) ** 2;
}

function create() {
  const board = new NiftyBoard({ strikes: STRIKES });
  const quiet = new Set<number>();
  const deltas = new StrikeDeltas(board.table, board.lastValues, (row) => !quiet.has(row));
  const [chain] = board.registry.underlying('NIFTY')?.chains ?? [];
  assert.ok(chain);
  const quoteAll = (strikes: readonly number[], forward = FORWARD) => {
    for (const strike of strikes) {
      for (const type of ['CE', 'PE'] as const) {
        const price = board.fairPrice(strike, type, forward, volatilityOf(strike));
        const bid = Math.floor(price * 20) / 20;
        board.quote(board.leg(strike, type), { bid, ask: bid + 0.05, last: bid });
      }
    }
    board.run();
  };
  /** The broker is not asked for the strike any more. */
  const leave = (strike: number) => {
    for (const type of ['CE', 'PE'] as const) quiet.add(board.rowOf(board.leg(strike, type)));
  };
  return { board, deltas, chain, quoteAll, leave };
}

function trueDeltas(board: NiftyBoard, strike: number, volatility = volatilityOf(strike)) {
  const delta = (type: 1 | -1) => {
    const out = new Float64Array(GREEKS_OUTPUTS);
    black76Greeks(out, type, FORWARD, strike, board.timeYears, board.rate, volatility);
    return Math.abs(out[GREEKS_DELTA]!);
  };
  return { call: delta(CALL), put: delta(PUT) };
}

describe('the deltas of a chain', () => {
  test('are not known while no option has Greeks', () => {
    const { board, deltas, chain } = create();
    assert.equal(deltas.of(chain), undefined);
    board.quote(board.spot, { last: 24000 }).run();
    assert.equal(deltas.of(chain), undefined);
  });

  test('are those of the newest ticks', () => {
    const { board, deltas, chain, quoteAll } = create();
    quoteAll(STRIKES);
    for (const [i, found] of (deltas.of(chain) ?? []).entries()) {
      const legs = chain.strikes[i]!;
      assert.equal(found.call, board.newestTick(legs.call!).delta);
      assert.equal(found.put, Math.abs(board.newestTick(legs.put!).delta ?? NaN));
    }
  });

  test('of options that never ticked are at the volatility of the nearest one that did', () => {
    const { board, deltas, chain, quoteAll } = create();
    quoteAll([23900, 23950, 24000, 24050, 24100]);
    const found = deltas.of(chain) ?? [];
    for (const [strike, from] of [
      [23700, 23900],
      [24400, 24100],
    ] as const) {
      const expected = trueDeltas(board, strike, volatilityOf(from));
      const { call, put } = found[STRIKES.indexOf(strike)]!;
      assert.ok(Math.abs(call - expected.call) < 2e-3, `${strike} call ${call}`);
      assert.ok(Math.abs(put - expected.put) < 2e-3, `${strike} put ${put}`);
    }
  });

  test('of options that have left are at their own last volatility and the forward of now', () => {
    const { board, deltas, chain, quoteAll, leave } = create();
    quoteAll(STRIKES, FORWARD - 300);
    for (const strike of STRIKES) if (Math.abs(strike - 24000) > 200) leave(strike);
    // Their quotes are too old to vote for the forward then.
    board.clock.advance(120_000);
    quoteAll(STRIKES.filter((strike) => Math.abs(strike - 24000) <= 200));
    const found = deltas.of(chain) ?? [];
    for (const strike of [23500, 24500]) {
      const expected = trueDeltas(board, strike);
      const { call, put } = found[STRIKES.indexOf(strike)]!;
      assert.ok(Math.abs(call - expected.call) < 2e-3, `${strike} call ${call}`);
      assert.ok(Math.abs(put - expected.put) < 2e-3, `${strike} put ${put}`);
    }
  });
});

describe('the strikes of a band', () => {
  const { chain } = create();
  /** Call deltas of 0.90, 0.88, .. 0.10, all moved by `shift` hundredths; puts have the rest. */
  const falling = (shift = 0): StrikeDelta[] =>
    chain.strikes.map((legs, i) => {
      const hundredths = 90 - 2 * i + shift;
      return { legs, call: hundredths / 100, put: (100 - hundredths) / 100 };
    });
  /** Call deltas of what is within, in hundredths. */
  const within = (delta: DeltaBand['delta'], deltas = falling(), held: readonly number[] = []) => {
    const legs = new Set(held.map((hundredths) => chain.strikes[(90 - hundredths) / 2]!));
    const found = strikesWithin(deltas, { delta }, legs);
    return found.map((one) => 90 - 2 * chain.strikes.indexOf(one));
  };

  test('are those of which a leg is in it', () => {
    assert.deepEqual(within([0.45, 0.55]), [54, 52, 50, 48, 46]);
    assert.deepEqual(within([0.45, 0.5]), [54, 52, 50, 48, 46], 'puts below the money');
    assert.deepEqual(within([0, 1]).length, STRIKES.length);
  });

  test('its bounds belong to it', () => {
    assert.deepEqual(within([0.48, 0.52]), [52, 50, 48]);
  });

  test('beside 0.5 they are two groups', () => {
    assert.deepEqual(within([0.31, 0.35]), [68, 66, 34, 32]);
  });

  test('may be none', () => {
    assert.deepEqual(within([0.95, 0.99]), []);
  });

  test('stay until they have clearly left, while others come in at the bound', () => {
    const held = [54, 52, 50, 48, 46];
    // 0.15 of 0.45 is 0.0675: 0.3825 to 0.6175 is near enough to stay.
    assert.deepEqual(within([0.45, 0.55], falling(7), held), [54, 52, 50, 48, 46, 44, 42, 40, 38]);
    assert.deepEqual(within([0.45, 0.55], falling(8), held), [52, 50, 48, 46, 44, 42, 40, 38]);
    assert.deepEqual(within([0.45, 0.55], falling(8)), [46, 44, 42, 40, 38], 'new ones do not');
  });
});
