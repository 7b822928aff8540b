import { istDate } from '../../../domain/calendar.ts';
import type { Clock } from '../../../domain/clock.ts';
import type { Market } from '../market.ts';
import { Random } from '../random.ts';
import type { BookNumbers } from './book-lines.ts';
import { Exchange } from './exchange.ts';
import { MarketDepth } from './market-depth.ts';
import { checkTerms } from './order-checks.ts';
import type { OrderEvents } from './order-events.ts';
import type { OrderFaults } from './order-faults.ts';
import { LIMITS } from './order-limits.ts';
import { OrderStages } from './order-stages.ts';
import { AUTOMATIC_PROTECTION, hasTrigger, opposite } from './order-terms.ts';
import type { OrderChange, OrderTerms } from './order-terms.ts';
import { OrderRefusal, fundsMessage, orderRefusal } from './refusal.ts';
import { SimOrder } from './sim-order.ts';
import type { IcebergLeg, OrderOrigin } from './sim-order.ts';
import type { SimTrade } from './sim-trade.ts';
import { TradingAccount } from './trading-account.ts';

export interface DeskParts {
  clock: Clock;
  market: Market;
  seed: number;
  faults: OrderFaults;
  events: OrderEvents;
}

/** Where the book is kept for another run. It is told before anybody else. */
export interface BookLog {
  /** A new version of an order, with the trade that made it. */
  order(order: SimOrder, trade: SimTrade | null): void;
  /** Positions or cash have changed, and not by a trade. */
  account(account: TradingAccount): void;
  /** A day has begun. */
  day(): void;
}

/** How an order comes in, where it is not the usual way. */
export interface Placement {
  isExternal?: boolean;
  parentId?: string;
  systemTags?: readonly string[];
  iceberg?: IcebergLeg;
  /** The book shows it only so long after it was taken. */
  hiddenMs?: number;
}

const NUMBER_DIGITS = 5;
const BEING_PROCESSED = 'as it is being processed. Try later.';
/** An order may be modified and cancelled only where it rests. */
const RESTING: ReadonlySet<string> = new Set(['OPEN', 'TRIGGER PENDING', 'AMO REQ RECEIVED']);

/** The order management of the simulated broker, over all its accounts. */
export class OrderDesk {
  readonly #clock: Clock;
  readonly #faults: OrderFaults;
  readonly #accounts = new Map<string, TradingAccount>();
  #day: string;
  #lastNumber: number;
  readonly depth: MarketDepth;
  readonly exchange: Exchange;
  readonly stages: OrderStages;
  book: BookLog | null = null;

  constructor({ clock, market, seed, faults, events }: DeskParts) {
    this.#clock = clock;
    this.#faults = faults;
    this.#lastNumber = new Random(seed, 'order-ids').integer(0, 49_999);
    this.#day = istDate(clock.nowUs() / 1000);
    this.depth = new MarketDepth(market);
    this.exchange = new Exchange(clock, this.depth, faults, {
      onTrade: (order, trade) => this.account(order.origin.account).addTrade(trade),
      onFilled: (order) => this.stages.filled(order),
      onTriggered: (order) => this.stages.triggered(order),
      onExpired: (order) => this.stages.cancelNow(order, 'The contract has expired.'),
    });
    const random = new Random(seed, 'order-stages');
    this.stages = new OrderStages(
      { clock, random, exchange: this.exchange, events, faults },
      {
        rejection: (order) => this.#rejection(order),
        onTerminal: (order) => this.#onTerminal(order),
      },
    );
  }

  get isMarketOpen(): boolean {
    return this.exchange.isOpen;
  }

  /** IST day of the book. */
  get day(): string {
    return this.#day;
  }

  stop(): void {
    this.exchange.stop();
    this.stages.stop();
  }

  accounts(): TradingAccount[] {
    return [...this.#accounts.values()];
  }

  account(id: string): TradingAccount {
    this.#keepDay();
    const account = this.accountAsItIs(id);
    if (account.portfolio.settleExpired() > 0) this.book?.account(account);
    return account;
  }

  /** The account without a look at what the time may have changed. */
  accountAsItIs(id: string): TradingAccount {
    let account = this.#accounts.get(id);
    if (account === undefined) {
      account = new TradingAccount(id, this.depth);
      this.#accounts.set(id, account);
    }
    return account;
  }

  setCash(id: string, paise: number): void {
    const account = this.account(id);
    account.portfolio.setCash(paise);
    this.book?.account(account);
  }

  /** The last numbers that were given away. */
  get numbers(): BookNumbers {
    return { order: this.#lastNumber, ...this.exchange.numbers };
  }

  /** Goes on where another run stood, whose orders and accounts follow. */
  takeOverDay(day: string): void {
    this.#day = day;
  }

  takeOverNumbers({ order, ...numbers }: BookNumbers): void {
    this.#lastNumber = order;
    this.exchange.takeOverNumbers(numbers);
  }

  /** Puts what was taken over to work; it may be of a day that is over. */
  resume(): void {
    this.#keepDay();
    for (const order of this.accounts().flatMap((account) => account.open())) {
      this.stages.resume(order);
    }
  }

  newOrder(origin: OrderOrigin, terms: OrderTerms, iceberg: IcebergLeg | null): SimOrder {
    return new SimOrder(origin, terms, iceberg, (order, trade) => this.book?.order(order, trade));
  }

  /** Takes an order in, or throws OrderRefusal: then it never enters the book. */
  place(accountId: string, terms: OrderTerms, placement: Placement = {}): SimOrder {
    const account = this.account(accountId);
    checkTerms(terms);
    this.#checkSession(terms);
    if (this.#checksFundsBefore(accountId)) account.portfolio.check(terms, account.open());
    else account.portfolio.checkHoldings(terms, account.open());
    return this.enter(accountId, terms, placement);
  }

  /** Takes an order in without the checks of the API. */
  enter(accountId: string, terms: OrderTerms, placement: Placement): SimOrder {
    const account = this.account(accountId);
    const nowUs = this.#clock.nowUs();
    const iceberg = placement.iceberg ?? firstLeg(terms);
    const order = this.newOrder(
      {
        id: this.nextId(),
        account: accountId,
        day: this.#day,
        placedUs: nowUs,
        isExternal: placement.isExternal ?? false,
        parentId: placement.parentId ?? null,
        systemTags: placement.systemTags ?? [],
      },
      terms,
      iceberg,
    );
    order.visibleFromUs = nowUs + (placement.hiddenMs ?? this.#hiddenMs(accountId)) * 1000;
    account.add(order);
    order.enter(terms.variety === 'amo' ? 'AMO REQ RECEIVED' : 'PUT ORDER REQ RECEIVED', nowUs);
    if (terms.variety !== 'amo') this.stages.receive(order);
    return order;
  }

  /** Asks for a change. Throws OrderRefusal. */
  modify(accountId: string, variety: string, orderId: string, asked: OrderChange): SimOrder {
    const order = this.#resting(accountId, variety, orderId, 'modified');
    if (order.modifications >= LIMITS.modificationsPerOrder) {
      throw orderRefusal('Maximum allowed order modifications exceeded.');
    }
    const change = wholeChange(order, asked);
    if (order.iceberg !== null && change.quantity !== undefined) {
      throw orderRefusal('The quantity of an iceberg order cannot be modified.');
    }
    const merged = mergedTerms(order, change);
    checkTerms(merged);
    if (order.iceberg === null && merged.quantity < order.filled) {
      throw orderRefusal('Quantity cannot be less than what has been traded.');
    }
    this.#checkFundsFor(order, merged, change);
    order.modifications++;
    if (order.status === 'AMO REQ RECEIVED') {
      order.change(change);
      order.keep(this.#clock.nowUs());
    } else {
      this.stages.modify(order, change);
    }
    return order;
  }

  /** Asks for the end of an order; the second leg of a cover order leaves at the market. */
  cancel(accountId: string, variety: string, orderId: string): SimOrder {
    const order = this.#resting(accountId, variety, orderId, 'cancelled');
    if (order.status === 'AMO REQ RECEIVED') this.stages.cancelNow(order, null);
    else if (order.terms.variety === 'co' && order.origin.parentId !== null) {
      this.stages.exitAtMarket(order);
    } else this.stages.cancel(order);
    return order;
  }

  /** Orders after the market go out when it opens; when it closes, the others may be cancelled. */
  setSession(isOpen: boolean, cancelsOpen: boolean): void {
    this.exchange.isOpen = isOpen;
    const all = this.accounts().flatMap((account) => account.open());
    for (const order of all) {
      if (isOpen && order.status === 'AMO REQ RECEIVED') {
        order.enter('PUT ORDER REQ RECEIVED', this.#clock.nowUs());
        this.stages.receive(order);
      }
      if (!isOpen && cancelsOpen && order.isWorking) {
        this.stages.cancelNow(order, 'Cancelled by the exchange at the end of the session.');
      }
    }
  }

  nextId(): string {
    this.#lastNumber = (this.#lastNumber + 1) % 100_000;
    const epochMs = Math.floor(this.#clock.nowUs() / 1000);
    return `2${epochMs}${String(this.#lastNumber).padStart(NUMBER_DIGITS, '0')}`;
  }

  #hiddenMs(account: string): number {
    const fault = this.#faults.take('hide_orders', account, this.#clock.monotonicMs());
    return Number(fault?.['delay_ms'] ?? 0);
  }

  #checksFundsBefore(account: string): boolean {
    const nowMs = this.#clock.monotonicMs();
    return this.#faults.setting('broker_habits', 'funds_check', account, nowMs) !== 'after';
  }

  #checkSession({ variety }: OrderTerms): void {
    if (variety === 'amo' && this.isMarketOpen) {
      throw orderRefusal('After market orders can only be placed outside market hours.');
    }
    if (variety !== 'amo' && !this.isMarketOpen) {
      throw orderRefusal('Markets are closed right now. Use AMO to place an order.');
    }
  }

  /** What the broker finds out only once the order is in its book. */
  #rejection(order: SimOrder): string | null {
    if (order.origin.isExternal || this.#checksFundsBefore(order.origin.account)) return null;
    const { portfolio } = this.account(order.origin.account);
    const open = this.account(order.origin.account).open();
    const others = open.filter((other) => other !== order);
    const before = portfolio.funds(others).net;
    const required = before - portfolio.funds(open).net;
    if (required <= 0 || required <= before) return null;
    return `${fundsMessage(required, before)} Check the orderbook for open orders.`;
  }

  #checkFundsFor(order: SimOrder, merged: OrderTerms, change: OrderChange): void {
    const account = this.account(order.origin.account);
    const others = account.open().filter((other) => other !== order);
    const rest = { ...merged, quantity: (change.quantity ?? order.quantity) - order.filled };
    account.portfolio.check(rest, others);
  }

  #resting(accountId: string, variety: string, orderId: string, what: string): SimOrder {
    const order = this.account(accountId).find(orderId);
    const isThere = order !== undefined && order.origin.day === this.#day;
    if (!isThere || order.terms.variety !== variety) {
      throw new OrderRefusal(400, 'InputException', "Couldn't find that `order_id`.");
    }
    if (order.isTerminal) {
      throw orderRefusal(`Order cannot be ${what} as it is ${order.status.toLowerCase()}.`);
    }
    if (!RESTING.has(order.status))
      throw orderRefusal(`Order cannot be ${what} ${BEING_PROCESSED}`);
    return order;
  }

  #onTerminal(order: SimOrder): void {
    if (order.status === 'COMPLETE' && order.iceberg !== null) this.#nextLeg(order, order.iceberg);
    if (order.terms.variety !== 'co' || order.origin.parentId !== null) return;
    if (order.filled > 0) this.#coverLeg(order);
  }

  #nextLeg(order: SimOrder, { leg, legs, totalQuantity }: IcebergLeg): void {
    const { icebergQuantity } = order.terms;
    const left = totalQuantity - leg * icebergQuantity;
    if (left <= 0) return;
    const legQuantity = Math.min(left, icebergQuantity);
    this.enter(order.origin.account, order.terms, {
      iceberg: { leg: leg + 1, legs, legQuantity, totalQuantity },
    });
  }

  /** The stop order that covers what the first leg has traded. */
  #coverLeg(parent: SimOrder): void {
    const { terms } = parent;
    const child: OrderTerms = {
      ...terms,
      side: opposite(terms.side),
      orderType: 'SL-M',
      quantity: parent.filled,
      pricePaise: 0,
      validity: 'DAY',
    };
    this.enter(parent.origin.account, child, { parentId: parent.id });
  }

  /** The first thing on a new IST day ends the one before: its open orders and its positions. */
  #keepDay(): void {
    const day = istDate(this.#clock.nowUs() / 1000);
    if (day === this.#day) return;
    this.#day = day;
    for (const account of this.#accounts.values()) {
      for (const order of account.open()) this.stages.cancelNow(order, 'The day has ended.');
      account.portfolio.settleExpired();
      account.portfolio.endDay();
    }
    this.book?.day();
  }
}

/** The number at the end of an order id. */
export function orderNumber(id: string): number {
  return Number(id.slice(-NUMBER_DIGITS));
}

function firstLeg(terms: OrderTerms): IcebergLeg | null {
  if (terms.variety !== 'iceberg') return null;
  const { icebergLegs: legs, icebergQuantity: legQuantity, quantity: totalQuantity } = terms;
  return { leg: 1, legs, legQuantity, totalQuantity };
}

/** A market order with protection rests as a limit order, and is changed as one. */
function wholeChange(order: SimOrder, asked: OrderChange): OrderChange {
  if (order.protectedLimitPaise === 0 || asked.orderType !== undefined) return asked;
  return { pricePaise: order.protectedLimitPaise, ...asked, orderType: 'LIMIT' };
}

function mergedTerms(order: SimOrder, change: OrderChange): OrderTerms {
  const orderType = change.orderType ?? order.orderType;
  const triggerPaise = change.triggerPaise ?? order.triggerPaise;
  const protection = change.marketProtection ?? order.marketProtection;
  return {
    ...order.terms,
    orderType,
    quantity: order.iceberg === null ? (change.quantity ?? order.quantity) : order.terms.quantity,
    pricePaise: change.pricePaise ?? order.pricePaise,
    triggerPaise: hasTrigger(orderType) ? triggerPaise : order.terms.triggerPaise,
    validity: change.validity ?? order.validity,
    ttlMinutes: change.ttlMinutes ?? order.ttlMinutes,
    disclosedQuantity: change.disclosedQuantity ?? order.disclosedQuantity,
    // The second leg of a cover order is the broker's own and carries none.
    marketProtection: order.origin.parentId === null ? protection : AUTOMATIC_PROTECTION,
  };
}
