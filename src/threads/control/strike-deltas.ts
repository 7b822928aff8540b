import { GREEKS_STATUS } from '../../domain/status.ts';
import type { Instrument } from '../../domain/instrument.ts';
import type { DeltaBand } from '../../domain/strike-choice.ts';
import type { OptionChain, StrikeLegs } from '../../instruments/registry.ts';
import { normalCdf } from '../../pricing/normal.ts';
import { createPrivateTicks, type TickViews } from '../../shm/block.ts';
import type { InstrumentTable } from '../../shm/instrument-table.ts';
import type { LastValueTable } from '../../shm/last-value-table.ts';
import {
  TICK_DELTA_F64,
  TICK_FORWARD_F64,
  TICK_GREEKS_STATUS_U8,
  TICK_IV_F64,
  TICK_SLOT_BYTES,
  TICK_TIME_TO_EXPIRY_F32,
} from '../../shm/layout/tick-slot.ts';

/**
 * By this share of what lies beyond a bound a strike must have left the band before it is dropped:
 * of 0.1 to 0.9, below 0.085 and above 0.915.
 */
const HYSTERESIS_SHARE = 0.15;

/** A strike, and the |delta| of its call and of its put. */
export interface StrikeDelta {
  legs: StrikeLegs;
  call: number;
  put: number;
}

/** What the newest Greeks of a strike say, of itself and of neighbours that have none. */
interface KnownStrike {
  /** False: the broker is not asked for it any more. */
  isCurrent: boolean;
  call: number | undefined;
  put: number | undefined;
  volatility: number;
  /** Rupees. */
  forward: number;
  timeYears: number;
  /** |delta| of an option that is certain to be exercised. */
  discount: number;
}

/** Deltas of the strikes of a chain, from the Greeks in the last-value table. */
export class StrikeDeltas {
  readonly #table: InstrumentTable;
  readonly #lastValues: LastValueTable;
  readonly #isInDemand: (row: number) => boolean;
  readonly #scratch: TickViews = createPrivateTicks(1, TICK_SLOT_BYTES);

  /** `isInDemand` false: what the table has of the row is old. */
  constructor(
    table: InstrumentTable,
    lastValues: LastValueTable,
    isInDemand: (row: number) => boolean,
  ) {
    this.#table = table;
    this.#lastValues = lastValues;
    this.#isInDemand = isInDemand;
  }

  /**
   * By strike. An option for which the broker is not asked has the delta at its last volatility,
   * so that it does not come back for having gone; one that never had Greeks, at the volatility of
   * the nearest strike that has. Undefined while none has.
   */
  of(chain: OptionChain): StrikeDelta[] | undefined {
    const known = chain.strikes.map((legs) => this.#known(legs));
    const places = [...known.keys()].filter((i) => known[i]?.isCurrent === true);
    const deltas: StrikeDelta[] = [];
    for (const [i, legs] of chain.strikes.entries()) {
      const nearest = known[nearestPlace(places, i)];
      if (nearest === undefined) return undefined;
      const own = known[i];
      const estimated = { ...nearest, volatility: own?.volatility ?? nearest.volatility };
      const { call, put } = own?.isCurrent === true ? own : NOTHING;
      deltas.push({
        legs,
        call: call ?? deltaAt(estimated, legs.strike, 1),
        put: put ?? deltaAt(estimated, legs.strike, -1),
      });
    }
    return deltas.length === 0 ? undefined : deltas;
  }

  #known({ strike, call, put }: StrikeLegs): KnownStrike | undefined {
    const ofPut = this.#leg(put, strike, -1);
    const ofCall = this.#leg(call, strike, 1);
    if (ofCall === undefined || ofPut === undefined) return ofCall ?? ofPut;
    if (ofCall.isCurrent !== ofPut.isCurrent) return ofCall.isCurrent ? ofCall : ofPut;
    // The greater delta has more digits of the discount factor.
    const best = (ofCall.call ?? 0) > (ofPut.put ?? 0) ? ofCall : ofPut;
    return { ...best, call: ofCall.call, put: ofPut.put };
  }

  #leg(leg: Instrument | undefined, strike: number, side: 1 | -1): KnownStrike | undefined {
    const row = leg === undefined ? -1 : this.#table.find(leg.token);
    if (row < 0 || !this.#lastValues.read(row, this.#scratch, 0)) return undefined;
    const { f64, f32, u8 } = this.#scratch;
    if (u8[TICK_GREEKS_STATUS_U8] !== GREEKS_STATUS.OK) return undefined;
    const delta = Math.abs(f64[TICK_DELTA_F64] ?? 0);
    const known: KnownStrike = {
      isCurrent: this.#isInDemand(row),
      call: side === 1 ? delta : undefined,
      put: side === -1 ? delta : undefined,
      volatility: f64[TICK_IV_F64] ?? 0,
      forward: f64[TICK_FORWARD_F64] ?? 0,
      timeYears: f32[TICK_TIME_TO_EXPIRY_F32] ?? 0,
      discount: 1,
    };
    const discount = delta / deltaAt(known, strike, side);
    return { ...known, discount: discount > 0 && discount < Infinity ? discount : 1 };
  }
}

const NOTHING = { call: undefined, put: undefined };

function deltaAt(known: KnownStrike, strike: number, side: 1 | -1): number {
  const { volatility, forward, timeYears, discount } = known;
  const deviation = volatility * Math.sqrt(timeYears);
  const d1 = Math.log(forward / strike) / deviation + deviation / 2;
  return discount * normalCdf(side * d1);
}

/** Of rising `places` the one nearest to `to`, of two the lower; -1 if there are none. */
function nearestPlace(places: readonly number[], to: number): number {
  let nearest = -1;
  for (const place of places) {
    if (nearest < 0 || Math.abs(place - to) < Math.abs(nearest - to)) nearest = place;
  }
  return nearest;
}

function isWithin(delta: number, least: number, greatest: number): boolean {
  return delta >= least && delta <= greatest;
}

/**
 * Strikes of which a leg is within the band by `deltas`; those of `held` stay until they have
 * clearly left it.
 */
export function strikesWithin(
  deltas: readonly StrikeDelta[],
  { delta: [least, greatest] }: DeltaBand,
  held: ReadonlySet<StrikeLegs>,
): StrikeLegs[] {
  const heldLeast = least * (1 - HYSTERESIS_SHARE);
  const heldGreatest = greatest + (1 - greatest) * HYSTERESIS_SHARE;
  const found = deltas.filter(({ legs, call, put }) => {
    const [from, to] = held.has(legs) ? [heldLeast, heldGreatest] : [least, greatest];
    return isWithin(call, from, to) || isWithin(put, from, to);
  });
  return found.map(({ legs }) => legs);
}
