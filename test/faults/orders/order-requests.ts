import type {
  OrderExchange,
  OrderTerms,
  TransactionType,
} from '../../../src/domain/order-terms.ts';
import type { TradableContract, PriceSource } from '../../../src/domain/order-market.ts';
import type { Random } from '../../../src/feed/sim/random.ts';

/** An order with nothing out of the ordinary. */
export const PLAIN_TERMS: OrderTerms = {
  variety: 'regular',
  exchange: 'NSE',
  tradingsymbol: 'INFY',
  transactionType: 'BUY',
  orderType: 'LIMIT',
  product: 'MIS',
  quantity: 1,
  priceRupees: null,
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

/** A price on the grid of `contract`, `percent` away from `rupees`. */
export function priceNear(contract: TradableContract, rupees: number, percent: number): number {
  const tickPaise = Math.round(contract.tickSizeRupees * 100);
  const ticks = Math.round((rupees * (100 + percent)) / tickPaise);
  return (Math.max(1, ticks) * tickPaise) / 100;
}

/** Random orders of all kinds that a broker would take. */
export class OrderRequests {
  readonly #random: Random;
  readonly #contracts: readonly TradableContract[];
  readonly #prices: PriceSource;

  constructor(random: Random, contracts: readonly TradableContract[], prices: PriceSource) {
    this.#random = random;
    this.#contracts = contracts;
    this.#prices = prices;
  }

  terms(): OrderTerms {
    const contract = this.#pick(this.#contracts);
    const lots = this.#random.integer(1, 3);
    const isEquity = contract.exchange === 'NSE';
    const side: TransactionType = this.#random.uniform() < 0.6 ? 'BUY' : 'SELL';
    const base: OrderTerms = {
      ...PLAIN_TERMS,
      exchange: contract.exchange as OrderExchange,
      tradingsymbol: contract.tradingsymbol,
      transactionType: side,
      product: isEquity ? 'MIS' : this.#pick(['NRML', 'MIS'] as const),
      quantity: contract.lotSize * (isEquity ? this.#random.integer(1, 40) : lots),
    };
    const last = this.#prices.last(contract.token)?.lastRupees ?? 0;
    const away = side === 'BUY' ? -1 : 1;
    const near = (percent: number): number => priceNear(contract, last, percent);
    const marketable = near(-2 * away);
    const resting = near(3 * away);
    return this.#pick<() => OrderTerms>([
      () => ({ ...base, priceRupees: marketable }),
      () => ({ ...base, priceRupees: marketable }),
      () => ({ ...base, priceRupees: resting }),
      () => ({ ...base, priceRupees: resting }),
      () => ({ ...base, priceRupees: near(-away / 10), validity: 'IOC' }),
      () => ({ ...base, orderType: 'MARKET', marketProtection: -1 }),
      () => ({
        ...base,
        orderType: 'SL',
        triggerPriceRupees: near(-1.5 * away),
        priceRupees: near(-2.5 * away),
      }),
      () => this.#iceberg(base, contract, marketable),
      () => ({
        ...base,
        variety: 'co',
        priceRupees: marketable,
        triggerPriceRupees: near(3 * away),
      }),
      () => this.#sliced(base, contract, resting),
    ])();
  }

  #iceberg(base: OrderTerms, contract: TradableContract, priceRupees: number): OrderTerms {
    const legs = this.#random.integer(2, 4);
    const leg = contract.lotSize * this.#random.integer(1, 3);
    return {
      ...base,
      variety: 'iceberg',
      priceRupees,
      quantity: leg * legs,
      icebergLegs: legs,
      icebergQuantity: leg,
    };
  }

  #sliced(base: OrderTerms, contract: TradableContract, priceRupees: number): OrderTerms {
    if (contract.underlying !== 'NIFTY' || contract.type === 'FUT') return { ...base, priceRupees };
    return { ...base, priceRupees, quantity: contract.lotSize * 40, autoslice: true };
  }

  #pick<Item>(items: readonly Item[]): Item {
    return items[this.#random.integer(0, items.length - 1)]!;
  }
}
