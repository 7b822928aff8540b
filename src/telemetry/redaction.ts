/**
 * Keeps secrets out of log lines. A line is one JSON object, so that strings and numbers can be
 * found and changed in it without breaking it.
 */

export const REDACTED = '[redacted]';

/** Shorter values would match ordinary words. */
const SECRET_CHARACTERS_MIN = 6;

/** A string or a number of a JSON text. */
const JSON_SCALAR = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

const SECRET_NAMES =
  'access_?token|api_?key|api_?secret|refresh_?token|request_?token|enc_?token|public_?token|' +
  'authorization|password|passwd|secret|cookie|token|totp|pin';

/** `name=value` in a URL, a form or a cookie. */
const PARAMETER = new RegExp(`\\b(${SECRET_NAMES})=[^&\\s"'\\\\;,]+`, 'gi');
/** A field of that name with a text or number, at any depth; instrument tokens are no secrets. */
const FIELD = new RegExp(
  `("(?!instrument_token|exchange_token)(?:[\\w-]*[_-])?(?:${SECRET_NAMES})":)` +
    '(?:"(?:[^"\\\\]|\\\\.)*"|-?\\d[\\d.eE+-]*)',
  'gi',
);
/** Credentials as they stand in an Authorization header or a WebSocket subprotocol. */
const CREDENTIALS = /\b(bearer[ .]|basic |token (?=[^\s":]+:))[^\s"',;\\]+/gi;

const secrets = new Set<string>();

function jsonEscaped(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/**
 * Makes every logger of this thread replace `value` wherever it stands, also in part of a text and
 * URL-encoded. A value of less than 6 characters cannot be told from ordinary text: RangeError.
 */
export function registerSecret(value: string): void {
  if (value.length < SECRET_CHARACTERS_MIN) {
    throw new RangeError(`a secret has at least ${SECRET_CHARACTERS_MIN} characters`);
  }
  for (const form of [value, encodeURIComponent(value)]) secrets.add(jsonEscaped(form));
}

function withoutRegistered(scalar: string): string {
  if (!scalar.startsWith('"')) return secrets.has(scalar) ? `"${REDACTED}"` : scalar;
  let clean = scalar;
  for (const secret of secrets) clean = clean.replaceAll(secret, REDACTED);
  return clean;
}

/** The JSON text `line` without registered secrets, credentials and fields named like secrets. */
export function redactLine(line: string): string {
  let clean = line;
  for (const secret of secrets) {
    if (!clean.includes(secret)) continue;
    clean = clean.replace(JSON_SCALAR, withoutRegistered);
    break;
  }
  return clean
    .replace(FIELD, `$1"${REDACTED}"`)
    .replace(PARAMETER, `$1=${REDACTED}`)
    .replace(CREDENTIALS, `$1${REDACTED}`);
}
