const SECOND_US = 1_000_000;
const MINUTE_US = 60_000_000;
/** Times that have left the window are cut off when there are so many. */
const CUT_AT = 1024;

/** When orders were sent, within the last minute. */
class OrderTimes {
  /** Epoch µs, rising. */
  #timesUs: number[] = [];
  /** First one within the minute, and within the second. */
  #minuteStart = 0;
  #secondStart = 0;

  note(nowUs: number): void {
    this.#advance(nowUs);
    this.#timesUs.push(nowUs);
  }

  inSecond(nowUs: number): number {
    this.#advance(nowUs);
    return this.#timesUs.length - this.#secondStart;
  }

  inMinute(nowUs: number): number {
    this.#advance(nowUs);
    return this.#timesUs.length - this.#minuteStart;
  }

  #advance(nowUs: number): void {
    // A clock that was set back by more than the window would hold orders up for as long.
    if ((this.#timesUs.at(-1) ?? 0) > nowUs + MINUTE_US) this.#cut(this.#timesUs.length);
    const times = this.#timesUs;
    while ((times[this.#minuteStart] ?? Infinity) <= nowUs - MINUTE_US) this.#minuteStart++;
    this.#secondStart = Math.max(this.#secondStart, this.#minuteStart);
    while ((times[this.#secondStart] ?? Infinity) <= nowUs - SECOND_US) this.#secondStart++;
    if (this.#minuteStart >= CUT_AT) this.#cut(this.#minuteStart);
  }

  #cut(count: number): void {
    this.#timesUs = this.#timesUs.slice(count);
    this.#minuteStart = 0;
    this.#secondStart = Math.max(0, this.#secondStart - count);
  }
}

/** How many orders were sent within a second and a minute. */
export interface OrderRate {
  perSecond: number;
  perMinute: number;
}

/** Orders and modifications sent, by account and by key, over rolling windows. */
export class OrderRates {
  readonly #accounts = new Map<string, OrderTimes>();
  readonly #keys = new Map<string, OrderTimes>();

  /** To be called for every order and modification that is sent. */
  note(account: string, keyId: string, nowUs: number): void {
    timesOf(this.#accounts, account).note(nowUs);
    timesOf(this.#keys, keyId).note(nowUs);
  }

  ofAccount(account: string, nowUs: number): OrderRate {
    return rateOf(this.#accounts.get(account), nowUs);
  }

  ofKey(keyId: string, nowUs: number): OrderRate {
    return rateOf(this.#keys.get(keyId), nowUs);
  }
}

function timesOf(all: Map<string, OrderTimes>, name: string): OrderTimes {
  let times = all.get(name);
  if (times === undefined) all.set(name, (times = new OrderTimes()));
  return times;
}

function rateOf(times: OrderTimes | undefined, nowUs: number): OrderRate {
  return {
    perSecond: times?.inSecond(nowUs) ?? 0,
    perMinute: times?.inMinute(nowUs) ?? 0,
  };
}
