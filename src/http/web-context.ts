import { randomUUID } from 'node:crypto';
import type { Clock } from '../domain/clock.ts';
import type { Gate } from '../domain/access.ts';
import type { Logger } from '../telemetry/logger.ts';
import { ClientAddresses } from './client-address.ts';
import { CorsPolicy } from './cors.ts';
import type { ExchangeContext } from './exchange.ts';
import { securityHeaders } from './security-headers.ts';

export interface WebOptions {
  gate: Gate;
  /** Origins whose pages may call from a browser. */
  corsOrigins: readonly string[];
  /** Whose `X-Forwarded-For` is believed, as `ClientAddresses` takes them; left out: nobody's. */
  trustedProxies?: readonly string[];
  production: boolean;
  clock: Clock;
  logger: Logger;
  /** Told of every answer: its status, and the time since the request in microseconds. */
  onAnswer?: (status: number, durationUs: number) => void;
  /** Makes an id for requests that bring none; left out: a random UUID. */
  newRequestId?: () => string;
}

/** What the HTTP and WebSocket sides of one port have in common. */
export interface WebContext extends ExchangeContext {
  readonly gate: Gate;
  readonly cors: CorsPolicy;
  readonly clock: Clock;
  readonly logger: Logger;
}

export function createWebContext(options: WebOptions): WebContext {
  const { gate, clock, logger, onAnswer } = options;
  const cors = new CorsPolicy(options.corsOrigins);
  return {
    gate,
    cors,
    clock,
    logger,
    clientAddresses: new ClientAddresses(options.trustedProxies),
    securityHeaders: securityHeaders(options.production),
    newRequestId: options.newRequestId ?? randomUUID,
    corsHeaders: (origin) => cors.answerHeaders(origin),
    onAnswer(exchange, status) {
      const durationMs = clock.monotonicMs() - exchange.startedMs;
      onAnswer?.(status, durationMs * 1000);
      const { requestId, method, path } = exchange;
      logger.debug({ requestId, method, path, status, durationMs }, 'answered');
    },
  };
}
