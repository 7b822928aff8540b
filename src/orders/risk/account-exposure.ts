import type { BrokerPosition } from '../../domain/order-broker.ts';
import type { TransactionType } from '../../domain/order-terms.ts';
import {
  addHeld,
  addOpen,
  ContractExposure,
  paise,
  type ProductExposure,
  revalue,
} from './contract-exposure.ts';

/** Something filled, or became known to have been. */
export interface Fill {
  product: ProductExposure;
  /** Units, negative when sold. */
  units: number;
  /** Negative when sold. */
  costPaise: number;
  /** Epoch µs. */
  timeUs: number;
}

/** Positions, open orders and the day's result of one account. */
export class AccountExposure {
  /** By exchange and symbol. */
  readonly #contracts = new Map<string, ContractExposure>();
  /** Those that the positions did not have yet. */
  #fills: Fill[] = [];
  /** When the positions were asked for, epoch µs. */
  #positionsUs = -Infinity;
  openValuePaise = 0;
  pnlPaise = 0;

  find(exchange: string, tradingsymbol: string): ContractExposure | undefined {
    return this.#contracts.get(`${exchange}:${tradingsymbol}`);
  }

  contract(exchange: string, tradingsymbol: string): ContractExposure {
    const name = `${exchange}:${tradingsymbol}`;
    let contract = this.#contracts.get(name);
    if (contract === undefined) this.#contracts.set(name, (contract = new ContractExposure()));
    return contract;
  }

  get contracts(): IterableIterator<ContractExposure> {
    return this.#contracts.values();
  }

  addOpen(
    product: ProductExposure,
    side: TransactionType,
    units: number,
    valuePaise: number,
  ): void {
    addOpen(product, side, units);
    this.openValuePaise += valuePaise;
  }

  /** A fill of before the positions is in them already. */
  addFill(fill: Fill): void {
    if (fill.timeUs <= this.#positionsUs) return;
    this.#fills.push(fill);
    this.#hold(fill);
  }

  setPositions(positions: readonly BrokerPosition[], asOfUs: number): void {
    if (asOfUs < this.#positionsUs) return;
    this.#positionsUs = asOfUs;
    this.pnlPaise = 0;
    for (const contract of this.#contracts.values()) {
      contract.netQuantity = 0;
      for (const product of contract.products.values()) {
        product.netQuantity = 0;
        product.cashPaise = 0;
        product.pnlPaise = 0;
      }
    }
    for (const position of positions) this.#take(position);
    this.#fills = this.#fills.filter(({ timeUs }) => timeUs > asOfUs);
    for (const fill of this.#fills) this.#hold(fill);
  }

  mark(contract: ContractExposure, lastRupees: number): void {
    if (contract.lastRupees === lastRupees) return;
    contract.lastRupees = lastRupees;
    for (const product of contract.products.values()) this.pnlPaise += revalue(product);
  }

  #take(position: BrokerPosition): void {
    const { exchange, tradingsymbol, instrumentToken, netQuantity, multiplier } = position;
    const { lastPriceRupees, pnlRupees } = position;
    const contract = this.contract(exchange, tradingsymbol);
    contract.multiplier = multiplier;
    contract.instrumentToken = instrumentToken;
    const product = contract.product(position.product);
    // What it is worth is the result and what was paid for it.
    const costPaise = paise(netQuantity * lastPriceRupees * multiplier) - paise(pnlRupees);
    addHeld(product, netQuantity, costPaise);
    this.mark(contract, lastPriceRupees);
    this.pnlPaise += revalue(product);
  }

  #hold({ product, units, costPaise }: Fill): void {
    addHeld(product, units, costPaise);
    const { contract } = product;
    // Until the market tells a price, that of the fill stands for it.
    if (contract.lastRupees === 0 && units !== 0) {
      const rupees = costPaise / units / contract.knownMultiplier / 100;
      this.mark(contract, rupees);
    }
    this.pnlPaise += revalue(product);
  }
}
