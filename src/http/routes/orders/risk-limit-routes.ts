import Type, { type Static } from 'typebox';
import { TickerError } from '../../../domain/error-codes.ts';
import type { OrderService } from '../../../domain/order-service.ts';
import type { RiskLimitRecord, RiskLimits } from '../../../domain/trading-state.ts';
import { defineRoute, json, type Route } from '../../route.ts';
import { plainCall, principalOf } from './caller.ts';
import { timeUs } from './order-view.ts';

const LIMIT_MAX = 1e15;

function limit(description: string) {
  const value = Type.Number({ minimum: 0, maximum: LIMIT_MAX });
  return Type.Union([value, Type.Null()], { description });
}

function wholeLimit(description: string) {
  const value = Type.Integer({ minimum: 0, maximum: LIMIT_MAX });
  return Type.Union([value, Type.Null()], { description });
}

const LIMITS = Type.Object(
  {
    order_value: limit('Rupees of one order.'),
    open_value: limit('Rupees of all orders that may still fill.'),
    position_value: limit("Rupees of one contract's position when everything open has filled."),
    order_quantity: wholeLimit('Units of one order.'),
    daily_loss: limit('Rupees that may be lost on the day, realised and not.'),
    orders_per_second: wholeLimit('Orders within a second.'),
    orders_per_minute: wholeLimit('Orders within a minute.'),
    price_band_percent: limit('Percent that a price may be away from the market.'),
    duplicate_window_ms: wholeLimit('Two equal orders within so many ms are one by mistake.'),
  },
  { additionalProperties: false, description: 'null: none.' },
);

const SCOPE = Type.Enum(['all', 'account', 'key'], {
  description: 'Of all, of one account, of one key. The tightest one that applies counts.',
});
const SUBJECT = 'Account or key id; empty for all.';

const RECORD = Type.Object({
  scope: SCOPE,
  subject: Type.String({ description: SUBJECT }),
  limits: LIMITS,
  actor: Type.String(),
  changed_time: Type.Integer({ description: 'Epoch µs.' }),
});

function limitsOf(body: Static<typeof LIMITS>): RiskLimits {
  return {
    orderValueRupees: body.order_value,
    openValueRupees: body.open_value,
    positionValueRupees: body.position_value,
    orderQuantity: body.order_quantity,
    dailyLossRupees: body.daily_loss,
    ordersPerSecond: body.orders_per_second,
    ordersPerMinute: body.orders_per_minute,
    priceBandPercent: body.price_band_percent,
    duplicateWindowMs: body.duplicate_window_ms,
  };
}

function limitsView(limits: RiskLimits): Static<typeof LIMITS> {
  return {
    order_value: limits.orderValueRupees,
    open_value: limits.openValueRupees,
    position_value: limits.positionValueRupees,
    order_quantity: limits.orderQuantity,
    daily_loss: limits.dailyLossRupees,
    orders_per_second: limits.ordersPerSecond,
    orders_per_minute: limits.ordersPerMinute,
    price_band_percent: limits.priceBandPercent,
    duplicate_window_ms: limits.duplicateWindowMs,
  };
}

function recordView({ scope, subject, limits, actor, changedUs }: RiskLimitRecord) {
  return { scope, subject, limits: limitsView(limits), actor, changed_time: timeUs(changedUs) };
}

/** /v1/risk-limits */
export function riskLimitRoutes(service: OrderService): Route[] {
  const path = '/v1/risk-limits';
  return [
    defineRoute({
      method: 'GET',
      path,
      operationId: 'getRiskLimits',
      summary: 'Limits of orders, those that the service came with included.',
      tag: 'risk limits',
      access: 'orders:read',
      responses: {
        200: {
          description: 'The limits.',
          schema: Type.Object({ limits: Type.Array(RECORD) }),
        },
      },
      errors: ['ORDERS_NOT_READY'],
      handler: (request) => json({ limits: service.limits(principalOf(request)).map(recordView) }),
    }),
    defineRoute({
      method: 'PUT',
      path,
      operationId: 'setRiskLimits',
      summary: 'Replaces the limits of all, of an account or of a key, from the next order on.',
      tag: 'risk limits',
      access: 'trading-state:write',
      body: Type.Object(
        {
          scope: SCOPE,
          subject: Type.Optional(
            Type.String({ minLength: 1, maxLength: 64, description: SUBJECT }),
          ),
          limits: LIMITS,
        },
        { additionalProperties: false },
      ),
      responses: { 200: { description: 'The limits as they are now.', schema: RECORD } },
      errors: ['UNKNOWN_ACCOUNT', 'UNKNOWN_KEY', 'ORDERS_NOT_READY', 'JOURNAL_UNAVAILABLE'],
      handler: async (request) => {
        const { scope, subject = '', limits } = request.body;
        if ((scope === 'all') !== (subject === '')) {
          const detail = 'body /subject is needed for account and key, and has no place in all';
          throw new TickerError('INVALID_REQUEST', detail);
        }
        const call = plainCall(request);
        return json(recordView(await service.setLimits(call, scope, subject, limitsOf(limits))));
      },
    }),
  ];
}
