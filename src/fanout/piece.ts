import { FRAME_TICKS_MAX } from './assembler.ts';

/** What a tick in mode full takes at the most, bytes. */
const BINARY_TICK_BYTES = 320;
const JSON_TICK_BYTES = 2048;

/**
 * Ticks that a connection is sent at a time when there is no end of them: about as much as may wait
 * for it before it counts as slow.
 */
export function ticksOfPiece(binary: boolean, softBufferBytes: number): number {
  const bytes = binary ? BINARY_TICK_BYTES : JSON_TICK_BYTES;
  return Math.max(1, Math.min(FRAME_TICKS_MAX, Math.floor(softBufferBytes / bytes)));
}
