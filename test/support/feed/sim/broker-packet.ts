/** Decoder of the broker's frames, written for the tests from the table of its documentation. */

export interface BrokerLevel {
  price: number;
  quantity: number;
  orders: number;
}

/** One packet in its own integers; what a packet kind does not carry is absent. */
export interface BrokerPacket {
  kind: 'ltp' | 'index_quote' | 'index_full' | 'quote' | 'full';
  token: number;
  lastPrice: number;
  lastQuantity?: number;
  averagePrice?: number;
  volume?: number;
  buyQuantity?: number;
  sellQuantity?: number;
  open?: number;
  high?: number;
  low?: number;
  close?: number;
  change?: number;
  lastTradeTime?: number;
  openInterest?: number;
  openInterestHigh?: number;
  openInterestLow?: number;
  exchangeTime?: number;
  bids?: BrokerLevel[];
  offers?: BrokerLevel[];
}

const KINDS = new Map<number, BrokerPacket['kind']>([
  [8, 'ltp'],
  [28, 'index_quote'],
  [32, 'index_full'],
  [44, 'quote'],
  [184, 'full'],
]);

/** Packets of a binary frame; a heartbeat has none. Throws where the frame contradicts itself. */
export function decodeFrame(frame: Buffer): BrokerPacket[] {
  if (frame.length < 2) return [];
  const packets: BrokerPacket[] = [];
  let at = 2;
  for (let left = frame.readUInt16BE(0); left > 0; left--) {
    const length = frame.readUInt16BE(at);
    const body = frame.subarray(at + 2, at + 2 + length);
    if (body.length !== length) throw new RangeError('packet reaches beyond its frame');
    packets.push(decodePacket(body));
    at += 2 + length;
  }
  if (at !== frame.length) throw new RangeError('bytes after the last packet');
  return packets;
}

export function decodePacket(body: Buffer): BrokerPacket {
  const kind = KINDS.get(body.length);
  if (kind === undefined) throw new RangeError(`packet of ${body.length} bytes`);
  const word = (index: number): number => body.readUInt32BE(4 * index);
  const packet: BrokerPacket = { kind, token: word(0), lastPrice: word(1) };
  if (kind === 'index_quote' || kind === 'index_full') {
    Object.assign(packet, { high: word(2), low: word(3), open: word(4), close: word(5) });
    packet.change = body.readInt32BE(24);
    if (kind === 'index_full') packet.exchangeTime = word(7);
  }
  if (kind === 'quote' || kind === 'full') {
    Object.assign(packet, { lastQuantity: word(2), averagePrice: word(3), volume: word(4) });
    Object.assign(packet, { buyQuantity: word(5), sellQuantity: word(6) });
    Object.assign(packet, { open: word(7), high: word(8), low: word(9), close: word(10) });
  }
  if (kind === 'full') {
    Object.assign(packet, { lastTradeTime: word(11), openInterest: word(12) });
    Object.assign(packet, { openInterestHigh: word(13), openInterestLow: word(14) });
    packet.exchangeTime = word(15);
    const levels = Array.from({ length: 10 }, (_unused, index) => ({
      quantity: word(16 + 3 * index),
      price: word(17 + 3 * index),
      orders: body.readUInt16BE(72 + 12 * index),
    }));
    packet.bids = levels.slice(0, 5);
    packet.offers = levels.slice(5);
  }
  return packet;
}
