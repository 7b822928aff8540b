/*
 * The broker's packets, written from its public documentation and independent of the parser in
 * `feed/kite`, so that each checks the other. All integers are unsigned 32-bit big-endian (the
 * order counts of depth 16-bit); prices in the segment's own scale, times in epoch seconds.
 *
 *    tradable: 8 = ltp, 44 = quote, 184 = full; each is the beginning of the next
 *    0 token  4 last  8 last quantity  12 average  16 volume  20 buy quantity  24 sell quantity
 *    28 open  32 high  36 low  40 close | 44 last trade time  48 OI  52 OI high  56 OI low
 *    60 exchange time  64 five bids  124 five offers, 12 bytes each: quantity, price, orders, pad
 *
 *    index: 8 = ltp, 28 = quote, 32 = full
 *    0 token  4 last  8 high  12 low  16 open  20 close  24 change | 28 exchange time
 */

/** Offsets in a packet of a tradable instrument. */
export const TRADABLE = {
  TOKEN: 0,
  LAST_PRICE: 4,
  LAST_QUANTITY: 8,
  AVERAGE_PRICE: 12,
  VOLUME: 16,
  BUY_QUANTITY: 20,
  SELL_QUANTITY: 24,
  OPEN: 28,
  HIGH: 32,
  LOW: 36,
  CLOSE: 40,
  LAST_TRADE_TIME: 44,
  OPEN_INTEREST: 48,
  OPEN_INTEREST_HIGH: 52,
  OPEN_INTEREST_LOW: 56,
  EXCHANGE_TIME: 60,
  BIDS: 64,
  OFFERS: 124,
} as const;

/** Offsets in a packet of an index. */
export const INDEX = {
  TOKEN: 0,
  LAST_PRICE: 4,
  HIGH: 8,
  LOW: 12,
  OPEN: 16,
  CLOSE: 20,
  CHANGE: 24,
  EXCHANGE_TIME: 28,
} as const;

export const DEPTH_LEVELS = 5;
export const DEPTH_LEVEL_BYTES = 12;
/** Offsets in a depth level. */
export const LEVEL = { QUANTITY: 0, PRICE: 4, ORDERS: 8 } as const;

export const PACKET_BYTES = {
  LTP: 8,
  INDEX_QUOTE: 28,
  INDEX_FULL: 32,
  QUOTE: 44,
  FULL: 184,
} as const;

export const HEARTBEAT_FRAME: Uint8Array = Uint8Array.of(0);

export interface DepthLevel {
  price: number;
  quantity: number;
  orders: number;
}

/** The fields of a packet under the broker's names, prices in the segment's own scale. */
export interface PacketFields {
  last_price: number;
  last_quantity?: number;
  average_price?: number;
  volume?: number;
  buy_quantity?: number;
  sell_quantity?: number;
  ohlc?: { open: number; high: number; low: number; close: number };
  change?: number;
  last_trade_time?: number;
  oi?: number;
  oi_day_high?: number;
  oi_day_low?: number;
  exchange_timestamp?: number;
  depth?: { buy: DepthLevel[]; sell: DepthLevel[] };
}

export function isPacketLength(sizeBytes: number): boolean {
  return Object.values(PACKET_BYTES).some((known) => known === sizeBytes);
}

export function packetToken(packet: Uint8Array): number {
  return new DataView(packet.buffer, packet.byteOffset).getUint32(TRADABLE.TOKEN);
}

/** The fields of one packet of any of the five lengths. */
export function packetFields(packet: Uint8Array): PacketFields {
  const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
  const size = packet.byteLength;
  if (size === PACKET_BYTES.LTP) return { last_price: view.getUint32(TRADABLE.LAST_PRICE) };
  return size <= PACKET_BYTES.INDEX_FULL ? indexFields(view) : tradableFields(view);
}

function indexFields(view: DataView): PacketFields {
  const fields: PacketFields = {
    last_price: view.getUint32(INDEX.LAST_PRICE),
    ohlc: {
      open: view.getUint32(INDEX.OPEN),
      high: view.getUint32(INDEX.HIGH),
      low: view.getUint32(INDEX.LOW),
      close: view.getUint32(INDEX.CLOSE),
    },
    change: view.getInt32(INDEX.CHANGE),
  };
  if (view.byteLength === PACKET_BYTES.INDEX_FULL) {
    fields.exchange_timestamp = view.getUint32(INDEX.EXCHANGE_TIME);
  }
  return fields;
}

function tradableFields(view: DataView): PacketFields {
  const fields: PacketFields = {
    last_price: view.getUint32(TRADABLE.LAST_PRICE),
    last_quantity: view.getUint32(TRADABLE.LAST_QUANTITY),
    average_price: view.getUint32(TRADABLE.AVERAGE_PRICE),
    volume: view.getUint32(TRADABLE.VOLUME),
    buy_quantity: view.getUint32(TRADABLE.BUY_QUANTITY),
    sell_quantity: view.getUint32(TRADABLE.SELL_QUANTITY),
    ohlc: {
      open: view.getUint32(TRADABLE.OPEN),
      high: view.getUint32(TRADABLE.HIGH),
      low: view.getUint32(TRADABLE.LOW),
      close: view.getUint32(TRADABLE.CLOSE),
    },
  };
  if (view.byteLength === PACKET_BYTES.FULL) {
    fields.last_trade_time = view.getUint32(TRADABLE.LAST_TRADE_TIME);
    fields.oi = view.getUint32(TRADABLE.OPEN_INTEREST);
    fields.oi_day_high = view.getUint32(TRADABLE.OPEN_INTEREST_HIGH);
    fields.oi_day_low = view.getUint32(TRADABLE.OPEN_INTEREST_LOW);
    fields.exchange_timestamp = view.getUint32(TRADABLE.EXCHANGE_TIME);
    fields.depth = {
      buy: depthLevels(view, TRADABLE.BIDS),
      sell: depthLevels(view, TRADABLE.OFFERS),
    };
  }
  return fields;
}

function depthLevels(view: DataView, offset: number): DepthLevel[] {
  return Array.from({ length: DEPTH_LEVELS }, (_unused, index) => {
    const at = offset + index * DEPTH_LEVEL_BYTES;
    return {
      price: view.getUint32(at + LEVEL.PRICE),
      quantity: view.getUint32(at + LEVEL.QUANTITY),
      orders: view.getUint16(at + LEVEL.ORDERS),
    };
  });
}
