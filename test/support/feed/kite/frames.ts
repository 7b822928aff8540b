import { ByteBuffer } from 'flatbuffers';
import type { PacketSink } from '../../../../src/feed/kite/parser.ts';
import { createPrivateTicks } from '../../../../src/shm/block.ts';
import { TICK_SLOT_BYTES } from '../../../../src/shm/layout/tick-slot.ts';
import { Tick } from '../../../../src/wire/generated/ticker/tick.ts';

/** Lengths of the packets that the broker sends. */
export const PACKET_LENGTHS = [8, 28, 32, 44, 184] as const;

/** Offset of a frame's first packet: behind the count and the packet's length. */
export const FIRST_PACKET_OFFSET = 4;

/** A binary frame that holds `packets`, and says so truthfully. */
export function frameOf(packets: readonly Uint8Array[]): Buffer {
  const parts: Uint8Array[] = [uint16(packets.length)];
  for (const packet of packets) parts.push(uint16(packet.length), packet);
  return Buffer.concat(parts);
}

export function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

/** Big-endian 32-bit words, one after the other. */
export function words(...values: number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, i) => bytes.writeUInt32BE(value, 4 * i));
  return bytes;
}

/** Takes up to `slots` packets into private memory that is dirty beforehand. */
export class CapturingSink implements PacketSink {
  readonly ticks;
  readonly tokens: number[] = [];
  readonly closed: number[] = [];
  /** Tokens that it does not want. */
  readonly unwanted = new Set<number>();

  constructor(slots: number) {
    this.ticks = createPrivateTicks(slots, TICK_SLOT_BYTES);
    this.ticks.u8.fill(0xa5);
  }

  open(token: number): number {
    if (this.unwanted.has(token)) return -1;
    this.tokens.push(token);
    return (this.tokens.length - 1) * TICK_SLOT_BYTES;
  }

  close(slotBytes: number, token: number): void {
    if (this.tokens[slotBytes / TICK_SLOT_BYTES] !== token) throw new Error('another slot closed');
    this.closed.push(slotBytes);
  }

  /** The tick in slot `i`, read as the schema says it. */
  tick(i: number): ReturnType<typeof readTick> {
    const at = i * TICK_SLOT_BYTES;
    return readTick(this.ticks.u8.slice(at, at + TICK_SLOT_BYTES));
  }
}

/** Every field that the parser writes, by the schema's names. */
function readTick(bytes: Uint8Array) {
  const tick = new Tick().__init(0, new ByteBuffer(bytes));
  const quote = tick.quote();
  const depth = tick.depth();
  if (quote === null || depth === null) throw new Error('a struct is always there');
  const level = (value: ReturnType<typeof depth.buy0>) => ({
    price: value?.price(),
    quantity: value?.quantity(),
    orders: value?.orders(),
    padding: value?.padding(),
  });
  return {
    instrument_token: quote.instrumentToken(),
    receive_time: quote.receiveTime(),
    exchange_timestamp: quote.exchangeTimestamp(),
    last_trade_time: quote.lastTradeTime(),
    last_price: quote.lastPrice(),
    last_quantity: quote.lastQuantity(),
    average_price: quote.averagePrice(),
    volume: quote.volume(),
    total_buy_quantity: quote.totalBuyQuantity(),
    total_sell_quantity: quote.totalSellQuantity(),
    open: quote.open(),
    high: quote.high(),
    low: quote.low(),
    close: quote.close(),
    change: quote.change(),
    oi: quote.oi(),
    oi_day_high: quote.oiDayHigh(),
    oi_day_low: quote.oiDayLow(),
    price_divisor: quote.priceDivisor(),
    segment: quote.segment(),
    mode: quote.mode(),
    packet_length: quote.packetLength(),
    buy: [depth.buy0(), depth.buy1(), depth.buy2(), depth.buy3(), depth.buy4()].map(level),
    sell: [depth.sell0(), depth.sell1(), depth.sell2(), depth.sell3(), depth.sell4()].map(level),
    reserved: [tick.reserved0(), tick.reserved1()],
  };
}
