import { createPrivateTicks, type TickViews } from '../../src/shm/block.ts';
import { RingReader } from '../../src/shm/ring-reader.ts';
import { TICK_SLOT_BYTES } from '../../src/shm/layout/tick-slot.ts';
import type { MarketRecording } from './recording.ts';
import { createTickPath, type TickPath } from './tick-path.ts';

export const COMPUTED_RING_SLOTS = 65_536;

/** Takes the opening packets and works off what they bring: every chain has its forward then. */
export function takeOpening(path: TickPath, recording: MarketRecording): void {
  for (const frame of recording.opening) path.ingest.onFrame(frame, path.clock.nowUs(), true);
  while (path.greeks.doWork() > 0);
}

export interface ComputedTicks {
  path: TickPath;
  /** Copies of the newest slots, Greeks done, in ring order. */
  copies: TickViews;
  count: number;
}

/**
 * The newest `count` ticks of the recording with their Greeks, in the ring and copied out of it.
 */
export function computeTicks(recording: MarketRecording, count: number): ComputedTicks {
  const path = createTickPath(recording, COMPUTED_RING_SLOTS);
  takeOpening(path, recording);
  for (const frame of recording.frames) {
    path.ingest.onFrame(frame, path.clock.nowUs(), true);
    while (path.greeks.doWork() > 0);
  }
  const newest = path.ring.newest();
  const copies = createPrivateTicks(count, TICK_SLOT_BYTES);
  const copied = new RingReader(path.ring, newest - count, copies, count).read(newest);
  if (copied !== count) throw new Error(`${copied} of ${count} slots could be copied`);
  return { path, copies, count };
}
