import type { Principal } from '../../src/domain/access.ts';
import type { MarketPrice, SessionState, TradableContract } from '../../src/domain/order-market.ts';
import type { OrderRecord } from '../../src/domain/order-record.ts';
import type {
  OrderAnswer,
  PlainCall,
  PlaceRequest,
  Replayable,
  WriteCall,
} from '../../src/domain/order-service.ts';
import type { OrderTerms } from '../../src/domain/order-terms.ts';
import { TickerError } from '../../src/domain/error-codes.ts';
import type { OrderAlarm } from '../../src/orders/order-alarms.ts';
import { OrderSide } from '../../src/orders/order-side.ts';
import { DEFAULT_ORDER_SETTINGS, type OrderSettings } from '../../src/orders/order-settings.ts';
import { VirtualClock } from '../faults/virtual-clock.ts';
import { MemoryOrderJournal } from './memory-order-journal.ts';
import { ScriptedOrderBroker } from './scripted-order-broker.ts';

export const INFY: TradableContract = {
  token: 408065,
  exchange: 'NSE',
  tradingsymbol: 'INFY',
  underlying: 'INFY',
  segment: 'NSE',
  type: 'EQ',
  expiry: null,
  tickSizeRupees: 0.05,
  lotSize: 1,
};

export const BUY_INFY: OrderTerms = {
  variety: 'regular',
  exchange: 'NSE',
  tradingsymbol: 'INFY',
  transactionType: 'BUY',
  orderType: 'LIMIT',
  product: 'CNC',
  quantity: 10,
  priceRupees: 100,
  triggerPriceRupees: null,
  validity: 'DAY',
  validityTtl: null,
  disclosedQuantity: null,
  marketProtection: null,
  autoslice: false,
  icebergLegs: null,
  icebergQuantity: null,
  auctionNumber: null,
  algoId: null,
};

export const TRADER: Principal = {
  keyId: 'key_trader',
  scopes: new Set(['orders:write', 'orders:read']),
  accounts: 'all',
  limits: { connections: 1, subscriptions: 1, requestsPerSecond: 50 },
};

export interface OrderRigOptions {
  accounts?: readonly string[];
  settings?: Partial<OrderSettings>;
  start?: string;
}

/** An order side on a virtual clock, with brokers and a journal that do as they are told. */
export class OrderRig {
  readonly clock: VirtualClock;
  readonly brokers: readonly ScriptedOrderBroker[];
  readonly alarms: OrderAlarm[] = [];
  journal = new MemoryOrderJournal();
  side: OrderSide;
  contract: TradableContract | undefined = INFY;
  session: SessionState = 'open';
  priceRupees: number | undefined = 100;
  /** What keeps trading halted from outside. */
  heldBy: string | undefined;
  /** Reasons of halts that the journal could not keep. */
  readonly haltsUnkept: string[] = [];
  /** Waited for before a price comes. */
  priceHold: Promise<void> | undefined;
  readonly #settings: OrderSettings;
  #keys = 0;
  #seed = 1;

  constructor(options: OrderRigOptions = {}) {
    const { accounts = ['SIM001'], settings = {} } = options;
    this.clock = new VirtualClock(options.start ?? '2026-09-10T10:00:00+05:30');
    this.#settings = { ...DEFAULT_ORDER_SETTINGS, ...settings };
    this.brokers = accounts.map((account) => new ScriptedOrderBroker(account, this.clock));
    this.side = this.#newSide();
  }

  get broker(): ScriptedOrderBroker {
    return this.brokers[0] as ScriptedOrderBroker;
  }

  /** Starts the order side and lets it open. */
  async open(): Promise<void> {
    const opened = this.side.start();
    await this.pass(0);
    await opened;
  }

  /** Lets `ms` go by. */
  async pass(ms: number): Promise<void> {
    await settled();
    await this.clock.run(this.clock.monotonicMs() + ms);
    await settled();
  }

  /** The process is gone at once; the next one starts on what was durable. */
  crash(): void {
    this.journal = this.journal.crash();
    // What still runs of the old one finds nobody to talk to.
    void this.side.stop();
    this.side = this.#newSide();
  }

  call(idempotencyKey = `k${++this.#keys}`, fingerprint = 'f', principal = TRADER): WriteCall {
    return { principal, idempotencyKey, fingerprint, requestId: 'r', origin: '127.0.0.1' };
  }

  plain(principal = TRADER): PlainCall {
    return { principal, requestId: 'r', origin: '127.0.0.1' };
  }

  request(terms: Partial<OrderTerms> = {}, account = 'SIM001'): PlaceRequest {
    return { account, clientOrderId: null, clientTag: null, terms: { ...BUY_INFY, ...terms } };
  }

  async place(terms: Partial<OrderTerms> = {}, call = this.call()): Promise<OrderAnswer> {
    return (await this.finish(this.side.place(call, this.request(terms)))).answer;
  }

  /** Places an order that must be done; as it stands then. */
  async placed(terms: Partial<OrderTerms> = {}): Promise<OrderRecord> {
    const answer = await this.place(terms);
    if (answer.kind === 'refused') throw new Error(`${answer.code}: ${answer.detail}`);
    return answer.order;
  }

  /** The newest first. */
  orders(): OrderRecord[] {
    return this.side.list(TRADER, {});
  }

  async get(id: string): Promise<OrderRecord> {
    return this.side.get(TRADER, id);
  }

  /** Lets time go by until a write is answered. */
  async finish(answer: Promise<Replayable>): Promise<Replayable> {
    const over = { yet: false };
    const end = (): void => void (over.yet = true);
    answer.then(end, end);
    for (let turn = 0; turn < 200; turn++) {
      await settled();
      if (over.yet) break;
      await this.clock.run(this.clock.monotonicMs() + 50);
    }
    return answer;
  }

  #newSide(): OrderSide {
    const { clock, journal, alarms } = this;
    return new OrderSide({
      clock,
      random: () => {
        this.#seed = (this.#seed * 48271) % 2147483647;
        return this.#seed / 2147483647;
      },
      journal,
      brokers: this.brokers,
      contracts: { find: () => Promise.resolve(this.contract) },
      prices: {
        fresh: async () => {
          await this.priceHold;
          return this.#price();
        },
        last: () => this.#price(),
      },
      sessions: { state: () => this.session },
      heldBy: () => this.heldBy,
      onHaltUnkept: (reason) => this.haltsUnkept.push(reason),
      isKey: (keyId) => keyId.startsWith('key_'),
      readPostback: (account, body) => {
        const row = this.brokers
          .find((broker) => broker.account === account)
          ?.rows.find(({ brokerOrderId }) => brokerOrderId === body);
        if (row === undefined) throw new TickerError('POSTBACK_REFUSED');
        return { ...row };
      },
      settings: this.#settings,
      onAlarm: (alarm) => alarms.push(alarm),
    });
  }

  #price(): MarketPrice | undefined {
    if (this.priceRupees === undefined) return undefined;
    return {
      lastRupees: this.priceRupees,
      bidRupees: this.priceRupees,
      askRupees: this.priceRupees,
      lowerCircuitRupees: null,
      upperCircuitRupees: null,
      receivedUs: this.clock.nowUs(),
      source: 'stream',
    };
  }
}

/** Everything that promises had to say has been said. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}
