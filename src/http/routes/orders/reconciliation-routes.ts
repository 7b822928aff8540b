import Type from 'typebox';
import { TickerError } from '../../../domain/error-codes.ts';
import type { OrderService } from '../../../domain/order-service.ts';
import { defineRoute, json, type Route } from '../../route.ts';
import { plainCall } from './caller.ts';
import { ACCOUNT, BROKER_ORDER_ID, ORDER_PARAMS, REASON } from './field-schemas.ts';
import { ORDER, SYNC_REPORT } from './order-schema.ts';
import { orderView, syncView } from './order-view.ts';

/** A postback of the broker has one order in it. */
const POSTBACK_BYTES_MAX = 16_384;

/** What brings our picture of orders in line with the broker's. */
export function reconciliationRoutes(service: OrderService): Route[] {
  return [syncRoute(service), resolutionRoute(service), postbackRoute(service)];
}

function syncRoute(service: OrderService): Route {
  return defineRoute({
    method: 'POST',
    path: '/v1/sync',
    operationId: 'syncOrders',
    summary: "Reads the broker's orders, trades and positions now.",
    tag: 'reconciliation',
    access: 'orders:write',
    query: Type.Object(
      {
        account: Type.Optional({
          ...ACCOUNT,
          description: 'Left out: every account that the key may touch.',
        }),
      },
      { additionalProperties: false },
    ),
    responses: {
      200: {
        description: 'What was found.',
        schema: Type.Object({ reports: Type.Array(SYNC_REPORT) }),
      },
    },
    errors: [
      'UNKNOWN_ACCOUNT',
      'ACCOUNT_NOT_TRADING',
      'ORDERS_NOT_READY',
      'BROKER_ANSWER',
      'BROKER_BREAKER_OPEN',
      'BROKER_BUDGET',
      'BROKER_SESSION',
      'BROKER_UNREACHABLE',
      'BROKER_UNAVAILABLE',
      'TIMEOUT',
    ],
    handler: async (request) => {
      const reports = await service.sync(plainCall(request), request.query.account);
      return json({ reports: reports.map(syncView) });
    },
  });
}

function resolutionRoute(service: OrderService): Route {
  return defineRoute({
    method: 'POST',
    path: '/v1/orders/{id}/resolution',
    operationId: 'resolveOrder',
    summary: 'Says what a person found out about an order that was escalated, or is missing.',
    tag: 'reconciliation',
    access: 'trading-state:write',
    params: ORDER_PARAMS,
    body: Type.Object(
      {
        outcome: Type.Enum(['PRESENT', 'ABSENT'], {
          description:
            'PRESENT: the broker has it. ABSENT: it does not; closes an order its book lacks.',
        }),
        broker_order_id: Type.Optional({ ...BROKER_ORDER_ID, description: 'For PRESENT.' }),
        reason: REASON,
      },
      { additionalProperties: false },
    ),
    responses: { 200: { description: 'The order as it is now.', schema: ORDER } },
    errors: ['UNKNOWN_ORDER', 'NOT_ESCALATED', 'ORDERS_NOT_READY', 'JOURNAL_UNAVAILABLE'],
    handler: async (request) => {
      const { outcome, broker_order_id: brokerOrderId = null, reason } = request.body;
      if ((outcome === 'PRESENT') !== (brokerOrderId !== null)) {
        const detail = 'body /broker_order_id is needed for PRESENT, and has no place in ABSENT';
        throw new TickerError('INVALID_REQUEST', detail);
      }
      const resolution = { outcome, brokerOrderId, reason };
      const order = await service.resolve(plainCall(request), request.params.id, resolution);
      return json(orderView(order));
    },
  });
}

function postbackRoute(service: OrderService): Route {
  return defineRoute({
    method: 'POST',
    path: '/v1/postbacks/{account}',
    operationId: 'takePostback',
    summary: 'For the broker: news of an order. Its checksum says who sends it.',
    tag: 'reconciliation',
    access: 'public',
    params: Type.Object({ account: ACCOUNT }),
    rawBody: { bytesMax: POSTBACK_BYTES_MAX },
    responses: {
      200: { description: 'It was taken.', schema: Type.Object({ status: Type.String() }) },
    },
    errors: ['POSTBACK_REFUSED', 'UNKNOWN_ACCOUNT', 'ORDERS_NOT_READY'],
    handler: async ({ params, body }) => {
      await service.postback(params.account, body);
      return json({ status: 'success' });
    },
  });
}
