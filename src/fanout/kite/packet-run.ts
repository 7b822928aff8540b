import type { TickViews } from '../../shm/block.ts';
import { TICK_INSTRUMENT_SEQUENCE_U32 } from '../../shm/layout/tick-slot.ts';
import { PACKET_BYTES, rebuildPacket } from './kite-packet.ts';

/** Whole words, so that packets begin at even addresses. */
const STRIDE_BYTES = PACKET_BYTES.FULL;
const FIRST_CAPACITY = 256;

/** Packets on their way to clients, each rebuilt once for all of them. */
export class PacketRun {
  bytes = new Uint8Array(FIRST_CAPACITY * STRIDE_BYTES);
  #lengths = new Uint8Array(FIRST_CAPACITY);
  #sequences = new Uint32Array(FIRST_CAPACITY);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** Number of the packet among them; -1 if the slot holds none. */
  add(ticks: TickViews, slotBytes: number): number {
    if (this.#count === this.#lengths.length) this.#grow();
    const number = this.#count;
    const length = rebuildPacket(ticks, slotBytes, this.bytes, number * STRIDE_BYTES);
    if (length === 0) return -1;
    this.#lengths[number] = length;
    this.#sequences[number] = ticks.u32[(slotBytes >> 2) + TICK_INSTRUMENT_SEQUENCE_U32]!;
    this.#count++;
    return number;
  }

  /** Where the packet begins in `bytes`. */
  offset(number: number): number {
    return number * STRIDE_BYTES;
  }

  length(number: number): number {
    return this.#lengths[number]!;
  }

  instrumentSequence(number: number): number {
    return this.#sequences[number]!;
  }

  clear(): void {
    this.#count = 0;
  }

  #grow(): void {
    const capacity = this.#lengths.length * 2;
    const { bytes } = this;
    this.bytes = new Uint8Array(capacity * STRIDE_BYTES);
    this.bytes.set(bytes);
    const lengths = this.#lengths;
    this.#lengths = new Uint8Array(capacity);
    this.#lengths.set(lengths);
    const sequences = this.#sequences;
    this.#sequences = new Uint32Array(capacity);
    this.#sequences.set(sequences);
  }
}
