import type { TickViews } from '../../shm/block.ts';
import {
  TICK_DEPTH_U32,
  TICK_PACKET_LENGTH_U16,
  TICK_SLOT_BYTES,
} from '../../shm/layout/tick-slot.ts';
import { packetKindOf } from './packet-fields.ts';
import { PACKET_DEPTH_LEVELS } from './protocol.ts';

/**
 * Writes the packet that the slot at `slotBytes` was parsed from into `out` at `at`, byte for byte and
 * without its length prefix. Returns the bytes written: 0 if no packet was ever parsed into the slot.
 * RangeError if the slot or `out` ends too early; nothing is written then.
 */
export function rebuildPacket(
  ticks: TickViews,
  slotBytes: number,
  out: Uint8Array,
  at: number,
): number {
  if (slotBytes < 0 || slotBytes + TICK_SLOT_BYTES > ticks.u8.length) {
    throw new RangeError(`no slot at ${slotBytes}`);
  }
  const bytes = ticks.u16[(slotBytes >> 1) + TICK_PACKET_LENGTH_U16];
  const kind = packetKindOf(bytes ?? 0);
  if (kind === undefined) return 0;
  if (at < 0 || at + kind.bytes > out.length) {
    throw new RangeError(`no room for ${kind.bytes} bytes at ${at}`);
  }
  const { u32 } = ticks;
  const base = slotBytes >> 2;
  let to = at;
  for (const word of kind.words) to = putWord(out, to, u32[base + word]);
  if (!kind.hasDepth) return kind.bytes;
  for (let level = 0; level < PACKET_DEPTH_LEVELS; level++) {
    const depth = base + TICK_DEPTH_U32 + 3 * level;
    const ordersAndPadding = u32[depth + 2] ?? 0;
    to = putWord(out, to, u32[depth + 1]);
    to = putWord(out, to, u32[depth]);
    to = putWord(out, to, (ordersAndPadding << 16) | (ordersAndPadding >>> 16));
  }
  return kind.bytes;
}

/** Big-endian. The caller has checked that word and bytes exist. */
function putWord(out: Uint8Array, at: number, word = 0): number {
  out[at] = word >>> 24;
  out[at + 1] = word >>> 16;
  out[at + 2] = word >>> 8;
  out[at + 3] = word;
  return at + 4;
}
