import type { Market } from '../market.ts';
import { failure, get, success } from '../rest-route.ts';
import type { RestAnswer, RestRequest, RestRoute } from '../rest-route.ts';
import { chargesRow, sumOfCharges } from './charges.ts';
import type { Charges } from './charges.ts';
import type { OrderDesk } from './order-desk.ts';
import { readOrderTerms } from './order-form.ts';
import { VARIETIES } from './order-terms.ts';
import type { OrderTerms } from './order-terms.ts';
import type { Funds } from './portfolio.ts';
import { OrderRefusal, inputRefusal } from './refusal.ts';
import { NOTHING_REQUIRED, requirementOf, sumOf, totalOf } from './requirement.ts';
import type { Engagement, Requirement } from './requirement.ts';
import type { SimOrder } from './sim-order.ts';

/** Funds of the account, and what orders would need of them. */
export function marginRoutes(market: Market, desk: OrderDesk): RestRoute[] {
  const equity = (request: RestRequest): object => {
    const account = desk.account(request.account?.id ?? '');
    return fundsRow(account.portfolio.funds(account.open()));
  };
  const post = (path: RegExp, answer: (request: RestRequest) => object): RestRoute => ({
    method: 'POST',
    path,
    isPublic: false,
    handle: (request) => refusable(() => success(answer(request))),
  });
  return [
    get(/^\/user\/margins$/, (request) => {
      return success({ equity: equity(request), commodity: fundsRow(NO_FUNDS) });
    }),
    get(/^\/user\/margins\/equity$/, (request) => success(equity(request))),
    get(/^\/user\/margins\/commodity$/, () => success(fundsRow(NO_FUNDS))),
    post(/^\/margins\/orders$/, ({ body }) => {
      return readBasket(body, market).map((terms) => orderRow(desk, terms));
    }),
    post(/^\/margins\/basket$/, (request) => basketRow(desk, request, market)),
  ];
}

const NO_FUNDS: Funds = {
  ...NOTHING_REQUIRED,
  opening: 0,
  payin: 0,
  realised: 0,
  unrealised: 0,
  debits: 0,
  net: 0,
};

function refusable(answer: () => RestAnswer): RestAnswer {
  try {
    return answer();
  } catch (error) {
    if (!(error instanceof OrderRefusal)) throw error;
    return failure(error.status, error.errorType, error.message);
  }
}

/** Rupees to the paisa. */
function rupees(paise: number): number {
  return Math.round(paise) / 100;
}

function fundsRow(funds: Funds): object {
  const cash = rupees(funds.opening + funds.payin);
  return {
    enabled: true,
    net: rupees(funds.net),
    available: {
      adhoc_margin: 0,
      cash,
      opening_balance: rupees(funds.opening),
      live_balance: rupees(funds.net),
      collateral: 0,
      intraday_payin: rupees(funds.payin),
    },
    utilised: {
      debits: rupees(funds.debits),
      exposure: rupees(funds.exposure),
      m2m_realised: rupees(funds.realised),
      m2m_unrealised: rupees(funds.unrealised),
      option_premium: rupees(funds.premium),
      payout: 0,
      span: rupees(funds.span),
      holding_sales: 0,
      turnover: 0,
      liquid_collateral: 0,
      stock_collateral: 0,
      delivery: rupees(funds.delivery),
    },
  };
}

/** The JSON array of orders that the margin routes take. Throws OrderRefusal. */
function readBasket(body: string, market: Market): OrderTerms[] {
  let orders: unknown;
  try {
    orders = JSON.parse(body);
  } catch {
    throw inputRefusal('Invalid JSON in the request body.');
  }
  if (!Array.isArray(orders)) throw inputRefusal('Expected an array of orders.');
  return orders.map((order: unknown) => {
    if (typeof order !== 'object' || order === null) throw inputRefusal('Invalid order.');
    const form = new URLSearchParams();
    for (const [name, value] of Object.entries(order)) form.set(name, String(value));
    const variety = VARIETIES.find((candidate) => candidate === form.get('variety'));
    if (variety === undefined) throw inputRefusal('Invalid `variety`.');
    return readOrderTerms(form, variety === 'iceberg' ? 'regular' : variety, market);
  });
}

/** An order by itself, without what is held. */
function alone(desk: OrderDesk, terms: OrderTerms): Engagement {
  const isBuy = terms.side === 'BUY';
  const { quantity, instrument, product } = terms;
  const paise = terms.pricePaise > 0 ? terms.pricePaise : desk.depth.referencePaise(instrument);
  return {
    instrument,
    product,
    quantity: 0,
    dayFlow: 0,
    pendingBuy: isBuy ? quantity : 0,
    pendingBuyValue: isBuy ? Math.round(quantity * paise) : 0,
    pendingSell: isBuy ? 0 : quantity,
  };
}

function chargesOf(desk: OrderDesk, terms: OrderTerms): Charges {
  const { instrument, product, side, quantity } = terms;
  const paise = terms.pricePaise > 0 ? terms.pricePaise : desk.depth.referencePaise(instrument);
  return chargesRow(instrument, product, side, (quantity * paise) / 100);
}

function orderRow(desk: OrderDesk, terms: OrderTerms): object {
  const { instrument } = terms;
  const needed = requirementOf(alone(desk, terms), desk.depth);
  return marginRow(needed, chargesOf(desk, terms), {
    type: 'equity',
    tradingsymbol: instrument.spec.tradingsymbol,
    exchange: instrument.spec.exchange,
    isShare: instrument.spec.expiry === null,
  });
}

interface RowHead {
  type: string;
  tradingsymbol: string;
  exchange: string;
  isShare: boolean;
}

/** What shares bind is shown as `var`. */
function marginRow(needed: Requirement, charges: Charges, head: RowHead): object {
  const share = head.isShare ? needed.exposure + needed.delivery : needed.delivery;
  return {
    type: head.type,
    tradingsymbol: head.tradingsymbol,
    exchange: head.exchange,
    span: rupees(needed.span),
    exposure: head.isShare ? 0 : rupees(needed.exposure),
    option_premium: rupees(needed.premium),
    additional: 0,
    bo: 0,
    cash: 0,
    var: rupees(share),
    pnl: { realised: 0, unrealised: 0 },
    leverage: 1,
    charges,
    total: rupees(totalOf(needed)),
  };
}

/** `initial`: each order by itself; `final`: all of them with what is held and pending. */
function basketRow(desk: OrderDesk, request: RestRequest, market: Market): object {
  const terms = readBasket(request.body, market);
  const account = desk.account(request.account?.id ?? '');
  const considersPositions = request.query.get('consider_positions') !== 'false';
  const initial = sumOf(terms.map((each) => requirementOf(alone(desk, each), desk.depth)));
  const together = (open: readonly SimOrder[], more: readonly OrderTerms[]): Requirement =>
    sumOf(account.portfolio.engagements(open, more).map((each) => requirementOf(each, desk.depth)));
  const final = considersPositions
    ? lessThan(together(account.open(), terms), together(account.open(), []))
    : sumOf(joined(desk, terms).map((each) => requirementOf(each, desk.depth)));
  const head = { type: '', tradingsymbol: '', exchange: '', isShare: false };
  const zero = sumOfCharges([]);
  return {
    initial: marginRow(initial, zero, head),
    final: marginRow(final, zero, head),
    orders: terms.map((each) => orderRow(desk, each)),
    charges: sumOfCharges(terms.map((each) => chargesOf(desk, each))),
  };
}

function lessThan(all: Requirement, before: Requirement): Requirement {
  return {
    span: all.span - before.span,
    exposure: all.exposure - before.exposure,
    premium: all.premium - before.premium,
    delivery: all.delivery - before.delivery,
  };
}

/** The orders of a basket by contract and product. */
function joined(desk: OrderDesk, terms: readonly OrderTerms[]): Engagement[] {
  const byKey = new Map<string, Engagement>();
  for (const each of terms) {
    const one = alone(desk, each);
    const key = `${each.instrument.key}/${each.product}`;
    const sum = byKey.get(key);
    if (sum === undefined) {
      byKey.set(key, one);
      continue;
    }
    sum.pendingBuy += one.pendingBuy;
    sum.pendingBuyValue += one.pendingBuyValue;
    sum.pendingSell += one.pendingSell;
  }
  return [...byKey.values()];
}
