import type { Environment } from '../config/config.ts';
import { parseSecretReference, type SecretScheme } from '../config/secret-reference.ts';
import { TickerError } from '../domain/error-codes.ts';
import { registerArrival, SECRET_CHARACTERS_MIN } from '../telemetry/redaction.ts';

/** Where secrets are kept that the environment only refers to. */
export interface SecretSource {
  readonly scheme: SecretScheme;
  /** The text of a secret. Rejects with TickerError; never with a part of a text. */
  read(name: string): Promise<string>;
}

/**
 * `environment` with the texts of the secrets in place of the references to them. `names`: the
 * settings that may be references. The text of a `*_FILE` is not looked at: a reference is no
 * secret. Rejects with one TickerError SECRET_SOURCE that names every setting that could not be
 * resolved, and why.
 */
export async function resolveSecretReferences(
  environment: Environment,
  sources: readonly SecretSource[],
  names: readonly string[],
): Promise<Environment> {
  const resolved: Record<string, string | undefined> = { ...environment };
  const problems: string[] = [];
  for (const name of names) {
    const reference = parseSecretReference(environment[name] ?? '');
    if (reference === undefined) continue;
    try {
      const source = sources.find(({ scheme }) => scheme === reference.scheme);
      if (source === undefined) throw new TickerError('SECRET_SOURCE', 'cannot be used here');
      const text = (await source.read(reference.name)).trim();
      if (text.length < SECRET_CHARACTERS_MIN) {
        const least = `a secret has at least ${SECRET_CHARACTERS_MIN} characters`;
        throw new TickerError('SECRET_SOURCE', least);
      }
      registerArrival(text);
      resolved[name] = text;
    } catch (error) {
      if (!(error instanceof TickerError)) throw error;
      problems.push(`${name}, from ${reference.scheme}: ${reasonOf(error)}`);
    }
  }
  if (problems.length > 0) throw new TickerError('SECRET_SOURCE', problems.join('; '));
  return resolved;
}

/** The code too, where it says more than that a source failed. */
function reasonOf({ code, detail, message }: TickerError): string {
  return code === 'SECRET_SOURCE' ? detail : message;
}
