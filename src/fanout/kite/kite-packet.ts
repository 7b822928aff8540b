import { MODE, type Mode } from '../../domain/status.ts';
import type { TickViews } from '../../shm/block.ts';
import {
  TICK_AVERAGE_PRICE_U32,
  TICK_CHANGE_I32,
  TICK_CLOSE_U32,
  TICK_DEPTH_U32,
  TICK_EXCHANGE_TIMESTAMP_U32,
  TICK_HIGH_U32,
  TICK_INSTRUMENT_TOKEN_U32,
  TICK_LAST_PRICE_U32,
  TICK_LAST_QUANTITY_U32,
  TICK_LAST_TRADE_TIME_U32,
  TICK_LOW_U32,
  TICK_OI_DAY_HIGH_U32,
  TICK_OI_DAY_LOW_U32,
  TICK_OI_U32,
  TICK_OPEN_U32,
  TICK_PACKET_LENGTH_U16,
  TICK_SLOT_BYTES,
  TICK_TOTAL_BUY_QUANTITY_U32,
  TICK_TOTAL_SELL_QUANTITY_U32,
  TICK_VOLUME_U32,
} from '../../shm/layout/tick-slot.ts';

/** Bytes of each kind of the broker's packets; those of indices have their own. */
export const PACKET_BYTES = {
  LTP: 8,
  INDEX_QUOTE: 28,
  INDEX_FULL: 32,
  QUOTE: 44,
  FULL: 184,
} as const;

/** Levels of both sides of a full packet. */
const PACKET_DEPTH_LEVELS = 10;

/** The slot's words in the order of the packet's, up to its depth. */
const LTP = [TICK_INSTRUMENT_TOKEN_U32, TICK_LAST_PRICE_U32];
const INDEX_QUOTE = [
  ...LTP,
  TICK_HIGH_U32,
  TICK_LOW_U32,
  TICK_OPEN_U32,
  TICK_CLOSE_U32,
  TICK_CHANGE_I32,
];
const INDEX_FULL = [...INDEX_QUOTE, TICK_EXCHANGE_TIMESTAMP_U32];
const QUOTE = [
  ...LTP,
  TICK_LAST_QUANTITY_U32,
  TICK_AVERAGE_PRICE_U32,
  TICK_VOLUME_U32,
  TICK_TOTAL_BUY_QUANTITY_U32,
  TICK_TOTAL_SELL_QUANTITY_U32,
  TICK_OPEN_U32,
  TICK_HIGH_U32,
  TICK_LOW_U32,
  TICK_CLOSE_U32,
];
const FULL = [
  ...QUOTE,
  TICK_LAST_TRADE_TIME_U32,
  TICK_OI_U32,
  TICK_OI_DAY_HIGH_U32,
  TICK_OI_DAY_LOW_U32,
  TICK_EXCHANGE_TIMESTAMP_U32,
];

function wordsOf(bytes: number | undefined): readonly number[] {
  switch (bytes) {
    case PACKET_BYTES.LTP:
      return LTP;
    case PACKET_BYTES.INDEX_QUOTE:
      return INDEX_QUOTE;
    case PACKET_BYTES.INDEX_FULL:
      return INDEX_FULL;
    case PACKET_BYTES.QUOTE:
      return QUOTE;
    case PACKET_BYTES.FULL:
      return FULL;
    default:
      return [];
  }
}

/**
 * Bytes of a packet of `packetBytes` bytes that the broker would have sent in `mode`: every kind of
 * packet begins with the shorter kinds of its instrument. What was not sent cannot be had, so that
 * it is never more than `packetBytes`.
 */
export function bytesInMode(packetBytes: number, mode: Mode): number {
  if (mode === MODE.LTP) return Math.min(packetBytes, PACKET_BYTES.LTP);
  if (mode !== MODE.QUOTE) return packetBytes;
  const isIndex = packetBytes <= PACKET_BYTES.INDEX_FULL;
  return Math.min(packetBytes, isIndex ? PACKET_BYTES.INDEX_QUOTE : PACKET_BYTES.QUOTE);
}

/**
 * Writes the packet that the slot at `slotBytes` was parsed from into `out` at `at`, byte for byte
 * and without its length prefix. Returns the bytes written: 0 if no packet was ever parsed into the
 * slot. RangeError if the slot or `out` ends too early; nothing is written then.
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
  const words = wordsOf(bytes);
  if (bytes === undefined || words.length === 0) return 0;
  if (at < 0 || at + bytes > out.length) throw new RangeError(`no room for ${bytes} at ${at}`);
  const { u32 } = ticks;
  const base = slotBytes >> 2;
  let to = at;
  for (const word of words) to = putWord(out, to, u32[base + word]);
  if (words !== FULL) return bytes;
  for (let level = 0; level < PACKET_DEPTH_LEVELS; level++) {
    const depth = base + TICK_DEPTH_U32 + 3 * level;
    const ordersAndPadding = u32[depth + 2] ?? 0;
    to = putWord(out, to, u32[depth + 1]);
    to = putWord(out, to, u32[depth]);
    to = putWord(out, to, (ordersAndPadding << 16) | (ordersAndPadding >>> 16));
  }
  return bytes;
}

/** Big-endian. The caller has checked that word and bytes exist. */
function putWord(out: Uint8Array, at: number, word = 0): number {
  out[at] = word >>> 24;
  out[at + 1] = word >>> 16;
  out[at + 2] = word >>> 8;
  out[at + 3] = word;
  return at + 4;
}
