import { addDays, istDate } from '../../src/domain/calendar.ts';
import type { Instrument } from '../../src/domain/instrument.ts';
import { flatPricing } from '../../src/domain/pricing-terms.ts';
import { FORWARD_SOURCE } from '../../src/domain/status.ts';
import { InstrumentRegistry } from '../../src/instruments/registry.ts';
import { blackPrice } from '../../src/pricing/black.ts';
import { packetFrame } from './packet-frame.ts';
import { StepClock } from './step-clock.ts';
import { createTickPath, RATE_PER_YEAR, type TickPath } from './tick-path.ts';

const INDEX_TOKEN = 256_265;
const SPOT = 24_000;
const STRIKES = 300;
const STRIKE_STEP = 50;
const EXPIRIES_DAYS = [7, 14, 21, 28, 56, 84, 112, 140, 168];
const RING_SLOTS = 16_384;
const VOLATILITY = 0.2;
/** Longer than a chain waits between two passes. */
const STEP_MS = 101;

/** 9 expiries of 300 strikes. */
export const BOARD_OPTIONS = EXPIRIES_DAYS.length * STRIKES * 2;

/** Options of one index, all quoted, whose forwards hang on the index: one tick moves them all. */
export class OptionBoard {
  readonly path: TickPath;
  readonly options: readonly Instrument[];
  readonly #clock: StepClock;
  readonly #index: Instrument;
  #isUp = false;

  /** `nowMs`: epoch ms. */
  constructor(nowMs: number) {
    this.#clock = new StepClock(nowMs * 1000);
    this.#index = instrument(INDEX_TOKEN, 'NIFTY 50', 'INDEX', null, null);
    this.options = listOptions(nowMs);
    const instruments = [this.#index, ...this.options];
    const registry = new InstrumentRegistry(instruments);
    const pricing = flatPricing(RATE_PER_YEAR);
    pricing.standard.firstSource = FORWARD_SOURCE.SPOT_CARRY;
    this.path = createTickPath({ registry, instruments }, RING_SLOTS, pricing, this.#clock);
    this.#quoteAll(nowMs);
  }

  /** The index ticks, a tenth of a percent away from its last tick; `work` is still to be done. */
  moveIndex(): void {
    this.#clock.step(STEP_MS);
    this.#isUp = !this.#isUp;
    this.#send([[this.#index.token, this.#isUp ? SPOT * 1.001 : SPOT, 0, 0]]);
  }

  /** The worker does all there is to do. */
  work(): void {
    while (this.path.greeks.doWork() > 0);
  }

  #quoteAll(nowMs: number): void {
    this.#send([[this.#index.token, SPOT, 0, 0]]);
    for (const { token, type, strike, expiry } of this.options) {
      const side = type === 'CE' ? 1 : -1;
      const years = (Date.parse(`${expiry}T15:40:00+05:30`) - nowMs) / 31_536_000_000;
      const forward = SPOT * Math.exp(RATE_PER_YEAR * years);
      const discount = SPOT / forward;
      const price = blackPrice(side, forward, strike ?? 0, years, discount, VOLATILITY);
      this.#send([[token, price, price + 0.05, price + 0.1]]);
      this.work();
    }
    this.#clock.step(STEP_MS);
    this.work();
  }

  #send(quotes: Parameters<typeof packetFrame>[0]): void {
    this.path.ingest.onFrame(packetFrame(quotes), this.#clock.nowUs(), true);
  }
}

function instrument(
  token: number,
  tradingsymbol: string,
  type: Instrument['type'],
  expiry: string | null,
  strike: number | null,
): Instrument {
  const isIndex = type === 'INDEX';
  return {
    token,
    exchange: isIndex ? 'NSE' : 'NFO',
    tradingsymbol,
    name: isIndex ? '' : 'NIFTY',
    type,
    segment: isIndex ? 'INDICES' : 'NFO-OPT',
    expiry,
    strike,
    tickSize: 0.05,
    lotSize: isIndex ? 0 : 65,
  };
}

function listOptions(nowMs: number): Instrument[] {
  const today = istDate(nowMs);
  const options: Instrument[] = [];
  for (const days of EXPIRIES_DAYS) {
    const expiry = addDays(today, days);
    for (let i = 0; i < STRIKES; i++) {
      const strike = SPOT + (i - STRIKES / 2) * STRIKE_STEP;
      for (const type of ['CE', 'PE'] as const) {
        const token = (options.length + 10_000) * 256 + 2;
        options.push(instrument(token, `NIFTY${days}D${strike}${type}`, type, expiry, strike));
      }
    }
  }
  return options;
}
