import type { Check } from './check-case.ts';

export const checkTradingState: Check = ({ state, isExit, numbers }) => {
  numbers['trading_state'] = state;
  numbers['is_exit'] = isExit ? 1 : 0;
  if (state === 'HALTED') return { code: 'TRADING_HALTED', detail: 'trading is halted' };
  if (state === 'ACTIVE' || isExit) return undefined;
  return { code: 'TRADING_REDUCING', detail: 'the order does not only close a position' };
};
