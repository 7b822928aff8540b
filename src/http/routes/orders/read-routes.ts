import Type, { type Static } from 'typebox';
import { INTENT_STATES } from '../../../domain/intent-state.ts';
import type { OrderFilter, OrderService } from '../../../domain/order-service.ts';
import { defineRoute, json, type Route } from '../../route.ts';
import { principalOf } from './caller.ts';
import { ACCOUNT, CLIENT_ORDER_ID, CLIENT_TAG, ORDER_PARAMS } from './field-schemas.ts';
import { OPERATION, ORDER, ORDER_EVENT, TRADE } from './order-schema.ts';
import { eventView, operationView, orderView, tradeView } from './order-view.ts';

const ORDER_QUERY = Type.Object(
  {
    account: Type.Optional(ACCOUNT),
    client_order_id: Type.Optional(CLIENT_ORDER_ID),
    tag: Type.Optional({ ...CLIENT_TAG, description: 'Ours at the broker, or your own.' }),
    intent_state: Type.Optional(Type.Enum([...INTENT_STATES])),
    open: Type.Optional(Type.Boolean({ description: 'true: only those that may still change.' })),
  },
  { additionalProperties: false },
);

function filterOf(query: Static<typeof ORDER_QUERY>): OrderFilter {
  const { account, client_order_id: clientOrderId, tag, intent_state: intentState, open } = query;
  return {
    ...(account !== undefined && { account }),
    ...(clientOrderId !== undefined && { clientOrderId }),
    ...(tag !== undefined && { tag }),
    ...(intentState !== undefined && { intentState }),
    ...(open !== undefined && { open }),
  };
}

const COMMON = { method: 'GET', tag: 'orders', access: 'orders:read' } as const;

/** Orders, what happened to them, and their fills. */
export function orderReadRoutes(service: OrderService): Route[] {
  return [...orderRoutes(service), ...partRoutes(service), tradesRoute(service)];
}

function orderRoutes(service: OrderService): Route[] {
  return [
    defineRoute({
      ...COMMON,
      path: '/v1/orders',
      operationId: 'listOrders',
      summary: 'Orders of today and those that are not over, the newest first.',
      query: ORDER_QUERY,
      responses: {
        200: {
          description: 'Those that match all given conditions.',
          schema: Type.Object({ orders: Type.Array(ORDER) }),
        },
      },
      errors: ['ORDERS_NOT_READY'],
      handler: (request) => {
        const orders = service.list(principalOf(request), filterOf(request.query));
        return json({ orders: orders.map(orderView) });
      },
    }),
    defineRoute({
      ...COMMON,
      path: '/v1/orders/{id}',
      operationId: 'getOrder',
      summary: 'One order of any day.',
      params: ORDER_PARAMS,
      responses: { 200: { description: 'The order.', schema: ORDER } },
      errors: ['UNKNOWN_ORDER', 'ORDERS_NOT_READY', 'JOURNAL_UNAVAILABLE'],
      handler: async (request) =>
        json(orderView(await service.get(principalOf(request), request.params.id))),
    }),
  ];
}

/** Lists below one order. */
function partRoutes(service: OrderService): Route[] {
  return [
    defineRoute({
      ...COMMON,
      path: '/v1/orders/{id}/history',
      operationId: 'getOrderHistory',
      summary:
        'Everything that happened to an order, the oldest first, as the audit record has it.',
      params: ORDER_PARAMS,
      responses: {
        200: {
          description: 'The events.',
          schema: Type.Object({ events: Type.Array(ORDER_EVENT) }),
        },
      },
      errors: ['UNKNOWN_ORDER', 'ORDERS_NOT_READY', 'JOURNAL_UNAVAILABLE'],
      handler: async (request) => {
        const events = await service.events(principalOf(request), request.params.id);
        return json({ events: events.map(eventView) });
      },
    }),
    defineRoute({
      ...COMMON,
      path: '/v1/orders/{id}/operations',
      operationId: 'listOrderOperations',
      summary: 'Modifications and cancellations of an order, and what became of each.',
      params: ORDER_PARAMS,
      responses: {
        200: {
          description: 'The operations.',
          schema: Type.Object({ operations: Type.Array(OPERATION) }),
        },
      },
      errors: ['UNKNOWN_ORDER', 'ORDERS_NOT_READY', 'JOURNAL_UNAVAILABLE'],
      handler: async (request) => {
        const operations = await service.operations(principalOf(request), request.params.id);
        return json({ operations: operations.map(operationView) });
      },
    }),
    defineRoute({
      ...COMMON,
      path: '/v1/orders/{id}/trades',
      operationId: 'listOrderTrades',
      summary: 'Fills of an order.',
      params: ORDER_PARAMS,
      responses: {
        200: { description: 'The fills.', schema: Type.Object({ trades: Type.Array(TRADE) }) },
      },
      errors: ['UNKNOWN_ORDER', 'ORDERS_NOT_READY', 'JOURNAL_UNAVAILABLE'],
      handler: async (request) => {
        const trades = await service.orderTrades(principalOf(request), request.params.id);
        return json({ trades: trades.map(tradeView) });
      },
    }),
  ];
}

function tradesRoute(service: OrderService): Route {
  return defineRoute({
    ...COMMON,
    path: '/v1/trades',
    operationId: 'listTrades',
    summary: 'Fills of today.',
    query: Type.Object({ account: Type.Optional(ACCOUNT) }, { additionalProperties: false }),
    responses: {
      200: { description: 'The fills.', schema: Type.Object({ trades: Type.Array(TRADE) }) },
    },
    errors: ['ORDERS_NOT_READY'],
    handler: (request) => {
      const { account } = request.query;
      const filter = account === undefined ? {} : { account };
      return json({ trades: service.trades(principalOf(request), filter).map(tradeView) });
    },
  });
}
