import type { ErrorCode } from '../../domain/error-codes.ts';
import type { RiskLimits, TradingState } from '../../domain/trading-state.ts';
import type { CheckInput } from './check-input.ts';
import type { ContractExposure } from './contract-exposure.ts';
import type { Exposure } from './exposure.ts';
import type { OrderRates } from './order-rates.ts';
import type { RiskNumbers } from './risk-numbers.ts';

/** One order before the checks, with what they need of the books, and what they have found. */
export interface CheckCase extends CheckInput {
  /** A modification of an order that is there already. */
  isChange: boolean;
  isExit: boolean;
  /** IST day. */
  date: string;
  /** Units that may fill if the order is taken. */
  openUnits: number;
  /** What the order counts with before its modification; nothing for a new one. */
  counted: { units: number; valueRupees: number };
  state: TradingState;
  /** The tightest ones. */
  limits: RiskLimits;
  accountLimits: RiskLimits;
  keyLimits: RiskLimits;
  exposure: Exposure;
  rates: OrderRates;
  /** Undefined: nothing is held or open of the contract. */
  contractExposure: ContractExposure | undefined;
  /** Of the contract; 0 before a price has been found good. */
  marketRupees: number;
  /** What one unit is taken to be worth; 0 before a price has been found good. */
  referenceRupees: number;
  numbers: RiskNumbers;
}

export interface Refusal {
  code: ErrorCode;
  detail: string;
}

/** Looks at one thing, writes down what it saw, and refuses or not. */
export type Check = (order: CheckCase) => Refusal | undefined;
