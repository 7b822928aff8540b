import { secretFileExposure } from './secret-file.ts';
import { secretWeakness } from './secret-strength.ts';
import { type Config, type Setting, type SettingKey, SETTINGS } from './settings.ts';

const rows = Object.entries(SETTINGS) as [SettingKey, Setting<unknown>][];
const secretRows = rows.filter(([, { secret }]) => secret);

/** Names of the settings that are secret. */
export const SECRET_SETTING_NAMES: readonly string[] = secretRows.map(([, { name }]) => name);

/** Fails for a stray % only, which then stands for itself. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** What of a setting's value is secret: the password of a URL, else all of it; '': nothing. */
function secretPart(value: string): string {
  return URL.canParse(value) ? new URL(value).password : value;
}

/** Every text in the configuration that must not be printed: values, and passwords of URLs. */
export function secretTexts(config: Config): string[] {
  const texts = new Set<string>();
  for (const [key] of secretRows) {
    const value = config[key];
    const part = typeof value === 'string' ? secretPart(value) : '';
    if (part !== '') texts.add(part).add(decoded(part));
  }
  return [...texts];
}

/**
 * What production refuses of the secrets that are there: guessable ones, and files that others can
 * read. Each line names its setting and no value. The files have been read before.
 */
export function secretDemands(
  config: Config,
  environment: Readonly<Record<string, string | undefined>>,
): string[] {
  const demands: string[] = [];
  for (const [key, { name }] of secretRows) {
    const value = config[key];
    if (typeof value !== 'string') continue;
    const file = environment[`${name}_FILE`];
    const exposure = file && secretFileExposure(file);
    if (exposure) demands.push(`${name}_FILE is refused: ${exposure}`);
    // A URL without a password relies on something else, such as a certificate.
    const secret = secretPart(value);
    const weakness = secret === '' ? undefined : secretWeakness(decoded(secret));
    const what = secret === value ? name : `the password of ${name}`;
    if (weakness !== undefined) demands.push(`${what} is refused: it ${weakness}`);
  }
  return demands;
}
