import { type Admission, type Gate, holdsScope, type Principal } from '../domain/access.ts';
import { problem } from './problem.ts';
import type { Access, Problem } from './route.ts';

const SECOND_MS = 1000;

/** The token of an Authorization header `Bearer <token>`; undefined: it is something else. */
function bearerToken(header: string): string | undefined {
  return /^Bearer +([\x21-\x7e]{1,512})$/i.exec(header)?.[1];
}

/** Who an Authorization header from `address` says is calling. */
export function admitHeader(header: string, address: string, gate: Gate): Admission {
  return gate.admit(bearerToken(header) ?? '', address);
}

/**
 * The answer to a key that lets nobody in: 401, 429 while its address is locked out, 503 while the
 * stored keys are not known.
 */
export function refusal(admission: Exclude<Admission, { principal: Principal }>): Problem {
  if (admission.refused === 'LOCKED_OUT') {
    const seconds = Math.ceil(admission.retryAfterMs / SECOND_MS);
    const detail = `Too many wrong keys from this address; wait ${seconds} s.`;
    return problem('LOCKED_OUT', detail, { 'Retry-After': String(seconds) });
  }
  if (admission.refused === 'NOT_READY') {
    const detail = 'The keys are not known yet; try again in a second.';
    return problem('NOT_READY', detail, { 'Retry-After': '1' });
  }
  const challenge = { 'WWW-Authenticate': 'Bearer realm="ticker", error="invalid_token"' };
  return problem('UNAUTHENTICATED', 'The key is not valid.', challenge);
}

export interface Caller {
  /** Undefined where nobody needs to say who they are. */
  principal: Principal | undefined;
  /** Added to the answer. */
  headers: Readonly<Record<string, string>>;
}

/** Who is calling, or why the call is refused. */
export function authorize(
  access: Access,
  header: string | undefined,
  address: string,
  gate: Gate,
  isLimited = true,
): Caller | { refused: Problem } {
  if (access === 'public') return { principal: undefined, headers: {} };
  if (header === undefined) {
    const challenge = { 'WWW-Authenticate': 'Bearer realm="ticker"' };
    const detail = 'Send the header Authorization: Bearer <key>.';
    return { refused: problem('UNAUTHENTICATED', detail, challenge) };
  }
  const admission = admitHeader(header, address, gate);
  if ('refused' in admission) return { refused: refusal(admission) };
  const { principal } = admission;
  const { allowed, limit, remaining, resetMs } = gate.takeRequest(principal);
  // draft-ietf-httpapi-ratelimit-headers: quota q over a window of w seconds, t seconds to go.
  const reset = Math.ceil(resetMs / SECOND_MS);
  const headers = {
    'RateLimit-Policy': `"key";q=${limit};w=1`,
    RateLimit: `"key";r=${remaining};t=${reset}`,
  };
  if (!allowed && isLimited) {
    const detail = `The key may make ${limit} requests per second.`;
    return { refused: problem('RATE_LIMITED', detail, { ...headers, 'Retry-After': '1' }) };
  }
  if (access !== 'any-key' && !holdsScope(principal, access)) {
    return { refused: problem('FORBIDDEN', `The key does not have the scope ${access}.`, headers) };
  }
  return { principal, headers };
}
