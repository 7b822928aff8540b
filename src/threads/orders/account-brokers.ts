import type { Clock } from '../../domain/clock.ts';
import { TickerError } from '../../domain/error-codes.ts';
import type { BrokerOrderRow, OrderBroker } from '../../domain/order-broker.ts';
import type { MarketPrice, TradableContract } from '../../domain/order-market.ts';
import { KiteOrderBroker } from '../../feed/kite/orders/kite-order-broker.ts';
import { readPostback } from '../../feed/kite/orders/postback.ts';
import { UndiciOrderTransport } from '../../feed/kite/orders/undici-order-transport.ts';
import type { OrderAccount } from '../messages.ts';
import { meteredBroker } from './metered.ts';
import type { BrokerLoad } from './orders-now.ts';

interface Known {
  account: OrderAccount;
  transport: UndiciOrderTransport;
  broker: KiteOrderBroker;
}

/** The broker clients of the accounts that trade, and what else is known of each. */
export class AccountBrokers {
  /** For the order side. */
  readonly brokers: readonly OrderBroker[];
  readonly #clock: Clock;
  readonly #known: ReadonlyMap<string, Known>;

  /** `onCall` is told how long each call took that changes something. */
  constructor(
    accounts: readonly OrderAccount[],
    clock: Clock,
    production: boolean,
    onCall: (durationUs: number) => void,
  ) {
    this.#clock = clock;
    const known = accounts.map((account) => knownOf(account, clock, production));
    this.#known = new Map(known.map((each) => [each.account.id, each]));
    this.brokers = known.map(({ broker }) => meteredBroker(broker, clock, onCall));
  }

  has(account: string): boolean {
    return this.#known.has(account);
  }

  /** True: the account's broker says that it is a simulator, whose market never closes. */
  isSimulated(account: string): boolean {
    return this.#known.get(account)?.transport.simulated === true;
  }

  /** Throws POSTBACK_REFUSED. */
  readPostback(account: string, body: string): BrokerOrderRow {
    const secret = this.#known.get(account)?.account.apiSecret;
    if (secret === undefined) {
      throw new TickerError('POSTBACK_REFUSED', 'postbacks of this account cannot be checked');
    }
    return readPostback(body, account, secret);
  }

  /** One budgeted quote; undefined: the broker has none, or cannot be asked now. */
  async quote(contract: TradableContract, account: string): Promise<MarketPrice | undefined> {
    const broker = this.#known.get(account)?.broker;
    if (broker === undefined) return undefined;
    const { exchange, tradingsymbol } = contract;
    try {
      const quote = await broker.quote(`${exchange}:${tradingsymbol}`);
      if (quote === undefined) return undefined;
      return {
        lastRupees: quote.lastPrice,
        bidRupees: quote.depth?.buy[0]?.price ?? 0,
        askRupees: quote.depth?.sell[0]?.price ?? 0,
        lowerCircuitRupees: quote.lowerCircuitLimit,
        upperCircuitRupees: quote.upperCircuitLimit,
        receivedUs: Math.floor(this.#clock.nowUs()),
        source: 'quote',
      };
    } catch (error) {
      // Out of budget, no session, no connection: the check then refuses for want of a price.
      if (error instanceof TickerError) return undefined;
      throw error;
    }
  }

  load(): BrokerLoad {
    const states = this.brokers.map((broker) => broker.state());
    return {
      queued: states.reduce((sum, { queued }) => sum + queued, 0),
      breakersOpen: states.filter(({ breaker }) => breaker !== 'closed').length,
      dayBudgetLeft: states.length === 0 ? 0 : Math.min(...states.map((s) => s.dayBudgetLeft)),
    };
  }

  async close(): Promise<void> {
    await Promise.all(this.brokers.map((broker) => broker.close()));
  }
}

function knownOf(account: OrderAccount, clock: Clock, production: boolean): Known {
  const { id, apiKey, accessToken, restUrl, localAddress } = account;
  const transport = new UndiciOrderTransport({
    restUrl,
    apiKey,
    accessToken,
    clock,
    refuseSimulator: production,
    ...(localAddress !== undefined && { localAddress }),
  });
  const broker = new KiteOrderBroker({ account: id, transport, clock, apiKey, accessToken });
  return { account, transport, broker };
}
