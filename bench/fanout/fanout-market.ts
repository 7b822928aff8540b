import { type Instrument, isOption } from '../../src/domain/instrument.ts';
import type { InstrumentRegistry } from '../../src/instruments/registry.ts';
import { createPrivateTicks, type TickViews } from '../../src/shm/block.ts';
import { TICK_SLOT_BYTES } from '../../src/shm/layout/tick-slot.ts';
import { COMPUTED_RING_SLOTS, takeOpening } from '../market/computed-ticks.ts';
import { recordMarket } from '../market/recording.ts';
import { createTickPath } from '../market/tick-path.ts';

/** Instruments that tick, in turn, in a shuffled order that never changes. */
export const FANOUT_INSTRUMENTS = 1000;
/** Instruments of one client. */
export const CLIENT_INSTRUMENTS = 200;
/** Without a common factor with FANOUT_INSTRUMENTS: one after the other is of another chain. */
const SHUFFLE = 379;
/** Between the places of a set; odd and no multiples of 5, so that each goes through all places. */
const STEPS = [383, 387, 389, 391, 393, 397, 399, 401, 403, 407];
/** The inverse of SHUFFLE modulo FANOUT_INSTRUMENTS. */
const UNSHUFFLE = 219;

/** Place (0 to FANOUT_INSTRUMENTS - 1) of the instrument that ticks at a ring position. */
export function placeAt(position: number): number {
  return (position * SHUFFLE) % FANOUT_INSTRUMENTS;
}

/** How often the instrument at `place` ticks after position `from`, up to `to`. */
export function ticksBetween(place: number, from: number, to: number): number {
  const phase = (place * UNSHUFFLE) % FANOUT_INSTRUMENTS;
  const turns = (position: number): number => Math.floor((position - phase) / FANOUT_INSTRUMENTS);
  return turns(to) - turns(from);
}

/**
 * The places of a client's instruments. Number 0 is the shared set; every other number has a set
 * of its own, spread over all instruments.
 */
export function placesOfSet(number: number): number[] {
  const step = STEPS[number % STEPS.length] ?? SHUFFLE;
  return Array.from(
    { length: CLIENT_INSTRUMENTS },
    (_unused, index) => (number * 137 + index * step) % FANOUT_INSTRUMENTS,
  );
}

/** A simulated market at one moment, Greeks computed, 60 % of the instruments options. */
export interface FanoutMarket {
  registry: InstrumentRegistry;
  /** By place. */
  instruments: Instrument[];
  /** The newest tick of each, by place, as in a ring slot. */
  ticks: TickViews;
}

/** Makes the same instruments in every process; values differ in time only. */
export async function prepareMarket(): Promise<FanoutMarket> {
  const recording = await recordMarket();
  const path = createTickPath(recording, COMPUTED_RING_SLOTS);
  takeOpening(path, recording);
  for (const frame of recording.frames) {
    path.ingest.onFrame(frame, path.clock.nowUs(), true);
    while (path.greeks.doWork() > 0);
  }
  const stride = recording.instruments.length / FANOUT_INSTRUMENTS;
  const ticks = createPrivateTicks(FANOUT_INSTRUMENTS, TICK_SLOT_BYTES);
  const instruments: Instrument[] = [];
  for (let place = 0; place < FANOUT_INSTRUMENTS; place++) {
    const index = Math.floor(place * stride);
    const instrument = recording.instruments[index];
    if (instrument === undefined) throw new Error(`no instrument for place ${place}`);
    if (!path.lastValues.read(path.rows[index]!, ticks, place * TICK_SLOT_BYTES)) {
      throw new Error(`${instrument.tradingsymbol} has not ticked`);
    }
    instruments.push(instrument);
  }
  return { registry: recording.registry, instruments, ticks };
}

export function optionTokensOf(instruments: readonly Instrument[]): number[] {
  return instruments.filter(({ type }) => isOption(type)).map(({ token }) => token);
}
