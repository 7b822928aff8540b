/** Header lines in the order in which they are written. */
export type HeaderLines = readonly (readonly [name: string, value: string])[];

/** Pages load nothing but our own files and talk to nobody but us; no page may frame them. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "object-src 'none'",
].join('; ');

/** One year. */
const HSTS = 'max-age=31536000; includeSubDomains';

/** Written on every answer. HSTS only in production, where TLS is in front. */
export function securityHeaders(production: boolean): HeaderLines {
  return [
    ['Content-Security-Policy', CONTENT_SECURITY_POLICY],
    ['X-Content-Type-Options', 'nosniff'],
    ['Referrer-Policy', 'no-referrer'],
    ['Cross-Origin-Resource-Policy', 'same-origin'],
    ...(production ? [['Strict-Transport-Security', HSTS] as const] : []),
  ];
}
