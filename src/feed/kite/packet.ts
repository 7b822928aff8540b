import { MODE, UNDEFINED_I32, UNDEFINED_U32, type Mode } from '../../domain/status.ts';
import {
  DEPTH_BYTES,
  TICK_CHANGE_I32,
  TICK_CLOSE_U32,
  TICK_DEPTH_U32,
  TICK_EXCHANGE_TIMESTAMP_U32,
  TICK_HIGH_U32,
  TICK_INSTRUMENT_TOKEN_U32,
  TICK_LAST_PRICE_U32,
  TICK_LAST_TRADE_TIME_U32,
  TICK_LOW_U32,
  TICK_OI_DAY_LOW_U32,
  TICK_OI_U32,
  TICK_OPEN_U32,
} from '../../shm/layout/tick-slot.ts';
import { PACKET_BYTES } from './protocol.ts';

// A local constant is folded into the compiled code; an imported one is loaded every time.
const { LTP, INDEX_QUOTE, INDEX_FULL, QUOTE, FULL } = PACKET_BYTES;

/* These runs of words have the same order in the packet and in the slot. */
const TRADE_WORDS = TICK_CLOSE_U32 - TICK_LAST_PRICE_U32 + 1;
const OI_WORDS = TICK_OI_DAY_LOW_U32 - TICK_OI_U32 + 1;

const DEPTH_WORDS = DEPTH_BYTES >> 2;

/** The mode that a packet of `bytes` bytes was sent in, or undefined if there is no such packet. */
export function packetMode(bytes: number): Mode | undefined {
  switch (bytes) {
    case FULL:
    case INDEX_FULL:
      return MODE.FULL;
    case QUOTE:
    case INDEX_QUOTE:
      return MODE.QUOTE;
    case LTP:
      return MODE.LTP;
    default:
      return undefined;
  }
}

/**
 * Writes what stands in the packet of `bytes` bytes at `at` into the slot that starts at word
 * `base`, and the reserved value into every field that this kind of packet does not have.
 */
export function writePacket(
  view: DataView,
  at: number,
  bytes: number,
  u32: Uint32Array,
  base: number,
): void {
  u32[base + TICK_INSTRUMENT_TOKEN_U32] = view.getUint32(at);
  u32[base + TICK_CHANGE_I32] = UNDEFINED_I32;
  if (bytes >= QUOTE) {
    writeTrade(view, at + 4, u32, base + TICK_LAST_PRICE_U32);
  } else {
    u32[base + TICK_LAST_PRICE_U32] = view.getUint32(at + 4);
    fillWords(u32, base + TICK_LAST_PRICE_U32 + 1, TRADE_WORDS - 1, UNDEFINED_U32);
    if (bytes >= INDEX_QUOTE) writeIndex(view, at, u32, base);
  }
  const depth = base + TICK_DEPTH_U32;
  if (bytes === FULL) {
    u32[base + TICK_LAST_TRADE_TIME_U32] = view.getUint32(at + 44);
    writeOpenInterest(view, at + 48, u32, base + TICK_OI_U32);
    u32[base + TICK_EXCHANGE_TIMESTAMP_U32] = view.getUint32(at + 60);
    writeDepth(view, at + 64, u32, depth);
  } else {
    u32[base + TICK_LAST_TRADE_TIME_U32] = UNDEFINED_U32;
    fillWords(u32, base + TICK_OI_U32, OI_WORDS, UNDEFINED_U32);
    // Two stores and not one of a choice: the choice would be boxed, which is garbage.
    if (bytes === INDEX_FULL) u32[base + TICK_EXCHANGE_TIMESTAMP_U32] = view.getUint32(at + 28);
    else u32[base + TICK_EXCHANGE_TIMESTAMP_U32] = UNDEFINED_U32;
    fillWords(u32, depth, DEPTH_WORDS, UNDEFINED_U32);
  }
  u32[depth + DEPTH_WORDS] = 0;
  u32[depth + DEPTH_WORDS + 1] = 0;
}

/** Last price, last quantity, average price, volume, total buy and sell quantity, o, h, l, c. */
function writeTrade(view: DataView, at: number, u32: Uint32Array, to: number): void {
  u32[to] = view.getUint32(at);
  u32[to + 1] = view.getUint32(at + 4);
  u32[to + 2] = view.getUint32(at + 8);
  u32[to + 3] = view.getUint32(at + 12);
  u32[to + 4] = view.getUint32(at + 16);
  u32[to + 5] = view.getUint32(at + 20);
  u32[to + 6] = view.getUint32(at + 24);
  u32[to + 7] = view.getUint32(at + 28);
  u32[to + 8] = view.getUint32(at + 32);
  u32[to + 9] = view.getUint32(at + 36);
}

/** Open interest, its day's high and low. */
function writeOpenInterest(view: DataView, at: number, u32: Uint32Array, to: number): void {
  u32[to] = view.getUint32(at);
  u32[to + 1] = view.getUint32(at + 4);
  u32[to + 2] = view.getUint32(at + 8);
}

/** Index packets from byte 8 on: high, low, open, close. */
function writeIndex(view: DataView, at: number, u32: Uint32Array, base: number): void {
  u32[base + TICK_HIGH_U32] = view.getUint32(at + 8);
  u32[base + TICK_LOW_U32] = view.getUint32(at + 12);
  u32[base + TICK_OPEN_U32] = view.getUint32(at + 16);
  u32[base + TICK_CLOSE_U32] = view.getUint32(at + 20);
  u32[base + TICK_CHANGE_I32] = view.getUint32(at + 24);
}

/**
 * Levels are quantity, price, orders u16, padding u16 in the packet; in the slot price comes first.
 */
function writeDepth(view: DataView, at: number, u32: Uint32Array, depth: number): void {
  for (let i = 0; i < DEPTH_WORDS; i += 3) {
    const from = at + 4 * i;
    const ordersAndPadding = view.getUint32(from + 8);
    u32[depth + i] = view.getUint32(from + 4);
    u32[depth + i + 1] = view.getUint32(from);
    // Two u16 of a little-endian word: the first one is the low half.
    u32[depth + i + 2] = (ordersAndPadding << 16) | (ordersAndPadding >>> 16);
  }
}

function fillWords(u32: Uint32Array, from: number, words: number, value: number): void {
  for (let i = 0; i < words; i++) u32[from + i] = value;
}
