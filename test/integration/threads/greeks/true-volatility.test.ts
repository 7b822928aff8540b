import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Instrument } from '../../../../src/domain/instrument.ts';
import { FORWARD_SOURCE, GREEKS_STATUS } from '../../../../src/domain/status.ts';
import { SIM_RATE } from '../../../../src/feed/sim/volatility-surface.ts';
import {
  black76Greeks,
  GREEKS_DELTA,
  GREEKS_GAMMA,
  GREEKS_OUTPUTS,
  GREEKS_THETA,
  GREEKS_VEGA,
} from '../../../../src/pricing/greeks.ts';
import { DISAGREEMENT_KINDS, GREEKS } from '../../../../src/shm/layout/meters.ts';
import { NiftyBoard } from '../../../support/threads-chain.ts';
import { SimulatedMarket } from '../../../support/threads-market.ts';

/** A market that has moved for a while, then everybody's quote of one moment. */
async function settledMarket(): Promise<SimulatedMarket> {
  const sim = await SimulatedMarket.create();
  sim.subscribe(sim.path.registry.all);
  sim.path.compute();
  for (let i = 0; i < 50; i++) {
    sim.advance(100);
    sim.path.compute();
  }
  sim.subscribe(sim.path.registry.all);
  sim.path.compute();
  sim.subscribe(sim.options);
  sim.path.compute();
  return sim;
}

/** Options out of the money with a two-sided quote and the best source of a forward. */
function* soundTicks(sim: SimulatedMarket) {
  for (const option of sim.options) {
    const tick = sim.path.newestTick(option);
    const truth = sim.truth(option.token);
    const side = truth.spec.type === 'CE' ? 1 : -1;
    const isIn = side * (truth.forwardPaise - truth.spec.strikePaise) > 0;
    if (isIn || tick.greeksStatus !== GREEKS_STATUS.OK || tick.quality !== 0) continue;
    if (tick.forwardSource !== FORWARD_SOURCE.PARITY) continue;
    yield { option, tick, truth, side } as const;
  }
}

describe('what the stream says of the simulated market', () => {
  test('is the market’s own volatility within half the spread of the quote', async () => {
    const sim = await settledMarket();
    let compared = 0;
    for (const { option, tick, truth } of soundTicks(sim)) {
      const { iv = NaN, ivBid = NaN, ivAsk = NaN } = tick;
      const half = (ivAsk - ivBid) / 2;
      const off = Math.abs(iv - truth.volatility);
      assert.ok(off <= half, `${option.tradingsymbol}: ${iv}, truth ${truth.volatility}, ${half}`);
      compared++;
    }
    assert.ok(compared > 60, `${compared} compared`);
  });

  test('and its Greeks are those of that volatility at the market’s own forward', async () => {
    const sim = await settledMarket();
    const out = new Float64Array(GREEKS_OUTPUTS);
    const atSide = new Float64Array(GREEKS_OUTPUTS);
    let compared = 0;
    for (const { option, tick, truth, side } of soundTicks(sim)) {
      const forward = truth.forwardPaise / 100;
      const strike = truth.spec.strikePaise / 100;
      const { timeYears, volatility } = truth;
      black76Greeks(out, side, forward, strike, timeYears, SIM_RATE, volatility);
      // Half the spread in each Greek; and a share of it for a forward that is off by some paise.
      const half = ((tick.ivAsk ?? NaN) - (tick.ivBid ?? NaN)) / 2;
      black76Greeks(atSide, side, forward, strike, timeYears, SIM_RATE, volatility + half);
      for (const [greek, value, share] of [
        [GREEKS_DELTA, tick.delta, 0.002],
        [GREEKS_GAMMA, tick.gamma, 0.002 * out[GREEKS_GAMMA]!],
        [GREEKS_THETA, (tick.theta ?? NaN) * 365, 0.002 * Math.abs(out[GREEKS_THETA]!)],
        [GREEKS_VEGA, (tick.vega ?? NaN) * 100, 0.002 * out[GREEKS_VEGA]!],
      ] as const) {
        const allowed = Math.abs(atSide[greek]! - out[greek]!) + share;
        const off = Math.abs((value ?? NaN) - out[greek]!);
        assert.ok(off <= allowed, `${option.tradingsymbol}, ${greek}: off by ${off}, ${allowed}`);
      }
      compared++;
    }
    assert.ok(compared > 60, `${compared} compared`);
  });

  test('is confirmed by the slow reference', async () => {
    const sim = await settledMarket();
    const meters = sim.path.greeksMeters();
    assert.ok(meters.get(GREEKS.REFERENCE_SAMPLES) >= 5);
    for (const [kind, name] of DISAGREEMENT_KINDS.entries()) {
      assert.equal(meters.get(GREEKS.DISAGREEMENT_FIRST + kind), 0, name);
    }
    assert.equal(meters.get(GREEKS.ANOMALY_NEGATIVE_TIME_VALUE), 0);
  });
});

describe('call and put of a strike', () => {
  test('differ by at most 0.01 points in their own volatilities where parity holds', () => {
    const strikes = Array.from({ length: 21 }, (_unused, i) => 23_000 + 100 * i);
    const board = new NiftyBoard({ strikes });
    const own = (leg: Instrument) => board.newestTick(leg).ivOwn ?? NaN;
    for (const [forward, volatility] of [
      [24_000, 0.12],
      [24_037.3, 0.12],
      [24_190.85, 0.21],
      [23_555.05, 0.35],
    ] as const) {
      board.quoteChain(forward, volatility).run();
      board.quoteChain(forward, volatility).run();
      for (const strike of strikes) {
        const split = own(board.leg(strike, 'CE')) - own(board.leg(strike, 'PE'));
        assert.ok(Math.abs(split) <= 1e-4, `${strike} at ${forward}: ${split}`);
      }
      board.clock.advance(1000);
    }
  });
});
