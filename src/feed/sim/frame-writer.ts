import { PACKET_BYTES } from './encoder.ts';

const FRAME_HEADER_BYTES = 2;
const PACKET_HEADER_BYTES = 2;
const MAX_PACKETS_PER_FRAME = 400;
const FRAME_BYTES =
  FRAME_HEADER_BYTES + MAX_PACKETS_PER_FRAME * (PACKET_HEADER_BYTES + PACKET_BYTES.FULL);
const MAX_POOLED_FRAMES = 128;

/** Frame buffers between uses: a socket may write a frame long after it was handed over. */
export class FramePool {
  readonly #free: Uint8Array[] = [];

  take(): Uint8Array {
    return this.#free.pop() ?? new Uint8Array(FRAME_BYTES);
  }

  give(buffer: Uint8Array): void {
    if (this.#free.length < MAX_POOLED_FRAMES) this.#free.push(buffer);
  }
}

/** Takes a frame; `done` must be called when its bytes are no longer needed. */
export type FrameSender = (frame: Uint8Array, done: () => void) => void;

/** Collects packets into the broker's frames: packet count, then length and body of each. */
export class FrameWriter {
  readonly #pool: FramePool;
  readonly #send: FrameSender;
  #buffer: Uint8Array;
  #sizeBytes = FRAME_HEADER_BYTES;
  #packets = 0;

  constructor(pool: FramePool, send: FrameSender) {
    this.#pool = pool;
    this.#send = send;
    this.#buffer = pool.take();
  }

  /** Copies the packet; a full frame is sent at once. */
  append(packet: Uint8Array): void {
    if (this.#packets === MAX_PACKETS_PER_FRAME) this.flush();
    const buffer = this.#buffer;
    const at = this.#sizeBytes;
    const length = packet.byteLength;
    buffer[at] = length >>> 8;
    buffer[at + 1] = length & 0xff;
    buffer.set(packet, at + PACKET_HEADER_BYTES);
    this.#sizeBytes = at + PACKET_HEADER_BYTES + length;
    this.#packets++;
  }

  /** Sends what has been collected, if anything. */
  flush(): void {
    if (this.#packets === 0) return;
    const buffer = this.#buffer;
    buffer[0] = this.#packets >>> 8;
    buffer[1] = this.#packets & 0xff;
    const frame = buffer.subarray(0, this.#sizeBytes);
    this.#buffer = this.#pool.take();
    this.#sizeBytes = FRAME_HEADER_BYTES;
    this.#packets = 0;
    this.#send(frame, () => {
      this.#pool.give(buffer);
    });
  }

  /** Gives the buffer back with what is in it; the writer must not be used any more. */
  release(): void {
    this.#pool.give(this.#buffer);
    this.#buffer = new Uint8Array(0);
  }
}
