import Type from 'typebox';
import type { OrderService } from '../../../domain/order-service.ts';
import { defineRoute, json, type Route } from '../../route.ts';
import { principalOf } from './caller.ts';
import { ACCOUNT } from './field-schemas.ts';
import { MARGIN_ORDER, marginTermsOf } from './place-body.ts';

const ORDERS_MAX = 100;

const ORDERS = Type.Array(MARGIN_ORDER, { minItems: 1, maxItems: ORDERS_MAX });
const MODE = Type.Optional(
  Type.Enum(['compact'], { description: 'compact: totals only. Left out: every part.' }),
);
const COMMON = {
  method: 'POST',
  tag: 'margins',
  access: 'orders:read',
  responses: {
    200: { description: "The broker's own answer.", schema: Type.Unknown() },
  },
  errors: [
    'UNKNOWN_ACCOUNT',
    'ACCOUNT_NOT_TRADING',
    'ORDERS_NOT_READY',
    'BROKER_ANSWER',
    'BROKER_BREAKER_OPEN',
    'BROKER_BUDGET',
    'BROKER_REFUSED',
    'BROKER_SESSION',
    'BROKER_UNREACHABLE',
    'BROKER_UNAVAILABLE',
    'TIMEOUT',
  ],
} as const;

/** What orders would need of an account's funds, as the broker reckons it. */
export function marginRoutes(service: OrderService): Route[] {
  return [
    defineRoute({
      ...COMMON,
      path: '/v1/margins/orders',
      operationId: 'getOrderMargins',
      summary: 'Margins and charges of each order by itself.',
      query: Type.Object({ account: ACCOUNT, mode: MODE }, { additionalProperties: false }),
      body: ORDERS,
      handler: async (request) => {
        const { account, mode } = request.query;
        const orders = request.body.map(marginTermsOf);
        const principal = principalOf(request);
        const compact = mode === 'compact';
        return json((await service.orderMargins(principal, account, orders, compact)) ?? null);
      },
    }),
    defineRoute({
      ...COMMON,
      path: '/v1/margins/basket',
      operationId: 'getBasketMargins',
      summary: 'Margins of orders together: what they save by hedging each other.',
      query: Type.Object(
        {
          account: ACCOUNT,
          mode: MODE,
          consider_positions: Type.Optional(
            Type.Boolean({ description: 'Hedges by open positions count too; true if left out.' }),
          ),
        },
        { additionalProperties: false },
      ),
      body: ORDERS,
      handler: async (request) => {
        const { account, mode, consider_positions: considersPositions = true } = request.query;
        const margins = await service.basketMargins(
          principalOf(request),
          account,
          request.body.map(marginTermsOf),
          considersPositions,
          mode === 'compact',
        );
        return json(margins ?? null);
      },
    }),
  ];
}
