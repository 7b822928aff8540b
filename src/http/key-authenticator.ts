import { createHash, timingSafeEqual } from 'node:crypto';
import type { Authenticator, Principal, Scope } from '../domain/ports.ts';

/** A key that callers may present. */
export interface IssuedKey {
  keyId: string;
  token: string;
  scopes: readonly Scope[];
}

function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

/**
 * Knows a fixed set of keys. Keeps and compares digests, all of them every time, so that the time
 * it takes says nothing about the keys.
 */
export function createKeyAuthenticator(keys: readonly IssuedKey[]): Authenticator {
  const known = keys.map(({ keyId, token, scopes }) => {
    const principal: Principal = { keyId, scopes: new Set(scopes) };
    return { digest: digest(token), principal };
  });
  return {
    authenticate(token) {
      const presented = digest(token);
      let found: Principal | undefined;
      for (const key of known) if (timingSafeEqual(key.digest, presented)) found = key.principal;
      return found;
    },
  };
}
