import { priceDivisor, segmentOf } from '../../domain/price-scale.ts';
import type { TickViews } from '../../shm/block.ts';
import {
  TICK_MODE_U8,
  TICK_PACKET_LENGTH_U16,
  TICK_PRICE_DIVISOR_U32,
  TICK_RECEIVE_TIME_F64,
  TICK_SEGMENT_U8,
} from '../../shm/layout/tick-slot.ts';
import { packetMode, writePacket } from './packet.ts';
import { FRAME_HEADER_BYTES, PACKET_BYTES, PACKET_PREFIX_BYTES } from './protocol.ts';

/** Where the parser puts packets: the ring's writer, or private memory. */
export interface PacketSink {
  readonly ticks: TickViews;
  /** Byte offset in `ticks` of the slot for the next packet of `token`, or -1 to pass over it. */
  open(token: number): number;
  /** The slot holds the packet. */
  close(slotBytes: number, token: number): void;
}

/** What was not written, by reason. Numbers only rise. */
export interface FrameRejects {
  /** Frames of less than two bytes: the broker's sign of life. */
  heartbeats: number;
  /** Packets of a length that no kind of packet has. */
  unknownLength: number;
  /** Packets that the frame announces but does not hold completely. */
  truncated: number;
  /** Bytes behind the last announced packet. */
  trailingBytes: number;
  /** Packets that the sink did not want. */
  passedOver: number;
}

const SMALLEST_PACKET_BYTES = PACKET_PREFIX_BYTES + PACKET_BYTES.LTP;

/**
 * Parses the broker's binary frames straight into tick slots. Writes the Quote section, except what
 * belongs to the ring's writer (flags, sequence, instrument_sequence, merged), and the Depth
 * section with the reserved bytes behind it. Takes any bytes: it never throws, never reads outside
 * the frame and counts whatever it leaves out in `rejects`. Its only garbage is one DataView a
 * frame.
 */
export class KiteFrameParser {
  readonly rejects: FrameRejects = {
    heartbeats: 0,
    unknownLength: 0,
    truncated: 0,
    trailingBytes: 0,
    passedOver: 0,
  };
  readonly #sink: PacketSink;

  constructor(sink: PacketSink) {
    this.#sink = sink;
  }

  /** Upper bound of the packets that `parse(frame)` will write, without reading them. */
  packetCount(frame: Uint8Array): number {
    if (frame.length < FRAME_HEADER_BYTES) return 0;
    const announced = (frame[0]! << 8) | frame[1]!;
    const room = Math.floor((frame.length - FRAME_HEADER_BYTES) / SMALLEST_PACKET_BYTES);
    return Math.min(announced, room);
  }

  /** Writes the packets of one frame received at `receiveTimeUs` (epoch us). Returns how many. */
  parse(frame: Uint8Array, receiveTimeUs: number): number {
    const { rejects } = this;
    const end = frame.length;
    if (end < FRAME_HEADER_BYTES) {
      rejects.heartbeats++;
      return 0;
    }
    const view = new DataView(frame.buffer, frame.byteOffset, end);
    const announced = view.getUint16(0);
    let at = FRAME_HEADER_BYTES;
    let written = 0;
    for (let i = 0; i < announced; i++) {
      const start = at + PACKET_PREFIX_BYTES;
      const bytes = start <= end ? view.getUint16(at) : 0;
      if (start + bytes > end) {
        // Without this packet's end there is no telling where another one would start.
        rejects.truncated += announced - i;
        return written;
      }
      if (this.#parsePacket(view, start, bytes, receiveTimeUs)) written++;
      at = start + bytes;
    }
    rejects.trailingBytes += end - at;
    return written;
  }

  #parsePacket(view: DataView, at: number, bytes: number, receiveTimeUs: number): boolean {
    const mode = packetMode(bytes);
    if (mode === undefined) {
      this.rejects.unknownLength++;
      return false;
    }
    const sink = this.#sink;
    const token = view.getUint32(at);
    const slotBytes = sink.open(token);
    if (slotBytes < 0) {
      this.rejects.passedOver++;
      return false;
    }
    const { u8, u16, u32, f64 } = sink.ticks;
    const segment = segmentOf(token);
    writePacket(view, at, bytes, u32, slotBytes >> 2);
    f64[(slotBytes >> 3) + TICK_RECEIVE_TIME_F64] = receiveTimeUs;
    u32[(slotBytes >> 2) + TICK_PRICE_DIVISOR_U32] = priceDivisor(segment);
    u16[(slotBytes >> 1) + TICK_PACKET_LENGTH_U16] = bytes;
    u8[slotBytes + TICK_SEGMENT_U8] = segment;
    u8[slotBytes + TICK_MODE_U8] = mode;
    sink.close(slotBytes, token);
    return true;
  }
}
