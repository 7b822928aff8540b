/** The token of an Authorization header `Bearer <token>`; undefined: it is something else. */
export function bearerToken(header: string): string | undefined {
  return /^Bearer +([\x21-\x7e]{1,512})$/i.exec(header)?.[1];
}
