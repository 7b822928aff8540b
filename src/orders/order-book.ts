import type { OperationRecord, OrderRecord, TradeRecord } from '../domain/order-record.ts';
import { tagPrefix } from './order-ids.ts';

/** Intents whose fate is looked for: nothing else is done with their instrument until then. */
function isUnresolved({ intentState }: OrderRecord): boolean {
  return intentState === 'UNKNOWN' || intentState === 'ESCALATED';
}

function contractName({ account, terms }: OrderRecord): string {
  return `${account} ${terms.exchange}:${terms.tradingsymbol}`;
}

/** Orders by a name that several have in common and that never changes. */
class Groups {
  readonly #groups = new Map<string, Map<string, OrderRecord>>();

  of(name: string): Iterable<OrderRecord> {
    return this.#groups.get(name)?.values() ?? [];
  }

  put(name: string, order: OrderRecord): void {
    const group = this.#groups.get(name);
    if (group === undefined) this.#groups.set(name, new Map([[order.id, order]]));
    else group.set(order.id, order);
  }

  remove(name: string, id: string): void {
    const group = this.#groups.get(name);
    group?.delete(id);
    if (group?.size === 0) this.#groups.delete(name);
  }
}

/** Orders, operations and trades of the day in memory, by everything that they are found by. */
export class OrderBook {
  readonly #orders = new Map<string, OrderRecord>();
  readonly #byAccount = new Groups();
  readonly #byContract = new Groups();
  readonly #idByClientId = new Map<string, string>();
  readonly #idByTag = new Map<string, string>();
  readonly #idByBrokerId = new Map<string, string>();
  readonly #unresolved = new Map<string, Set<string>>();
  readonly #operations = new Map<string, OperationRecord>();
  readonly #operationsByOrder = new Map<string, string[]>();
  readonly #trades = new Map<string, TradeRecord>();

  get(id: string): OrderRecord | undefined {
    return this.#orders.get(id);
  }

  /** Throws RangeError: whoever calls has the id from here. */
  require(id: string): OrderRecord {
    const order = this.#orders.get(id);
    if (order === undefined) throw new RangeError(`no order ${id}`);
    return order;
  }

  byClientId(account: string, clientOrderId: string): OrderRecord | undefined {
    return this.#found(this.#idByClientId.get(`${account} ${clientOrderId}`));
  }

  /** The intent of any of the tags of a broker's order. */
  byTag(account: string, tags: readonly (string | null)[]): OrderRecord | undefined {
    for (const tag of tags) {
      const prefix = tag === null ? undefined : tagPrefix(tag);
      const id = prefix === undefined ? undefined : this.#idByTag.get(`${account} ${prefix}`);
      if (id !== undefined) return this.#orders.get(id);
    }
    return undefined;
  }

  byBrokerId(account: string, brokerOrderId: string): OrderRecord | undefined {
    return this.#found(this.#idByBrokerId.get(`${account} ${brokerOrderId}`));
  }

  orders(): IterableIterator<OrderRecord> {
    return this.#orders.values();
  }

  ofAccount(account: string): OrderRecord[] {
    return [...this.#byAccount.of(account)];
  }

  /** Orders of the contract in the account. */
  ofContract(account: string, exchange: string, tradingsymbol: string): Iterable<OrderRecord> {
    return this.#byContract.of(`${account} ${exchange}:${tradingsymbol}`);
  }

  /** The first intent of the contract that is looked for. */
  unresolved(account: string, exchange: string, tradingsymbol: string): string | undefined {
    const ids = this.#unresolved.get(`${account} ${exchange}:${tradingsymbol}`);
    return ids?.values().next().value;
  }

  put(order: OrderRecord): void {
    const { id, account, clientOrderId } = order;
    const before = this.#orders.get(id);
    this.#orders.set(id, order);
    const clientIdBefore = before?.clientOrderId ?? null;
    if (clientIdBefore !== null && clientOrderId === null) {
      this.#idByClientId.delete(`${account} ${clientIdBefore}`);
    }
    if (clientOrderId !== null) this.#idByClientId.set(`${account} ${clientOrderId}`, id);
    const prefix = order.intentState === null ? undefined : tagPrefix(order.tag);
    if (prefix !== undefined) this.#idByTag.set(`${account} ${prefix}`, id);
    for (const { brokerOrderId } of order.brokerOrders) {
      this.#idByBrokerId.set(`${account} ${brokerOrderId}`, id);
    }
    const contract = contractName(order);
    this.#byAccount.put(account, order);
    this.#byContract.put(contract, order);
    if (isUnresolved(order)) this.#addUnresolved(contract, id);
    else this.#unresolved.get(contract)?.delete(id);
  }

  /** Forgets an order with its operations and trades. */
  remove(id: string): void {
    const order = this.#orders.get(id);
    if (order === undefined) return;
    const { account, clientOrderId } = order;
    this.#orders.delete(id);
    this.#byAccount.remove(account, id);
    this.#byContract.remove(contractName(order), id);
    if (clientOrderId !== null) this.#idByClientId.delete(`${account} ${clientOrderId}`);
    const prefix = tagPrefix(order.tag);
    if (this.#idByTag.get(`${account} ${prefix}`) === id) {
      this.#idByTag.delete(`${account} ${prefix}`);
    }
    for (const { brokerOrderId } of order.brokerOrders) {
      const name = `${account} ${brokerOrderId}`;
      if (this.#idByBrokerId.get(name) === id) this.#idByBrokerId.delete(name);
    }
    this.#unresolved.get(contractName(order))?.delete(id);
    for (const operation of this.#operationsByOrder.get(id) ?? []) {
      this.#operations.delete(operation);
    }
    this.#operationsByOrder.delete(id);
  }

  operation(id: string): OperationRecord | undefined {
    return this.#operations.get(id);
  }

  operations(): IterableIterator<OperationRecord> {
    return this.#operations.values();
  }

  /** The oldest first. */
  operationsOf(orderId: string): OperationRecord[] {
    const ids = this.#operationsByOrder.get(orderId) ?? [];
    return ids.flatMap((id) => this.#operations.get(id) ?? []);
  }

  putOperation(operation: OperationRecord): void {
    const { id, orderId } = operation;
    if (!this.#operations.has(id)) {
      const ids = this.#operationsByOrder.get(orderId);
      if (ids === undefined) this.#operationsByOrder.set(orderId, [id]);
      else ids.push(id);
    }
    this.#operations.set(id, operation);
  }

  /** False: it was known just so. */
  putTrade(trade: TradeRecord): boolean {
    const name = `${trade.account} ${trade.brokerOrderId} ${trade.tradeId}`;
    const before = this.#trades.get(name);
    if (before !== undefined && isSameTrade(before, trade)) return false;
    this.#trades.set(name, trade);
    return true;
  }

  trades(): IterableIterator<TradeRecord> {
    return this.#trades.values();
  }

  /** Forgets the trades that `isOver` says. */
  removeTrades(isOver: (trade: TradeRecord) => boolean): void {
    for (const [name, trade] of this.#trades) if (isOver(trade)) this.#trades.delete(name);
  }

  #found(id: string | undefined): OrderRecord | undefined {
    return id === undefined ? undefined : this.#orders.get(id);
  }

  #addUnresolved(contract: string, id: string): void {
    const ids = this.#unresolved.get(contract);
    if (ids === undefined) this.#unresolved.set(contract, new Set([id]));
    else ids.add(id);
  }
}

function isSameTrade(left: TradeRecord, right: TradeRecord): boolean {
  return (
    left.orderId === right.orderId &&
    left.quantity === right.quantity &&
    left.priceRupees === right.priceRupees &&
    left.fillTimeS === right.fillTimeS
  );
}
