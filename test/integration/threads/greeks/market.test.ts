import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isOption } from '../../../../src/domain/instrument.ts';
import { FORWARD_SOURCE, GREEKS_STATUS, QUALITY } from '../../../../src/domain/status.ts';
import type { SimInstrument } from '../../../../src/feed/sim/sim-instrument.ts';
import { SIM_RATE } from '../../../../src/feed/sim/volatility-surface.ts';
import {
  black76Greeks,
  GREEKS_DELTA,
  GREEKS_OUTPUTS,
  GREEKS_VEGA,
} from '../../../../src/pricing/greeks.ts';
import { solveBlack76 } from '../../../../src/pricing/implied-volatility.ts';
import { GREEKS } from '../../../../src/shm/layout/meters.ts';
import type { TickView } from '../../../../src/wire/tick-view.ts';
import { SimulatedMarket } from '../../../support/threads-market.ts';

/** Positions of the option ticks in the ring, with what the market knows of their contracts. */
function* optionTicks(sim: SimulatedMarket): Generator<[TickView, SimInstrument, number]> {
  const { ring, registry } = sim.path;
  const newest = ring.newest();
  for (let position = Math.max(1, newest - ring.slots + 1); position <= newest; position++) {
    const tick = sim.path.tickAt(position);
    const instrument = registry.byToken(tick.instrumentToken);
    if (instrument === undefined || !isOption(instrument.type)) continue;
    yield [tick, sim.truth(tick.instrumentToken), position];
  }
}

async function runMarket(workers: number): Promise<SimulatedMarket> {
  const sim = await SimulatedMarket.create({ workers });
  sim.subscribe(sim.path.registry.all);
  sim.path.compute();
  for (let i = 0; i < 20; i++) {
    sim.advance(100);
    sim.path.compute();
  }
  return sim;
}

const side = ({ spec }: SimInstrument): 1 | -1 => (spec.type === 'CE' ? 1 : -1);

describe('the simulated market through parser, ring and workers', () => {
  for (const workers of [1, 3]) {
    test(`${workers} worker(s): every option tick has Greeks or the reason for none`, async () => {
      const sim = await runMarket(workers);
      const statuses = new Map<number, number>();
      let ticks = 0;
      for (const [tick, , position] of optionTicks(sim)) {
        assert.ok(sim.path.isDone(position));
        assert.equal(tick.greeksSequence, position);
        const status = tick.greeksStatus ?? 0;
        assert.notEqual(status, GREEKS_STATUS.UNSET);
        assert.equal(tick.delta !== undefined, status === GREEKS_STATUS.OK);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        ticks++;
      }
      assert.ok(ticks > 1500, `${ticks} option ticks`);
      const ok = statuses.get(GREEKS_STATUS.OK) ?? 0;
      assert.ok(ok > 0.97 * ticks, `${ok} of ${ticks} are OK: ${JSON.stringify([...statuses])}`);
      const metered = Array.from({ length: workers }, (_unused, worker) =>
        sim.path.greeksMeters(worker).get(GREEKS.TICKS),
      );
      assert.equal(
        metered.reduce((sum, own) => sum + own, 0),
        ticks,
      );
      assert.ok(workers === 1 || metered.every((own) => own > 0), 'everybody has work');
    });
  }
});

describe('values against the market’s own state', () => {
  test('forwards by parity are the market’s forwards', async () => {
    const sim = await runMarket(1);
    let compared = 0;
    for (const instrument of sim.options) {
      const tick = sim.path.newestTick(instrument);
      if (tick.forwardSource !== FORWARD_SOURCE.PARITY) continue;
      const truth = sim.truth(instrument.token);
      const forward = truth.forwardPaise / 100;
      assert.ok(
        Math.abs((tick.forward ?? 0) / forward - 1) < 4e-4,
        `${instrument.tradingsymbol}: ${tick.forward}, market ${forward}`,
      );
      compared++;
    }
    assert.ok(compared > 100, `${compared} compared`);
  });

  test('volatilities are the surface’s within the quoted spread', async () => {
    const sim = await runMarket(1);
    let compared = 0;
    for (const instrument of sim.options) {
      const tick = sim.path.newestTick(instrument);
      const truth = sim.truth(instrument.token);
      const { volatility, forwardPaise, timeYears, spec } = truth;
      const isOut = side(truth) * (forwardPaise - spec.strikePaise) <= 0;
      if (!isOut || tick.greeksStatus !== GREEKS_STATUS.OK || tick.quality !== 0) continue;
      const out = new Float64Array(GREEKS_OUTPUTS);
      const forward = forwardPaise / 100;
      const strike = spec.strikePaise / 100;
      black76Greeks(out, side(truth), forward, strike, timeYears, SIM_RATE, volatility);
      const spread = (tick.askPrice() ?? 0) - (tick.bidPrice() ?? 0);
      const forwardError = 4e-4 * forward * Math.abs(out[GREEKS_DELTA]!);
      const allowed = (spread + forwardError) / out[GREEKS_VEGA]!;
      assert.ok(
        Math.abs((tick.iv ?? 0) - volatility) <= allowed + 1e-4,
        `${instrument.tradingsymbol}: ${tick.iv}, market ${volatility}, allowed ${allowed}`,
      );
      compared++;
    }
    assert.ok(compared > 80, `${compared} compared`);
  });

  test('Greeks are those of Black-76 at the tick’s own forward and volatility', async () => {
    const sim = await runMarket(1);
    let compared = 0;
    const nowMs = sim.clock.nowUs() / 1000;
    for (const instrument of sim.options) {
      const tick = sim.path.newestTick(instrument);
      if (tick.receiveTimeUs < (nowMs - 50) * 1000) continue;
      if (tick.greeksStatus !== GREEKS_STATUS.OK) continue;
      const { slice, spec } = sim.truth(instrument.token);
      const timeYears = ((slice?.expiryMs ?? 0) - nowMs) / 31_536_000_000;
      const [forward = 0, iv = 0] = [tick.forward, tick.iv];
      const strike = spec.strikePaise / 100;
      const out = new Float64Array(GREEKS_OUTPUTS);
      const type = spec.type === 'CE' ? 1 : -1;
      black76Greeks(out, type, forward, strike, timeYears, SIM_RATE, iv);
      assert.ok(Math.abs((tick.delta ?? 0) / out[GREEKS_DELTA]! - 1) < 1e-9);
      assert.ok(Math.abs(((tick.vega ?? 0) * 100) / out[GREEKS_VEGA]! - 1) < 1e-9);
      const isOut = type * (forward - strike) <= 0;
      if (isOut && tick.quality === 0) {
        const mid = ((tick.bidPrice() ?? 0) + (tick.askPrice() ?? 0)) / 2;
        const discount = Math.exp(-SIM_RATE * timeYears);
        const own = solveBlack76(type, mid, forward, strike, timeYears, discount);
        assert.ok(Math.abs(iv / own - 1) < 1e-9, `${instrument.tradingsymbol} ${iv} ${own}`);
      }
      compared++;
    }
    assert.ok(compared > 50, `${compared} compared`);
  });

  test('call and put of a strike share their volatility', async () => {
    const sim = await runMarket(1);
    // Everybody once more, in one frame, so that all prices are of one moment.
    sim.subscribe(sim.options);
    sim.path.compute();
    let compared = 0;
    for (const underlying of sim.path.registry.underlyings) {
      for (const { strikes } of underlying.chains) {
        for (const { strike, call, put } of strikes) {
          if (call === undefined || put === undefined) continue;
          const legs = [sim.path.newestTick(call), sim.path.newestTick(put)] as const;
          const [outOfTheMoney] = strike > (legs[0].forward ?? 0) ? legs : [legs[1]];
          if (legs.some((leg) => leg.greeksStatus !== GREEKS_STATUS.OK)) continue;
          if (outOfTheMoney.quality === QUALITY.PRICE_FROM_LAST_TRADE) continue;
          assert.equal(legs[0].iv, legs[1].iv, `${underlying.name} ${strike}`);
          compared++;
        }
      }
    }
    assert.ok(compared > 60, `${compared} compared`);
  });
});
