import { createSystemClock } from '../../domain/clock.ts';
import { errorText, type TickerError } from '../../domain/error-codes.ts';
import type { OrderJournal } from '../../domain/order-journal.ts';
import { readOrderRow } from '../../feed/kite/orders/order-rows.ts';
import { OrderSide } from '../../orders/order-side.ts';
import type { OrderAlarm } from '../../orders/order-alarms.ts';
import { DEFAULT_ORDER_SETTINGS } from '../../orders/order-settings.ts';
import { ExchangeSessions } from '../../orders/risk/exchange-sessions.ts';
import { ORDERS, ORDERS_HISTOGRAM } from '../../shm/layout/meters.ts';
import { Database } from '../../storage/postgres/database.ts';
import { PostgresOrderJournal } from '../../storage/postgres/order-journal.ts';
import type { OrderAccount, OrdersData } from '../messages.ts';
import { random, randomBytes } from '../random.ts';
import type { ThreadContext } from '../thread-context.ts';
import { nextTurn } from '../turn.ts';
import { AccountBrokers } from './account-brokers.ts';
import { type AskContract, DayContracts } from './contracts.ts';
import { meteredJournal } from './metered.ts';
import { OrderPrices, type PriceOrigin } from './order-prices.ts';
import type { StreamPrices } from './stream-prices.ts';

export interface OrderDeskOptions extends ThreadContext {
  data: OrdersData;
  accounts: readonly OrderAccount[];
  /** Where the database is now. */
  databaseUrl: () => string;
  stream: StreamPrices;
  askContract: AskContract;
  /** What from outside keeps trading halted, in words; undefined: nothing does. */
  heldBy: () => string | undefined;
  isKey: (keyId: string) => boolean;
  onHaltUnkept: (reason: string) => void;
  /** Expiry days of the listed futures on an underlying, rising. */
  futureExpiries: (underlying: string) => readonly string[];
}

const WRITER_BYTES = 8;

const PRICE_COUNTERS: Readonly<Record<PriceOrigin, number>> = {
  stream: ORDERS.PRICES_STREAM,
  waited: ORDERS.PRICES_WAITED,
  quote: ORDERS.PRICES_QUOTE,
  none: ORDERS.PRICES_NONE,
};

/** The order side with everything that it stands on: journal, brokers, prices, sessions. */
export class OrderDesk {
  readonly side: OrderSide;
  readonly brokers: AccountBrokers;
  readonly #options: OrderDeskOptions;
  readonly #database: Database;
  readonly #journal: PostgresOrderJournal;

  constructor(options: OrderDeskOptions) {
    this.#options = options;
    const { data, clock, logger, meters, stream } = options;
    // Servers and networks know no other time.
    const realTime = createSystemClock();
    this.#database = new Database({
      url: options.databaseUrl,
      clock: realTime,
      random,
      applicationName: data.instance,
      poolMax: data.databasePool,
      onNotice: (notice) => logger.debug({ notice }, 'database notice'),
    });
    this.#journal = new PostgresOrderJournal({
      database: this.#database,
      clock: realTime,
      writer: randomBytes(WRITER_BYTES).toString('hex'),
      onTrouble: (error) => this.#onTrouble(error),
      onTakenOver: (error) => this.#onTrouble(error),
      onWarning: (detail) => logger.warn(detail),
    });
    this.brokers = new AccountBrokers(options.accounts, clock, data.production, (us) =>
      meters.record(ORDERS_HISTOGRAM.BROKER_US, us),
    );
    const { brokers } = this;
    this.side = new OrderSide({
      clock,
      random,
      journal: this.#metered(),
      brokers: brokers.brokers,
      contracts: new DayContracts(clock, options.askContract),
      prices: new OrderPrices({
        clock,
        stream,
        quote: (contract, account) => brokers.quote(contract, account),
        onPrice: (origin, waitedUs) => {
          meters.add(PRICE_COUNTERS[origin], 1);
          meters.record(ORDERS_HISTOGRAM.PRICE_US, waitedUs);
        },
      }),
      sessions: new ExchangeSessions({
        isSimulated: (account) => brokers.isSimulated(account),
        futureExpiries: options.futureExpiries,
      }),
      readPostback: (account, body) => brokers.readPostback(account, body),
      settings: {
        ...DEFAULT_ORDER_SETTINGS,
        cancelWithoutJournal: data.cancelWithoutJournal,
        reconcileMs: data.reconcileSeconds * 1000,
      },
      heldBy: options.heldBy,
      isKey: options.isKey,
      onHaltUnkept: options.onHaltUnkept,
      onChecked: (us) => meters.record(ORDERS_HISTOGRAM.CHECK_US, us),
      // The caller has its answer before the journal is told of it.
      later: (work) => void nextTurn().then(work),
      onAlarm: (alarm) => this.#onAlarm(alarm),
    });
  }

  /** An order update of a broker socket. */
  onOrder(account: string, data: unknown): void {
    const { meters, clock, logger } = this.#options;
    if (!this.brokers.has(account)) return;
    let row;
    try {
      row = readOrderRow(data, account);
    } catch (error) {
      // A hint that is not understood costs time only: the order book is read all the same.
      meters.add(ORDERS.HINTS_BAD, 1);
      logger.warn({ account, detail: errorText(error) }, 'order update not understood');
      return;
    }
    meters.add(ORDERS.HINTS, 1);
    const receivedUs = Math.floor(clock.nowUs());
    this.side.onHint({ account, source: 'socket', row, receivedUs });
  }

  /** Ends calls under way first, then what they stand on. */
  async stop(): Promise<void> {
    await this.side.stop();
    await this.brokers.close();
    await this.#journal.close();
    await this.#database.end();
  }

  #metered(): OrderJournal {
    const { clock, meters } = this.#options;
    return meteredJournal(
      this.#journal,
      clock,
      (us) => meters.record(ORDERS_HISTOGRAM.JOURNAL_US, us),
      () => meters.add(ORDERS.JOURNAL_FAILURES, 1),
    );
  }

  /** Null: the journal works again. */
  #onTrouble(error: TickerError | null): void {
    const { logger } = this.#options;
    if (error === null) logger.info('the order journal can be written');
    else logger.error({ detail: error.message }, 'the order journal cannot be written');
  }

  #onAlarm({ kind, account, orderId, detail }: OrderAlarm): void {
    this.#options.logger.error({ alarm: kind, account, orderId }, detail);
  }
}
