/** Where the text of a secret setting can be kept instead of in the environment. */
export const SECRET_SCHEMES = ['aws-secrets-manager', 'encrypted-store'] as const;

export type SecretScheme = (typeof SECRET_SCHEMES)[number];

export interface SecretReference {
  scheme: SecretScheme;
  /** What the source finds it by. */
  name: string;
}

/**
 * `aws-secrets-manager:<name or ARN>[#json field]` or `encrypted-store:<name>`; undefined: the text
 * is no reference.
 */
export function parseSecretReference(text: string): SecretReference | undefined {
  for (const scheme of SECRET_SCHEMES) {
    if (text.startsWith(`${scheme}:`)) return { scheme, name: text.slice(scheme.length + 1) };
  }
  return undefined;
}
