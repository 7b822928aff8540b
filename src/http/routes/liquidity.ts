import Type from 'typebox';
import type { Liquidity } from '../../pricing/liquidity.ts';
import { defineRoute, json, type Route } from '../route.ts';

/** Answers about the newest quote of an instrument. */
export interface LiquidityQueries {
  /** Rejects with UNKNOWN_INSTRUMENT, or NO_QUOTE while the instrument is not received. */
  liquidity(token: number): Promise<Liquidity>;
}

const TOKEN_MAX = 0xffff_ffff;

const number = (description: string) => Type.Union([Type.Number(), Type.Null()], { description });

const LIQUIDITY = Type.Object({
  instrument_token: Type.Integer(),
  spread: number('Rupees; null, here and below: the book does not say.'),
  spread_percent: number('Of the mid.'),
  mid: number('Rupees.'),
  weighted_mid: number('Mean of all levels, weighted by their quantities.'),
  microprice: number('Best bid and ask, each weighted by the quantity of the other side.'),
  bid_quantity: number('Of five levels.'),
  ask_quantity: number('Of five levels.'),
  bid_value: number('Rupees.'),
  ask_value: number('Rupees.'),
  best_bid_quantity: number('At the best level.'),
  best_ask_quantity: number('At the best level.'),
  bid_orders: number('Of five levels.'),
  ask_orders: number('Of five levels.'),
  average_bid_order: number('Quantity an order.'),
  average_ask_order: number('Quantity an order.'),
  imbalance_ratio: number('Bid quantity over ask quantity.'),
  imbalance_percent: number('100 (bid - ask) / (bid + ask) of quantities.'),
  order_imbalance_percent: number('The same of orders.'),
  value_imbalance_percent: number('The same of values.'),
  book_pressure: number('-1 to 1: the same share of quantities weighted by 1 / level.'),
  impact_100: number('Rupees above the mid that buying 100 units costs on average.'),
  impact_500: number('The same for 500 units.'),
  effective_spread: number('Twice the distance of the last price to the mid, rupees.'),
  concentration_percent: number('Share of the quantities that stands at the best levels.'),
  score: Type.Number({ description: '0 to 100, see docs/PRICING.md.' }),
  tier: Type.Enum(['HIGH', 'MEDIUM', 'LOW', 'ILLIQUID']),
  flags: Type.Array(
    Type.Enum(['WIDE_SPREAD', 'THIN_DEPTH', 'FEW_ORDERS', 'IMBALANCED', 'THIN_BEST_LEVEL']),
  ),
});

/** /v1/liquidity/{token} */
export function liquidityRoutes(queries: LiquidityQueries): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/v1/liquidity/{token}',
      operationId: 'getLiquidity',
      summary: 'How well an instrument can be traded, by its newest quote.',
      tag: 'instruments',
      access: 'ticks:read',
      params: Type.Object({
        token: Type.Integer({ minimum: 1, maximum: TOKEN_MAX, description: 'Instrument token.' }),
      }),
      responses: { 200: { description: 'Measures of the book.', schema: LIQUIDITY } },
      errors: ['UNKNOWN_INSTRUMENT', 'NO_QUOTE', 'NOT_READY', 'TIMEOUT'],
      handler: async ({ params }) =>
        json(liquidityAnswer(params.token, await queries.liquidity(params.token))),
    }),
  ];
}

/** The measures by the names of the schema; NaN is null. */
function liquidityAnswer(token: number, measures: Liquidity): Record<string, unknown> {
  const answer: Record<string, unknown> = { instrument_token: token };
  for (const [name, value] of Object.entries(measures)) {
    const field = name.replace(/[A-Z]|(?<=t)(?=\d)/g, (letter) => `_${letter.toLowerCase()}`);
    answer[field] = typeof value === 'number' && Number.isNaN(value) ? null : (value as unknown);
  }
  return answer;
}
