import {
  bitNames,
  FORWARD_SOURCE,
  FORWARD_SOURCE_NAMES,
  GREEKS_STATUS,
  GREEKS_STATUS_NAMES,
  QUALITY,
  SMILE_STATUS_NAMES,
} from '../domain/status.ts';
import {
  analyseChain,
  type ChainAnalytics,
  ChainColumns,
  emptyAnalytics,
} from '../pricing/chain-analytics.ts';
import {
  black76Greeks,
  GREEKS_DELTA,
  GREEKS_GAMMA,
  GREEKS_OUTPUTS,
  GREEKS_PRICE,
  GREEKS_RHO,
  GREEKS_THETA,
  GREEKS_VEGA,
  toWireUnits,
} from '../pricing/greeks.ts';
import { solveBlack76 } from '../pricing/implied-volatility.ts';
import { CALL, type OptionType, PUT } from '../pricing/option-type.ts';
import { type SnapshotForward, snapshotForward } from './chain-forward.ts';
import type { ChainSnapshot, SnapshotLeg, SnapshotRow } from './chain-snapshot.ts';

const YEAR_MS = 31_536_000_000;

/** One option as `ticker chain --json` prints it; units as on the wire. */
export interface LegReport {
  /** OK, or why there are no Greeks. */
  status: string;
  /** Of the strike: from the option that is out of the money. */
  iv: number | null;
  /** From this option's own mid, and if there is none, why. */
  iv_own: number | null;
  iv_own_status: string;
  iv_bid: number | null;
  iv_ask: number | null;
  /** Mid, or last price where the record has no quotes. */
  price: number | null;
  /** What the model makes of iv. */
  model_price: number | null;
  delta: number | null;
  gamma: number | null;
  theta: number | null;
  vega: number | null;
  rho: number | null;
}

export interface SmileReport {
  status: string;
  a: number | null;
  b: number | null;
  rho: number | null;
  m: number | null;
  sigma: number | null;
  /** Root mean square of fitted less quoted volatility in volatility points (percent). */
  rms_error_points: number | null;
  points: number;
}

/** What `ticker chain --json` prints; undefined is null. */
export interface ChainReport {
  underlying: string;
  expiry: string;
  /** OK, EXPIRED, or NO_UNDERLYING: without a forward. */
  status: string;
  /** Years, ACT/365. */
  time_to_expiry: number;
  rate: number;
  forward: number | null;
  forward_source: string;
  /** Half the range of forwards that the single strikes imply. */
  forward_dispersion: number | null;
  forward_strikes: number;
  /** QUALITY names. */
  quality: string[];
  atm_volatility: number | null;
  smile: SmileReport;
  risk_reversal_25: number | null;
  butterfly_25: number | null;
  put_call_oi: number | null;
  put_call_volume: number | null;
  max_pain: number | null;
  gamma_exposure: number | null;
  /** What oi, and so the gamma exposure, counts. */
  oi_unit: string;
  rows: { strike: number; ce: LegReport; pe: LegReport }[];
}

/** Everything that a recorded chain says. `rate` continuously compounded per year. */
export function reportChain(snapshot: ChainSnapshot, rate: number): ChainReport {
  const timeYears = snapshot.isExpired ? 0 : (snapshot.expiryMs - snapshot.timeMs) / YEAR_MS;
  const isExpired = timeYears <= 0;
  const legs = snapshot.rows.flatMap(({ call, put }) => [call, put]);
  const fromLast = !legs.some((leg) => leg !== null && leg.bid + leg.ask > 0);
  const forward = isExpired
    ? { forward: 0, source: FORWARD_SOURCE.NONE, dispersion: 0, strikes: 0 }
    : snapshotForward(snapshot, timeYears, rate, fromLast);
  const pricer = new LegPricer(forward.forward, timeYears, rate, fromLast);
  let quality = fromLast ? QUALITY.PRICE_FROM_LAST_TRADE : 0;
  if (forward.source === FORWARD_SOURCE.SPOT_CARRY) quality |= QUALITY.FORWARD_DEGRADED;
  const analytics = analyse(snapshot, pricer, timeYears, rate);
  const { smile } = analytics;
  return {
    underlying: snapshot.underlying,
    expiry: snapshot.expiry,
    status: GREEKS_STATUS_NAMES[pricer.chainStatus] ?? '',
    time_to_expiry: Math.max(timeYears, 0),
    rate,
    ...forwardReport(forward),
    quality: bitNames(QUALITY, quality),
    atm_volatility: orNull(analytics.atmVolatility),
    smile: {
      status: SMILE_STATUS_NAMES[smile.status] ?? '',
      a: orNull(smile.a),
      b: orNull(smile.b),
      rho: orNull(smile.rho),
      m: orNull(smile.m),
      sigma: orNull(smile.sigma),
      rms_error_points: orNull(100 * smile.rmsError),
      points: smile.points,
    },
    risk_reversal_25: orNull(analytics.riskReversal25),
    butterfly_25: orNull(analytics.butterfly25),
    put_call_oi: orNull(analytics.putCallOpenInterest),
    put_call_volume: orNull(analytics.putCallVolume),
    max_pain: orNull(analytics.maxPain),
    gamma_exposure: orNull(analytics.gammaExposure),
    oi_unit: snapshot.openInterestUnit,
    rows: snapshot.rows.map((row) => ({ strike: row.strike, ...pricer.price(row) })),
  };
}

function forwardReport(
  forward: SnapshotForward,
): Pick<ChainReport, 'forward' | 'forward_source' | 'forward_dispersion' | 'forward_strikes'> {
  const isParity = forward.source === FORWARD_SOURCE.PARITY;
  return {
    forward: forward.forward > 0 ? forward.forward : null,
    forward_source: FORWARD_SOURCE_NAMES[forward.source] ?? '',
    forward_dispersion: isParity ? forward.dispersion : null,
    forward_strikes: forward.strikes,
  };
}

function orNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

function analyse(
  snapshot: ChainSnapshot,
  pricer: LegPricer,
  timeYears: number,
  rate: number,
): ChainAnalytics {
  const columns = new ChainColumns(snapshot.rows.length);
  columns.count = snapshot.rows.length;
  for (const [i, { strike, call, put }] of snapshot.rows.entries()) {
    columns.strike[i] = strike;
    columns.callPrice[i] = pricer.priceOf(call);
    columns.putPrice[i] = pricer.priceOf(put);
    columns.callSpread[i] = spreadOf(call);
    columns.putSpread[i] = spreadOf(put);
    columns.callOpenInterest[i] = call?.openInterest ?? 0;
    columns.putOpenInterest[i] = put?.openInterest ?? 0;
    columns.callVolume[i] = call?.volume ?? 0;
    columns.putVolume[i] = put?.volume ?? 0;
  }
  const analytics = emptyAnalytics();
  const forward = pricer.chainStatus === GREEKS_STATUS.OK ? pricer.forward : Number.NaN;
  analyseChain(columns, forward, timeYears, Math.exp(-rate * timeYears), analytics);
  return analytics;
}

/** A last price is taken to be as sure as the narrowest quote. */
function spreadOf(leg: SnapshotLeg | null): number {
  return leg === null || leg.bid === 0 ? 0 : Math.max(leg.ask - leg.bid, 0);
}

/** Prices the options of one chain. */
class LegPricer {
  readonly forward: number;
  readonly #timeYears: number;
  readonly #rate: number;
  readonly #discount: number;
  readonly #fromLast: boolean;
  readonly #greeks = new Float64Array(GREEKS_OUTPUTS);

  constructor(forward: number, timeYears: number, rate: number, fromLast: boolean) {
    this.forward = forward;
    this.#timeYears = timeYears;
    this.#rate = rate;
    this.#discount = Math.exp(-rate * timeYears);
    this.#fromLast = fromLast;
  }

  /** GREEKS_STATUS that holds for every option of the chain. */
  get chainStatus(): number {
    if (this.#timeYears <= 0) return GREEKS_STATUS.EXPIRED;
    return this.forward > 0 ? GREEKS_STATUS.OK : GREEKS_STATUS.NO_UNDERLYING;
  }

  /** Mid, or last price where the record has no quotes; NaN: none. */
  priceOf(leg: SnapshotLeg | null): number {
    if (leg === null) return Number.NaN;
    if (this.#fromLast) return leg.last > 0 ? leg.last : Number.NaN;
    return leg.bid > 0 && leg.ask >= leg.bid ? (leg.bid + leg.ask) / 2 : Number.NaN;
  }

  price({ strike, call, put }: SnapshotRow): { ce: LegReport; pe: LegReport } {
    const ownCall = this.#ownVolatility(CALL, strike, call);
    const ownPut = this.#ownVolatility(PUT, strike, put);
    // The option in the money takes the other one's, whose price holds the volatility best.
    const isCallOut = strike >= this.forward;
    const ofCall = !isCallOut && ownPut > 0 ? ownPut : ownCall;
    const ofPut = isCallOut && ownCall > 0 ? ownCall : ownPut;
    return {
      ce: this.#report(CALL, strike, call, ownCall, ofCall),
      pe: this.#report(PUT, strike, put, ownPut, ofPut),
    };
  }

  /** Volatility of the option's own price, or -GREEKS_STATUS. */
  #ownVolatility(type: OptionType, strike: number, leg: SnapshotLeg | null): number {
    const status = this.chainStatus;
    if (status !== GREEKS_STATUS.OK) return -status;
    if (leg !== null && leg.bid > leg.ask && leg.ask > 0) return -GREEKS_STATUS.CROSSED;
    const price = this.priceOf(leg);
    return Number.isNaN(price) ? -GREEKS_STATUS.NO_QUOTE : this.#solve(type, price, strike);
  }

  #solve(type: OptionType, price: number, strike: number): number {
    return solveBlack76(type, price, this.forward, strike, this.#timeYears, this.#discount);
  }

  #report(
    type: OptionType,
    strike: number,
    leg: SnapshotLeg | null,
    own: number,
    ofStrike: number,
  ): LegReport {
    const report: LegReport = {
      ...EMPTY_LEG,
      status: statusName(own),
      iv_own: own > 0 ? own : null,
      iv_own_status: statusName(own),
      price: orNull(this.priceOf(leg)),
    };
    // An option that is not listed, or whose own quote makes no sense, has no Greeks.
    const isUsable = leg !== null && own !== -GREEKS_STATUS.CROSSED;
    if (!(isUsable && ofStrike > 0)) return report;
    const bid = this.#solve(type, leg.bid, strike);
    const ask = this.#solve(type, leg.ask, strike);
    const greeks = this.#greeks;
    black76Greeks(greeks, type, this.forward, strike, this.#timeYears, this.#rate, ofStrike);
    toWireUnits(greeks);
    return {
      ...report,
      status: statusName(ofStrike),
      iv: ofStrike,
      iv_bid: bid > 0 ? bid : null,
      iv_ask: ask > 0 ? ask : null,
      model_price: greeks[GREEKS_PRICE] ?? null,
      delta: greeks[GREEKS_DELTA] ?? null,
      gamma: greeks[GREEKS_GAMMA] ?? null,
      theta: greeks[GREEKS_THETA] ?? null,
      vega: greeks[GREEKS_VEGA] ?? null,
      rho: greeks[GREEKS_RHO] ?? null,
    };
  }
}

const EMPTY_LEG: LegReport = {
  status: '',
  iv: null,
  iv_own: null,
  iv_own_status: '',
  iv_bid: null,
  iv_ask: null,
  price: null,
  model_price: null,
  delta: null,
  gamma: null,
  theta: null,
  vega: null,
  rho: null,
};

/** OK for a volatility, else the name of -GREEKS_STATUS. */
function statusName(volatility: number): string {
  return GREEKS_STATUS_NAMES[volatility > 0 ? GREEKS_STATUS.OK : -volatility] ?? '';
}
