import { readFile } from 'node:fs/promises';
import { TickerError, errorText } from '../../domain/error-codes.ts';
import { isPacketLength } from './encoder.ts';

/** A frame as the broker sent it, and views of the packets in it. */
export interface RecordedFrame {
  bytes: Uint8Array;
  /** At least one. */
  packets: Uint8Array[];
}

const FRAME_HEADER_BYTES = 2;
const PACKET_HEADER_BYTES = 2;

/**
 * Reads files of recorded packets: raw frames one after the other, or the base64 text of one bare
 * packet, which is wrapped in a frame of its own. Throws CONFIG_FILE naming the file.
 */
export async function readRecordedPackets(paths: readonly string[]): Promise<RecordedFrame[]> {
  const frames: RecordedFrame[] = [];
  for (const path of paths) {
    let content: Buffer;
    try {
      content = await readFile(path);
    } catch (error) {
      throw new TickerError('CONFIG_FILE', `packet file ${path}: ${errorText(error)}`, {
        cause: error,
      });
    }
    const found = parseRecordedPackets(content);
    if (found === null) {
      throw new TickerError(
        'CONFIG_FILE',
        `packet file ${path}: neither broker frames nor the base64 text of one packet`,
      );
    }
    frames.push(...found);
  }
  return frames;
}

/** The frames in the content of a packet file, or null if it is in neither format. */
export function parseRecordedPackets(content: Uint8Array): RecordedFrame[] | null {
  const packet = base64Packet(content);
  return packet === null ? parseFrames(content) : [wrapPacket(packet)];
}

function base64Packet(content: Uint8Array): Uint8Array | null {
  const text = Buffer.from(content).toString('latin1').trim();
  if (!/^[A-Za-z0-9+/\r\n]+={0,2}$/.test(text)) return null;
  const packet = Buffer.from(text, 'base64');
  return isPacketLength(packet.byteLength) ? packet : null;
}

function wrapPacket(packet: Uint8Array): RecordedFrame {
  const bytes = Buffer.alloc(FRAME_HEADER_BYTES + PACKET_HEADER_BYTES + packet.byteLength);
  bytes.writeUInt16BE(1, 0);
  bytes.writeUInt16BE(packet.byteLength, FRAME_HEADER_BYTES);
  bytes.set(packet, FRAME_HEADER_BYTES + PACKET_HEADER_BYTES);
  return { bytes, packets: [bytes.subarray(FRAME_HEADER_BYTES + PACKET_HEADER_BYTES)] };
}

function parseFrames(content: Uint8Array): RecordedFrame[] | null {
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  const frames: RecordedFrame[] = [];
  let at = 0;
  while (at < content.byteLength) {
    const start = at;
    if (at + FRAME_HEADER_BYTES > content.byteLength) return null;
    const count = view.getUint16(at);
    at += FRAME_HEADER_BYTES;
    const packets: Uint8Array[] = [];
    for (let index = 0; index < count; index++) {
      if (at + PACKET_HEADER_BYTES > content.byteLength) return null;
      const length = view.getUint16(at);
      at += PACKET_HEADER_BYTES;
      if (!isPacketLength(length) || at + length > content.byteLength) return null;
      packets.push(content.subarray(at, at + length));
      at += length;
    }
    if (packets.length === 0) return null;
    frames.push({ bytes: content.subarray(start, at), packets });
  }
  return frames.length === 0 ? null : frames;
}
