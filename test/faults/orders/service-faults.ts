import { DEFAULT_KEY_LIMITS, type Principal } from '../../../src/domain/access.ts';
import { pause } from '../../../src/domain/clock.ts';
import type { PlainCall, StateChange } from '../../../src/domain/order-service.ts';
import type { TradingState } from '../../../src/domain/trading-state.ts';
import type { ServiceFault } from './order-plan.ts';
import type { OrderWorld } from './order-world.ts';
import { ask } from './service-door.ts';

const AGAIN_MS = 700;
const PATIENCE_MS = 10_000;

/** Sees and may do everything. */
export const OPERATOR: Principal = {
  keyId: 'key-operator',
  scopes: new Set(['admin']),
  accounts: 'all',
  limits: DEFAULT_KEY_LIMITS,
};
const CALL: PlainCall = { principal: OPERATOR, requestId: 'operator', origin: '127.0.0.1' };

/** Trading was halted from the answer to the halt up to the request that released it; ms. */
export interface HaltedSpan {
  account: string;
  fromMs: number;
  toMs: number;
}

/** Lets the faults of the service happen, and repairs them. */
export class ServiceFaults {
  readonly halted: HaltedSpan[] = [];
  readonly #world: OrderWorld;
  /** Journal troubles may overlap: the last one counts. */
  #journalTrouble = 0;

  constructor(world: OrderWorld) {
    this.#world = world;
  }

  apply(fault: ServiceFault): void {
    const world = this.#world;
    const { clock } = world;
    const later = (forMs: number, action: () => void): void => {
      clock.setTimeout(action, forMs);
    };
    switch (fault.kind) {
      case 'crash':
        world.downMs = fault.downMs;
        world.process?.life.arm(fault.crash);
        return;
      case 'kill':
        world.downMs = fault.downMs;
        world.process?.life.die();
        return;
      case 'journal':
        this.#troubleJournal(fault.forMs, () => (world.appendFate = fault));
        return;
      case 'not-writable':
        this.#troubleJournal(fault.forMs, () => (world.journal.isWritable = false));
        return;
      case 'slow-journal':
        this.#troubleJournal(fault.forMs, () => (world.appendDelayMs = fault.delayMs));
        return;
      case 'session':
        world.endSession(fault.account);
        later(fault.forMs, () => world.beginSession(fault.account));
        return;
      case 'deaf':
        world.deafen(fault.account, fault.forMs);
        return;
      case 'halt':
        void this.#halt(fault.account, fault.forMs);
        return;
      default:
        clock.jump(fault.byMs);
    }
  }

  #troubleJournal(forMs: number, begin: () => void): void {
    const world = this.#world;
    const mine = ++this.#journalTrouble;
    begin();
    world.clock.setTimeout(() => {
      if (mine !== this.#journalTrouble) return;
      world.appendFate = undefined;
      world.appendDelayMs = undefined;
      world.journal.isWritable = true;
    }, forMs);
  }

  async #halt(account: string, forMs: number): Promise<void> {
    const { clock } = this.#world;
    await this.#set(account, 'HALTED', null);
    // While the journal fails a halt counts in memory, and can be lost with it.
    while (this.#isJournalFailing() && !this.#isKept(account)) await pause(clock, AGAIN_MS);
    const fromMs = clock.monotonicMs();
    const span: HaltedSpan = { account, fromMs, toMs: Infinity };
    this.halted.push(span);
    await pause(clock, forMs);
    for (;;) {
      this.#endHalts(account);
      const first = await this.#set(account, 'ACTIVE', null);
      if (first === undefined || 'changed' in first) return;
      const second = await this.#ask(account, 'ACTIVE', first.confirmationToken);
      if (second !== undefined && 'changed' in second) return;
      await pause(clock, AGAIN_MS);
    }
  }

  /** A release ends all halts of the account, whoever made them. */
  #endHalts(account: string): void {
    const nowMs = this.#world.clock.monotonicMs();
    for (const span of this.halted) {
      if (span.account === account) span.toMs = Math.min(span.toMs, nowMs);
    }
  }

  #isJournalFailing(): boolean {
    const { appendFate, journal } = this.#world;
    return appendFate !== undefined || !journal.isWritable;
  }

  #isKept(account: string): boolean {
    const { journal } = this.#world;
    const kept = journal.events.findLast(
      ({ action, subject }) => action === 'trading_state.changed' && subject === account,
    );
    return kept?.detail['state'] === 'HALTED';
  }

  /** Asks until it is answered. */
  async #set(
    account: string,
    state: TradingState,
    token: string | null,
  ): Promise<StateChange | undefined> {
    for (;;) {
      const change = await this.#ask(account, state, token);
      if (change !== undefined) return change;
      await pause(this.#world.clock, AGAIN_MS);
    }
  }

  async #ask(
    account: string,
    state: TradingState,
    confirmationToken: string | null,
  ): Promise<StateChange | undefined> {
    const { clock } = this.#world;
    const reason = 'fault run';
    const change = { account, state, reason, confirmationToken };
    const heard = await ask<StateChange>(
      clock,
      this.#world,
      (service) => service.setTradingState(CALL, change),
      { ms: PATIENCE_MS, end: () => ({ kind: 'lost' }) },
    );
    return heard.kind === 'answer' ? heard.value : undefined;
  }
}
