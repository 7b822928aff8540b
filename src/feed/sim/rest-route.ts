import type { SimAccount } from './accounts.ts';
import type { LoggedRequest } from './orders/request-log.ts';

/** What a route needs of its request. */
export interface RestRequest {
  path: string;
  query: URLSearchParams;
  /** Body as text; empty unless POST or PUT. */
  body: string;
  acceptsGzip: boolean;
  /** Account of the session in the Authorization header; null on public routes. */
  account: SimAccount | null;
  /** IP address that it came from. */
  address: string;
  /** Its record in the ledger; null where none is kept. */
  record: LoggedRequest | null;
}

/** How an answer reaches the client, where it is not simply sent. */
export type Delivery = 'never' | 'reset' | 'reset_in_body';

export interface RestAnswer {
  status: number;
  headers: Record<string, string>;
  body: string | Buffer;
  delivery?: Delivery;
  /** Sent so long after it was made. */
  delayMs?: number;
}

export interface RestRoute {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  path: RegExp;
  isPublic: boolean;
  handle(request: RestRequest, match: RegExpExecArray): RestAnswer | Promise<RestAnswer>;
}

export function success(data: unknown): RestAnswer {
  return json(200, { status: 'success', data });
}

/** The broker's error envelope. */
export function failure(status: number, errorType: string, message: string): RestAnswer {
  return json(status, { status: 'error', message, data: null, error_type: errorType });
}

export function json(status: number, value: unknown): RestAnswer {
  return {
    status,
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(value),
  };
}

export function get(
  path: RegExp,
  handle: RestRoute['handle'],
  { isPublic = false }: { isPublic?: boolean } = {},
): RestRoute {
  return { method: 'GET', path, isPublic, handle };
}
