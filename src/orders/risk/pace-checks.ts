/* How fast orders come, and whether one comes twice. */
import type { RiskLimits } from '../../domain/trading-state.ts';
import type { Check, CheckCase, Refusal } from './check-case.ts';
import type { OrderRate } from './order-rates.ts';

/** What closes a position may come so many times as fast, so that entries do not use it up. */
const EXIT_RATES = 2;
const US_PER_MS = 1_000;

export const checkRate: Check = (order) => {
  const { account, keyId, rates, nowUs, accountLimits, keyLimits, numbers } = order;
  const ofAccount = rates.ofAccount(account, nowUs);
  const ofKey = rates.ofKey(keyId, nowUs);
  numbers['orders_in_second'] = ofAccount.perSecond;
  numbers['orders_in_second_limit'] = accountLimits.ordersPerSecond;
  numbers['orders_in_minute'] = ofAccount.perMinute;
  numbers['orders_in_minute_limit'] = accountLimits.ordersPerMinute;
  numbers['orders_of_key_in_second'] = ofKey.perSecond;
  numbers['orders_of_key_in_second_limit'] = keyLimits.ordersPerSecond;
  numbers['orders_of_key_in_minute'] = ofKey.perMinute;
  numbers['orders_of_key_in_minute_limit'] = keyLimits.ordersPerMinute;
  return (
    checkAgainst(order, 'account', ofAccount, accountLimits) ??
    checkAgainst(order, 'key', ofKey, keyLimits)
  );
};

function checkAgainst(
  { isExit }: CheckCase,
  whose: string,
  { perSecond, perMinute }: OrderRate,
  { ordersPerSecond, ordersPerMinute }: RiskLimits,
): Refusal | undefined {
  const times = isExit ? EXIT_RATES : 1;
  for (const [count, limit, span] of [
    [perSecond, ordersPerSecond, 'second'],
    [perMinute, ordersPerMinute, 'minute'],
  ] as const) {
    if (limit === null || count < limit * times) continue;
    const detail = `the ${whose} sent ${count} orders in the last ${span}, the limit is ${limit}`;
    return { code: 'ORDER_RATE_LIMIT', detail };
  }
  return undefined;
}

/** The same key asks for the same order again, which may be a mistake of its program. */
export const checkDuplicate: Check = ({ account, keyId, terms, ...order }) => {
  const { exposure, limits, nowUs, numbers, isChange } = order;
  const { duplicateWindowMs } = limits;
  numbers['duplicate_window_ms'] = duplicateWindowMs;
  if (isChange || duplicateWindowMs === null) return undefined;
  const equal = exposure.recent.find(account, keyId, terms);
  const ageMs = equal === undefined ? Infinity : (nowUs - equal.createdUs) / US_PER_MS;
  if (equal === undefined || ageMs >= duplicateWindowMs) return undefined;
  numbers['equal_order_id'] = equal.id;
  numbers['equal_order_age_ms'] = Math.round(ageMs);
  const detail = `${equal.id} asked for the same ${Math.round(ageMs)} ms ago`;
  return { code: 'DUPLICATE_ORDER', detail };
};
