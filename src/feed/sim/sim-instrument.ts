import { MODE } from '../../domain/status.ts';
import type { ContractSpec } from './contracts.ts';
import { PACKET_BYTES, TRADABLE, packetFields } from './encoder.ts';
import type { RecordedFrame } from './recorded-packets.ts';
import type { UnderlyingWalk } from './underlying-walk.ts';
import type { ExpirySlice } from './volatility-surface.ts';

export type FeedMode = typeof MODE.LTP | typeof MODE.QUOTE | typeof MODE.FULL;

/** Where packets of a subscription go: a connection. */
export interface PacketSink {
  /** False while a fault keeps ticks from the socket. */
  readonly isDelivering: boolean;
  /** Copies the packet. */
  append(packet: Uint8Array): void;
}

export interface Subscription {
  readonly sink: PacketSink;
  readonly instrument: SimInstrument;
  mode: FeedMode;
}

/**
 * One listed instrument: its newest packet, kept encoded and patched in place, and its account in
 * the ledger. The packet of a smaller mode is the beginning of the full one.
 */
export class SimInstrument {
  readonly spec: ContractSpec;
  /** Popularity: 0 is the most traded. */
  readonly rank: number;
  readonly walk: UnderlyingWalk | null;
  readonly slice: ExpirySlice | null;
  readonly logStrike: number;
  readonly isIndex: boolean;
  /** Sent verbatim on subscription, in this order. */
  readonly recordedFrames: RecordedFrame[] = [];
  readonly subscriptions: Subscription[] = [];
  full: Uint8Array;
  view: DataView;
  #quote: Uint8Array;
  #ltp: Uint8Array;

  /** Known from recorded packets: never ticked by the market model. */
  isRecorded = false;
  isExpired = false;
  /** The underlying when the contract expired. */
  settlementSpotPaise = 0;

  /** Version of the walk at which the instrument was last priced, 0 = not yet, and its inputs. */
  pricedVersion = 0;
  spotPaise = 0;
  forwardPaise = 0;
  timeYears = 0;
  discount = 1;
  volatility = 0;
  theoreticalPaise = 0;
  bidPaise = 0;
  askPaise = 0;
  lastPaise = 0;
  volume = 0;
  /** Sum of price * quantity of the day's trades, paise. */
  turnover = 0;

  /** Ticks made by the market model; sums are modulo 2^32, kept as signed integers. */
  ticks = 0;
  tickPriceSum = 0;
  tickVolumeSum = 0;
  /** Packets put on sockets, snapshots included. */
  deliveries = 0;
  deliveredPriceSum = 0;
  deliveredVolumeSum = 0;

  /** `packet`: memory of the packet, zeroed and of the length of its full mode. */
  constructor(
    spec: ContractSpec,
    rank: number,
    walk: UnderlyingWalk | null,
    slice: ExpirySlice | null,
    packet: Uint8Array,
  ) {
    this.spec = spec;
    this.rank = rank;
    this.walk = walk;
    this.slice = slice;
    this.logStrike = spec.strikePaise > 0 ? Math.log(spec.strikePaise) : 0;
    this.isIndex = packet.byteLength === PACKET_BYTES.INDEX_FULL;
    this.full = packet;
    this.view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
    this.view.setUint32(TRADABLE.TOKEN, spec.token);
    this.#quote = packet.subarray(0, this.isIndex ? PACKET_BYTES.INDEX_QUOTE : PACKET_BYTES.QUOTE);
    this.#ltp = packet.subarray(0, PACKET_BYTES.LTP);
  }

  /** Exchange and tradingsymbol as in quote requests: `NSE:INFY`. */
  get key(): string {
    return `${this.spec.exchange}:${this.spec.tradingsymbol}`;
  }

  /** Takes a recorded packet as the newest value, if it says at least as much as the one before. */
  record(packet: Uint8Array): void {
    if (!this.isRecorded || packet.byteLength >= this.full.byteLength) {
      this.full = Uint8Array.from(packet);
      this.view = new DataView(this.full.buffer);
    }
    this.isRecorded = true;
  }

  /** Counts a recorded packet that was put on a socket. */
  countRecorded(packet: Uint8Array): void {
    const fields = packetFields(packet);
    this.deliveries++;
    this.deliveredPriceSum = (this.deliveredPriceSum + fields.last_price) | 0;
    this.deliveredVolumeSum = (this.deliveredVolumeSum + (fields.volume ?? 0)) | 0;
  }

  /** Counts a tick and gives it to every subscriber. */
  deliverTick(): void {
    this.ticks++;
    this.tickPriceSum = (this.tickPriceSum + this.lastPaise) | 0;
    this.tickVolumeSum = (this.tickVolumeSum + this.volume) | 0;
    const subscriptions = this.subscriptions;
    for (let index = 0; index < subscriptions.length; index++) {
      const subscription = subscriptions[index];
      if (subscription?.sink.isDelivering === true) this.deliverTo(subscription);
    }
  }

  /** Gives the newest packet to one subscriber in its mode. */
  deliverTo(subscription: Subscription): void {
    this.deliveries++;
    this.deliveredPriceSum = (this.deliveredPriceSum + this.lastPaise) | 0;
    if (subscription.mode === MODE.LTP) {
      subscription.sink.append(this.#ltp);
      return;
    }
    this.deliveredVolumeSum = (this.deliveredVolumeSum + this.volume) | 0;
    subscription.sink.append(subscription.mode === MODE.FULL ? this.full : this.#quote);
  }
}
