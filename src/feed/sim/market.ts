import { addDays, istDate, istMidnightMs } from '../../domain/calendar.ts';
import { reprice } from './book.ts';
import { listContracts } from './contracts.ts';
import type { ContractSpec } from './contracts.ts';
import { PACKET_BYTES, TRADABLE, packetToken } from './encoder.ts';
import { setIndexValue } from './market-tick.ts';
import { Random } from './random.ts';
import type { RecordedFrame } from './recorded-packets.ts';
import { SimInstrument } from './sim-instrument.ts';
import { listInstrument, startDay } from './trading-day.ts';
import { STEP_MS, UnderlyingWalk } from './underlying-walk.ts';
import type { UnderlyingSpec } from './underlyings.ts';

/** Steps made up for after a pause; a longer pause is left out of the path. */
const MAX_CATCH_UP_STEPS = 25;

/** Packets share blocks of this size: thousands of small buffers are slow to make and to walk. */
const PACKET_BLOCK_BYTES = 1024 * 1024;

/** The listed instruments and the underlyings that move them. Always in session. */
export class Market {
  readonly #seed: number;
  readonly #limit: number;
  readonly #marketShocks: Random;
  readonly #walks = new Map<string, UnderlyingWalk>();
  readonly #byToken = new Map<number, SimInstrument>();
  readonly #byKey = new Map<string, SimInstrument>();
  #packetBlock = new ArrayBuffer(0);
  #packetBlockUsed = 0;
  /** Everything ever listed, expired contracts included. */
  readonly everListed: SimInstrument[] = [];
  /** Rises whenever the listing changes. */
  listingVersion = 0;
  #nowMs: number;
  #nextStepMs: number;
  #nextDayMs = 0;
  #nextExpiryMs = 0;

  /** `limit`: most contracts listed at a time. `nowMs`: epoch ms. */
  constructor(seed: number, limit: number, nowMs: number) {
    this.#seed = seed;
    this.#limit = limit;
    this.#marketShocks = new Random(seed, 'market');
    this.#nowMs = nowMs;
    this.#nextStepMs = nowMs + STEP_MS;
    this.#setNextDay();
    this.#listContracts();
  }

  /** Instruments in the dump. */
  listed(): IterableIterator<SimInstrument> {
    return this.#byToken.values();
  }

  get listedCount(): number {
    return this.#byToken.size;
  }

  find(token: number): SimInstrument | undefined {
    return this.#byToken.get(token);
  }

  /** By exchange and tradingsymbol: `NFO:NIFTY26NOVFUT`. */
  findByKey(key: string): SimInstrument | undefined {
    return this.#byKey.get(key);
  }

  /** Moves the market on to `nowMs` (epoch ms): steps, expiries, new days. */
  advance(nowMs: number): void {
    this.#nowMs = nowMs;
    if (nowMs < this.#nextStepMs) return;
    const due = 1 + Math.floor((nowMs - this.#nextStepMs) / STEP_MS);
    this.#nextStepMs += due * STEP_MS;
    for (let step = 0; step < Math.min(due, MAX_CATCH_UP_STEPS); step++) {
      const shock = this.#marketShocks.normal();
      for (const walk of this.#walks.values()) walk.step(shock);
    }
    this.#settle();
    if (nowMs >= this.#nextExpiryMs) this.#replaceExpired();
    if (nowMs >= this.#nextDayMs) this.#startDay();
  }

  /** Brings an instrument that nobody watches to the present, without a trade. */
  refresh(instrument: SimInstrument): void {
    if (instrument.isRecorded || instrument.walk === null) return;
    reprice(instrument);
    const timeSeconds = Math.floor(this.#nowMs / 1000);
    if (instrument.isIndex) setIndexValue(instrument, timeSeconds);
    else instrument.view.setUint32(TRADABLE.EXCHANGE_TIME, timeSeconds);
  }

  /** Moves one underlying (by derivative name), or all of them, by `percent` at once. */
  jump(name: string | null, percent: number): void {
    for (const walk of this.#walks.values()) {
      if (name === null || walk.spec.name === name) walk.jump(percent);
    }
    this.#settle();
  }

  hasUnderlying(name: string): boolean {
    return this.#walks.has(name);
  }

  /** Lists the instruments of recorded packets and takes them out of the market model. */
  addRecorded(frames: readonly RecordedFrame[]): void {
    for (const frame of frames) {
      frame.packets.forEach((packet, index) => {
        const token = packetToken(packet);
        const instrument = this.find(token) ?? this.#add(recordedContract(token));
        instrument.record(packet);
        if (index === 0) instrument.recordedFrames.push(frame);
      });
    }
  }

  #settle(): void {
    for (const walk of this.#walks.values()) walk.settle(this.#nowMs);
  }

  #listContracts(): void {
    for (const contract of listContracts(this.#nowMs, this.#limit)) {
      if (this.#byToken.size >= this.#limit) break;
      if (!this.#byToken.has(contract.token)) this.#add(contract);
    }
    let nextExpiryMs = Number.POSITIVE_INFINITY;
    for (const { slice } of this.#byToken.values()) {
      if (slice !== null) nextExpiryMs = Math.min(nextExpiryMs, slice.expiryMs);
    }
    this.#nextExpiryMs = nextExpiryMs;
    this.listingVersion++;
  }

  #add(contract: ContractSpec): SimInstrument {
    const walk = contract.underlying === null ? null : this.#walkOf(contract.underlying);
    const slice =
      walk === null || contract.expiry === null ? null : walk.slice(contract.expiry, this.#nowMs);
    const isIndex = contract.segment === 'INDICES';
    const packet = this.#packet(isIndex ? PACKET_BYTES.INDEX_FULL : PACKET_BYTES.FULL);
    const instrument = new SimInstrument(contract, this.everListed.length, walk, slice, packet);
    if (walk !== null) listInstrument(instrument, this.#seed, Math.floor(this.#nowMs / 1000));
    this.everListed.push(instrument);
    this.#byToken.set(contract.token, instrument);
    this.#byKey.set(instrument.key, instrument);
    return instrument;
  }

  #packet(sizeBytes: number): Uint8Array {
    if (this.#packetBlockUsed + sizeBytes > this.#packetBlock.byteLength) {
      this.#packetBlock = new ArrayBuffer(PACKET_BLOCK_BYTES);
      this.#packetBlockUsed = 0;
    }
    const packet = new Uint8Array(this.#packetBlock, this.#packetBlockUsed, sizeBytes);
    this.#packetBlockUsed += sizeBytes;
    return packet;
  }

  #walkOf(underlying: UnderlyingSpec): UnderlyingWalk {
    let walk = this.#walks.get(underlying.name);
    if (walk === undefined) {
      walk = new UnderlyingWalk(this.#seed, underlying);
      this.#walks.set(underlying.name, walk);
    }
    return walk;
  }

  /** Expired contracts leave the dump and stop ticking; later expiries take their room. */
  #replaceExpired(): void {
    for (const [token, instrument] of this.#byToken) {
      const { slice, walk } = instrument;
      if (slice === null || slice.expiryMs > this.#nowMs) continue;
      instrument.isExpired = true;
      instrument.settlementSpotPaise = walk?.spotPaise ?? 0;
      walk?.dropSlice(slice.date);
      this.#byToken.delete(token);
      this.#byKey.delete(instrument.key);
    }
    this.#listContracts();
  }

  #startDay(): void {
    const timeSeconds = Math.floor(this.#nowMs / 1000);
    for (const instrument of this.#byToken.values()) {
      if (!instrument.isRecorded) startDay(instrument, timeSeconds);
    }
    this.#setNextDay();
  }

  #setNextDay(): void {
    this.#nextDayMs = istMidnightMs(addDays(istDate(this.#nowMs), 1));
  }
}

const INFY_TOKEN = 408_065;

function recordedContract(token: number): ContractSpec {
  return {
    token,
    tradingsymbol: token === INFY_TOKEN ? 'INFY' : `RECORDED${token}`,
    name: 'RECORDED PACKETS',
    expiry: null,
    strikePaise: 0,
    tickPaise: 5,
    lotSize: 1,
    type: 'EQ',
    segment: 'NSE',
    exchange: 'NSE',
    underlying: null,
  };
}
