import type { ErrorCode } from '../domain/error-codes.ts';
import type { ChainKey, SubscribableInstrument } from '../domain/ports.ts';
import type { SubscriptionResult } from '../wire/messages.ts';
import type { Subscription } from './connection.ts';

type Request = string | number | ChainKey;

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

/** Each once, also if it was asked for twice. */
export function subscribed(
  outcomes: readonly { subscription: Subscription | undefined }[],
): Subscription[] {
  const subscriptions = new Set(outcomes.map(({ subscription }) => subscription));
  subscriptions.delete(undefined);
  return [...subscriptions] as Subscription[];
}
