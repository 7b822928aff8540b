/** What the client library says about its own states, in our words. */
const OWN_WORDS: readonly [RegExp, string][] = [
  [/^Stream isn't writeable/, 'there is no connection'],
  [/^Reached the max retries|^Connection is closed/, 'the connection was lost before the answer'],
  [/^Command timed out/, 'no answer came in time'],
  [/^Socket timeout/, 'it no longer answers'],
];

/** Why the client library failed, in words that say it to an operator. */
export function clientReason(error: unknown): string {
  const { message = '', code } = error as { message?: string; code?: string };
  const own = OWN_WORDS.find(([pattern]) => pattern.test(message));
  if (own !== undefined) return own[1];
  // A name with several addresses fails with several errors and no message of its own.
  return message === '' ? (code ?? 'an unknown error') : message;
}
