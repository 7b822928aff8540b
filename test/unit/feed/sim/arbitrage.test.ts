import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SimInstrument } from '../../../../src/feed/sim/sim-instrument.ts';
import { SIM_RATE } from '../../../../src/feed/sim/volatility-surface.ts';
import { MarketRig } from '../../../support/feed/sim/market-rig.ts';

interface Pair {
  strike: number;
  call: SimInstrument;
  put: SimInstrument;
}

/** Call and put of every strike, by underlying and expiry, strikes rising, all repriced now. */
function chains(rig: MarketRig): Map<string, Pair[]> {
  const bySlice = new Map<string, SimInstrument[]>();
  for (const instrument of rig.market.listed()) {
    if (instrument.spec.strikePaise === 0) continue;
    rig.market.refresh(instrument);
    const key = `${instrument.spec.name} ${instrument.spec.expiry ?? ''}`;
    bySlice.set(key, [...(bySlice.get(key) ?? []), instrument]);
  }
  const pairs = new Map<string, Pair[]>();
  for (const [key, instruments] of bySlice) {
    const puts = new Map(
      instruments
        .filter(({ spec }) => spec.type === 'PE')
        .map((instrument) => [instrument.spec.strikePaise, instrument]),
    );
    const chain = instruments.flatMap((call) => {
      const put = puts.get(call.spec.strikePaise);
      return call.spec.type === 'CE' && put !== undefined
        ? [{ strike: call.spec.strikePaise, call, put }]
        : [];
    });
    pairs.set(
      key,
      chain.sort((left, right) => left.strike - right.strike),
    );
  }
  return pairs;
}

function mid(instrument: SimInstrument): number {
  return (instrument.bidPaise + instrument.askPaise) / 2;
}

function spread(instrument: SimInstrument): number {
  return instrument.askPaise - instrument.bidPaise;
}

function movedRig(): MarketRig {
  const rig = new MarketRig({ instruments: 9000, seed: 5 });
  rig.clock.advance(60_000);
  return rig;
}

test('put-call parity of the mids holds within the spread, for every strike', () => {
  let checked = 0;
  for (const chain of chains(movedRig()).values()) {
    for (const { strike, call, put } of chain) {
      const parity = call.discount * (call.forwardPaise - strike);
      const error = Math.abs(mid(call) - mid(put) - parity);
      assert.ok(error <= (spread(call) + spread(put)) / 2 + 1e-6, `${call.key}: off by ${error}`);
      checked++;
    }
  }
  assert.ok(checked > 2500, `${checked} pairs`);
});

test('the market discounts at SIM_RATE', () => {
  for (const chain of chains(movedRig()).values()) {
    for (const { call } of chain) {
      assert.ok(Math.abs(call.discount - Math.exp(-SIM_RATE * call.timeYears)) < 1e-15);
    }
  }
});

test('calls fall, puts rise and both are convex in the strike', () => {
  for (const [key, chain] of chains(movedRig())) {
    for (let index = 1; index < chain.length; index++) {
      const low = chain[index - 1]!;
      const high = chain[index]!;
      const tolerance = 1e-9 * low.strike;
      const callDrop = low.call.theoreticalPaise - high.call.theoreticalPaise;
      assert.ok(callDrop >= -tolerance && callDrop <= high.strike - low.strike + tolerance, key);
      assert.ok(high.put.theoreticalPaise >= low.put.theoreticalPaise - tolerance, key);
      const next = chain[index + 1];
      if (next === undefined) continue;
      const share = (high.strike - low.strike) / (next.strike - low.strike);
      const chord = (1 - share) * low.call.theoreticalPaise + share * next.call.theoreticalPaise;
      assert.ok(high.call.theoreticalPaise <= chord + tolerance, `${key} at ${high.strike}`);
    }
  }
});

test('total variance at the same moneyness rises with the expiry', () => {
  const nifty = [...chains(movedRig()).entries()]
    .filter(([key]) => key.startsWith('NIFTY '))
    .map(([, chain]) => chain[0]!.call)
    .sort((left, right) => left.timeYears - right.timeYears);
  assert.ok(nifty.length >= 7, `${nifty.length} expiries`);
  for (const moneyness of [-0.2, -0.05, 0, 0.05, 0.2]) {
    let before = 0;
    for (const { slice, timeYears } of nifty) {
      const volatility = slice!.volatility(Math.log(slice!.forward) + moneyness);
      const variance = volatility * volatility * timeYears;
      assert.ok(variance > before, `moneyness ${moneyness}, ${timeYears} years`);
      before = variance;
    }
  }
});

test('the smile is higher for low strikes than at the money', () => {
  for (const chain of chains(movedRig()).values()) {
    const { slice } = chain[0]!.call;
    const deviation = slice!.volatility(Math.log(slice!.forward)) * Math.sqrt(slice!.timeYears);
    const at = (moneyness: number): number =>
      slice!.volatility(Math.log(slice!.forward) + moneyness * deviation);
    assert.ok(at(-2) > at(0) && at(2) < at(-2));
  }
});

test('every expiry has its own forward away from spot, and the future agrees with it', () => {
  const rig = movedRig();
  const futures = [...rig.market.listed()].filter(({ spec }) => spec.type === 'FUT');
  assert.ok(futures.length > 90);
  for (const future of futures) {
    rig.market.refresh(future);
    const { slice, walk } = future;
    assert.notEqual(slice!.forward, walk!.spotPaise);
    assert.ok(Math.abs(slice!.forward / walk!.spotPaise - 1) < 0.05);
    assert.ok(future.bidPaise < slice!.forward && slice!.forward < future.askPaise);
  }
  const carries = futures.map(({ slice }) => slice!.carry);
  assert.equal(new Set(carries).size, carries.length);
});
