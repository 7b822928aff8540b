import { decodeFrame, decodePacket, type BrokerPacket } from '../support/feed/sim/broker-packet.ts';

/** One packet that ingest has taken, in the integers of the broker. */
export interface LedgerTick {
  readonly packet: BrokerPacket;
  /** Ring position; of a tick that was never published, the one that it would have had. */
  readonly position: number;
  /** Epoch us. */
  readonly receiveTimeUs: number;
  /** False: ingest died with it. */
  isPublished: boolean;
}

/**
 * What ingest was given, packet by packet, kept apart from the service and decoded by the tests'
 * own decoder: what every client's log is compared with. One a ring, that is one an epoch.
 */
export class Ledger {
  /** 16 hex digits. */
  readonly epoch: string;
  /** Position before the first tick. */
  readonly start: number;
  /** Ticks of each token in their order: the one at index i has instrument_sequence i + 1. */
  readonly ticks = new Map<number, LedgerTick[]>();
  /** Newest published position. */
  newest: number;
  readonly #isListed: (token: number) => boolean;
  readonly #emptied = new Set<number>();

  constructor(epoch: string, start: number, isListed: (token: number) => boolean) {
    this.epoch = epoch;
    this.start = start;
    this.newest = start;
    this.#isListed = isListed;
  }

  /** Packets of `frame` that the service is to take, in order. */
  packetsOf(frame: Uint8Array): BrokerPacket[] {
    return readPackets(Buffer.from(frame)).filter(({ token }) => this.#isListed(token));
  }

  /** Enters a frame that ingest has taken as a whole. */
  take(frame: Uint8Array, receiveTimeUs: number): void {
    const packets = this.packetsOf(frame);
    this.enter(packets, receiveTimeUs, packets.length);
  }

  /**
   * Enters packets that ingest has counted, in order; the last ones beyond `published` it has not
   * published before it died.
   */
  enter(packets: readonly BrokerPacket[], receiveTimeUs: number, published: number): void {
    const first = this.newest + 1;
    packets.forEach((packet, index) => {
      let ticks = this.ticks.get(packet.token);
      if (ticks === undefined) this.ticks.set(packet.token, (ticks = []));
      const isPublished = index < published;
      ticks.push({ packet, position: first + index, receiveTimeUs, isPublished });
    });
    this.newest += published;
  }

  /** Positions up to here have been given out, the last ones to ticks that nobody will see. */
  passTo(position: number): void {
    this.newest = Math.max(this.newest, position);
  }

  /** Ingest died in the middle of the token's last value, which control has emptied. */
  empty(token: number): void {
    this.#emptied.add(token);
  }

  /** Whether the token may have been without a value since its first tick. */
  wasEmptied(token: number): boolean {
    return this.#emptied.has(token);
  }

  /** The tick with this `instrument_sequence`. */
  tick(token: number, instrumentSequence: number): LedgerTick | undefined {
    return this.ticks.get(token)?.[instrumentSequence - 1];
  }

  /** `instrument_sequence` of the token's newest tick at or before `position`; 0: none. */
  countThrough(token: number, position: number): number {
    const ticks = this.ticks.get(token) ?? [];
    let count = ticks.length;
    while (count > 0 && ticks[count - 1]!.position > position) count--;
    return count;
  }
}

const PREFIX_BYTES = 2;
const KNOWN_BYTES = new Set([8, 28, 32, 44, 184]);

/**
 * The packets of a frame that may be broken: what has no known length is passed over, and nothing
 * after a packet that is cut off can be read.
 */
function readPackets(frame: Buffer): BrokerPacket[] {
  try {
    return decodeFrame(frame);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  const packets: BrokerPacket[] = [];
  let at = PREFIX_BYTES;
  for (let left = frame.readUInt16BE(0); left > 0; left--) {
    if (at + PREFIX_BYTES > frame.length) break;
    const bytes = frame.readUInt16BE(at);
    const body = frame.subarray(at + PREFIX_BYTES, at + PREFIX_BYTES + bytes);
    if (body.length < bytes) break;
    if (KNOWN_BYTES.has(bytes)) packets.push(decodePacket(body));
    at += PREFIX_BYTES + bytes;
  }
  return packets;
}
