import type { ErrorCode } from '../../../domain/error-codes.ts';
import type { OrderService } from '../../../domain/order-service.ts';
import { defineRoute, type Route } from '../../route.ts';
import { ORDER_PARAMS } from './field-schemas.ts';
import { IDEMPOTENCY_HEADERS } from './idempotency-key.ts';
import { OrderWrites, type OrderWritesOptions } from './order-writes.ts';
import { CHANGE_BODY, changeOf, PLACE_BODY, placeRequestOf } from './place-body.ts';
import { CHANGED_RESPONSES, PLACED_RESPONSES } from './write-answer.ts';

/** What every order write can be refused for. */
const WRITE_ERRORS: readonly ErrorCode[] = [
  'IDEMPOTENCY_KEY_MISSING',
  'IDEMPOTENCY_MISMATCH',
  'IDEMPOTENCY_RUNNING',
  'UNKNOWN_ACCOUNT',
  'ACCOUNT_NOT_TRADING',
  'ORDERS_NOT_READY',
  'ORDERS_ELSEWHERE',
  'JOURNAL_UNAVAILABLE',
  'BOOK_STALE',
  'BROKER_BUDGET',
  'BROKER_BREAKER_OPEN',
  'BROKER_REJECTED',
  'BROKER_SESSION',
  'BROKER_UNREACHABLE',
  'BROKER_UNAVAILABLE',
  'RATE_LIMITED',
  'NOT_READY',
  'TIMEOUT',
];

/** What the checks before an order refuse. */
const CHECK_ERRORS: readonly ErrorCode[] = [
  'INVALID_ORDER',
  'NOT_TRADABLE',
  'SESSION_CLOSED',
  'QUANTITY_NOT_LOTS',
  'PRICE_NOT_TICKS',
  'FREEZE_QUANTITY',
  'PRICE_OUTSIDE_BAND',
  'PRICE_STALE',
  'QUANTITY_LIMIT',
  'ORDER_VALUE_LIMIT',
  'OPEN_VALUE_LIMIT',
  'POSITION_LIMIT',
  'DAILY_LOSS_LIMIT',
  'ORDER_RATE_LIMIT',
  'TRADING_HALTED',
  'TRADING_REDUCING',
];

const PLACE_ERRORS: readonly ErrorCode[] = [
  ...WRITE_ERRORS,
  ...CHECK_ERRORS,
  'UNKNOWN_INSTRUMENT',
  'CLIENT_ORDER_ID_USED',
  'DUPLICATE_ORDER',
  'ORDER_IN_DOUBT',
];

const CHANGE_ERRORS: readonly ErrorCode[] = [
  ...WRITE_ERRORS,
  'UNKNOWN_ORDER',
  'ORDER_NOT_OPEN',
  'ORDER_IN_DOUBT',
];

const COMMON = { tag: 'orders', access: 'orders:write', headers: IDEMPOTENCY_HEADERS } as const;

/** Placing, modifying, cancelling and exiting orders: all under an Idempotency-Key. */
export function orderWriteRoutes(options: OrderWritesOptions): Route[] {
  const writes = new OrderWrites(options);
  const routes = [placeRoute, modifyRoute, cancelRoute, exitRoute];
  return routes.map((route) => route(options.service, writes));
}

function orderPath(id: string): string {
  return `/v1/orders/${id}`;
}

function placeRoute(service: OrderService, writes: OrderWrites): Route {
  return defineRoute({
    ...COMMON,
    method: 'POST',
    path: '/v1/orders',
    operationId: 'placeOrder',
    summary: 'Places an order, at most once.',
    body: PLACE_BODY,
    responses: PLACED_RESPONSES,
    errors: PLACE_ERRORS,
    handler: (request) => {
      const { body } = request;
      return writes.answer(request, { method: 'POST', path: '/v1/orders', body }, (call) =>
        service.place(call, placeRequestOf(body)),
      );
    },
  });
}

function modifyRoute(service: OrderService, writes: OrderWrites): Route {
  return defineRoute({
    ...COMMON,
    method: 'PATCH',
    path: '/v1/orders/{id}',
    operationId: 'modifyOrder',
    summary: 'Modifies an open order; what is left out stays.',
    params: ORDER_PARAMS,
    body: CHANGE_BODY,
    responses: CHANGED_RESPONSES,
    errors: [...CHANGE_ERRORS, ...CHECK_ERRORS],
    handler: (request) => {
      const { params, body } = request;
      const path = orderPath(params.id);
      return writes.answer(request, { method: 'PATCH', path, body }, (call) =>
        service.modify(call, params.id, changeOf(body)),
      );
    },
  });
}

function cancelRoute(service: OrderService, writes: OrderWrites): Route {
  return defineRoute({
    ...COMMON,
    method: 'DELETE',
    path: '/v1/orders/{id}',
    operationId: 'cancelOrder',
    summary: 'Cancels what is open of an order.',
    params: ORDER_PARAMS,
    responses: CHANGED_RESPONSES,
    errors: CHANGE_ERRORS,
    handler: (request) => {
      const { id } = request.params;
      return writes.answer(request, { method: 'DELETE', path: orderPath(id) }, (call) =>
        service.cancel(call, id),
      );
    },
  });
}

function exitRoute(service: OrderService, writes: OrderWrites): Route {
  return defineRoute({
    ...COMMON,
    method: 'POST',
    path: '/v1/orders/{id}/exit',
    operationId: 'exitOrder',
    summary:
      'Ends the position of an order: of a cover order by its second leg, else by the opposite ' +
      'order for what was filled.',
    params: ORDER_PARAMS,
    responses: { ...CHANGED_RESPONSES, ...PLACED_RESPONSES },
    errors: [...CHANGE_ERRORS, ...CHECK_ERRORS],
    handler: (request) => {
      const { id } = request.params;
      const path = `${orderPath(id)}/exit`;
      return writes.answer(request, { method: 'POST', path }, (call) => service.exit(call, id));
    },
  });
}
