import type {
  ContractSource,
  MarketPrice,
  PriceSource,
  SessionSource,
  SessionState,
  TradableContract,
} from '../../../src/domain/order-market.ts';
import type { Clock } from '../../../src/domain/clock.ts';
import type { SimInstrument } from '../../../src/feed/sim/sim-instrument.ts';
import type { Market } from '../../../src/feed/sim/market.ts';
import { priceBand } from '../../../src/feed/sim/price-band.ts';

const PAISE = 100;

/** The contract of a listed instrument, as the dump tells it. */
export function contractOf({ spec }: SimInstrument): TradableContract {
  return {
    token: spec.token,
    exchange: spec.exchange,
    tradingsymbol: spec.tradingsymbol,
    underlying: spec.underlying?.name ?? spec.tradingsymbol,
    segment: spec.segment,
    type: spec.segment === 'INDICES' ? 'INDEX' : spec.type,
    expiry: spec.expiry,
    tickSizeRupees: spec.tickPaise / PAISE,
    lotSize: spec.lotSize,
  };
}

/** Contracts and prices straight from the simulator's market; sessions do not close. */
export class MarketSources implements ContractSource, PriceSource, SessionSource {
  readonly #market: Market;
  readonly #clock: Clock;
  session: SessionState = 'open';

  constructor(market: Market, clock: Clock) {
    this.#market = market;
    this.#clock = clock;
  }

  async find(exchange: string, tradingsymbol: string): Promise<TradableContract | undefined> {
    const instrument = this.#market.findByKey(`${exchange}:${tradingsymbol}`);
    return instrument && contractOf(instrument);
  }

  async fresh(contract: TradableContract): Promise<MarketPrice | undefined> {
    return this.last(contract.token);
  }

  last(token: number): MarketPrice | undefined {
    const instrument = this.#market.find(token);
    if (instrument === undefined) return undefined;
    this.#market.refresh(instrument);
    const band = priceBand(instrument);
    return {
      lastRupees: instrument.lastPaise / PAISE,
      bidRupees: instrument.bidPaise / PAISE,
      askRupees: instrument.askPaise / PAISE,
      lowerCircuitRupees: band.lowerPaise / PAISE,
      upperCircuitRupees: band.upperPaise / PAISE,
      receivedUs: this.#clock.nowUs(),
      source: 'stream',
    };
  }

  state(): SessionState {
    return this.session;
  }
}
