import { MODE, type Mode } from '../../domain/status.ts';
import {
  TICK_AVERAGE_PRICE_U32,
  TICK_CHANGE_I32,
  TICK_CLOSE_U32,
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
  TICK_TOTAL_BUY_QUANTITY_U32,
  TICK_TOTAL_SELL_QUANTITY_U32,
  TICK_VOLUME_U32,
} from '../../shm/layout/tick-slot.ts';
import { PACKET_BYTES } from './protocol.ts';

/** One kind of packet, seen as words of a tick slot. */
export interface PacketKind {
  readonly bytes: number;
  readonly mode: Mode;
  /** For each u32 word of the packet before its depth, the word of the slot that it goes to. */
  readonly words: Uint8Array;
  /** Words of the slot that the packet does not have; `change` is not among them. */
  readonly missing: Uint8Array;
  readonly hasChange: boolean;
  readonly hasDepth: boolean;
}

const LTP_WORDS = [TICK_INSTRUMENT_TOKEN_U32, TICK_LAST_PRICE_U32];

/** Index packets: high, low, open, close. */
const INDEX_QUOTE_WORDS = [
  ...LTP_WORDS,
  TICK_HIGH_U32,
  TICK_LOW_U32,
  TICK_OPEN_U32,
  TICK_CLOSE_U32,
  TICK_CHANGE_I32,
];
const INDEX_FULL_WORDS = [...INDEX_QUOTE_WORDS, TICK_EXCHANGE_TIMESTAMP_U32];

/** Tradable packets: open, high, low, close. */
const QUOTE_WORDS = [
  ...LTP_WORDS,
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
const FULL_WORDS = [
  ...QUOTE_WORDS,
  TICK_LAST_TRADE_TIME_U32,
  TICK_OI_U32,
  TICK_OI_DAY_HIGH_U32,
  TICK_OI_DAY_LOW_U32,
  TICK_EXCHANGE_TIMESTAMP_U32,
];

function packetKind(bytes: number, mode: Mode, words: number[]): PacketKind {
  return {
    bytes,
    mode,
    words: Uint8Array.from(words),
    missing: Uint8Array.from(FULL_WORDS.filter((word) => !words.includes(word))),
    hasChange: words.includes(TICK_CHANGE_I32),
    hasDepth: bytes === PACKET_BYTES.FULL,
  };
}

const LTP = packetKind(PACKET_BYTES.LTP, MODE.LTP, LTP_WORDS);
const INDEX_QUOTE = packetKind(PACKET_BYTES.INDEX_QUOTE, MODE.QUOTE, INDEX_QUOTE_WORDS);
const INDEX_FULL = packetKind(PACKET_BYTES.INDEX_FULL, MODE.FULL, INDEX_FULL_WORDS);
const QUOTE = packetKind(PACKET_BYTES.QUOTE, MODE.QUOTE, QUOTE_WORDS);
const FULL = packetKind(PACKET_BYTES.FULL, MODE.FULL, FULL_WORDS);

/** The kind of a packet of `bytes` bytes, or undefined if the broker has none of that length. */
export function packetKindOf(bytes: number): PacketKind | undefined {
  switch (bytes) {
    case PACKET_BYTES.FULL:
      return FULL;
    case PACKET_BYTES.QUOTE:
      return QUOTE;
    case PACKET_BYTES.INDEX_FULL:
      return INDEX_FULL;
    case PACKET_BYTES.INDEX_QUOTE:
      return INDEX_QUOTE;
    case PACKET_BYTES.LTP:
      return LTP;
    default:
      return undefined;
  }
}
