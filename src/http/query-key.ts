import { type Gate, holdsScope, type Principal, type Scope } from '../domain/access.ts';
import { refusal } from './authorization.ts';
import { problem } from './problem.ts';
import type { Problem } from './route.ts';

/** Where a key stands in the query of a URL, and what it must be good for. */
export interface QueryKey {
  parameter: string;
  scope: Scope;
}

/**
 * Who from `address` presents the key, or why nobody is let in: 400 without a key, 403 for one that
 * is no good. `query`: of the URL, without its question mark.
 */
export function admitQueryKey(
  { parameter, scope }: QueryKey,
  query: string,
  address: string,
  gate: Gate,
): { principal: Principal } | { refused: Problem } {
  const token = queryValue(query, parameter);
  if (token === undefined || token === '') {
    const detail = `The URL must hold a key of this service as ${parameter}.`;
    return { refused: problem('INVALID_REQUEST', detail) };
  }
  const admission = gate.admit(token, address);
  if ('refused' in admission) {
    // What these clients understand: 403 ends their session, anything else is an outage.
    return {
      refused:
        admission.refused === 'UNAUTHENTICATED'
          ? problem('FORBIDDEN', `${parameter} is no valid key of this service.`)
          : refusal(admission),
    };
  }
  if (!holdsScope(admission.principal, scope)) {
    return { refused: problem('FORBIDDEN', `The key does not have the scope ${scope}.`) };
  }
  return admission;
}

/**
 * The first value of a parameter. Only percent escapes are resolved: a plus is a plus, because some
 * clients put the value into the URL as it is.
 */
function queryValue(query: string, parameter: string): string | undefined {
  const start = `${parameter}=`;
  const found = query.split('&').find((pair) => pair.startsWith(start));
  if (found === undefined) return undefined;
  const text = found.slice(start.length);
  try {
    return decodeURIComponent(text);
  } catch {
    // A malformed escape: no key holds one, so this will not be let in.
    return text;
  }
}
