import { mayTouchAccount, type Principal } from '../domain/access.ts';
import { TickerError } from '../domain/error-codes.ts';
import type { PlainCall, StateChange } from '../domain/order-service.ts';
import {
  ALL_ACCOUNTS,
  type RiskLimitRecord,
  type RiskLimits,
  type TradingState,
  type TradingStateRecord,
} from '../domain/trading-state.ts';
import type { AccountDesk } from './account-desk.ts';
import { callerOf } from './intent-record.ts';
import type { JournalQueue } from './journal-queue.ts';
import type { KillSwitch } from './kill-switch.ts';
import { timedEvent, type Doer } from './order-events.ts';
import type { OrderLedger } from './order-ledger.ts';
import type { LimitBook } from './risk/limit-book.ts';
import type { TradingStates } from './risk/trading-states.ts';

export interface StateDeskOptions {
  ledger: OrderLedger;
  journal: JournalQueue;
  states: TradingStates;
  limits: LimitBook;
  killSwitch: KillSwitch;
  /** What from outside keeps trading halted, in words; undefined: nothing does. */
  heldBy: () => string | undefined;
  desks: ReadonlyMap<string, AccountDesk>;
  isKey: (keyId: string) => boolean;
  /** See OrderSideOptions. */
  onHaltUnkept: (reason: string) => void;
}

/** Trading states and limits: who may change them, and that it is kept. */
export class StateDesk {
  readonly #options: StateDeskOptions;

  constructor(options: StateDeskOptions) {
    this.#options = options;
  }

  states(principal: Principal): TradingStateRecord[] {
    return this.#options.states
      .records()
      .filter(({ account }) => account === ALL_ACCOUNTS || mayTouchAccount(principal, account));
  }

  /** Counts at once, and is journaled as soon as possible. Returns how many are cancelled. */
  halt(account: string, doer: Doer, reason: string): number {
    const { states, ledger, killSwitch } = this.#options;
    const { actor } = doer;
    const wanted = { account, state: 'HALTED', reason, actor, confirmationToken: null } as const;
    const outcome = states.change(wanted, ledger.nowUs());
    if ('changed' in outcome) this.#options.journal.keep(stateEntry(outcome.changed, doer));
    return killSwitch.halt(account, doer, reason);
  }

  /**
   * What is stricter counts at once, and is answered when it is durable, or known not to become so
   * soon; what is looser counts when it is durable. Rejects with CONFIRMATION_INVALID, FORBIDDEN,
   * JOURNAL_UNAVAILABLE, TRADING_HALTED.
   */
  async change(
    call: PlainCall,
    change: {
      account: string;
      state: TradingState;
      reason: string;
      confirmationToken: string | null;
    },
  ): Promise<StateChange> {
    const { states, ledger, journal, killSwitch } = this.#options;
    const { account, reason } = change;
    requireAll(call.principal, account === ALL_ACCOUNTS);
    const holder = this.#options.heldBy();
    if (holder !== undefined && account === ALL_ACCOUNTS && change.state !== 'HALTED') {
      throw new TickerError('TRADING_HALTED', `${holder}: it has to go first`);
    }
    const doer = callerOf(call);
    const outcome = states.change({ ...change, actor: doer.actor }, ledger.nowUs());
    if ('confirmationToken' in outcome) return outcome;
    const { changed, isApplied } = outcome;
    const entry = stateEntry(changed, doer);
    if (!isApplied) {
      await journal.write(entry);
      states.apply(changed);
      return { changed, cancelling: 0 };
    }
    const isHalted = changed.state === 'HALTED';
    const cancelling = isHalted ? killSwitch.halt(account, doer, reason) : 0;
    try {
      await journal.write(entry);
    } catch {
      // The journal does not work, and says so itself: the halt counts, and is kept when it does.
      journal.keep(entry);
      if (isHalted && account === ALL_ACCOUNTS) this.#options.onHaltUnkept(reason);
    }
    return { changed, cancelling };
  }

  limits(principal: Principal): RiskLimitRecord[] {
    return this.#options.limits.records().filter(({ scope, subject }) => {
      if (scope === 'all') return true;
      if (scope === 'key') return subject === principal.keyId || principal.accounts === 'all';
      return mayTouchAccount(principal, subject);
    });
  }

  /** Counts when it is durable. Rejects with FORBIDDEN, UNKNOWN_*, JOURNAL_UNAVAILABLE. */
  async setLimits(
    call: PlainCall,
    scope: RiskLimitRecord['scope'],
    subject: string,
    limits: RiskLimits,
  ): Promise<RiskLimitRecord> {
    const { ledger, journal, desks, isKey, limits: book } = this.#options;
    requireAll(call.principal, scope !== 'account');
    if (scope === 'account' && !mayTouchAccount(call.principal, subject)) {
      throw new TickerError('FORBIDDEN', `the key may not touch ${subject}`);
    }
    if (scope === 'account' && !desks.has(subject)) throw new TickerError('UNKNOWN_ACCOUNT');
    if (scope === 'key' && !isKey(subject)) throw new TickerError('UNKNOWN_KEY');
    const doer = callerOf(call);
    const changedUs = ledger.nowUs();
    const record: RiskLimitRecord = { scope, subject, limits, actor: doer.actor, changedUs };
    const draft = { ...doer, action: 'limits.changed', detail: { scope, limits } };
    const about = subject === '' ? ALL_ACCOUNTS : subject;
    await journal.write({ limits: [record], events: [timedEvent(draft, about, changedUs)] });
    book.set(record);
    return record;
  }
}

/** What is for everybody is for keys that may touch everything. */
function requireAll(principal: Principal, isForAll: boolean): void {
  if (!isForAll || principal.accounts === 'all') return;
  throw new TickerError('FORBIDDEN', 'the key may not touch all accounts');
}

function stateEntry(changed: TradingStateRecord, doer: Doer) {
  const { account, state, reason, changedUs } = changed;
  const draft = { ...doer, action: 'trading_state.changed', detail: { state, reason } };
  return { tradingStates: [changed], events: [timedEvent(draft, account, changedUs)] };
}
