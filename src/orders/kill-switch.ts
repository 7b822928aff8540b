import { pause, type Clock } from '../domain/clock.ts';
import { errorText } from '../domain/error-codes.ts';
import type { OrderRecord } from '../domain/order-record.ts';
import { ALL_ACCOUNTS } from '../domain/trading-state.ts';
import type { AccountDesk } from './account-desk.ts';
import { openBrokerOrders, type Operations } from './operations.ts';
import type { OrderAlarms } from './order-alarms.ts';
import type { OrderBook } from './order-book.ts';
import { SERVICE, type Doer } from './order-events.ts';
import type { TradingStates } from './risk/trading-states.ts';

/** Rounds of cancelling and reading before somebody is called. */
const ROUNDS_MAX = 5;
const ROUND_MS = 1_000;
/** Between rounds after that. */
const LATE_ROUND_MS = 30_000;

export interface KillSwitchOptions {
  clock: Clock;
  book: OrderBook;
  states: TradingStates;
  operations: Operations;
  desks: ReadonlyMap<string, AccountDesk>;
  alarms: OrderAlarms;
  signal: AbortSignal;
}

/**
 * Cancels what this service has open on accounts that are halted, as fast as the broker takes it,
 * until nothing is open: also what turns out later to be there, and after a restart. Orders from
 * outside are left alone.
 */
export class KillSwitch {
  readonly #options: KillSwitchOptions;
  readonly #running = new Set<string>();
  /** Accounts that were asked for again, perhaps when their sweep had just given up. */
  readonly #again = new Set<string>();

  constructor(options: KillSwitchOptions) {
    this.#options = options;
  }

  /** `account` or all of them were halted. Returns how many orders are being cancelled. */
  halt(account: string, doer: Doer, reason: string): number {
    const { desks, alarms } = this.#options;
    alarms.raise('halted', account === ALL_ACCOUNTS ? null : account, null, reason);
    const halted = [...desks.values()].filter(
      (desk) => account === ALL_ACCOUNTS || desk.account === account,
    );
    const count = halted.reduce((sum, desk) => sum + this.#openOrders(desk).length, 0);
    for (const desk of halted) this.#start(desk, doer, reason);
    return count;
  }

  /** Something has changed on an account: what is open there and may not be is cancelled. */
  enforce(account: string): void {
    const desk = this.#options.desks.get(account);
    if (desk !== undefined && this.#isHalted(desk)) this.#start(desk, SERVICE, 'trading is halted');
  }

  #isHalted({ account }: AccountDesk): boolean {
    return this.#options.states.effective(account) === 'HALTED';
  }

  #openOrders({ account }: AccountDesk): OrderRecord[] {
    return this.#options.book
      .ofAccount(account)
      .filter((order) => order.intentState !== null && openBrokerOrders(order).length > 0);
  }

  #start(desk: AccountDesk, doer: Doer, reason: string): void {
    const { account } = desk;
    if (this.#openOrders(desk).length === 0) return;
    if (this.#running.has(account)) {
      this.#again.add(account);
      return;
    }
    this.#running.add(account);
    this.#sweep(desk, doer, reason)
      .catch((error: unknown) => desk.onFault(error))
      .finally(() => {
        this.#running.delete(account);
        if (this.#again.delete(account)) this.enforce(account);
      });
  }

  async #sweep(desk: AccountDesk, doer: Doer, reason: string): Promise<void> {
    const { clock, signal } = this.#options;
    for (let round = 1; this.#isHalted(desk) && !signal.aborted; round++) {
      // What cannot be sent is cancelled when the account opens again.
      if (desk.gate.cancelRefusal() !== undefined) return;
      const trouble = round === 1 ? undefined : await this.#read(desk);
      const left = this.#openOrders(desk).length;
      if (left === 0) return;
      if (round > ROUNDS_MAX) this.#callSomebody(desk, left, trouble);
      await Promise.all(this.#cancelAll(desk, doer, reason));
      await pause(clock, round < ROUNDS_MAX ? ROUND_MS : LATE_ROUND_MS, signal);
    }
  }

  /** Undefined: the book is as it is now; else why it could not be read. */
  async #read(desk: AccountDesk): Promise<string | undefined> {
    try {
      await desk.sync();
      return undefined;
    } catch (error) {
      return errorText(error);
    }
  }

  #callSomebody({ account }: AccountDesk, left: number, trouble: string | undefined): void {
    const detail = `${left} orders are still open${trouble === undefined ? '' : `; ${trouble}`}`;
    this.#options.alarms.raise('cancel-incomplete', account, null, detail);
  }

  /** Cancellations of everything open, but for those that are being looked for. */
  #cancelAll(desk: AccountDesk, doer: Doer, reason: string): Promise<unknown>[] {
    const { operations } = this.#options;
    return this.#openOrders(desk).flatMap((order) =>
      openBrokerOrders(order)
        .filter(({ brokerOrderId }) => !operations.isCancelling(order.id, brokerOrderId))
        .map(({ brokerOrderId }) => operations.cancelFor(desk, order, brokerOrderId, doer, reason)),
    );
  }
}
