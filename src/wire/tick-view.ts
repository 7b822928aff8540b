import {
  GREEKS_STATUS_NAMES,
  TICK_FLAG,
  UNDEFINED_F32,
  UNDEFINED_F64,
  UNDEFINED_I32,
  UNDEFINED_U32,
  UNDEFINED_U8,
} from '../domain/status.ts';
import { ABSENT, TICK_LAYOUT, type FrameKind, type TickLayout } from './tick-layout.ts';

const WORD = 2 ** 32;
const US_PER_S = 1_000_000;

const NOWHERE = new DataView(new ArrayBuffer(TICK_LAYOUT.structBytes));

/**
 * A movable window on one tick in a frame or in staging memory: `moveTo` another struct instead of
 * making another view. It reads on access and holds no values, so it is valid only while the bytes
 * below it are, and until it is moved.
 *
 * Prices are in rupees, times in epoch us. A value that is undefined, or that the struct does not
 * have, reads as `undefined`. No object is made; a fraction that may be undefined costs the engine
 * one boxed number, and code that cannot afford that reads with `uint32`, `float32` and `float64`.
 */
export class TickView {
  #layout: TickLayout = TICK_LAYOUT;
  #bytes: DataView = NOWHERE;
  #at = 0;

  /** Points at the struct of `layout` that starts `offset` bytes into `bytes`; any alignment. */
  moveTo(bytes: DataView, offset: number, layout: TickLayout): this {
    this.#bytes = bytes;
    this.#at = offset;
    this.#layout = layout;
    return this;
  }

  /** Lets go of the memory below. */
  release(): void {
    this.moveTo(NOWHERE, 0, TICK_LAYOUT);
  }

  /** Where the fields of this struct lie, for `uint32`, `float32` and `float64`. */
  get layout(): TickLayout {
    return this.#layout;
  }

  /**
   * The number at byte `at` of the struct as it stands there, reserved numbers included; makes no
   * garbage.
   */
  uint32(at: number): number {
    return this.#bytes.getUint32(this.#at + at, true);
  }

  float32(at: number): number {
    return this.#bytes.getFloat32(this.#at + at, true);
  }

  float64(at: number): number {
    return this.#bytes.getFloat64(this.#at + at, true);
  }

  get kind(): FrameKind {
    return this.#layout.kind;
  }

  get instrumentToken(): number {
    return this.#word(this.#layout.instrumentToken);
  }

  /** TICK_FLAG bits. */
  get flags(): number {
    return this.#word(this.#layout.flags);
  }

  get isSnapshot(): boolean {
    return (this.flags & TICK_FLAG.SNAPSHOT) !== 0;
  }

  get isConflated(): boolean {
    return (this.flags & TICK_FLAG.CONFLATED) !== 0;
  }

  get isRepriced(): boolean {
    return (this.flags & TICK_FLAG.REPRICED) !== 0;
  }

  get isSimulated(): boolean {
    return (this.flags & TICK_FLAG.SIMULATED) !== 0;
  }

  /** Position in the service's stream. */
  get sequence(): number {
    const { sequenceLow, sequenceHigh } = this.#layout;
    return this.#word(sequenceLow) + this.#word(sequenceHigh) * WORD;
  }

  /** Rises by one per tick of the instrument. */
  get instrumentSequence(): number {
    return this.#word(this.#layout.instrumentSequence);
  }

  /** Ticks of the instrument merged into this one. */
  get merged(): number {
    return this.#word(this.#layout.merged);
  }

  get receiveTimeUs(): number {
    return this.#bytes.getFloat64(this.#at + this.#layout.receiveTime, true);
  }

  get exchangeTimestampUs(): number | undefined {
    return this.#time(this.#layout.exchangeTimestamp);
  }

  get lastTradeTimeUs(): number | undefined {
    return this.#time(this.#layout.lastTradeTime);
  }

  /** Integer prices / this = rupees. */
  get priceDivisor(): number {
    return this.#word(this.#layout.priceDivisor);
  }

  /** SEGMENT number. */
  get segment(): number {
    return this.#bytes.getUint8(this.#at + this.#layout.segment);
  }

  /** MODE number of the broker's packet: what was available, whatever this struct carries of it. */
  get packetMode(): number {
    return this.#bytes.getUint8(this.#at + this.#layout.mode);
  }

  /** Length of the broker's packet, bytes. */
  get packetLengthBytes(): number | undefined {
    const at = this.#layout.packetLength;
    return at === ABSENT ? undefined : this.#bytes.getUint16(this.#at + at, true);
  }

  /** 1 / priceDivisor rupees. */
  get lastPriceRaw(): number | undefined {
    return this.#u32(this.#layout.lastPrice);
  }

  get lastPrice(): number | undefined {
    return this.#price(this.#layout.lastPrice);
  }

  get lastQuantity(): number | undefined {
    return this.#u32(this.#layout.lastQuantity);
  }

  get averagePrice(): number | undefined {
    return this.#price(this.#layout.averagePrice);
  }

  get volume(): number | undefined {
    return this.#u32(this.#layout.volume);
  }

  get totalBuyQuantity(): number | undefined {
    return this.#u32(this.#layout.totalBuyQuantity);
  }

  get totalSellQuantity(): number | undefined {
    return this.#u32(this.#layout.totalSellQuantity);
  }

  get open(): number | undefined {
    return this.#price(this.#layout.open);
  }

  get high(): number | undefined {
    return this.#price(this.#layout.high);
  }

  get low(): number | undefined {
    return this.#price(this.#layout.low);
  }

  /** Close of the previous session. */
  get close(): number | undefined {
    return this.#price(this.#layout.close);
  }

  /** Percent against the previous close. */
  get change(): number | undefined {
    const { lastPrice, close } = this;
    if (lastPrice === undefined || close === undefined || close === 0) return undefined;
    return ((lastPrice - close) * 100) / close;
  }

  /** The change field of index packets as the broker sent it. */
  get changeRaw(): number | undefined {
    const at = this.#layout.change;
    if (at === ABSENT) return undefined;
    const value = this.#bytes.getInt32(this.#at + at, true);
    return value === UNDEFINED_I32 ? undefined : value;
  }

  get oi(): number | undefined {
    return this.#u32(this.#layout.oi);
  }

  get oiDayHigh(): number | undefined {
    return this.#u32(this.#layout.oiDayHigh);
  }

  get oiDayLow(): number | undefined {
    return this.#u32(this.#layout.oiDayLow);
  }

  /** Levels on each side that the struct has room for: 5, 1 (compact) or 0. */
  get depthLevels(): number {
    return this.#layout.depthLevels;
  }

  /** Price of bid `level` (0 is the best); an empty level is 0, as the broker sends it. */
  bidPrice(level = 0): number | undefined {
    return this.#price(this.#level(0, level));
  }

  bidQuantity(level = 0): number | undefined {
    return this.#quantity(0, level);
  }

  bidOrders(level = 0): number | undefined {
    return this.#orders(0, level);
  }

  askPrice(level = 0): number | undefined {
    return this.#price(this.#level(1, level));
  }

  askQuantity(level = 0): number | undefined {
    return this.#quantity(1, level);
  }

  askOrders(level = 0): number | undefined {
    return this.#orders(1, level);
  }

  /** Position of the quote that the Greeks were computed from. */
  get greeksSequence(): number | undefined {
    const low = this.#u32(this.#layout.greeksSequenceLow);
    const high = this.#u32(this.#layout.greeksSequenceHigh);
    return low === undefined || high === undefined ? undefined : low + high * WORD;
  }

  /** GREEKS_STATUS number: the reason of every undefined Greek. */
  get greeksStatus(): number | undefined {
    return this.#u8(this.#layout.status);
  }

  get greeksStatusName(): string | undefined {
    const status = this.greeksStatus;
    return status === undefined ? undefined : (GREEKS_STATUS_NAMES[status] ?? `STATUS_${status}`);
  }

  /** FORWARD_SOURCE number. */
  get forwardSource(): number | undefined {
    return this.#u8(this.#layout.forwardSource);
  }

  /** PRICING_MODEL number. */
  get model(): number | undefined {
    return this.#u8(this.#layout.model);
  }

  /** QUALITY bits. */
  get quality(): number | undefined {
    return this.#u8(this.#layout.quality);
  }

  get timeToExpiryYears(): number | undefined {
    return this.#f32(this.#layout.timeToExpiry);
  }

  /** Rupees. */
  get forward(): number | undefined {
    return this.#f64(this.#layout.forward);
  }

  /** Fraction: 0.12 is 12 %. */
  get iv(): number | undefined {
    return this.#greek(this.#layout.iv);
  }

  get delta(): number | undefined {
    return this.#greek(this.#layout.delta);
  }

  get gamma(): number | undefined {
    return this.#greek(this.#layout.gamma);
  }

  /** Rupees per calendar day. */
  get theta(): number | undefined {
    return this.#greek(this.#layout.theta);
  }

  /** Rupees per percentage point of volatility. */
  get vega(): number | undefined {
    return this.#greek(this.#layout.vega);
  }

  /** Rupees per percentage point of rate. */
  get rho(): number | undefined {
    return this.#greek(this.#layout.rho);
  }

  get ivBid(): number | undefined {
    return this.#f32(this.#layout.ivBid);
  }

  get ivAsk(): number | undefined {
    return this.#f32(this.#layout.ivAsk);
  }

  get ivOwn(): number | undefined {
    return this.#f32(this.#layout.ivOwn);
  }

  #word(at: number): number {
    return this.#bytes.getUint32(this.#at + at, true);
  }

  #u32(at: number): number | undefined {
    if (at === ABSENT) return undefined;
    const value = this.#bytes.getUint32(this.#at + at, true);
    return value === UNDEFINED_U32 ? undefined : value;
  }

  #u8(at: number): number | undefined {
    if (at === ABSENT) return undefined;
    const value = this.#bytes.getUint8(this.#at + at);
    return value === UNDEFINED_U8 ? undefined : value;
  }

  #f32(at: number): number | undefined {
    if (at === ABSENT) return undefined;
    const value = this.#bytes.getFloat32(this.#at + at, true);
    return Number.isFinite(value) && value !== UNDEFINED_F32 ? value : undefined;
  }

  #f64(at: number): number | undefined {
    if (at === ABSENT) return undefined;
    const value = this.#bytes.getFloat64(this.#at + at, true);
    return Number.isFinite(value) && value !== UNDEFINED_F64 ? value : undefined;
  }

  #greek(at: number): number | undefined {
    return this.#layout.narrowGreeks ? this.#f32(at) : this.#f64(at);
  }

  #price(at: number): number | undefined {
    const raw = this.#u32(at);
    const divisor = this.priceDivisor;
    return raw === undefined || divisor === 0 ? undefined : raw / divisor;
  }

  /** Epoch us; 0 is the broker's "absent". */
  #time(at: number): number | undefined {
    const seconds = this.#u32(at);
    return seconds === undefined || seconds === 0 ? undefined : seconds * US_PER_S;
  }

  #level(side: 0 | 1, level: number): number {
    const { depth, depthLevels, depthLevelBytes } = this.#layout;
    if (level < 0 || level >= depthLevels) return ABSENT;
    return depth + (side * depthLevels + level) * depthLevelBytes;
  }

  #quantity(side: 0 | 1, level: number): number | undefined {
    const at = this.#level(side, level);
    return at === ABSENT ? undefined : this.#u32(at + 4);
  }

  #orders(side: 0 | 1, level: number): number | undefined {
    const at = this.#level(side, level);
    if (at === ABSENT || this.#layout.depthLevelBytes < 12) return undefined;
    // Where the price is undefined the level is; all ones is a count like any other.
    if (this.#u32(at) === undefined) return undefined;
    return this.#bytes.getUint16(this.#at + at + 8, true);
  }
}
