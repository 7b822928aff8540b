import { type Clock, pause } from '../../../src/domain/clock.ts';
import { TickerError, type ErrorCode } from '../../../src/domain/error-codes.ts';
import type { OrderService } from '../../../src/domain/order-service.ts';

/** What a client hears of one request; lost: nothing, it may have been done or not. */
export type Heard<Value> =
  { kind: 'answer'; value: Value } | { kind: 'error'; code: ErrorCode } | { kind: 'lost' };

/** What a client calls: the service, while there is one. */
export interface ServiceDoor {
  readonly service: OrderService | undefined;
  /** Resolves when the process that now answers has died. */
  readonly gone: Promise<void>;
}

/** How long an answer may take, and what is heard after that. */
export interface Patience<Value> {
  ms: number;
  end(service: OrderService): Heard<Value>;
}

/** Asks once. Rejects with what the service should never say. */
export async function ask<Value>(
  clock: Clock,
  door: ServiceDoor,
  request: (service: OrderService) => Promise<Value>,
  patience: Patience<Value>,
): Promise<Heard<Value>> {
  const { service, gone } = door;
  if (service === undefined) return { kind: 'lost' };
  const lost: Heard<Value> = { kind: 'lost' };
  const heard = request(service).then(
    (value): Heard<Value> => ({ kind: 'answer', value }),
    (error: unknown): Heard<Value> => {
      if (error instanceof TickerError) return { kind: 'error', code: error.code };
      throw error;
    },
  );
  return Promise.race([
    heard,
    gone.then(() => lost),
    pause(clock, patience.ms).then(() => patience.end(service)),
  ]);
}
