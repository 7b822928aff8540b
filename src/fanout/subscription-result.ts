import type { Subscription } from './connection.ts';
import type { ErrorCode } from '../domain/error-codes.ts';
import type { SubscribableInstrument } from '../domain/ports.ts';
import type { ChainRequest, SubscriptionResult } from '../wire/messages.ts';

type Request = string | number | ChainRequest;

/** One line of an answer, and what came of it. */
export interface SubscriptionOutcome {
  line: SubscriptionResult;
  subscription: Subscription | undefined;
}

/** One line of an answer: the contract that `request` means. */
export function success(request: Request, instrument: SubscribableInstrument): SubscriptionResult {
  return {
    request,
    ok: true,
    token: instrument.token,
    symbol: instrument.symbol,
    type: instrument.type,
    strike: instrument.strike,
    expiry: instrument.expiry,
    lot_size: instrument.lotSize,
    price_divisor: instrument.priceDivisor,
  };
}

/** One line of an answer: why `request` got nothing. */
export function failure(request: Request, code: ErrorCode): SubscriptionResult {
  return { request, ok: false, code };
}

/** Nothing came of a request, for this reason. */
export function refused(request: Request, code: ErrorCode): SubscriptionOutcome {
  return { line: failure(request, code), subscription: undefined };
}

/** Each once, also if it was asked for twice. */
export function subscribed(outcomes: readonly SubscriptionOutcome[]): Subscription[] {
  const subscriptions = new Set(outcomes.map(({ subscription }) => subscription));
  subscriptions.delete(undefined);
  return [...subscriptions] as Subscription[];
}
