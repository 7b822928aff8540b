import { addDays, IST_OFFSET_MS, istDate, istMidnightMs } from '../../domain/calendar.ts';
import type { SessionSource, SessionState, TradableContract } from '../../domain/order-market.ts';
import { type Market, sessionAt } from '../../domain/sessions.ts';
import { isTradingDay } from '../../domain/trading-days.ts';

const US_PER_MS = 1_000;
const US_PER_MINUTE = 60_000_000;
const US_PER_DAY = 86_400_000_000;
/** The next month has a call auction too, so many days before the near one expires. */
const LAST_DAYS = 5;

export interface ExchangeSessionsOptions {
  /** True: the account's feed is the simulator, which never closes. */
  isSimulated: (account: string) => boolean;
  /** Expiry days of the futures on an underlying, rising; none: it has no derivatives. */
  futureExpiries: (underlying: string) => readonly string[];
}

interface Day {
  startUs: number;
  date: string;
  isTrading: boolean;
}

/** Sessions by the exchanges' calendar. Beyond its data the weekday decides. */
export class ExchangeSessions implements SessionSource {
  readonly #isSimulated: ExchangeSessionsOptions['isSimulated'];
  readonly #futureExpiries: ExchangeSessionsOptions['futureExpiries'];
  /** The day asked for last. */
  #day: Day = { startUs: -Infinity, date: '', isTrading: false };

  constructor({ isSimulated, futureExpiries }: ExchangeSessionsOptions) {
    this.#isSimulated = isSimulated;
    this.#futureExpiries = futureExpiries;
  }

  state(contract: TradableContract, account: string, nowUs: number): SessionState {
    if (this.#isSimulated(account)) return 'open';
    const { startUs, date, isTrading } = this.#dayOf(nowUs);
    if (!isTrading) return 'closed';
    return sessionAt(this.#marketOf(contract, date), date, (nowUs - startUs) / US_PER_MINUTE);
  }

  #dayOf(nowUs: number): Day {
    const { startUs } = this.#day;
    if (nowUs < startUs || nowUs >= startUs + US_PER_DAY) {
      const date = istDate(nowUs / US_PER_MS);
      const midnightMs = istMidnightMs(date);
      const weekday = new Date(midnightMs + IST_OFFSET_MS).getUTCDay();
      const isTrading = isTradingDay(date, weekday);
      this.#day = { startUs: midnightMs * US_PER_MS, date, isTrading };
    }
    return this.#day;
  }

  #marketOf(contract: TradableContract, date: string): Market {
    switch (contract.exchange) {
      case 'CDS':
      case 'BCD':
        return 'currency';
      case 'MCX':
        return 'commodity';
      case 'NFO':
      case 'BFO':
        return this.#isNearFuture(contract, date) ? 'near-futures' : 'derivatives';
      default:
        return this.#futureExpiries(contract.underlying).length > 0 ? 'auction-cash' : 'cash';
    }
  }

  #isNearFuture({ type, underlying, expiry }: TradableContract, date: string): boolean {
    if (type !== 'FUT') return false;
    const [near, next] = this.#futureExpiries(underlying).filter((day) => day >= date);
    if (near === undefined) return false;
    return expiry === near || (expiry === next && near <= addDays(date, LAST_DAYS));
  }
}
