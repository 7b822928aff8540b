import type { TransactionType } from '../../domain/order-terms.ts';

const PAISE = 100;

/** Paise, a whole number so that sums of many stay exact. */
export function paise(rupees: number): number {
  return Math.round(rupees * PAISE);
}

/** What one account holds and has open of one contract under one product. */
export class ProductExposure {
  readonly contract: ContractExposure;
  /** Units, negative when short. */
  netQuantity = 0;
  openBuyQuantity = 0;
  openSellQuantity = 0;
  /** Sales less purchases, in paise: the day's result when nothing is held. */
  cashPaise = 0;
  /** Result of the day at the contract's last price. */
  pnlPaise = 0;

  constructor(contract: ContractExposure) {
    this.contract = contract;
  }

  openQuantity(side: TransactionType): number {
    return side === 'BUY' ? this.openBuyQuantity : this.openSellQuantity;
  }
}

/** What one account holds and has open of one contract, all products together. */
export class ContractExposure {
  readonly products = new Map<string, ProductExposure>();
  /** Units of the underlying for one of quantity; null: the broker has not told yet. */
  multiplier: number | null = null;
  /** Rupees; 0: not known. */
  lastRupees = 0;
  instrumentToken: number | null = null;
  netQuantity = 0;
  openBuyQuantity = 0;
  openSellQuantity = 0;

  product(name: string): ProductExposure {
    let product = this.products.get(name);
    if (product === undefined) this.products.set(name, (product = new ProductExposure(this)));
    return product;
  }

  openQuantity(side: TransactionType): number {
    return side === 'BUY' ? this.openBuyQuantity : this.openSellQuantity;
  }

  /** Of the underlying for one of quantity; 1 until the broker has told. */
  get knownMultiplier(): number {
    return this.multiplier ?? 1;
  }
}

/** Adds so many open units, which may be less than 0. */
export function addOpen(product: ProductExposure, side: TransactionType, units: number): void {
  for (const book of [product, product.contract]) {
    if (side === 'BUY') book.openBuyQuantity += units;
    else book.openSellQuantity += units;
  }
}

/** Adds so many held units, which may be less than 0, and what they cost. */
export function addHeld(product: ProductExposure, units: number, costPaise: number): void {
  product.netQuantity += units;
  product.contract.netQuantity += units;
  product.cashPaise -= costPaise;
}

/** Values what is held at the last price. Returns by how much the result has changed, in paise. */
export function revalue(product: ProductExposure): number {
  const { contract, netQuantity, cashPaise, pnlPaise } = product;
  const { knownMultiplier, lastRupees } = contract;
  product.pnlPaise = cashPaise + paise(netQuantity * lastRupees * knownMultiplier);
  return product.pnlPaise - pnlPaise;
}
