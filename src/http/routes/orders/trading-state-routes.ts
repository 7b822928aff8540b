import Type from 'typebox';
import type { OrderService } from '../../../domain/order-service.ts';
import {
  ALL_ACCOUNTS,
  TRADING_STATES,
  type TradingStateRecord,
} from '../../../domain/trading-state.ts';
import { defineRoute, json, type Route } from '../../route.ts';
import { plainCall, principalOf } from './caller.ts';
import { ACCOUNT, REASON, TEXT_MAX } from './field-schemas.ts';
import { timeUs } from './order-view.ts';

const STATE = Type.Enum([...TRADING_STATES], {
  description:
    'ACTIVE: all orders. REDUCING: only what closes positions. HALTED: only cancellations; open ' +
    'orders are cancelled.',
});

const STATE_MEMBERS = {
  account: Type.String({ description: `${ALL_ACCOUNTS}: all of them. The stricter one counts.` }),
  state: STATE,
  reason: Type.String(),
  actor: Type.String(),
  changed_time: Type.Integer({ description: 'Epoch µs.' }),
};

function stateView({ account, state, reason, actor, changedUs }: TradingStateRecord) {
  return { account, state, reason, actor, changed_time: timeUs(changedUs) };
}

const PATH = '/v1/trading-state';

/** /v1/trading-state: the kill switch. */
export function tradingStateRoutes(service: OrderService): Route[] {
  return [readRoute(service), changeRoute(service)];
}

function readRoute(service: OrderService): Route {
  return defineRoute({
    method: 'GET',
    path: PATH,
    operationId: 'getTradingStates',
    summary: 'Whether orders are taken; an account that is not listed is ACTIVE.',
    tag: 'trading state',
    access: 'orders:read',
    responses: {
      200: {
        description: 'The states.',
        schema: Type.Object({ states: Type.Array(Type.Object(STATE_MEMBERS)) }),
      },
    },
    errors: ['ORDERS_NOT_READY'],
    handler: (request) =>
      json({ states: service.tradingStates(principalOf(request)).map(stateView) }),
  });
}

function changeRoute(service: OrderService): Route {
  return defineRoute({
    method: 'PUT',
    path: PATH,
    operationId: 'setTradingState',
    summary: 'Halts, reduces or releases trading. To leave HALTED takes two requests.',
    tag: 'trading state',
    access: 'trading-state:write',
    unlimited: true,
    body: Type.Object(
      {
        account: Type.Optional({ ...ACCOUNT, description: `Left out or ${ALL_ACCOUNTS}: all.` }),
        state: STATE,
        reason: REASON,
        confirmation_token: Type.Optional(
          Type.String({
            minLength: 1,
            maxLength: TEXT_MAX,
            description: 'For the second request: what the first one was answered with.',
          }),
        ),
      },
      { additionalProperties: false },
    ),
    responses: {
      200: {
        description: 'It is so now, and after a restart.',
        schema: Type.Object({
          ...STATE_MEMBERS,
          cancelling: Type.Integer({ description: 'Open orders that are being cancelled.' }),
        }),
      },
      202: {
        description: 'Nothing has changed: repeat the request with the token.',
        schema: Type.Object({
          confirmation_token: Type.String(),
          expires_time: Type.Integer({ description: 'Epoch µs.' }),
        }),
      },
    },
    errors: [
      'CONFIRMATION_INVALID',
      'TRADING_HALTED',
      'UNKNOWN_ACCOUNT',
      'ORDERS_NOT_READY',
      'JOURNAL_UNAVAILABLE',
    ],
    handler: async (request) => {
      const { account = ALL_ACCOUNTS, state, reason, confirmation_token: token } = request.body;
      const change = await service.setTradingState(plainCall(request), {
        account,
        state,
        reason,
        confirmationToken: token ?? null,
      });
      if ('changed' in change) {
        return json({ ...stateView(change.changed), cancelling: change.cancelling });
      }
      const { confirmationToken, expiresUs } = change;
      const answer = { confirmation_token: confirmationToken, expires_time: timeUs(expiresUs) };
      return json(answer, 202);
    },
  });
}
