import type { BrokerPosition } from '../../domain/order-broker.ts';
import type { BrokerOrder, OrderRecord } from '../../domain/order-record.ts';
import type { OrderTerms, TransactionType } from '../../domain/order-terms.ts';
import { AccountExposure } from './account-exposure.ts';
import { type ContractExposure, paise, type ProductExposure } from './contract-exposure.ts';
import { openQuantity } from './open-quantity.ts';
import { RecentOrders } from './recent-orders.ts';
import { referencePriceRupees } from './risk-numbers.ts';

const US_PER_S = 1_000_000;
const PAISE = 100;

interface Counted {
  units: number;
  costPaise: number;
}

/** An order as it is counted. */
interface Entry {
  version: number;
  account: AccountExposure;
  keyId: string | null;
  product: ProductExposure;
  side: TransactionType;
  /** As it was known when the order came. */
  multiplier: number;
  /** What a unit is taken to be worth, rupees. */
  referenceRupees: number;
  /** The limit price that `referenceRupees` took into account; null: none. */
  limitRupees: number | null;
  openUnits: number;
  openPaise: number;
  /** What a modification that is under way may add. */
  change: Counted;
  /** Fills by broker order id. */
  fills: Map<string, Counted>;
}

/** Under which product the broker books the fills of an order. */
export function bookedProduct({ variety, product }: OrderTerms): string {
  return variety === 'co' ? 'CO' : product;
}

/**
 * When a fill was, at the latest, epoch µs: when we heard of it, or at the end of the second that
 * the exchange tells, since we may have heard of it long after.
 */
function filledUs(exchangeUpdateTimeS: number | null, heardUs: number): number {
  if (exchangeUpdateTimeS === null) return heardUs;
  return Math.min(heardUs, (exchangeUpdateTimeS + 1) * US_PER_S - 1);
}

/** True: the broker does not have it. */
function isNowhere({ intentState }: OrderRecord): boolean {
  return intentState === 'REJECTED' || intentState === 'RESOLVED_ABSENT';
}

/**
 * What every account and key may still have to take or pay: open orders, those in doubt as if they
 * were live, and positions with the fills since they were read. All of it is kept up to date order
 * by order; nothing is summed up when it is asked for.
 */
export class Exposure {
  readonly recent = new RecentOrders();
  readonly #accounts = new Map<string, AccountExposure>();
  readonly #openPaiseOfKeys = new Map<string, number>();
  /** By order id; finished ones stay until they are forgotten, so that no fill counts twice. */
  readonly #entries = new Map<string, Entry>();

  /** `order` is about to be sent: it counts as live, each unit worth `referencePriceRupees`. */
  reserve(order: OrderRecord, referencePriceRupees: number): void {
    this.#count(order, this.#entries.get(order.id) ?? this.#enter(order, referencePriceRupees));
  }

  /** A new version of an order, also of one that was not reserved: from outside, of the journal. */
  update(order: OrderRecord): void {
    const entry = this.#entries.get(order.id) ?? this.#enter(order, this.#worth(order));
    if (order.version >= entry.version) this.#count(order, entry);
  }

  /**
   * A modification is about to be sent: until `releaseChange`, the order counts with `quantity`
   * units in all if that is more, each worth `referencePriceRupees` if that is more.
   */
  reserveChange(orderId: string, quantity: number, referencePriceRupees: number): void {
    const entry = this.#entries.get(orderId);
    if (entry === undefined) return;
    this.releaseChange(orderId);
    const filled = [...entry.fills.values()].reduce((sum, { units }) => sum + Math.abs(units), 0);
    const units = Math.max(entry.openUnits, quantity - filled);
    const rupees = Math.max(entry.referenceRupees, referencePriceRupees);
    const costPaise = paise(units * rupees * entry.multiplier) - entry.openPaise;
    entry.change = { units: units - entry.openUnits, costPaise };
    this.#addOpen(entry, entry.change.units, costPaise);
  }

  /** The modification is over; what came of it is told by `update`. */
  releaseChange(orderId: string): void {
    const entry = this.#entries.get(orderId);
    if (entry === undefined) return;
    this.#addOpen(entry, -entry.change.units, -entry.change.costPaise);
    entry.change = { units: 0, costPaise: 0 };
  }

  /** The order is of a day that is over; nothing of it counts any more but what it filled. */
  forget(orderId: string): void {
    const entry = this.#entries.get(orderId);
    if (entry === undefined) return;
    this.releaseChange(orderId);
    this.#addOpen(entry, -entry.openUnits, -entry.openPaise);
    this.#entries.delete(orderId);
  }

  /**
   * Positions as the broker had them. `asOfUs`: epoch µs of our clock when they were asked for;
   * fills from then on are added to them. Older ones than before are left out.
   */
  setPositions(account: string, positions: readonly BrokerPosition[], asOfUs: number): void {
    this.#account(account).setPositions(positions, asOfUs);
  }

  /** Values positions of all accounts at live prices; `lastRupees` by instrument token. */
  markAll(lastRupees: (instrumentToken: number) => number | undefined): void {
    for (const account of this.#accounts.values()) {
      for (const contract of account.contracts) {
        if (contract.instrumentToken === null) continue;
        const rupees = lastRupees(contract.instrumentToken);
        if (rupees !== undefined && rupees > 0) account.mark(contract, rupees);
      }
    }
  }

  /** Values the account's positions of one contract at a live price. */
  mark(account: string, exchange: string, tradingsymbol: string, lastRupees: number): void {
    const book = this.#accounts.get(account);
    const contract = book?.find(exchange, tradingsymbol);
    if (book !== undefined && contract !== undefined) book.mark(contract, lastRupees);
  }

  /** Units, negative when short. */
  netQuantity(account: string, exchange: string, tradingsymbol: string, product: string): number {
    const contract = this.contract(account, exchange, tradingsymbol);
    return contract?.products.get(product)?.netQuantity ?? 0;
  }

  /** Undefined: nothing was ever held or ordered of it. */
  contract(account: string, exchange: string, tradingsymbol: string): ContractExposure | undefined {
    return this.#accounts.get(account)?.find(exchange, tradingsymbol);
  }

  /** Units of one order that may still fill, and what they are worth. */
  ofOrder(orderId: string): { units: number; valueRupees: number } {
    const { openUnits = 0, openPaise = 0 } = this.#entries.get(orderId) ?? {};
    return { units: openUnits, valueRupees: openPaise / PAISE };
  }

  /** Of all orders of the account that may still fill. */
  openValueRupees(account: string): number {
    return (this.#accounts.get(account)?.openValuePaise ?? 0) / PAISE;
  }

  openValueOfKeyRupees(keyId: string): number {
    return (this.#openPaiseOfKeys.get(keyId) ?? 0) / PAISE;
  }

  /** Result of the day, realised and not, at the last prices that were told; negative: a loss. */
  dayPnlRupees(account: string): number {
    return (this.#accounts.get(account)?.pnlPaise ?? 0) / PAISE;
  }

  #account(name: string): AccountExposure {
    let account = this.#accounts.get(name);
    if (account === undefined) this.#accounts.set(name, (account = new AccountExposure()));
    return account;
  }

  #enter(order: OrderRecord, referenceRupees: number): Entry {
    const { account: accountName, keyId, terms, version } = order;
    const account = this.#account(accountName);
    const contract = account.contract(terms.exchange, terms.tradingsymbol);
    contract.instrumentToken ??= order.instrumentToken;
    const entry: Entry = {
      version,
      account,
      keyId,
      product: contract.product(bookedProduct(terms)),
      side: terms.transactionType,
      multiplier: contract.knownMultiplier,
      referenceRupees,
      limitRupees: terms.priceRupees,
      openUnits: 0,
      openPaise: 0,
      change: { units: 0, costPaise: 0 },
      fills: new Map(),
    };
    this.#entries.set(order.id, entry);
    if (keyId !== null && !isNowhere(order)) {
      this.recent.note(accountName, keyId, terms, order);
    }
    return entry;
  }

  /** What a unit of an order is worth that nobody has priced. */
  #worth(order: OrderRecord): number {
    const { account, terms, brokerOrders } = order;
    const contract = this.contract(account, terms.exchange, terms.tradingsymbol);
    const [first] = brokerOrders;
    const candidates = [
      referencePriceRupees(order.risk),
      terms.priceRupees,
      first?.priceRupees,
      first?.averagePriceRupees,
      terms.triggerPriceRupees,
      contract?.lastRupees,
    ];
    return candidates.find((rupees) => rupees !== undefined && rupees !== null && rupees > 0) ?? 0;
  }

  #count(order: OrderRecord, entry: Entry): void {
    entry.version = order.version;
    this.#followLimit(order, entry);
    for (const brokerOrder of order.brokerOrders) this.#countFill(order, entry, brokerOrder);
    const units = openQuantity(order);
    const openPaise = paise(units * entry.referenceRupees * entry.multiplier);
    this.#addOpen(entry, units - entry.openUnits, openPaise - entry.openPaise);
    entry.openUnits = units;
    entry.openPaise = openPaise;
    const { account, keyId, terms, id } = order;
    if (keyId !== null && isNowhere(order)) this.recent.forget(account, keyId, terms, id);
  }

  /** A modification has moved the limit: what a buyer pays at most, a seller gets at least. */
  #followLimit({ terms, brokerOrders }: OrderRecord, entry: Entry): void {
    const told = brokerOrders.at(-1)?.priceRupees ?? 0;
    const limitRupees = told > 0 ? told : terms.priceRupees;
    if (limitRupees === entry.limitRupees || limitRupees === null) return;
    const isPriced = entry.limitRupees !== null;
    entry.limitRupees = limitRupees;
    // The broker gives a market order a limit of its own; the reference holds that already.
    if (!isPriced) return;
    const { side, referenceRupees } = entry;
    entry.referenceRupees = side === 'BUY' ? limitRupees : Math.max(limitRupees, referenceRupees);
  }

  #countFill(order: OrderRecord, entry: Entry, brokerOrder: BrokerOrder): void {
    const { brokerOrderId, filledQuantity, averagePriceRupees, exchangeUpdateTimeS } = brokerOrder;
    const { product, fills, referenceRupees } = entry;
    const before = fills.get(brokerOrderId);
    if (filledQuantity === 0 && before === undefined) return;
    const priceRupees = averagePriceRupees > 0 ? averagePriceRupees : referenceRupees;
    const sign = entry.side === 'BUY' ? 1 : -1;
    const units = sign * filledQuantity;
    const costPaise = paise(units * priceRupees * entry.multiplier);
    const moreUnits = units - (before?.units ?? 0);
    const morePaise = costPaise - (before?.costPaise ?? 0);
    if (moreUnits === 0 && morePaise === 0) return;
    fills.set(brokerOrderId, { units, costPaise });
    const timeUs = filledUs(exchangeUpdateTimeS, order.updatedUs);
    entry.account.addFill({ product, units: moreUnits, costPaise: morePaise, timeUs });
  }

  #addOpen(entry: Entry, units: number, valuePaise: number): void {
    if (units === 0 && valuePaise === 0) return;
    entry.account.addOpen(entry.product, entry.side, units, valuePaise);
    if (entry.keyId === null) return;
    const before = this.#openPaiseOfKeys.get(entry.keyId) ?? 0;
    this.#openPaiseOfKeys.set(entry.keyId, before + valuePaise);
  }
}
