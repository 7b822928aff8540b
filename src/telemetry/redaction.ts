/**
 * Keeps secrets out of log lines, errors and metrics. A log line is one JSON object, so that
 * strings and numbers can be found and changed in it without breaking it.
 */
import { SecretSet, WINDOW_CHARACTERS } from './secret-set.ts';

export const REDACTED = '[redacted]';

/** Shorter values would match ordinary words. */
export const SECRET_CHARACTERS_MIN = WINDOW_CHARACTERS;

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

/** The password of a URL. */
const URL_PASSWORD = /(:\/\/[^\s/:@"\\]{0,256}:)[^\s/@"\\]{1,1024}(?=@)/g;

/** The registered secrets as they stand in JSON. */
const inLines = new SecretSet();
/** The registered secrets as they stand in ordinary text. */
const inTexts = new SecretSet();

function jsonEscaped(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

function formEncoded(text: string): string {
  return new URLSearchParams([['', text]]).toString().slice(1);
}

/**
 * Makes every logger, error and metric of this thread replace `value` wherever it stands: in part
 * of a text, URL-encoded, in JSON inside of a text. Other threads have registers of their own.
 * A value of less than 6 characters cannot be told from ordinary text: RangeError.
 */
export function registerSecret(value: string): void {
  if (inTexts.has(value)) return;
  for (const form of [value, encodeURIComponent(value), formEncoded(value), jsonEscaped(value)]) {
    inTexts.add(form);
    inLines.add(jsonEscaped(form));
  }
}

/** One word of ordinary text: `ticker`, `postgres`. */
const PLAIN_WORD = /^[a-z]{1,11}$/;

/**
 * Registers a secret that has just come in, from wherever. One that cannot be told from ordinary
 * text (too short, or a mere word, as passwords of development are) is passed over: taking it out
 * would mutilate every line and hide nothing. Production refuses such secrets.
 */
export function registerArrival(secret: string): void {
  if (secret.length >= SECRET_CHARACTERS_MIN && !PLAIN_WORD.test(secret)) registerSecret(secret);
}

function withoutRegistered(scalar: string): string {
  if (scalar.startsWith('"')) return inLines.replaceIn(scalar, REDACTED);
  return inLines.has(scalar) ? `"${REDACTED}"` : scalar;
}

function withoutCredentials(text: string): string {
  return text
    .replace(FIELD, `$1"${REDACTED}"`)
    .replace(PARAMETER, `$1=${REDACTED}`)
    .replace(CREDENTIALS, `$1${REDACTED}`)
    .replace(URL_PASSWORD, `$1${REDACTED}`);
}

/** The JSON text `line` without registered secrets, credentials and fields named like secrets. */
export function redactLine(line: string): string {
  const clean = inLines.isIn(line) ? line.replace(JSON_SCALAR, withoutRegistered) : line;
  return withoutCredentials(clean);
}

/** Ordinary text for people without registered secrets and credentials. */
export function redactText(text: string): string {
  return withoutCredentials(inTexts.replaceIn(text, REDACTED));
}
