import type { NamedInstrument } from '../../src/domain/instrument.ts';
import { createPrivateTicks } from '../../src/shm/block.ts';
import { TICK_LAYOUT } from '../../src/wire/tick-layout.ts';
import { TickView } from '../../src/wire/tick-view.ts';
import { type RawTick, SAMPLE_TICK, writeTick } from './wire/sample-tick.ts';

export const SAMPLE_OPTION: NamedInstrument = {
  token: SAMPLE_TICK.instrumentToken,
  exchange: 'NFO',
  tradingsymbol: 'NIFTY2612024000CE',
  name: 'NIFTY',
  underlying: 'NIFTY',
  type: 'CE',
  segment: 'NFO-OPT',
  expiry: '2026-12-01',
  strike: 24000,
  tickSize: 0.05,
  lotSize: 65,
};

export const SAMPLE_SHARE: NamedInstrument = {
  token: SAMPLE_TICK.instrumentToken,
  exchange: 'NSE',
  tradingsymbol: 'INFY',
  name: 'INFOSYS',
  underlying: 'INFY',
  type: 'EQ',
  segment: 'NSE',
  expiry: null,
  strike: null,
  tickSize: 0.1,
  lotSize: 1,
};

export const SAMPLE_INDEX: NamedInstrument = {
  token: SAMPLE_TICK.instrumentToken,
  exchange: 'NSE',
  tradingsymbol: 'NIFTY 50',
  name: 'NIFTY 50',
  underlying: 'NIFTY',
  type: 'INDEX',
  segment: 'INDICES',
  expiry: null,
  strike: null,
  tickSize: 0,
  lotSize: 0,
};

/** The sample tick with its own Greeks and `changes`, as a view. */
export function sampleView(changes: RawTick = {}): TickView {
  const ticks = createPrivateTicks(1, TICK_LAYOUT.structBytes);
  const { sequenceLow, sequenceHigh } = SAMPLE_TICK;
  const own = { greeksSequenceLow: sequenceLow, greeksSequenceHigh: sequenceHigh };
  writeTick(ticks, 0, { ...own, ...changes });
  return new TickView().moveTo(new DataView(ticks.u8.buffer), 0, TICK_LAYOUT);
}
