import type { SimAccount } from './accounts.ts';

/** What a route needs of its request. */
export interface RestRequest {
  path: string;
  query: URLSearchParams;
  /** Body as text; empty unless POST. */
  body: string;
  acceptsGzip: boolean;
  /** Account of the session in the Authorization header; null on public routes. */
  account: SimAccount | null;
}

export interface RestAnswer {
  status: number;
  headers: Record<string, string>;
  body: string | Buffer;
}

export interface RestRoute {
  method: 'GET' | 'POST' | 'DELETE';
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
