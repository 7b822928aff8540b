import { TickerError } from '../../domain/error-codes.ts';
import {
  ALL_ACCOUNTS,
  type TradingState,
  type TradingStateRecord,
  TRADING_STATES,
} from '../../domain/trading-state.ts';

/** How long the second step of leaving HALTED may take. */
export const CONFIRMATION_US = 60_000_000;
const TOKEN_CHARACTERS = 24;
const TOKEN_ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789';

export interface TradingStateChange {
  /** Or ALL_ACCOUNTS. */
  account: string;
  state: TradingState;
  reason: string;
  actor: string;
  /** Null: the first step, or a change that needs none. */
  confirmationToken: string | null;
}

/** `isApplied` false: it counts once it has been given to `apply`, which is after it was kept. */
export type TradingStateOutcome =
  | { changed: TradingStateRecord; isApplied: boolean }
  | { confirmationToken: string; expiresUs: number };

interface Confirmation {
  account: string;
  state: TradingState;
  reason: string;
  actor: string;
  expiresUs: number;
}

function strictness(state: TradingState): number {
  return TRADING_STATES.indexOf(state);
}

function stricter(one: TradingState, other: TradingState): TradingState {
  return strictness(one) >= strictness(other) ? one : other;
}

/** Who may trade how; an account without a record is ACTIVE. */
export class TradingStates {
  readonly #random: () => number;
  readonly #records = new Map<string, TradingStateRecord>();
  /** Looser states that are being kept, with what was in force when they were asked for. */
  readonly #waiting = new WeakMap<TradingStateRecord, TradingStateRecord | undefined>();
  /** By token. */
  readonly #confirmations = new Map<string, Confirmation>();

  /** `random`: numbers from 0 to below 1. */
  constructor({ random }: { random: () => number }) {
    this.#random = random;
  }

  /** What was kept; a state that is newer, because trading was halted before, stays. */
  load(records: readonly TradingStateRecord[]): void {
    for (const record of records) {
      const known = this.#records.get(record.account);
      if (known === undefined || known.changedUs <= record.changedUs) this.apply(record);
    }
  }

  /** The stricter one of the account's own state and that of all accounts. */
  effective(account: string): TradingState {
    return stricter(this.#own(account), this.#own(ALL_ACCOUNTS));
  }

  records(): TradingStateRecord[] {
    return [...this.#records.values()];
  }

  /**
   * What is asked for becomes a record. One that is as strict as before or stricter counts at once;
   * a looser one counts when `apply` is called with it, so that it can be kept first. Out of HALTED
   * the first call gives a token; the second, within a minute, by the same actor and otherwise
   * equal, names it. Throws CONFIRMATION_INVALID.
   */
  change(wanted: TradingStateChange, nowUs: number): TradingStateOutcome {
    const { account, state, reason, actor, confirmationToken } = wanted;
    const before = this.#own(account);
    const isLooser = strictness(state) < strictness(before);
    if (before === 'HALTED' && isLooser) {
      if (confirmationToken === null) return this.#ask(wanted, nowUs);
      this.#confirm(wanted, confirmationToken, nowUs);
    }
    const changed = { account, state, reason, actor, changedUs: nowUs };
    if (isLooser) this.#waiting.set(changed, this.#records.get(account));
    else this.apply(changed);
    return { changed, isApplied: !isLooser };
  }

  /**
   * A record of `change` has been kept, or one comes from elsewhere. False: it does not count,
   * because the state was changed again while it was being kept (the kill switch waits for nobody).
   */
  apply(record: TradingStateRecord): boolean {
    const now = this.#records.get(record.account);
    if (this.#waiting.has(record) && this.#waiting.get(record) !== now) return false;
    this.#waiting.delete(record);
    this.#records.set(record.account, record);
    return true;
  }

  #own(account: string): TradingState {
    return this.#records.get(account)?.state ?? 'ACTIVE';
  }

  #ask({ account, state, reason, actor }: TradingStateChange, nowUs: number): TradingStateOutcome {
    for (const [token, { expiresUs }] of this.#confirmations) {
      if (expiresUs <= nowUs) this.#confirmations.delete(token);
    }
    const confirmationToken = this.#newToken();
    const expiresUs = nowUs + CONFIRMATION_US;
    this.#confirmations.set(confirmationToken, { account, state, reason, actor, expiresUs });
    return { confirmationToken, expiresUs };
  }

  /** A token serves once, whatever comes of it. */
  #confirm(wanted: TradingStateChange, token: string, nowUs: number): void {
    const asked = this.#confirmations.get(token);
    this.#confirmations.delete(token);
    const isSame =
      asked?.account === wanted.account &&
      asked.state === wanted.state &&
      asked.reason === wanted.reason &&
      asked.actor === wanted.actor;
    if (!isSame || nowUs >= asked.expiresUs) throw new TickerError('CONFIRMATION_INVALID');
  }

  #newToken(): string {
    return Array.from({ length: TOKEN_CHARACTERS }, () =>
      TOKEN_ALPHABET.charAt(Math.floor(this.#random() * TOKEN_ALPHABET.length)),
    ).join('');
  }
}
