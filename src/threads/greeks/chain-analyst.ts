import { FORWARD_SOURCE, GREEKS_STATUS, QUALITY, UNDEFINED_U32 } from '../../domain/status.ts';
import { analyseChain, ChainColumns, emptyAnalytics } from '../../pricing/chain-analytics.ts';
import type { ChainFigures, ChainTable } from '../../shm/chain-table.ts';
import type { LastValueTable } from '../../shm/last-value-table.ts';
import { TICK_OI_U32, TICK_VOLUME_U32 } from '../../shm/layout/tick-slot.ts';
import type { ChainBook } from './chain-book.ts';
import type { QuoteBook } from './quote-book.ts';

const CAPACITY = 256;

export interface ChainAnalystOptions {
  quotes: QuoteBook;
  lastValues: LastValueTable;
  analytics: ChainTable;
}

/**
 * Analyses every chain of a worker once a second, one at a time, so that ticks never wait for more
 * than one chain (about 0.1 ms).
 */
export class ChainAnalyst {
  readonly #options: ChainAnalystOptions;
  readonly #analytics = emptyAnalytics();
  #columns = new ChainColumns(CAPACITY);
  /** Chains of this second that are still to be analysed; the next one is the last. */
  readonly #due: ChainBook[] = [];
  readonly #figures: ChainFigures = {
    timeUs: 0,
    status: GREEKS_STATUS.UNSET,
    forwardSource: FORWARD_SOURCE.NONE,
    quality: 0,
    forward: 0,
    timeYears: 0,
    atmVolatility: 0,
    smileStatus: 0,
    smilePoints: 0,
    smileA: 0,
    smileB: 0,
    smileRho: 0,
    smileM: 0,
    smileSigma: 0,
    smileError: 0,
    riskReversal25: 0,
    butterfly25: 0,
    putCallOpenInterest: 0,
    putCallVolume: 0,
    maxPain: 0,
    gammaExposure: 0,
  };

  constructor(options: ChainAnalystOptions) {
    this.#options = options;
  }

  /** A second has begun. Chains that are left over from the last one come first. */
  eachSecond(chains: readonly ChainBook[]): void {
    if (this.#due.length === 0) this.#due.push(...chains);
  }

  /** Analyses one chain if one is due; returns how many it has analysed. */
  doWork(nowMs: number): number {
    const chain = this.#due.pop();
    if (chain === undefined) return 0;
    chain.setClock(nowMs);
    this.#analyse(chain, nowMs);
    return 1;
  }

  #analyse(chain: ChainBook, nowMs: number): void {
    const columns = this.#columnsFor(chain);
    const isPriced = chain.phase === GREEKS_STATUS.OK && chain.source !== FORWARD_SOURCE.NONE;
    const isFromLast = this.#takePrices(chain, columns, nowMs);
    this.#takePositions(chain, columns);
    const forward = isPriced ? chain.forward : Number.NaN;
    const analytics = this.#analytics;
    analyseChain(columns, forward, chain.timeYears, chain.discount, analytics);
    const { smile } = analytics;
    const figures = this.#figures;
    figures.timeUs = nowMs * 1000;
    figures.status = chain.phase;
    if (chain.phase === GREEKS_STATUS.OK && !isPriced) figures.status = chain.noForward;
    figures.forwardSource = isPriced ? chain.source : FORWARD_SOURCE.NONE;
    figures.quality = isPriced ? qualityOf(chain, isFromLast) : 0;
    figures.forward = forward;
    figures.timeYears = Math.max(chain.timeYears, 0);
    figures.atmVolatility = analytics.atmVolatility;
    figures.smileStatus = smile.status;
    figures.smilePoints = smile.points;
    figures.smileA = smile.a;
    figures.smileB = smile.b;
    figures.smileRho = smile.rho;
    figures.smileM = smile.m;
    figures.smileSigma = smile.sigma;
    figures.smileError = smile.rmsError;
    figures.riskReversal25 = analytics.riskReversal25;
    figures.butterfly25 = analytics.butterfly25;
    figures.putCallOpenInterest = analytics.putCallOpenInterest;
    figures.putCallVolume = analytics.putCallVolume;
    figures.maxPain = analytics.maxPain;
    figures.gammaExposure = analytics.gammaExposure;
    this.#options.analytics.write(chain.number, figures);
  }

  #columnsFor({ strikes }: ChainBook): ChainColumns {
    if (strikes.length > this.#columns.capacity) this.#columns = new ChainColumns(strikes.length);
    const columns = this.#columns;
    columns.count = strikes.length;
    columns.strike.set(strikes);
    return columns;
  }

  /** Mids, or last prices if no option of the chain has a quote: then true. */
  #takePrices(chain: ChainBook, columns: ChainColumns, nowMs: number): boolean {
    const { quotes } = this.#options;
    let quoted = 0;
    for (let i = 0; i < columns.count; i++) {
      const call = chain.calls[i]!;
      const put = chain.puts[i]!;
      const callMid = call < 0 ? 0 : quotes.freshMid(call, nowMs);
      const putMid = put < 0 ? 0 : quotes.freshMid(put, nowMs);
      if (callMid > 0 || putMid > 0) quoted++;
      columns.callPrice[i] = callMid > 0 ? callMid : Number.NaN;
      columns.putPrice[i] = putMid > 0 ? putMid : Number.NaN;
      columns.callSpread[i] = callMid > 0 ? quotes.ask[call]! - quotes.bid[call]! : 0;
      columns.putSpread[i] = putMid > 0 ? quotes.ask[put]! - quotes.bid[put]! : 0;
    }
    if (quoted > 0) return false;
    for (let i = 0; i < columns.count; i++) {
      const call = chain.calls[i]!;
      const put = chain.puts[i]!;
      columns.callPrice[i] = call < 0 ? Number.NaN : quotes.freshLast(call, nowMs);
      columns.putPrice[i] = put < 0 ? Number.NaN : quotes.freshLast(put, nowMs);
    }
    return true;
  }

  #takePositions(chain: ChainBook, columns: ChainColumns): void {
    for (let i = 0; i < columns.count; i++) {
      const call = chain.calls[i]!;
      const put = chain.puts[i]!;
      columns.callOpenInterest[i] = this.#glance(call, TICK_OI_U32);
      columns.putOpenInterest[i] = this.#glance(put, TICK_OI_U32);
      columns.callVolume[i] = this.#glance(call, TICK_VOLUME_U32);
      columns.putVolume[i] = this.#glance(put, TICK_VOLUME_U32);
    }
  }

  /** One number of an instrument's newest tick; a single word needs no lock. */
  #glance(row: number, index: number): number {
    if (row < 0) return 0;
    const { lastValues } = this.#options;
    const value = lastValues.ticks.u32[(lastValues.rowBytes(row) >> 2) + index]!;
    return value === UNDEFINED_U32 ? 0 : value;
  }
}

function qualityOf(chain: ChainBook, isFromLast: boolean): number {
  let quality = chain.facts.calendarEstimated ? QUALITY.CALENDAR_ESTIMATED : 0;
  if (chain.source === FORWARD_SOURCE.SPOT_CARRY) quality |= QUALITY.FORWARD_DEGRADED;
  if (isFromLast) quality |= QUALITY.PRICE_FROM_LAST_TRADE;
  return quality;
}
