import { Random } from './random.ts';
import { SEGMENT } from '../../domain/price-scale.ts';

/** What the market model walks: an index or a share. Prices in paise. */
export interface UnderlyingSpec {
  /** Position in the table; part of the tokens of its derivatives. */
  slot: number;
  /** Name under which derivatives are listed: NIFTY, INFY. */
  name: string;
  /** Tradingsymbol in the cash market: NIFTY 50, INFY. */
  symbol: string;
  companyName: string;
  token: number;
  isIndex: boolean;
  /** Previous close; strikes are listed around it. */
  basePaise: number;
  /** Contract size of its derivatives; 0 when it has none. */
  lotSize: number;
  strikeStepPaise: number;
  /** Step of the strikes further out than `nearFraction` of the price. */
  farStepPaise: number;
  nearFraction: number;
  widestFraction: number;
  /** Long-run volatility per year. */
  volatility: number;
  /** Loading on the common market factor, relative to NIFTY. */
  beta: number;
}

interface IndexRow {
  name: string;
  symbol: string;
  exchangeToken: number;
  price: number;
  lotSize: number;
  step: number;
  farStep: number;
  nearFraction: number;
  volatility: number;
  beta: number;
}

const INDEX_ROWS: readonly IndexRow[] = [
  {
    name: 'NIFTY',
    symbol: 'NIFTY 50',
    exchangeToken: 1001,
    price: 25_200,
    lotSize: 65,
    step: 50,
    farStep: 100,
    nearFraction: 0.12,
    volatility: 0.12,
    beta: 1,
  },
  {
    name: 'BANKNIFTY',
    symbol: 'NIFTY BANK',
    exchangeToken: 1016,
    price: 56_800,
    lotSize: 30,
    step: 100,
    farStep: 500,
    nearFraction: 0.1,
    volatility: 0.145,
    beta: 1.1,
  },
];

/** Symbol, company, exchange token, price, lot size, strike step, volatility, beta. */
type StockRow = readonly [string, string, number, number, number, number, number, number];

const STOCK_ROWS: readonly StockRow[] = [
  ['RELIANCE', 'RELIANCE INDUSTRIES', 2885, 1412, 500, 10, 0.23, 1.05],
  ['HDFCBANK', 'HDFC BANK', 1333, 985, 550, 10, 0.2, 1.05],
  ['INFY', 'INFOSYS', 1594, 1508, 400, 20, 0.25, 0.9],
  ['ICICIBANK', 'ICICI BANK', 4963, 1395, 700, 10, 0.21, 1.1],
  ['TCS', 'TATA CONSULTANCY SERV LT', 11536, 3045, 175, 20, 0.24, 0.8],
  ['SBIN', 'STATE BANK OF INDIA', 3045, 902, 750, 5, 0.24, 1.2],
  ['ITC', 'ITC', 1660, 408, 1600, 2.5, 0.18, 0.6],
  ['AXISBANK', 'AXIS BANK', 5900, 1226, 625, 10, 0.26, 1.25],
  ['KOTAKBANK', 'KOTAK MAHINDRA BANK', 1922, 2095, 400, 20, 0.22, 0.95],
  ['LT', 'LARSEN & TOUBRO', 11483, 3820, 175, 20, 0.23, 1.1],
  ['BHARTIARTL', 'BHARTI AIRTEL', 10604, 2035, 475, 20, 0.22, 0.8],
  ['HINDUNILVR', 'HINDUSTAN UNILEVER', 1391, 2465, 300, 20, 0.19, 0.5],
  ['TATASTEEL', 'TATA STEEL', 3499, 172.5, 5500, 2.5, 0.3, 1.3],
  ['TATAMOTORS', 'TATA MOTORS', 3456, 402, 800, 5, 0.32, 1.3],
  ['MARUTI', 'MARUTI SUZUKI INDIA', 10999, 15_860, 50, 100, 0.24, 0.9],
  ['BAJFINANCE', 'BAJAJ FINANCE', 317, 1012, 750, 10, 0.29, 1.3],
  ['SUNPHARMA', 'SUN PHARMACEUTICAL IND L', 3351, 1702, 350, 20, 0.23, 0.6],
  ['TITAN', 'TITAN COMPANY', 3506, 3735, 175, 50, 0.24, 0.9],
  ['WIPRO', 'WIPRO', 3787, 241.5, 3000, 2.5, 0.26, 0.9],
  ['HCLTECH', 'HCL TECHNOLOGIES', 7229, 1528, 350, 20, 0.26, 0.9],
  ['M&M', 'MAHINDRA & MAHINDRA', 2031, 3590, 200, 50, 0.27, 1.1],
  ['BAJAJ-AUTO', 'BAJAJ AUTO', 16669, 8930, 75, 100, 0.27, 0.9],
  ['NTPC', 'NTPC', 11630, 334.5, 1500, 5, 0.23, 0.9],
  ['POWERGRID', 'POWER GRID CORP. LTD.', 14977, 286, 1900, 5, 0.22, 0.8],
  ['ONGC', 'OIL AND NATURAL GAS CORP.', 2475, 248, 2250, 2.5, 0.26, 0.9],
  ['COALINDIA', 'COAL INDIA LTD', 20374, 392, 1350, 5, 0.24, 0.8],
  ['JSWSTEEL', 'JSW STEEL', 11723, 1178, 675, 10, 0.28, 1.2],
  ['HINDALCO', 'HINDALCO INDUSTRIES', 1363, 782, 700, 10, 0.3, 1.3],
  ['ULTRACEMCO', 'ULTRATECH CEMENT', 11532, 12_220, 50, 100, 0.22, 0.9],
  ['ADANIPORTS', 'ADANI PORT & SEZ', 15083, 1445, 475, 20, 0.33, 1.4],
];

function indexSpec(row: IndexRow, slot: number): UnderlyingSpec {
  return {
    slot,
    name: row.name,
    symbol: row.symbol,
    companyName: row.symbol,
    token: row.exchangeToken * 256 + SEGMENT.INDICES,
    isIndex: true,
    basePaise: row.price * 100,
    lotSize: row.lotSize,
    strikeStepPaise: row.step * 100,
    farStepPaise: row.farStep * 100,
    nearFraction: row.nearFraction,
    widestFraction: 0.3,
    volatility: row.volatility,
    beta: row.beta,
  };
}

function stockSpec(row: StockRow, slot: number): UnderlyingSpec {
  const [symbol, companyName, exchangeToken, price, lotSize, step, volatility, beta] = row;
  return {
    slot,
    name: symbol,
    symbol,
    companyName,
    token: exchangeToken * 256 + SEGMENT.NSE,
    isIndex: false,
    basePaise: Math.round(price * 100),
    lotSize,
    strikeStepPaise: step * 100,
    farStepPaise: step * 100,
    nearFraction: 1,
    widestFraction: 0.2,
    volatility,
    beta,
  };
}

/** Indices first, then the shares with derivatives, the best known first. */
export const UNDERLYINGS: readonly UnderlyingSpec[] = [
  ...INDEX_ROWS.map(indexSpec),
  ...STOCK_ROWS.map((row, index) => stockSpec(row, INDEX_ROWS.length + index)),
];
export const INDEX_COUNT = INDEX_ROWS.length;
export const STOCK_COUNT = STOCK_ROWS.length;

/** Above every exchange token of the tables, below those of derivatives. */
const CASH_TOKEN_BASE = 60_000;

/** The `ordinal`th (from 0) of the invented shares without derivatives. */
export function cashEquity(ordinal: number): UnderlyingSpec {
  const random = new Random(0, `equity/${ordinal}`);
  const symbol = `SIMEQ${String(ordinal + 1).padStart(4, '0')}`;
  const rupees = Math.exp(4 + 3.5 * random.uniform());
  return {
    slot: UNDERLYINGS.length + ordinal,
    name: symbol,
    symbol,
    companyName: `SIMULATED EQUITY ${ordinal + 1}`,
    token: (CASH_TOKEN_BASE + ordinal) * 256 + SEGMENT.NSE,
    isIndex: false,
    basePaise: Math.round(rupees) * 100,
    lotSize: 0,
    strikeStepPaise: 0,
    farStepPaise: 0,
    nearFraction: 0,
    widestFraction: 0,
    volatility: 0.2 + 0.3 * random.uniform(),
    beta: 0.4 + random.uniform(),
  };
}

/** Tick size of a share by its price, as the exchange has it since April 2025. */
export function cashTickPaise(pricePaise: number): number {
  if (pricePaise < 25_000) return 1;
  if (pricePaise < 100_000) return 5;
  if (pricePaise < 500_000) return 10;
  if (pricePaise < 1_000_000) return 50;
  return 100;
}

export function futureTickPaise(underlying: UnderlyingSpec): number {
  if (!underlying.isIndex) return cashTickPaise(underlying.basePaise);
  if (underlying.basePaise <= 1_500_000) return 5;
  return underlying.basePaise <= 3_000_000 ? 10 : 20;
}

export function optionTickPaise(underlying: UnderlyingSpec): number {
  return !underlying.isIndex && underlying.basePaise < 25_000 ? 1 : 5;
}
