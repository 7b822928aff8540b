import { readFileSync, statSync } from 'node:fs';
import { isIP } from 'node:net';
import { TickerError } from '../domain/error-codes.ts';
import { nearestName } from './nearest-name.ts';
import { isLoopback } from './value-types.ts';

/** One broker account. */
export interface BrokerAccount {
  /** The broker's client id. */
  id: string;
  apiKey: string;
  /** Needed to log in; market data does without. */
  apiSecret: string | undefined;
  accessToken: string;
  marketData: boolean;
  trading: boolean;
  /** Without a slash at the end. */
  restUrl: string;
  wsUrl: string;
  /** IP address of this machine from which orders leave; undefined: the system's choice. */
  localAddress?: string;
}

export interface AccountsOptions {
  /** Refuses a file that all users can read, and plain text to other machines. */
  production: boolean;
  /** Told what production would refuse. */
  warn: (message: string) => void;
}

const BROKER_REST_URL = 'https://api.kite.trade';
const BROKER_WS_URL = 'wss://ws.kite.trade/';
const SECRET_CHARACTERS_MIN = 6;
const READABLE_BY_OTHERS = 0o004;

type Fields = Readonly<Record<string, unknown>>;
type FieldCheck = (value: unknown) => string | undefined;

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.trim() === value;
}

const checkId: FieldCheck = (value) =>
  isText(value) && value.length <= 64 ? undefined : 'must be text of 1 to 64 characters';

const checkSecret: FieldCheck = (value) =>
  isText(value) && value.length >= SECRET_CHARACTERS_MIN
    ? undefined
    : `must be text of at least ${SECRET_CHARACTERS_MIN} characters`;

const checkSwitch: FieldCheck = (value) =>
  typeof value === 'boolean' ? undefined : 'must be true or false';

const checkAddress: FieldCheck = (value) =>
  isText(value) && isIP(value) !== 0 ? undefined : 'must be an IP address';

function checkUrl(secure: string, plain: string): FieldCheck {
  return (value) => {
    const parsed = isText(value) && URL.canParse(value) ? new URL(value) : undefined;
    const wellFormed =
      parsed !== undefined && [secure, plain].includes(parsed.protocol) && parsed.username === '';
    return wellFormed ? undefined : `must be a URL that starts with ${secure}// or ${plain}//`;
  };
}

/** Every field of an entry; `required` ones have no default. */
const FIELDS: Readonly<Record<string, { check: FieldCheck; required?: boolean }>> = {
  id: { check: checkId, required: true },
  api_key: { check: checkSecret, required: true },
  api_secret: { check: checkSecret },
  access_token: { check: checkSecret, required: true },
  market_data: { check: checkSwitch },
  trading: { check: checkSwitch },
  rest_url: { check: checkUrl('https:', 'http:') },
  ws_url: { check: checkUrl('wss:', 'ws:') },
  local_address: { check: checkAddress },
};

function entryProblems(entry: unknown, where: string): string[] {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) {
    return [`${where} must be an object`];
  }
  const fields = entry as Fields;
  const problems: string[] = [];
  for (const [name, { check, required }] of Object.entries(FIELDS)) {
    const value = fields[name];
    const problem = value === undefined ? (required ? 'is missing' : undefined) : check(value);
    if (problem !== undefined) problems.push(`${where}, field ${name}: ${problem}`);
  }
  for (const name of Object.keys(fields)) {
    if (Object.hasOwn(FIELDS, name)) continue;
    const nearest = nearestName(name, Object.keys(FIELDS));
    // An unknown name far from all known ones may be a misplaced value, so it is not repeated.
    const advice = nearest === undefined ? 'there is an unknown field' : `${name} is not a field`;
    const known = nearest === undefined ? '' : `; did you mean ${nearest}?`;
    problems.push(`${where}: ${advice}${known}`);
  }
  return problems;
}

/** A checked entry; the casts rest on FIELDS. */
function toAccount(fields: Fields): BrokerAccount {
  const restUrl = (fields['rest_url'] as string | undefined) ?? BROKER_REST_URL;
  return {
    id: fields['id'] as string,
    apiKey: fields['api_key'] as string,
    apiSecret: fields['api_secret'] as string | undefined,
    accessToken: fields['access_token'] as string,
    marketData: (fields['market_data'] as boolean | undefined) ?? true,
    trading: (fields['trading'] as boolean | undefined) ?? false,
    restUrl: restUrl.replace(/\/+$/, ''),
    wsUrl: (fields['ws_url'] as string | undefined) ?? BROKER_WS_URL,
    ...(fields['local_address'] === undefined
      ? {}
      : { localAddress: fields['local_address'] as string }),
  };
}

/** Where a JSON error is. Its own message would quote the text around it, secrets included. */
function jsonErrorPlace(error: unknown, text: string): string {
  const offset = /position (\d+)/.exec(String(error))?.[1];
  if (offset === undefined) return 'at its end';
  return `in line ${text.slice(0, Number(offset)).split('\n').length}`;
}

function parseEntries(text: string, path: string): unknown[] {
  let entries: unknown;
  try {
    entries = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    // Without the cause: its message quotes the file.
    throw new TickerError(
      'CONFIG_FILE',
      `${path} is not valid JSON ${jsonErrorPlace(error, text)}`,
    );
  }
  if (!Array.isArray(entries) || entries.length === 0) {
    throw new TickerError('CONFIG_FILE', `${path} must be a JSON array of at least one account`);
  }
  return entries as unknown[];
}

/** What is valid but not fit for production. */
function exposures(path: string, accounts: readonly BrokerAccount[]): string[] {
  const found: string[] = [];
  if (process.platform !== 'win32' && (statSync(path).mode & READABLE_BY_OTHERS) !== 0) {
    found.push(`${path} can be read by every user of the machine: run chmod 600 on it`);
  }
  for (const [index, { restUrl, wsUrl }] of accounts.entries()) {
    for (const { protocol, hostname } of [new URL(restUrl), new URL(wsUrl)]) {
      if (['http:', 'ws:'].includes(protocol) && !isLoopback(hostname)) {
        found.push(`${path}: entry ${index + 1} sends its access token unencrypted (${protocol})`);
      }
    }
  }
  return found;
}

/**
 * The accounts of a JSON array of
 * `{id, api_key, api_secret?, access_token, market_data?, trading?, rest_url?, ws_url?,
 * local_address?}`; `place`: where it comes from. Throws TickerError CONFIG_FILE; it names entry
 * (from 1) and field, never a value.
 */
export function parseAccounts(text: string, place: string): BrokerAccount[] {
  const entries = parseEntries(text, place);
  const problems = entries.flatMap((entry, index) => entryProblems(entry, `entry ${index + 1}`));
  if (problems.length === 0) {
    const ids = entries.map((entry) => (entry as Fields)['id']);
    const repeated = ids.findIndex((id, index) => ids.indexOf(id) !== index);
    if (repeated >= 0) problems.push(`entry ${repeated + 1}, field id: is that of another entry`);
  }
  if (problems.length > 0) throw new TickerError('CONFIG_FILE', `${place}: ${problems.join('; ')}`);
  return entries.map((entry) => toAccount(entry as Fields));
}

/** Reads the accounts file; see `parseAccounts`. Throws TickerError CONFIG_FILE. */
export function loadAccounts(path: string, options: AccountsOptions): BrokerAccount[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? 'unreadable';
    throw new TickerError('CONFIG_FILE', `${path} cannot be read (${reason})`, { cause: error });
  }
  const accounts = parseAccounts(text, path);
  for (const exposure of exposures(path, accounts)) {
    if (options.production) throw new TickerError('CONFIG_FILE', exposure);
    options.warn(exposure);
  }
  return accounts;
}

/** What of an account must never be printed. */
export function secretsOf({ apiSecret, accessToken }: BrokerAccount): string[] {
  return apiSecret === undefined ? [accessToken] : [apiSecret, accessToken];
}
