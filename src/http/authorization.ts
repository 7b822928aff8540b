import type { Authenticator, Principal } from '../domain/access.ts';
import { problem } from './problem.ts';
import type { Access, Problem } from './route.ts';

/** The token of an Authorization header `Bearer <token>`; undefined: it is something else. */
function bearerToken(header: string): string | undefined {
  return /^Bearer +([\x21-\x7e]{1,512})$/i.exec(header)?.[1];
}

/** Who an Authorization header says is calling; undefined: nobody that we know. */
export function principalOf(header: string, authenticator: Authenticator): Principal | undefined {
  const token = bearerToken(header);
  return token === undefined ? undefined : authenticator.authenticate(token);
}

/** The 401 answer to a key that is not valid. */
export function invalidKey(): Problem {
  const challenge = { 'WWW-Authenticate': 'Bearer realm="ticker", error="invalid_token"' };
  return problem('UNAUTHENTICATED', 'The key is not valid.', challenge);
}

/** Who is calling (undefined where nobody needs to say), or why the call is refused. */
export function authorize(
  access: Access,
  header: string | undefined,
  authenticator: Authenticator,
): { principal: Principal | undefined } | { refused: Problem } {
  if (access === 'public') return { principal: undefined };
  if (header === undefined) {
    const challenge = { 'WWW-Authenticate': 'Bearer realm="ticker"' };
    const detail = 'Send the header Authorization: Bearer <key>.';
    return { refused: problem('UNAUTHENTICATED', detail, challenge) };
  }
  const principal = principalOf(header, authenticator);
  if (!principal) return { refused: invalidKey() };
  if (access !== 'any-key' && !principal.scopes.has(access)) {
    return { refused: problem('FORBIDDEN', `The key does not have the scope ${access}.`) };
  }
  return { principal };
}
