import { readFileSync } from 'node:fs';
import { TickerError, type ErrorCode } from '../domain/error-codes.ts';
import { secretDemands } from './config-secrets.ts';
import { nearestName } from './nearest-name.ts';
import { oldClientDemands } from './old-clients.ts';
import { productionDemands } from './production-demands.ts';
import { parseSecretReference } from './secret-reference.ts';
import { SETTINGS, type Config, type Setting } from './settings.ts';

/** Variables by name, as the process environment has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** `serve` makes the demands of production; a command that only asks a service does not. */
export type ConfigPurpose = 'serve' | 'command';

interface Problem {
  code: ErrorCode;
  text: string;
}

/** Longest part of a bad value that an error repeats. */
const SHOWN_CHARACTERS_MAX = 60;

const PREFIX = 'TICKER_';
const FILE_SUFFIX = '_FILE';

const rows: readonly (readonly [string, Setting<unknown>])[] = Object.entries(SETTINGS);

/** Names that may stand in the environment, the `_FILE` variants of secrets included. */
const knownNames: ReadonlySet<string> = new Set(
  rows.flatMap(([, { name, secret }]) => (secret ? [name, name + FILE_SUFFIX] : [name])),
);

function unknownNames(environment: Environment): Problem[] {
  const problems: Problem[] = [];
  for (const name of Object.keys(environment)) {
    if (!name.startsWith(PREFIX) || knownNames.has(name)) continue;
    const nearest = nearestName(name, knownNames);
    const advice = nearest === undefined ? '' : `; did you mean ${nearest}?`;
    problems.push({ code: 'CONFIG_UNKNOWN', text: `${name} is not a setting${advice}` });
  }
  return problems;
}

/** The text set for a setting; undefined: none, an empty one included. */
function settingText(
  { name, secret }: Setting<unknown>,
  environment: Environment,
  problems: Problem[],
): string | undefined {
  const text = environment[name] === '' ? undefined : environment[name];
  const file = secret ? environment[name + FILE_SUFFIX] : undefined;
  if (file === undefined || file === '') return text;
  if (text !== undefined) {
    const both = `${name} and ${name}${FILE_SUFFIX} are both set; one of them is enough`;
    problems.push({ code: 'CONFIG_INVALID', text: both });
    return undefined;
  }
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? 'unreadable';
    const variable = name + FILE_SUFFIX;
    const text = `${variable} names a file that cannot be read (${reason}): ${file}`;
    problems.push({ code: 'CONFIG_FILE', text });
    return undefined;
  }
}

function shownValue(setting: Setting<unknown>, text: string): string {
  if (setting.secret) return '';
  const shown =
    text.length > SHOWN_CHARACTERS_MAX ? `${text.slice(0, SHOWN_CHARACTERS_MAX)}...` : text;
  return `, not ${JSON.stringify(shown)}`;
}

function settingValue(
  setting: Setting<unknown>,
  environment: Environment,
  problems: Problem[],
): unknown {
  const text = settingText(setting, environment, problems);
  if (text === undefined) return setting.default;
  if (setting.secret && parseSecretReference(text) !== undefined) {
    const { name } = setting;
    const problem = environment[name + FILE_SUFFIX]
      ? `${name}_FILE names a file that holds a reference: put it in ${name}`
      : `${name} is a reference that was not looked up`;
    problems.push({ code: 'CONFIG_INVALID', text: problem });
    return setting.default;
  }
  const value = setting.type.parse(text);
  if (value === undefined) {
    const must = `${setting.name} must be ${setting.type.allowed}${shownValue(setting, text)}`;
    problems.push({ code: 'CONFIG_INVALID', text: must });
  }
  return value ?? setting.default;
}

function configError(problems: readonly Problem[]): TickerError {
  const codes = new Set(problems.map((problem) => problem.code));
  const [first = 'CONFIG_INVALID'] = codes;
  const text = problems.map((problem) => problem.text).join('; ');
  return new TickerError(codes.size === 1 ? first : 'CONFIG_INVALID', text);
}

/**
 * Checks the settings and fills in the defaults. `overrides` (from command-line options) have the
 * names and texts of variables and win over them; an empty text counts as not set.
 * Throws one TickerError that names every problem and no secret: CONFIG_UNKNOWN, CONFIG_FILE or,
 * also when they are mixed, CONFIG_INVALID.
 */
export function loadConfig(
  environment: Environment,
  overrides: Environment = {},
  purpose: ConfigPurpose = 'serve',
): Config {
  const merged = { ...environment };
  for (const [name, text] of Object.entries(overrides)) {
    if (text !== undefined) merged[name] = text;
  }
  const problems = unknownNames(merged);
  const values = rows.map(([key, setting]) => {
    const value = settingValue(setting, merged, problems);
    return [key, typeof value === 'object' ? Object.freeze(value) : value];
  });
  const config = Object.fromEntries(values) as Config;
  if (purpose === 'serve') {
    for (const text of oldClientDemands(config)) problems.push({ code: 'CONFIG_INVALID', text });
  }
  if (config.environment === 'production' && purpose === 'serve') {
    for (const text of [...productionDemands(config), ...secretDemands(config, merged)]) {
      problems.push({ code: 'CONFIG_INVALID', text: `in production ${text}` });
    }
  }
  if (problems.length > 0) throw configError(problems);
  return Object.freeze(config);
}
