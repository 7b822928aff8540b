/*
 * Hours of the exchanges by market, as dated data. Minutes are of the IST day. Which days trade is
 * in trading-days.ts; those are the days of equity and its derivatives, and are taken for those of
 * currency and commodities too (MCX has an evening session on some holidays: counted as closed).
 */
import type { SessionState } from './order-market.ts';

/**
 * cash: shares without derivatives, funds. auction-cash: shares with derivatives, which close by
 * auction. derivatives: of shares and indices. near-futures: those with a call auction at the open.
 */
export const MARKETS = [
  'cash',
  'auction-cash',
  'derivatives',
  'near-futures',
  'currency',
  'commodity',
] as const;
export type Market = (typeof MARKETS)[number];

/** From `start` to before `end`. */
interface Phase {
  start: number;
  end: number;
  state: SessionState;
}

interface Hours {
  /** First IST day on which they hold. */
  from: string;
  phases: readonly Phase[];
}

/** `time` is `hh:mm`. */
function minutes(time: string): number {
  const [hours = 0, rest = 0] = time.split(':').map(Number);
  return hours * 60 + rest;
}

function phase(start: string, end: string, state: SessionState): Phase {
  return { start: minutes(start), end: minutes(end), state };
}

const SINCE_EVER = '0000-00-00';
const CASH_UNTIL_AUTUMN = phase('09:00', '09:08', 'pre-open');
/** Orders are taken for two minutes longer since 7 September 2026. */
const CASH_SINCE_AUTUMN = phase('09:00', '09:10', 'pre-open');
const FUTURES_PRE_OPEN = phase('09:00', '09:08', 'pre-open');
const CASH_DAY = phase('09:15', '15:30', 'open');
const CASH_TO_AUCTION = phase('09:15', '15:15', 'open');
/** From the reference price on; it ends at random within its last two minutes. */
const CLOSING_AUCTION = phase('15:20', '15:30', 'auction');
const DERIVATIVES_UNTIL_AUCTION = phase('09:15', '15:30', 'open');
const DERIVATIVES_DAY = phase('09:15', '15:40', 'open');

/** By market, the newest first. */
const HOURS: Readonly<Record<Market, readonly Hours[]>> = {
  cash: [
    { from: '2026-09-07', phases: [CASH_SINCE_AUTUMN, CASH_DAY] },
    { from: SINCE_EVER, phases: [CASH_UNTIL_AUTUMN, CASH_DAY] },
  ],
  'auction-cash': [
    { from: '2026-09-07', phases: [CASH_SINCE_AUTUMN, CASH_TO_AUCTION, CLOSING_AUCTION] },
    { from: '2026-08-03', phases: [CASH_UNTIL_AUTUMN, CASH_TO_AUCTION, CLOSING_AUCTION] },
    { from: SINCE_EVER, phases: [CASH_UNTIL_AUTUMN, CASH_DAY] },
  ],
  derivatives: [
    { from: '2026-08-03', phases: [DERIVATIVES_DAY] },
    { from: SINCE_EVER, phases: [DERIVATIVES_UNTIL_AUCTION] },
  ],
  'near-futures': [
    { from: '2026-08-03', phases: [FUTURES_PRE_OPEN, DERIVATIVES_DAY] },
    { from: '2025-12-08', phases: [FUTURES_PRE_OPEN, DERIVATIVES_UNTIL_AUCTION] },
    { from: SINCE_EVER, phases: [DERIVATIVES_UNTIL_AUCTION] },
  ],
  // Assumed: the usual hours; no circular was at hand.
  currency: [{ from: SINCE_EVER, phases: [phase('09:00', '17:00', 'open')] }],
  // Assumed: to 23:30 all the year, although trading goes on to 23:55 while the US has winter time.
  commodity: [{ from: SINCE_EVER, phases: [phase('09:00', '23:30', 'open')] }],
};

/** Markets whose hours are assumed. */
export const ASSUMED_MARKETS: ReadonlySet<Market> = new Set(['currency', 'commodity']);

/** State of a market on a trading day `date`, so many minutes (and parts) into the IST day. */
export function sessionAt(market: Market, date: string, dayMinutes: number): SessionState {
  const hours = HOURS[market].find(({ from }) => date >= from);
  const now = hours?.phases.find(({ start, end }) => dayMinutes >= start && dayMinutes < end);
  return now?.state ?? 'closed';
}
