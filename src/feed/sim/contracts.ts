import { SEGMENT } from '../../domain/price-scale.ts';
import { monthlyExpiries, weekNumber, weeklyExpiries } from './expiries.ts';
import { expiryCode, futureSymbol, optionSymbol } from './symbols.ts';
import {
  INDEX_COUNT,
  STOCK_COUNT,
  UNDERLYINGS,
  cashEquity,
  cashTickPaise,
  futureTickPaise,
  optionTickPaise,
} from './underlyings.ts';
import type { UnderlyingSpec } from './underlyings.ts';

/** One row of the instrument dump, and what the market model needs to price it. */
export interface ContractSpec {
  token: number;
  tradingsymbol: string;
  name: string;
  /** IST day, or null. */
  expiry: string | null;
  /** 0 unless an option. */
  strikePaise: number;
  /** 0 for an index, as in the broker's dump. */
  tickPaise: number;
  lotSize: number;
  type: 'EQ' | 'FUT' | 'CE' | 'PE';
  segment: 'INDICES' | 'NSE' | 'NFO-FUT' | 'NFO-OPT';
  exchange: 'NSE' | 'NFO';
  /** Null for an instrument that is only known from recorded packets. */
  underlying: UnderlyingSpec | null;
}

/** One expiry of one underlying in the order in which chains are listed. */
interface Chain {
  underlying: UnderlyingSpec;
  expiry: string;
  /** Expiry in symbols. */
  code: string;
  week: number;
  /** Larger starts later: how many strikes better chains list before this one lists its first. */
  delay: number;
}

const FUTURE_MONTHS = 3;
const INDEX_WEEKS = 6;
const INDEX_MONTHS = 4;
const STOCK_MONTHS = 3;
/** Share of the listing that is not options: indices, shares, futures. */
const OTHERS_SHARE = 0.3;
const INSTRUMENTS_PER_STOCK = 1 + FUTURE_MONTHS;
const FEWEST_STOCKS = 3;
/** Strike index of a future in its token; options stay below it. */
const FUTURE_STRIKE_INDEX = 2047;

/*
 * Exchange token of a derivative, 23 bits, so that the token stays below 2^31:
 *
 *     22      18 17        12 11                     1  0
 *    +----------+------------+------------------------+---+
 *    |   slot   | week % 64  | strike / step          |put|
 *    +----------+------------+------------------------+---+
 *
 * It depends on the contract alone: a simulator of another size or started on another day gives the
 * same contract the same token, and a token is used again after 64 weeks.
 */
function derivativeToken(
  underlying: UnderlyingSpec,
  week: number,
  strikeIndex: number,
  isPut: boolean,
): number {
  const exchangeToken =
    (underlying.slot << 18) | ((week % 64) << 12) | (strikeIndex << 1) | (isPut ? 1 : 0);
  return exchangeToken * 256 + SEGMENT.NFO;
}

/** The cash market instrument of an underlying. */
function cashContract(underlying: UnderlyingSpec): ContractSpec {
  return {
    token: underlying.token,
    tradingsymbol: underlying.symbol,
    name: underlying.companyName,
    expiry: null,
    strikePaise: 0,
    tickPaise: underlying.isIndex ? 0 : cashTickPaise(underlying.basePaise),
    lotSize: underlying.isIndex ? 0 : 1,
    type: 'EQ',
    segment: underlying.isIndex ? 'INDICES' : 'NSE',
    exchange: 'NSE',
    underlying,
  };
}

function futureContract(underlying: UnderlyingSpec, expiry: string): ContractSpec {
  return {
    token: derivativeToken(underlying, weekNumber(expiry), FUTURE_STRIKE_INDEX, false),
    tradingsymbol: futureSymbol(underlying.name, expiryCode(expiry)),
    name: underlying.name,
    expiry,
    strikePaise: 0,
    tickPaise: futureTickPaise(underlying),
    lotSize: underlying.lotSize,
    type: 'FUT',
    segment: 'NFO-FUT',
    exchange: 'NFO',
    underlying,
  };
}

function optionContract(chain: Chain, strikePaise: number, type: 'CE' | 'PE'): ContractSpec {
  const { underlying, expiry, code, week } = chain;
  const strikeIndex = Math.round(strikePaise / underlying.strikeStepPaise);
  return {
    token: derivativeToken(underlying, week, strikeIndex, type === 'PE'),
    tradingsymbol: optionSymbol(underlying.name, code, strikePaise, type),
    name: underlying.name,
    expiry,
    strikePaise,
    tickPaise: optionTickPaise(underlying),
    lotSize: underlying.lotSize,
    type,
    segment: 'NFO-OPT',
    exchange: 'NFO',
    underlying,
  };
}

/** Strikes of one side of the money, nearest first, from `sign` = 1 upwards or -1 downwards. */
function strikesOutward(underlying: UnderlyingSpec, atTheMoney: number, sign: 1 | -1): number[] {
  const { strikeStepPaise, farStepPaise, nearFraction, widestFraction } = underlying;
  const strikes: number[] = [];
  const nearest = atTheMoney * nearFraction;
  const widest = atTheMoney * widestFraction;
  let strike = atTheMoney + sign * strikeStepPaise;
  while (Math.abs(strike - atTheMoney) <= widest) {
    const isFar = Math.abs(strike - atTheMoney) > nearest;
    if (!isFar || strike % farStepPaise === 0) strikes.push(strike);
    strike += sign * strikeStepPaise;
  }
  return strikes;
}

/** Strikes of a chain in the order of listing: at the money, then outward, alternating sides. */
function strikesByDistance(underlying: UnderlyingSpec): number[] {
  const step = underlying.strikeStepPaise;
  const atTheMoney = Math.round(underlying.basePaise / step) * step;
  const above = strikesOutward(underlying, atTheMoney, 1);
  const below = strikesOutward(underlying, atTheMoney, -1);
  const strikes = [atTheMoney];
  for (let index = 0; index < Math.max(above.length, below.length); index++) {
    const up = above[index];
    const down = below[index];
    if (up !== undefined) strikes.push(up);
    if (down !== undefined) strikes.push(down);
  }
  return strikes;
}

function chainsOf(underlyings: readonly UnderlyingSpec[], nowMs: number): Chain[] {
  const chains: Chain[] = [];
  for (const underlying of underlyings) {
    const isNifty = underlying.slot === 0;
    const months = monthlyExpiries(nowMs, underlying.isIndex ? INDEX_MONTHS : STOCK_MONTHS);
    const weeks = isNifty ? weeklyExpiries(nowMs, INDEX_WEEKS) : [];
    const expiries = [...new Set([...weeks, ...months])].sort();
    const spacing = isNifty ? 6 : underlying.isIndex ? 12 : 20;
    const start = underlying.isIndex ? 6 * underlying.slot : 20 + underlying.slot;
    expiries.forEach((expiry, index) => {
      chains.push({
        underlying,
        expiry,
        code: expiryCode(expiry),
        week: weekNumber(expiry),
        delay: start + spacing * index,
      });
    });
  }
  return chains;
}

/** Calls and puts, the nearest expiries and strikes of the best known underlyings first. */
function listOptions(
  underlyings: readonly UnderlyingSpec[],
  nowMs: number,
  limit: number,
): ContractSpec[] {
  const candidates = chainsOf(underlyings, nowMs).flatMap((chain) =>
    strikesByDistance(chain.underlying).map((strikePaise, rank) => ({
      chain,
      strikePaise,
      priority: chain.delay + rank,
    })),
  );
  candidates.sort((left, right) => left.priority - right.priority);
  const options: ContractSpec[] = [];
  for (const { chain, strikePaise } of candidates) {
    if (options.length >= limit) break;
    options.push(optionContract(chain, strikePaise, 'CE'));
    if (options.length < limit) options.push(optionContract(chain, strikePaise, 'PE'));
  }
  return options;
}

/**
 * The contracts listed at `nowMs` (epoch ms), most popular first: indices, shares, futures, option
 * chains from the nearest expiry and the money outward, then shares without derivatives, which
 * keep options at about 70 %. Returns exactly `limit`.
 */
export function listContracts(nowMs: number, limit: number): ContractSpec[] {
  const others = Math.floor(limit * OTHERS_SHARE);
  const indexInstruments = INDEX_COUNT * INSTRUMENTS_PER_STOCK;
  const affordable = Math.floor((others - indexInstruments) / INSTRUMENTS_PER_STOCK);
  const stocks = Math.min(STOCK_COUNT, Math.max(FEWEST_STOCKS, affordable));
  const listed = UNDERLYINGS.slice(0, INDEX_COUNT + stocks);

  const contracts = listed.map(cashContract);
  for (const expiry of monthlyExpiries(nowMs, FUTURE_MONTHS)) {
    for (const underlying of listed) contracts.push(futureContract(underlying, expiry));
  }
  const optionRoom = limit - Math.max(others, contracts.length);
  contracts.push(...listOptions(listed, nowMs, optionRoom));
  for (let ordinal = 0; contracts.length < limit; ordinal++) {
    contracts.push(cashContract(cashEquity(ordinal)));
  }
  return contracts.slice(0, limit);
}
