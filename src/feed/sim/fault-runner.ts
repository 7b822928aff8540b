import type { Clock, TimerHandle } from '../../domain/clock.ts';
import { TickerError } from '../../domain/error-codes.ts';
import type { SimAccounts } from './accounts.ts';
import type { ActiveFaults, ConnectionLimit } from './active-faults.ts';
import type { Connection } from './connection.ts';
import { numberOr, textOrNull } from './fault-rule.ts';
import type { FaultArgs } from './fault-rule.ts';
import type { SimulatorFault } from './fault-script.ts';
import type { Gateway } from './gateway.ts';
import type { Market } from './market.ts';
import { isOrderFault } from './orders/order-fault-table.ts';
import type { OrderFaultActions } from './orders/order-fault-actions.ts';
import type { TickFeed } from './tick-feed.ts';

const DEFAULT_CLOSE_CODE = 1001;
const DEFAULT_CONNECTION_LIMIT = 3;

/** The parts of the simulator that faults act on. */
export interface FaultTargets {
  clock: Clock;
  market: Market;
  feed: TickFeed;
  accounts: SimAccounts;
  gateway: Gateway;
  faults: ActiveFaults;
  orders: OrderFaultActions;
}

/** A fault that has happened, for the ledger. */
export interface AppliedFault {
  timeUs: number;
  fault: SimulatorFault;
}

/** Lets the faults of a script happen at their times. */
export class FaultRunner {
  readonly #targets: FaultTargets;
  readonly #log: (message: string) => void;
  readonly #timers = new Set<TimerHandle>();
  readonly applied: AppliedFault[] = [];

  constructor(targets: FaultTargets, log: (message: string) => void) {
    this.#targets = targets;
    this.#log = log;
  }

  /** Throws CONFIG_INVALID for an unknown account or underlying, before anything runs. */
  schedule(script: readonly SimulatorFault[]): void {
    script.forEach((fault, index) => {
      this.#check(fault, `fault script entry ${index + 1}`);
    });
    for (const fault of script) {
      if (fault.at_ms === 0) this.#apply(fault);
      else
        this.#later(fault.at_ms, () => {
          this.#apply(fault);
        });
    }
  }

  stop(): void {
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
  }

  #check(fault: SimulatorFault, where: string): void {
    const { accounts, market, orders } = this.#targets;
    if (isOrderFault(fault.fault)) orders.check(fault.fault, fault, where);
    if (fault.account !== undefined && !accounts.has(fault.account)) {
      throw new TickerError('CONFIG_INVALID', `${where}: no account ${fault.account}`);
    }
    const underlying = fault.args['underlying'];
    if (typeof underlying === 'string' && !market.hasUnderlying(underlying)) {
      throw new TickerError('CONFIG_INVALID', `${where}: no underlying ${underlying}`);
    }
  }

  #later(delayMs: number, action: () => void): void {
    const timer = this.#targets.clock.setTimeout(() => {
      this.#timers.delete(timer);
      action();
    }, delayMs);
    this.#timers.add(timer);
  }

  #apply(fault: SimulatorFault): void {
    this.applied.push({ timeUs: this.#targets.clock.nowUs(), fault });
    this.#log(`fault ${fault.fault} ${JSON.stringify(fault.args)}`);
    const { market, feed, orders } = this.#targets;
    const { args } = fault;
    if (isOrderFault(fault.fault)) {
      orders.apply(fault.fault, fault);
      return;
    }
    switch (fault.fault) {
      case 'stop_ticks':
        feed.isRunning = false;
        return;
      case 'start_ticks':
        feed.isRunning = true;
        return;
      case 'set_rate':
        feed.setTicksPerSecond(numberOr(args, 'ticks_per_second', 0));
        return;
      case 'market_move':
        market.jump(textOrNull(args, 'underlying'), numberOr(args, 'percent', 0));
        return;
      case 'refuse':
      case 'rest_status':
      case 'connection_limit':
        this.#awaitRequests(fault);
        return;
      case 'expire_token':
        this.#expireToken(fault);
        return;
      default:
        for (const connection of this.#connections(fault)) this.#applyTo(connection, fault);
    }
  }

  #connections(fault: SimulatorFault): Connection[] {
    return this.#targets.gateway.open(fault.account ?? null, fault.socket ?? null);
  }

  #applyTo(connection: Connection, fault: SimulatorFault): void {
    const { args } = fault;
    switch (fault.fault) {
      case 'close':
        connection.close(numberOr(args, 'code', DEFAULT_CLOSE_CODE));
        return;
      case 'terminate':
        connection.reset();
        return;
      case 'silent':
        this.#hold(connection, 'silent', args);
        return;
      case 'hang':
        this.#hold(connection, 'hung', args);
        return;
      case 'text':
        connection.sendText(textOrNull(args, 'text') ?? '');
        return;
      case 'bytes':
        connection.sendVerbatim(Buffer.from(textOrNull(args, 'hex') ?? '', 'hex'));
        return;
      default:
        throw new TickerError('INTERNAL', `fault ${fault.fault} does not act on a connection`);
    }
  }

  #hold(connection: Connection, fate: 'silent' | 'hung', args: FaultArgs): void {
    connection.setFate(fate);
    const forMs = numberOr(args, 'for_ms', Infinity);
    if (forMs === Infinity) return;
    this.#later(forMs, () => {
      connection.setFate('open');
    });
  }

  #awaitRequests(fault: SimulatorFault): void {
    const { clock, faults } = this.#targets;
    const { args } = fault;
    const account = fault.account ?? null;
    const untilMs = clock.monotonicMs() + numberOr(args, 'for_ms', Infinity);
    const status = numberOr(args, 'status', 500);
    if (fault.fault === 'refuse') {
      faults.addRefusal({ account, status, untilMs });
    } else if (fault.fault === 'rest_status') {
      const restFault = {
        status,
        errorType: textOrNull(args, 'error_type'),
        message: textOrNull(args, 'message'),
        body: textOrNull(args, 'body'),
        contentType: textOrNull(args, 'content_type') ?? 'text/html',
      };
      const times = numberOr(args, 'times', Infinity);
      faults.addRestFault(restFault, account, fault.route ?? null, untilMs, times);
    } else {
      faults.connectionLimit = {
        limit: numberOr(args, 'limit', DEFAULT_CONNECTION_LIMIT),
        policy: textOrNull(args, 'policy') as ConnectionLimit['policy'],
      };
    }
  }

  #expireToken(fault: SimulatorFault): void {
    this.#targets.accounts.endSessions(fault.account ?? null);
    if (fault.args['close_sockets'] !== true) return;
    for (const connection of this.#connections(fault)) connection.close(DEFAULT_CLOSE_CODE);
  }
}
