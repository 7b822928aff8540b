import type { SimInstrument } from '../sim-instrument.ts';
import type { Product, Side } from './order-terms.ts';

/** Shares of the traded value; close to the broker's, and only shown, never debited. */
interface Rates {
  taxBuy: number;
  taxSell: number;
  exchange: number;
  stampBuy: number;
  brokerage: number;
}

const SEBI = 1e-6;
const GST = 0.18;
const MOST_BROKERAGE_RUPEES = 20;
const DELIVERY: Rates = {
  taxBuy: 1e-3,
  taxSell: 1e-3,
  exchange: 2.97e-5,
  stampBuy: 1.5e-4,
  brokerage: 0,
};
const INTRADAY: Rates = {
  taxBuy: 0,
  taxSell: 2.5e-4,
  exchange: 2.97e-5,
  stampBuy: 3e-5,
  brokerage: 3e-4,
};
const FUTURE: Rates = {
  taxBuy: 0,
  taxSell: 2e-4,
  exchange: 1.73e-5,
  stampBuy: 2e-5,
  brokerage: 3e-4,
};
const OPTION: Rates = {
  taxBuy: 0,
  taxSell: 1e-3,
  exchange: 3.503e-4,
  stampBuy: 3e-5,
  brokerage: Infinity,
};

function ratesOf({ spec }: SimInstrument, product: Product): Rates {
  if (spec.strikePaise > 0) return OPTION;
  if (spec.expiry !== null) return FUTURE;
  return product === 'CNC' || product === 'MTF' ? DELIVERY : INTRADAY;
}

export interface Charges {
  transaction_tax: number;
  transaction_tax_type: string;
  exchange_turnover_charge: number;
  sebi_turnover_charge: number;
  brokerage: number;
  stamp_duty: number;
  gst: { igst: number; cgst: number; sgst: number; total: number };
  total: number;
}

/** The charges of a trade of so many rupees, as the broker lists them. */
export function chargesRow(
  instrument: SimInstrument,
  product: Product,
  side: Side,
  rupees: number,
): Charges {
  const rates = ratesOf(instrument, product);
  const isBuy = side === 'BUY';
  const tax = rupees * (isBuy ? rates.taxBuy : rates.taxSell);
  const exchange = rupees * rates.exchange;
  const sebi = rupees * SEBI;
  const brokerage = rupees === 0 ? 0 : Math.min(MOST_BROKERAGE_RUPEES, rupees * rates.brokerage);
  const stamp = isBuy ? rupees * rates.stampBuy : 0;
  const gst = GST * (brokerage + exchange + sebi);
  return {
    transaction_tax: tax,
    transaction_tax_type: 'stt',
    exchange_turnover_charge: exchange,
    sebi_turnover_charge: sebi,
    brokerage,
    stamp_duty: stamp,
    gst: { igst: gst, cgst: 0, sgst: 0, total: gst },
    total: tax + exchange + sebi + brokerage + stamp + gst,
  };
}

/** The charges of a basket; the kind of tax is left out, as there. */
export function sumOfCharges(charges: readonly Charges[]): Charges {
  const sum = (of: (each: Charges) => number): number =>
    charges.reduce((total, each) => total + of(each), 0);
  const gst = sum((each) => each.gst.total);
  return {
    transaction_tax: sum((each) => each.transaction_tax),
    transaction_tax_type: '',
    exchange_turnover_charge: sum((each) => each.exchange_turnover_charge),
    sebi_turnover_charge: sum((each) => each.sebi_turnover_charge),
    brokerage: sum((each) => each.brokerage),
    stamp_duty: sum((each) => each.stamp_duty),
    gst: { igst: gst, cgst: 0, sgst: 0, total: gst },
    total: sum((each) => each.total),
  };
}
