/** Opcodes of WebSocket frames. */
export const OPCODE = { TEXT: 1, BINARY: 2, CLOSE: 8, PING: 9, PONG: 10 } as const;

const FIN_AND_RESERVED = 0xf0;
const FIN = 0x80;
const LENGTH_16 = 126;
const LENGTH_64 = 127;
const CARRY_FIRST_BYTES = 4096;
const WORD = 2 ** 32;

/** Where a message lies: valid during the call only. */
export type OnMessage = (
  opcode: number,
  bytes: Buffer,
  view: DataView,
  start: number,
  length: number,
) => void;

/** Bytes that sockets read into, and a view of the same memory. */
export interface ReadBuffer {
  bytes: Buffer;
  view: DataView;
}

export function createReadBuffer(size: number): ReadBuffer {
  const bytes = Buffer.alloc(size);
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength) };
}

/**
 * Cuts what a server sends into messages, where they lie: no copy but of messages that two reads
 * share, nothing decoded. Servers send unmasked frames, and none of ours fragments.
 */
export class WebSocketReader {
  readonly #onMessage: OnMessage;
  #carry: ReadBuffer | undefined;
  #carried = 0;

  constructor(onMessage: OnMessage) {
    this.#onMessage = onMessage;
  }

  /** Takes the bytes from `from` up to `to` of a read. Throws RangeError for a bad frame. */
  push(read: ReadBuffer, from: number, to: number): void {
    let at = this.#carried > 0 ? this.#complete(read, from, to) : from;
    for (;;) {
      const size = frameBytes(read.view, at, to);
      if (size === 0 || at + size > to) break;
      this.#deliver(read, at, size);
      at += size;
    }
    if (at < to) this.#keep(read, at, to);
  }

  /** Completes the frame that began in an earlier read; returns where the rest begins. */
  #complete(read: ReadBuffer, from: number, to: number): number {
    let at = from;
    for (;;) {
      const carry = this.#carry!;
      const size = frameBytes(carry.view, 0, this.#carried);
      const wanted = (size === 0 ? this.#carried + 1 : size) - this.#carried;
      if (wanted === 0) {
        this.#carried = 0;
        this.#deliver(carry, 0, size);
        return at;
      }
      if (at === to) return at;
      const taken = Math.min(wanted, to - at);
      this.#keep(read, at, at + taken);
      at += taken;
    }
  }

  #keep(read: ReadBuffer, from: number, to: number): void {
    const needed = this.#carried + to - from;
    if (this.#carry === undefined || needed > this.#carry.bytes.length) {
      const grown = createReadBuffer(Math.max(CARRY_FIRST_BYTES, 2 * needed));
      this.#carry?.bytes.copy(grown.bytes, 0, 0, this.#carried);
      this.#carry = grown;
    }
    read.bytes.copy(this.#carry.bytes, this.#carried, from, to);
    this.#carried = needed;
  }

  #deliver({ bytes, view }: ReadBuffer, at: number, size: number): void {
    const first = view.getUint8(at);
    if ((first & FIN_AND_RESERVED) !== FIN) throw new RangeError(`frame begins with ${first}`);
    const short = view.getUint8(at + 1);
    const header = short < LENGTH_16 ? 2 : short === LENGTH_16 ? 4 : 10;
    this.#onMessage(first & 0x0f, bytes, view, at + header, size - header);
  }
}

/** Bytes of the frame at `at`, header included; 0: its header is not complete before `to`. */
function frameBytes(view: DataView, at: number, to: number): number {
  if (at + 2 > to) return 0;
  const short = view.getUint8(at + 1);
  if (short < LENGTH_16) return 2 + short;
  if (short === LENGTH_16) return at + 4 > to ? 0 : 4 + view.getUint16(at + 2);
  if (short > LENGTH_64) throw new RangeError('a server does not mask');
  return at + 10 > to ? 0 : 10 + view.getUint32(at + 2) * WORD + view.getUint32(at + 6);
}

/** A frame as a client sends it, payload below 64 KiB; its mask changes nothing. */
export function clientFrame(opcode: number, payload: string | Uint8Array): Buffer {
  const data = typeof payload === 'string' ? Buffer.from(payload, 'utf8') : payload;
  const isShort = data.length < LENGTH_16;
  const header = Buffer.alloc(isShort ? 6 : 8);
  header[0] = FIN | opcode;
  header[1] = 0x80 | (isShort ? data.length : LENGTH_16);
  if (!isShort) header.writeUInt16BE(data.length, 2);
  return Buffer.concat([header, data]);
}
