/**
 * Numbers and names of the broker's market-data protocol. All integers on the wire are big-endian
 * and unsigned. A binary frame is: packet count u16, then per packet its length u16 and its bytes;
 * the length is the packet's type. A frame of less than two bytes is a heartbeat.
 */

export const FRAME_HEADER_BYTES = 2;
export const PACKET_PREFIX_BYTES = 2;

/** Bytes of each kind of packet. Index packets have the instruments of segment 9. */
export const PACKET_BYTES = {
  LTP: 8,
  INDEX_QUOTE: 28,
  INDEX_FULL: 32,
  QUOTE: 44,
  FULL: 184,
} as const;

export const PACKET_DEPTH_LEVELS = 10;

/** The broker's limits. */
export const INSTRUMENTS_PER_SOCKET = 3000;
export const SOCKETS_PER_ACCOUNT = 3;
/** Our own: the broker does not say how long a message may be. */
export const TOKENS_PER_MESSAGE = 500;

export const KITE_VERSION_HEADER = { 'X-Kite-Version': '3' } as const;
/** By this header of its answers a simulator says that it is one. */
export const SIMULATOR_HEADER = 'x-ticker-simulator';
