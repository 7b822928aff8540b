import type { Clock } from '../domain/clock.ts';
import type { OrderJournal } from '../domain/order-journal.ts';
import type { BrokerOrderRow, OrderBroker } from '../domain/order-broker.ts';
import type { ContractSource, PriceSource, SessionSource } from '../domain/order-market.ts';
import type { BrokerOrder, OrderRecord } from '../domain/order-record.ts';
import { AccountDesk } from './account-desk.ts';
import { BookIntake } from './book-intake.ts';
import { Changes } from './changes.ts';
import { IdempotencyUses } from './idempotency.ts';
import { JournalQueue } from './journal-queue.ts';
import { KillSwitch } from './kill-switch.ts';
import { OperationResolver } from './operation-resolver.ts';
import { Operations } from './operations.ts';
import { OrderAlarms, type OrderAlarm } from './order-alarms.ts';
import { OrderBook } from './order-book.ts';
import { OrderMeters } from './order-gauges.ts';
import { OrderIds } from './order-ids.ts';
import { OrderLedger } from './order-ledger.ts';
import { OrderResolver } from './order-resolver.ts';
import type { OrderSettings } from './order-settings.ts';
import { Placement } from './placement.ts';
import { Exposure } from './risk/exposure.ts';
import { LimitBook } from './risk/limit-book.ts';
import { OrderRates } from './risk/order-rates.ts';
import { PreTradeChecks } from './risk/pre-trade-checks.ts';
import { TradingStates } from './risk/trading-states.ts';
import { openSurplus } from './surplus-orders.ts';

export interface OrderSideOptions {
  clock: Clock;
  /** [0, 1). */
  random: () => number;
  journal: OrderJournal;
  /** One of each account that trades. */
  brokers: readonly OrderBroker[];
  contracts: ContractSource;
  prices: PriceSource;
  sessions: SessionSource;
  /** Throws POSTBACK_REFUSED. */
  readPostback: (account: string, body: string) => BrokerOrderRow;
  settings: OrderSettings;
  /** What from outside keeps trading halted, in words; undefined: nothing does. */
  heldBy?: () => string | undefined;
  onAlarm: (alarm: OrderAlarm) => void;
  /** A halt of all accounts counts, and the journal could not keep it. */
  onHaltUnkept?: (reason: string) => void;
  /** Whether there is such a key: limits are set for no other. Default: any may be. */
  isKey?: (keyId: string) => boolean;
  /** Of the journal queue. */
  later?: (work: () => void) => void;
  /** Told how long the checks of each order took. */
  onChecked?: (us: number) => void;
}

/** Everything that the order side consists of, put together. */
export interface OrderParts {
  ids: OrderIds;
  alarms: OrderAlarms;
  meters: OrderMeters;
  book: OrderBook;
  uses: IdempotencyUses;
  exposure: Exposure;
  limits: LimitBook;
  states: TradingStates;
  journal: JournalQueue;
  ledger: OrderLedger;
  desks: ReadonlyMap<string, AccountDesk>;
  placement: Placement;
  changes: Changes;
  killSwitch: KillSwitch;
}

/** `signal` ends everything that waits. */
export function orderParts(options: OrderSideOptions, signal: AbortSignal): OrderParts {
  const { clock, random, settings, brokers, contracts, prices, sessions } = options;
  const ids = new OrderIds(clock, random);
  const alarms = new OrderAlarms(clock, options.onAlarm);
  const meters = new OrderMeters(options.onChecked);
  const book = new OrderBook();
  const exposure = new Exposure();
  const limits = new LimitBook();
  const rates = new OrderRates();
  const states = new TradingStates({ random });
  const checks = new PreTradeChecks({ limits, exposure, rates, states });
  const journal = new JournalQueue({
    clock,
    journal: options.journal,
    onTrouble: (detail) => {
      if (detail !== null) alarms.raise('journal-failing', null, null, detail);
    },
    ...(options.later && { later: options.later }),
  });
  const desks = new Map<string, AccountDesk>();
  const ledger = new OrderLedger({
    ...{ clock, book, exposure, journal, alarms },
    onChange: (order) => killSwitch.enforce(order.account),
    onOperation: (operation) => {
      if (operation.kind === 'modify') desks.get(operation.account)?.noteModified(operation);
    },
  });
  const operations = new Operations({ ids, book, ledger, journal });
  const killSwitch = new KillSwitch({ clock, book, states, operations, desks, alarms, signal });
  const onFault = (error: unknown): void => {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    alarms.raise('internal', null, null, text);
  };
  const cancelSurplus = (order: OrderRecord, brokerOrder: BrokerOrder, reason: string): void => {
    const desk = desks.get(order.account);
    if (desk === undefined) return;
    operations.cancelByService(desk, order, brokerOrder.brokerOrderId, reason);
  };
  const onOpen = (account: string): void => {
    for (const order of book.ofAccount(account)) {
      for (const brokerOrder of openSurplus(order)) {
        cancelSurplus(order, brokerOrder, 'it is one too many');
      }
    }
    killSwitch.enforce(account);
  };
  for (const broker of brokers) {
    const intake = new BookIntake({ book, ledger, journal, ids, onSurplus: cancelSurplus });
    const desk: AccountDesk = new AccountDesk({
      ...{ clock, broker, book, ledger, intake, exposure, alarms, settings, signal },
      ...{ onOpen, onFault },
    });
    const read = (isFull: boolean) => desk.read(isFull);
    desk.attach(
      new OrderResolver({
        ...{ clock, book, ledger, exposure, settings, read, signal, onFault },
      }),
      new OperationResolver({ clock, book, ledger, settings, desk, signal, onFault }),
    );
    desks.set(broker.account, desk);
  }
  const deciding = { clock, book, journal, contracts, prices, sessions, checks, rates, states };
  const common = { ...deciding, meters, settings, signal };
  return {
    ...{ ids, alarms, meters, book, uses: new IdempotencyUses() },
    ...{ exposure, limits, states, journal, ledger, desks, killSwitch },
    placement: new Placement({ ...common, ids, ledger }),
    changes: new Changes({ ...common, operations, exposure }),
  };
}
