import type { OrderTerms } from './order-terms.ts';
import type { PortfolioState } from './portfolio.ts';
import type { IcebergLeg, OrderOrigin, OrderState } from './sim-order.ts';
import type { SimTrade } from './sim-trade.ts';

/** Terms with the contract by its key, `NSE:INFY`. */
export type SavedTerms = Omit<OrderTerms, 'instrument'> & { instrument: string };
export type SavedTrade = Pick<SimTrade, 'id' | 'quantity' | 'pricePaise' | 'timeUs'>;

/** The last numbers that were given away. */
export interface BookNumbers {
  order: number;
  exchangeOrder: number;
  trade: number;
}

/** Where a day begins: what is before it is over. */
export interface DayLine {
  kind: 'day';
  format: 1;
  /** IST. */
  day: string;
  numbers: BookNumbers;
  accounts: PortfolioState[];
}

/** Positions and funds of one account, in place of all that was said of them before. */
export interface AccountLine {
  kind: 'account';
  state: PortfolioState;
}

export interface PlacedOrder {
  origin: OrderOrigin;
  terms: SavedTerms;
  iceberg: IcebergLeg | null;
}

/** An order as it is from now on, and the trade that brought it there. */
export interface OrderLine {
  kind: 'order';
  id: string;
  /** In the first line of an order. */
  placed: PlacedOrder | null;
  state: OrderState;
  trade: SavedTrade | null;
}

export type BookLine = DayLine | AccountLine | OrderLine;

type FieldType = 'string' | 'number' | 'boolean' | 'object' | 'string?' | 'object?' | 'number?';
type Fields = Readonly<Record<string, FieldType>>;

const NUMBERS: Fields = { order: 'number', exchangeOrder: 'number', trade: 'number' };
const ORIGIN: Fields = {
  id: 'string',
  account: 'string',
  day: 'string',
  placedUs: 'number',
  isExternal: 'boolean',
  parentId: 'string?',
  systemTags: 'object',
};
const TERMS: Fields = {
  variety: 'string',
  instrument: 'string',
  side: 'string',
  orderType: 'string',
  product: 'string',
  quantity: 'number',
  pricePaise: 'number',
  triggerPaise: 'number',
  validity: 'string',
  ttlMinutes: 'number',
  disclosedQuantity: 'number',
  marketProtection: 'number',
  icebergLegs: 'number',
  icebergQuantity: 'number',
  auctionNumber: 'string?',
  tag: 'string?',
  autoslice: 'boolean',
};
const STATE: Fields = {
  status: 'string',
  statusMessage: 'string?',
  statusMessageRaw: 'string?',
  orderType: 'string',
  quantity: 'number',
  pricePaise: 'number',
  triggerPaise: 'number',
  disclosedQuantity: 'number',
  validity: 'string',
  ttlMinutes: 'number',
  marketProtection: 'number',
  exchangeOrderId: 'string?',
  filled: 'number',
  filledValuePaise: 'number',
  cancelled: 'number',
  protectedLimitPaise: 'number',
  protectionTag: 'string?',
  isTriggered: 'boolean',
  isWorking: 'boolean',
  isModified: 'boolean',
  modifications: 'number',
  asked: 'object?',
  visibleFromUs: 'number',
  updatedUs: 'number',
  exchangeUs: 'number?',
};
const TRADE: Fields = { id: 'string', quantity: 'number', pricePaise: 'number', timeUs: 'number' };
const PORTFOLIO: Fields = {
  account: 'string',
  openingPaise: 'number',
  payinPaise: 'number',
  positions: 'object',
};
const POSITION: Fields = {
  instrument: 'string',
  product: 'string',
  overnightQuantity: 'number',
  overnightPaise: 'number',
  dayBuyQuantity: 'number',
  dayBuyValue: 'number',
  daySellQuantity: 'number',
  daySellValue: 'number',
};

/** Reads one line. Throws SyntaxError for what is not one of ours. */
export function parseBookLine(text: string): BookLine {
  const line = fieldsOf(JSON.parse(text), { kind: 'string' });
  switch (line['kind']) {
    case 'day':
      fieldsOf(line, { day: 'string', numbers: 'object', accounts: 'object' });
      if (line['format'] !== 1) throw new SyntaxError('its format is not known');
      fieldsOf(line['numbers'], NUMBERS);
      for (const state of listOf(line['accounts'])) checkPortfolio(state);
      return line as unknown as DayLine;
    case 'account':
      checkPortfolio(line['state']);
      return line as unknown as AccountLine;
    case 'order':
      fieldsOf(line, { id: 'string', placed: 'object?', trade: 'object?' });
      fieldsOf(line['state'], STATE);
      if (line['placed'] !== null) checkPlaced(line['placed']);
      if (line['trade'] !== null) fieldsOf(line['trade'], TRADE);
      return line as unknown as OrderLine;
    default:
      throw new SyntaxError('a line is of an unknown kind');
  }
}

function checkPlaced(value: unknown): void {
  const placed = fieldsOf(value, { origin: 'object', terms: 'object', iceberg: 'object?' });
  listOf(fieldsOf(placed['origin'], ORIGIN)['systemTags']);
  fieldsOf(placed['terms'], TERMS);
}

function checkPortfolio(value: unknown): void {
  const state = fieldsOf(value, PORTFOLIO);
  for (const position of listOf(state['positions'])) fieldsOf(position, POSITION);
}

function listOf(value: unknown): unknown[] {
  if (!Array.isArray(value)) throw new SyntaxError('a list is missing');
  return value;
}

function fieldsOf(value: unknown, fields: Fields): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) throw new SyntaxError('an object is missing');
  const object = value as Record<string, unknown>;
  for (const [name, type] of Object.entries(fields)) {
    const found = object[name];
    const isRight = found === null ? type.endsWith('?') : typeof found === type.replace('?', '');
    if (!isRight) throw new SyntaxError(`${name} is not what it should be`);
  }
  return object;
}
