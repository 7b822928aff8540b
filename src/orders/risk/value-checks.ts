/* An order's size against the limits, together with what is open and held. */
import type { ErrorCode } from '../../domain/error-codes.ts';
import { paise } from './contract-exposure.ts';
import type { Check, CheckCase, Refusal } from './check-case.ts';

const PAISE = 100;

function rupees(value: number): number {
  return paise(value) / PAISE;
}

/** Value of so many units at what one is taken to be worth. */
function valueRupees({ contractExposure, referenceRupees }: CheckCase, units: number): number {
  return rupees(units * referenceRupees * (contractExposure?.knownMultiplier ?? 1));
}

/** Where one of quantity is more than one unit of the underlying, if nobody has told how many. */
function isMultiplierAssumed({ contract, contractExposure }: CheckCase): boolean {
  const hasOne = ['MCX', 'CDS', 'BCD'].includes(contract.exchange);
  return hasOne && (contractExposure?.multiplier ?? null) === null;
}

function above(code: ErrorCode, what: string, value: number, limit: number): Refusal {
  return { code, detail: `${what} ${value} is above the limit ${limit}` };
}

export const checkQuantityLimit: Check = ({ terms, limits, numbers, isExit }) => {
  const { orderQuantity } = limits;
  numbers['quantity_limit'] = orderQuantity;
  if (isExit || orderQuantity === null || terms.quantity <= orderQuantity) return undefined;
  return above('QUANTITY_LIMIT', 'quantity', terms.quantity, orderQuantity);
};

export const checkOrderValue: Check = (order) => {
  const { terms, limits, numbers, isExit, contractExposure } = order;
  const { orderValueRupees: limit } = limits;
  const value = valueRupees(order, terms.quantity);
  numbers['multiplier'] = contractExposure?.knownMultiplier ?? 1;
  if (isMultiplierAssumed(order)) numbers['multiplier_source'] = 'assumed';
  numbers['order_value_rupees'] = value;
  numbers['order_value_limit_rupees'] = limit;
  if (isExit || limit === null || value <= limit) return undefined;
  return above('ORDER_VALUE_LIMIT', 'order value', value, limit);
};

/** All that may fill, of the account and of the key, each against limits of its own. */
export const checkOpenValue: Check = (order) => {
  const { account, keyId, exposure, counted, accountLimits, keyLimits, numbers, isExit } = order;
  const more = valueRupees(order, order.openUnits) - counted.valueRupees;
  const ofAccount = rupees(exposure.openValueRupees(account) + more);
  const ofKey = rupees(exposure.openValueOfKeyRupees(keyId) + more);
  const { openValueRupees: accountLimit } = accountLimits;
  const { openValueRupees: keyLimit } = keyLimits;
  numbers['open_value_rupees'] = ofAccount;
  numbers['open_value_limit_rupees'] = accountLimit;
  numbers['open_value_key_rupees'] = ofKey;
  numbers['open_value_key_limit_rupees'] = keyLimit;
  if (isExit) return undefined;
  if (accountLimit !== null && ofAccount > accountLimit) {
    return above('OPEN_VALUE_LIMIT', 'open value of the account', ofAccount, accountLimit);
  }
  if (keyLimit !== null && ofKey > keyLimit) {
    return above('OPEN_VALUE_LIMIT', 'open value of the key', ofKey, keyLimit);
  }
  return undefined;
};

/** The position in the contract, of all products, when all that is open on this side has filled. */
export const checkPosition: Check = (order) => {
  const { terms, limits, numbers, isExit, contractExposure, counted, openUnits } = order;
  const { transactionType: side } = terms;
  const net = contractExposure?.netQuantity ?? 0;
  const openSame = (contractExposure?.openQuantity(side) ?? 0) - counted.units;
  const reached = (side === 'BUY' ? net : -net) + openSame + openUnits;
  const value = valueRupees(order, Math.max(0, reached));
  const { positionValueRupees: limit } = limits;
  numbers['net_quantity'] = net;
  numbers['open_same_side_quantity'] = openSame;
  numbers['position_value_rupees'] = value;
  numbers['position_value_limit_rupees'] = limit;
  if (isExit || limit === null || value <= limit) return undefined;
  return above('POSITION_LIMIT', 'position value', value, limit);
};

export const checkDailyLoss: Check = (order) => {
  const { account, contract, exposure, limits, numbers, isExit, marketRupees } = order;
  // The newest price that there is of what is held of this contract.
  exposure.mark(account, contract.exchange, contract.tradingsymbol, marketRupees);
  const pnl = exposure.dayPnlRupees(account);
  const { dailyLossRupees: limit } = limits;
  numbers['day_pnl_rupees'] = pnl;
  numbers['daily_loss_limit_rupees'] = limit;
  if (isExit || limit === null || -pnl < limit) return undefined;
  return { code: 'DAILY_LOSS_LIMIT', detail: `the day's loss ${-pnl} has reached ${limit}` };
};
