import { isDeepStrictEqual } from 'node:util';
import { type DepthLevel, packetFields, type PacketFields } from '../../src/feed/sim/encoder.ts';
import type { TickViews } from '../../src/shm/block.ts';
import {
  DEPTH_LEVELS,
  TICK_AVERAGE_PRICE_U32,
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
  TICK_TOTAL_BUY_QUANTITY_U32,
  TICK_TOTAL_SELL_QUANTITY_U32,
  TICK_VOLUME_U32,
} from '../../src/shm/layout/tick-slot.ts';
import { tokenOf } from './recording.ts';

/** What the slot at `slotBytes` says of a full packet, in the words of the simulator's encoder. */
function slotFields({ u32 }: TickViews, slotBytes: number): PacketFields {
  const base = slotBytes >> 2;
  const word = (index: number): number => u32[base + index]!;
  const level = (place: number): DepthLevel => {
    const at = TICK_DEPTH_U32 + place * 3;
    return { price: word(at), quantity: word(at + 1), orders: word(at + 2) & 0xffff };
  };
  const side = (first: number): DepthLevel[] =>
    Array.from({ length: DEPTH_LEVELS }, (_unused, index) => level(first + index));
  return {
    last_price: word(TICK_LAST_PRICE_U32),
    last_quantity: word(TICK_LAST_QUANTITY_U32),
    average_price: word(TICK_AVERAGE_PRICE_U32),
    volume: word(TICK_VOLUME_U32),
    buy_quantity: word(TICK_TOTAL_BUY_QUANTITY_U32),
    sell_quantity: word(TICK_TOTAL_SELL_QUANTITY_U32),
    ohlc: {
      open: word(TICK_OPEN_U32),
      high: word(TICK_HIGH_U32),
      low: word(TICK_LOW_U32),
      close: word(TICK_CLOSE_U32),
    },
    last_trade_time: word(TICK_LAST_TRADE_TIME_U32),
    oi: word(TICK_OI_U32),
    oi_day_high: word(TICK_OI_DAY_HIGH_U32),
    oi_day_low: word(TICK_OI_DAY_LOW_U32),
    exchange_timestamp: word(TICK_EXCHANGE_TIMESTAMP_U32),
    depth: { buy: side(0), sell: side(DEPTH_LEVELS) },
  };
}

/** True if the slot holds every field of the full packet. */
export function slotHoldsPacket(ticks: TickViews, slotBytes: number, packet: Uint8Array): boolean {
  const token = ticks.u32[(slotBytes >> 2) + TICK_INSTRUMENT_TOKEN_U32];
  return (
    token === tokenOf(packet) &&
    isDeepStrictEqual(slotFields(ticks, slotBytes), packetFields(packet))
  );
}
