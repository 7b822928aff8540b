import { PACKET_BYTES } from './kite-packet.ts';

const COUNT_BYTES = 2;
const LENGTH_BYTES = 2;
/** A frame of full packets is at most 74 kB, so that a slow reader is noticed between two. */
export const FRAME_PACKETS_MAX = 400;
const FRAME_BYTES = COUNT_BYTES + FRAME_PACKETS_MAX * (LENGTH_BYTES + PACKET_BYTES.FULL);

/** The broker's sign of life. */
export const HEARTBEAT_FRAME: Uint8Array = Uint8Array.of(0);

/** A frame of the broker's protocol: packet count u16, then each packet's length u16 and bytes. */
export class KiteFrame {
  readonly #bytes = new Uint8Array(FRAME_BYTES);
  #end = COUNT_BYTES;
  #packets = 0;

  get packets(): number {
    return this.#packets;
  }

  get isFull(): boolean {
    return this.#packets === FRAME_PACKETS_MAX;
  }

  /** Adds the first `bytes` bytes of the packet at `at` in `source`. RangeError if it is full. */
  add(source: Uint8Array, at: number, bytes: number): void {
    if (this.isFull) throw new RangeError('the frame is full');
    const target = this.#bytes;
    let end = this.#end;
    target[end++] = bytes >>> 8;
    target[end++] = bytes;
    // Packets are short: a loop is faster than a view of the source, and leaves no garbage.
    for (let i = 0; i < bytes; i++) target[end + i] = source[at + i]!;
    this.#end = end + bytes;
    this.#packets++;
  }

  /** The frame, valid until the next `add`, which begins another one. */
  finish(): Uint8Array {
    const target = this.#bytes;
    target[0] = this.#packets >>> 8;
    target[1] = this.#packets;
    const frame = target.subarray(0, this.#end);
    this.#end = COUNT_BYTES;
    this.#packets = 0;
    return frame;
  }
}
