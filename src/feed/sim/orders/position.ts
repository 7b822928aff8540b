import type { SimInstrument } from '../sim-instrument.ts';
import { lastPaise } from './market-depth.ts';
import type { Product, Side } from './order-terms.ts';

/** Whether buying costs cash at once, or binds a margin and is settled by its profit. */
export type Settlement = 'cash' | 'margin';

export function settlementOf(instrument: SimInstrument, product: Product): Settlement {
  if (instrument.spec.strikePaise > 0) return 'cash';
  return product === 'CNC' || product === 'MTF' ? 'cash' : 'margin';
}

/** What an account holds of one contract under one product. Values are paise times units. */
export class Position {
  readonly instrument: SimInstrument;
  readonly product: Product;
  overnightQuantity = 0;
  /** At what the quantity of earlier days is carried. */
  overnightPaise = 0;
  dayBuyQuantity = 0;
  dayBuyValue = 0;
  daySellQuantity = 0;
  daySellValue = 0;

  constructor(instrument: SimInstrument, product: Product) {
    this.instrument = instrument;
    this.product = product;
  }

  get quantity(): number {
    return this.overnightQuantity + this.dayBuyQuantity - this.daySellQuantity;
  }

  get buyQuantity(): number {
    return this.dayBuyQuantity + Math.max(0, this.overnightQuantity);
  }

  get sellQuantity(): number {
    return this.daySellQuantity + Math.max(0, -this.overnightQuantity);
  }

  get buyValue(): number {
    return this.dayBuyValue + Math.max(0, this.overnightQuantity) * this.overnightPaise;
  }

  get sellValue(): number {
    return this.daySellValue + Math.max(0, -this.overnightQuantity) * this.overnightPaise;
  }

  /** Average price of what is held, 0 when flat. */
  get averagePaise(): number {
    const { quantity } = this;
    if (quantity === 0) return 0;
    return quantity > 0 ? this.buyValue / this.buyQuantity : this.sellValue / this.sellQuantity;
  }

  /** Of what was bought and sold again, by average prices. */
  get realised(): number {
    const closed = Math.min(this.buyQuantity, this.sellQuantity);
    if (closed === 0) return 0;
    return closed * (this.sellValue / this.sellQuantity - this.buyValue / this.buyQuantity);
  }

  /** Of what is still held, at the last price. */
  get unrealised(): number {
    return this.profit - this.realised;
  }

  get profit(): number {
    return this.sellValue - this.buyValue + this.quantity * lastPaise(this.instrument);
  }

  trade(side: Side, quantity: number, pricePaise: number): void {
    if (side === 'BUY') {
      this.dayBuyQuantity += quantity;
      this.dayBuyValue += quantity * pricePaise;
    } else {
      this.daySellQuantity += quantity;
      this.daySellValue += quantity * pricePaise;
    }
  }

  /**
   * Ends the day and returns the cash that it gave (paise): what was traded for cash, or the profit
   * against the last price, at which a margined position is carried on. What is left of an intraday
   * product ends at the last price.
   */
  endDay(): number {
    const { averagePaise } = this;
    const isIntraday = this.product === 'MIS' || this.product === 'CO';
    const last = lastPaise(this.instrument);
    if (isIntraday && this.quantity > 0) this.trade('SELL', this.quantity, last);
    else if (isIntraday && this.quantity < 0) this.trade('BUY', -this.quantity, last);
    const { quantity } = this;
    const isCash = settlementOf(this.instrument, this.product) === 'cash';
    const cash = isCash ? this.daySellValue - this.dayBuyValue : this.profit;
    this.overnightQuantity = quantity;
    this.overnightPaise = isCash ? averagePaise : last;
    if (quantity === 0) this.overnightPaise = 0;
    this.dayBuyQuantity = this.dayBuyValue = 0;
    this.daySellQuantity = this.daySellValue = 0;
    return cash;
  }

  /** As the broker shows it: `net` with what was carried on, `day` without. */
  row(kind: 'net' | 'day'): object {
    return kind === 'net' ? positionRow(this, this.overnightQuantity) : this.#dayOnly();
  }

  #dayOnly(): object {
    const day = new Position(this.instrument, this.product);
    day.dayBuyQuantity = this.dayBuyQuantity;
    day.dayBuyValue = this.dayBuyValue;
    day.daySellQuantity = this.daySellQuantity;
    day.daySellValue = this.daySellValue;
    return positionRow(day, 0);
  }
}

function positionRow(position: Position, overnightQuantity: number): object {
  const { instrument, buyQuantity, buyValue, sellQuantity, sellValue, quantity } = position;
  const { spec } = instrument;
  const last = lastPaise(instrument);
  const per = (value: number, units: number): number => (units === 0 ? 0 : value / units / 100);
  const profit = position.profit / 100;
  return {
    tradingsymbol: spec.tradingsymbol,
    exchange: spec.exchange,
    instrument_token: spec.token,
    product: position.product,
    quantity,
    overnight_quantity: overnightQuantity,
    multiplier: 1,
    average_price: position.averagePaise / 100,
    close_price: overnightQuantity === 0 ? 0 : position.overnightPaise / 100,
    last_price: last / 100,
    value: (sellValue - buyValue) / 100,
    pnl: profit,
    m2m: profit,
    unrealised: position.unrealised / 100,
    realised: position.realised / 100,
    buy_quantity: buyQuantity,
    buy_price: per(buyValue, buyQuantity),
    buy_value: buyValue / 100,
    buy_m2m: buyValue / 100,
    sell_quantity: sellQuantity,
    sell_price: per(sellValue, sellQuantity),
    sell_value: sellValue / 100,
    sell_m2m: sellValue / 100,
    day_buy_quantity: position.dayBuyQuantity,
    day_buy_price: per(position.dayBuyValue, position.dayBuyQuantity),
    day_buy_value: position.dayBuyValue / 100,
    day_sell_quantity: position.daySellQuantity,
    day_sell_price: per(position.daySellValue, position.daySellQuantity),
    day_sell_value: position.daySellValue / 100,
  };
}
