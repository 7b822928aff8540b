import type { RiskLimitRecord, RiskLimits } from '../../domain/trading-state.ts';

/**
 * Limits that hold until others are set for all: room for a private account that trades index
 * options by the lot, and none for a digit too many.
 */
export const DEFAULT_LIMITS: RiskLimits = {
  /** 50 lakh. */
  orderValueRupees: 5_000_000,
  /** 2 crore. */
  openValueRupees: 20_000_000,
  /** 2 crore. */
  positionValueRupees: 20_000_000,
  orderQuantity: null,
  /** 10 lakh. */
  dailyLossRupees: 1_000_000,
  /** What the broker takes at the most; above it, an algorithm must be registered. */
  ordersPerSecond: 10,
  /** Half of what the broker takes. */
  ordersPerMinute: 200,
  /** For options it is four times as much, see `price-band.ts`. */
  priceBandPercent: 10,
  duplicateWindowMs: 1_000,
};

export const NO_LIMITS: RiskLimits = {
  orderValueRupees: null,
  openValueRupees: null,
  positionValueRupees: null,
  orderQuantity: null,
  dailyLossRupees: null,
  ordersPerSecond: null,
  ordersPerMinute: null,
  priceBandPercent: null,
  duplicateWindowMs: null,
};

/** Who stands beside the defaults that nobody has replaced. */
const DEFAULTS: RiskLimitRecord = {
  scope: 'all',
  subject: '',
  limits: DEFAULT_LIMITS,
  actor: 'service',
  changedUs: 0,
};

type Choose = (one: number, other: number) => number;

function pick(one: number | null, other: number | null, choose: Choose): number | null {
  if (one === null) return other;
  return other === null ? one : choose(one, other);
}

/** Of each limit the tighter one. */
function tighter(one: RiskLimits, other: RiskLimits): RiskLimits {
  const least = (name: keyof RiskLimits) => pick(one[name], other[name], Math.min);
  return {
    orderValueRupees: least('orderValueRupees'),
    openValueRupees: least('openValueRupees'),
    positionValueRupees: least('positionValueRupees'),
    orderQuantity: least('orderQuantity'),
    dailyLossRupees: least('dailyLossRupees'),
    ordersPerSecond: least('ordersPerSecond'),
    ordersPerMinute: least('ordersPerMinute'),
    priceBandPercent: least('priceBandPercent'),
    // Here the longer time is the stricter one.
    duplicateWindowMs: pick(one.duplicateWindowMs, other.duplicateWindowMs, Math.max),
  };
}

function nameOf({ scope, subject }: Pick<RiskLimitRecord, 'scope' | 'subject'>): string {
  return `${scope}:${subject}`;
}

/** The limits in force. Those for all hold for each account; others only tighten them. */
export class LimitBook {
  /** By scope and subject. */
  readonly #records = new Map<string, RiskLimitRecord>([[nameOf(DEFAULTS), DEFAULTS]]);
  /** By account, then by key; emptied by every change. */
  readonly #effective = new Map<string, Map<string, RiskLimits>>();
  readonly #ofAccounts = new Map<string, RiskLimits>();

  load(records: readonly RiskLimitRecord[]): void {
    for (const record of records) this.set(record);
  }

  set(record: RiskLimitRecord): void {
    this.#records.set(nameOf(record), record);
    this.#effective.clear();
    this.#ofAccounts.clear();
  }

  /** The tightest of those for all, for the account and for the key. */
  effective(account: string, keyId: string): RiskLimits {
    let byKey = this.#effective.get(account);
    if (byKey === undefined) {
      byKey = new Map<string, RiskLimits>();
      this.#effective.set(account, byKey);
    }
    let limits = byKey.get(keyId);
    if (limits === undefined) {
      byKey.set(keyId, (limits = tighter(this.ofAccount(account), this.ofKey(keyId))));
    }
    return limits;
  }

  /** Those for all and for the account: what its orders of all keys together are held against. */
  ofAccount(account: string): RiskLimits {
    let limits = this.#ofAccounts.get(account);
    if (limits === undefined) {
      limits = tighter(this.#of('all', ''), this.#of('account', account));
      this.#ofAccounts.set(account, limits);
    }
    return limits;
  }

  /** Those of the key alone: what its own orders of all accounts together are held against. */
  ofKey(keyId: string): RiskLimits {
    return this.#of('key', keyId);
  }

  /** All that were set, and the defaults while nobody has set others for all. */
  records(): RiskLimitRecord[] {
    return [...this.#records.values()];
  }

  #of(scope: RiskLimitRecord['scope'], subject: string): RiskLimits {
    return this.#records.get(nameOf({ scope, subject }))?.limits ?? NO_LIMITS;
  }
}
