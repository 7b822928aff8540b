const CREDENTIAL_PARAMETERS = /\b(api_key|access_token|request_token|checksum)=[^&\s"']*/g;

/** `text` without any of `secrets`, plain or URL-encoded, and without credentials in URLs. */
export function scrubbed(text: string, secrets: readonly string[]): string {
  let clean = text.replace(CREDENTIAL_PARAMETERS, '$1=***');
  for (const secret of secrets) {
    if (secret === '') continue;
    clean = clean.replaceAll(secret, '***').replaceAll(encodeURIComponent(secret), '***');
  }
  return clean;
}

const LONGEST_FOREIGN_TEXT = 300;

/**
 * Text of the other side, made fit for an error or a log line: scrubbed, on one line and bounded.
 */
export function quotable(text: string, secrets: readonly string[]): string {
  const line = scrubbed(text, secrets).replace(/[\s\p{C}]+/gu, ' ');
  return line.length > LONGEST_FOREIGN_TEXT ? `${line.slice(0, LONGEST_FOREIGN_TEXT)}...` : line;
}
