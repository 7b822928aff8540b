import type { HeaderLines } from './security-headers.ts';

const ALLOWED_METHODS = 'GET, POST, PUT, PATCH, DELETE';
const ALLOWED_HEADERS = 'Authorization, Content-Type, Idempotency-Key';
const EXPOSED_HEADERS =
  'X-Request-ID, Location, Retry-After, Idempotency-Replayed, RateLimit, RateLimit-Policy';
const MAX_AGE_SECONDS = 3600;

const VARY = ['Vary', 'Origin'] as const;

/** Decides which pages of other origins may read answers. */
export class CorsPolicy {
  readonly #origins: ReadonlySet<string>;

  /** `origins`: the exact origins that are let in; none by default. */
  constructor(origins: readonly string[]) {
    this.#origins = new Set(origins);
  }

  allows(origin: string): boolean {
    return this.#origins.has(origin);
  }

  /** Headers of an answer to a request from `origin` (empty: the request does not say). */
  answerHeaders(origin: string): HeaderLines {
    if (!this.allows(origin)) return [VARY];
    return [
      VARY,
      ['Access-Control-Allow-Origin', origin],
      ['Access-Control-Expose-Headers', EXPOSED_HEADERS],
    ];
  }

  /** What the answer to a preflight has besides `answerHeaders`. */
  preflightHeaders(origin: string): HeaderLines {
    if (!this.allows(origin)) return [];
    return [
      ['Access-Control-Allow-Methods', ALLOWED_METHODS],
      ['Access-Control-Allow-Headers', ALLOWED_HEADERS],
      ['Access-Control-Max-Age', String(MAX_AGE_SECONDS)],
    ];
  }
}

/** Whether a page of `origin` talks to the host that served it. */
export function isSameOrigin(origin: string, hostHeader: string): boolean {
  return URL.canParse(origin) && new URL(origin).host === hostHeader.toLowerCase();
}
