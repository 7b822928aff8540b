import { parseLimits } from '../access/key-request.ts';
import { type IssuedKey, KeyService } from '../access/key-service.ts';
import { durationMs, timeOrDurationMs } from '../access/time-text.ts';
import type { Config } from '../config/settings.ts';
import { createSystemClock } from '../domain/clock.ts';
import { errorText, TickerError } from '../domain/error-codes.ts';
import type { StoredKey } from '../domain/storage.ts';
import { TakenKeys } from '../storage/postgres/key-news.ts';
import { Revocations } from '../storage/redis/revocations.ts';
import { registerSecret } from '../telemetry/redaction.ts';
import { randomBytes } from '../threads/random.ts';
import type { Command } from './command.ts';
import { parseOptions } from './options.ts';
import { localAuthor, openStores } from './open-stores.ts';
import { printTable } from './table.ts';
import { withRedis } from './with-redis.ts';

const HELP = `Usage: ticker keys <create|list|rotate|revoke> [options]

API keys. A key's text is printed once, when it is made; only a hash of it is kept.

  create           make a key
    --scopes A,B         what it may do: ticks:read instruments:read subscriptions:write orders:read
                         orders:write accounts:admin trading-state:write metrics:read
                         admin (all of them)
    --accounts X,Y       broker accounts that it may touch (all)
    --expires T          30d, 12h, or a time such as 2027-01-31T18:00:00+05:30 (never)
    --label TEXT         what it is for
    --limits L           connections=N,subscriptions=N,requests_per_second=N
  list             all keys, without their texts
  rotate ID        make a key that may do the same, and end the old one after an overlap
    --overlap T          how long both are valid, such as 2h, or 0s (24h)
    --expires T          as for create, or never (as long as the old one was made to last)
  revoke ID        end a key at once, on open connections too

  --json           print JSON`;

const NEVER = 'never';

interface Options {
  scopes?: string;
  accounts?: string;
  expires?: string;
  label?: string;
  limits?: string;
  overlap?: string;
  json?: boolean;
}

/** Options that each action takes beside --json, and whether it takes the id of a key. */
const ACTIONS: Readonly<Record<string, { options: (keyof Options)[]; id: boolean }>> = {
  create: { options: ['scopes', 'accounts', 'expires', 'label', 'limits'], id: false },
  list: { options: [], id: false },
  rotate: { options: ['overlap', 'expires'], id: true },
  revoke: { options: [], id: true },
};

export const keysCommand: Command = {
  summary: 'API keys: create, list, rotate, revoke',
  help: HELP,
  run: (args) => keys(args),
};

async function keys(args: string[]): Promise<number> {
  const { values, positionals } = parseOptions(
    'keys',
    args,
    {
      scopes: { type: 'string' },
      accounts: { type: 'string' },
      expires: { type: 'string' },
      label: { type: 'string' },
      limits: { type: 'string' },
      overlap: { type: 'string' },
      json: { type: 'boolean' },
    },
    { min: 1, max: 2 },
  );
  const [action = '', id] = positionals;
  requireAction(action, id, values);
  const stores = await openStores();
  let show: Show;
  try {
    const context: Context = {
      service: new KeyService({
        store: stores.keys,
        clock: stores.clock,
        environment: stores.config.environment,
        randomBytes,
      }),
      options: values,
      nowMs: Math.floor(stores.clock.nowUs() / 1000),
      listen: () => TakenKeys.listen(stores.database, createSystemClock()),
      accountIds: async () => (await stores.accounts.list()).map((account) => account.id),
    };
    if (action === 'create') show = await create(context);
    else if (action === 'list') show = await list(context);
    else if (action === 'rotate') show = await rotate(context, id ?? '');
    else {
      show = await revoke(context, id ?? '');
      await tellInstances(stores.config, id ?? '');
    }
  } finally {
    await stores.close();
  }
  // Last of all: whoever reads a new key from here may use it at once.
  show();
  return 0;
}

/** Prints what has been done. */
type Show = () => void;

function usage(detail: string): TickerError {
  return new TickerError('USAGE', `${detail}; see: ticker keys --help`);
}

function requireAction(action: string, id: string | undefined, values: Options): void {
  const known = Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined;
  if (known === undefined) throw usage(`no action ${JSON.stringify(action)}`);
  if (known.id && id === undefined) throw usage(`keys ${action} needs the id of a key`);
  if (!known.id && id !== undefined) throw usage(`keys ${action} takes no argument`);
  for (const name of Object.keys(values) as (keyof Options)[]) {
    if (name === 'json' || known.options.includes(name)) continue;
    throw usage(`keys ${action} does not take --${name}`);
  }
  if (action === 'create' && values.scopes === undefined) throw usage('--scopes is missing');
}

/** So that also an instance that cannot reach the database at the moment drops the key. */
async function tellInstances({ redisUrl }: Config, id: string): Promise<void> {
  if (redisUrl === undefined) return;
  try {
    await withRedis(redisUrl, (redis) => new Revocations(redis).publish(id));
  } catch (error) {
    console.error(`ticker: the database tells the instances, Redis does not: ${errorText(error)}`);
  }
}

interface Context {
  service: KeyService;
  options: Options;
  nowMs: number;
  /** To the instances that run. */
  listen: () => Promise<TakenKeys>;
  accountIds: () => Promise<string[]>;
}

/** So that whoever gets the key may use it at once. */
async function untilTaken(taken: TakenKeys, keyId: string): Promise<void> {
  if (await taken.until(keyId)) return;
  console.error('ticker: an instance has not taken the key yet; it will within seconds');
}

function names(text: string): string[] {
  return text.split(',').map((name) => name.trim());
}

function iso(timeMs: number | null): string | null {
  return timeMs === null ? null : new Date(timeMs).toISOString();
}

/** Epoch ms, null: never. */
function expiry(text: string, nowMs: number): number | null {
  if (text === NEVER) return null;
  const expiresMs = timeOrDurationMs(text, nowMs);
  if (expiresMs !== undefined) return expiresMs;
  throw usage(`--expires ${JSON.stringify(text)} is neither a duration nor a time with its zone`);
}

async function create({ service, options, nowMs, listen, accountIds }: Context): Promise<Show> {
  const taken = await listen();
  const { accounts = 'all', expires = NEVER } = options;
  const issued = await service.create(
    {
      scopes: names(options.scopes ?? ''),
      accounts: accounts === 'all' ? 'all' : names(accounts),
      expiresMs: expiry(expires, nowMs),
      label: options.label ?? '',
      limits: options.limits === undefined ? {} : parseLimits(options.limits),
    },
    localAuthor(),
  );
  const stored = new Set(await accountIds());
  for (const account of issued.stored.accounts === 'all' ? [] : issued.stored.accounts) {
    if (stored.has(account)) continue;
    console.error(`ticker: no account ${JSON.stringify(account)} is stored yet; the key waits`);
  }
  await untilTaken(taken, issued.stored.id);
  return () => showIssued(issued, undefined, options.json);
}

async function rotate({ service, options, nowMs, listen }: Context, id: string): Promise<Show> {
  const { overlap, expires } = options;
  const overlapMs = overlap === undefined ? undefined : durationMs(overlap);
  if (overlap !== undefined && overlapMs === undefined) {
    throw usage(`--overlap ${JSON.stringify(overlap)} is not a duration such as 2h`);
  }
  const taken = await listen();
  const rotated = await service.rotate(
    id,
    {
      ...(overlapMs === undefined ? {} : { overlapMs }),
      ...(expires === undefined ? {} : { expiresMs: expiry(expires, nowMs) }),
    },
    localAuthor(),
  );
  await untilTaken(taken, rotated.stored.id);
  return () => showIssued(rotated, { id, expiresMs: rotated.previousExpiresMs }, options.json);
}

async function revoke({ service, options }: Context, id: string): Promise<Show> {
  const isChange = await service.revoke(id, localAuthor());
  const text = isChange ? `revoked ${id}` : `${id} was revoked already`;
  return () => console.log(options.json === true ? JSON.stringify({ id, revoked: true }) : text);
}

async function list({ service, options, nowMs }: Context): Promise<Show> {
  const all = await service.list();
  if (options.json === true) {
    return () => console.log(JSON.stringify(all.map((key) => summary(key, nowMs))));
  }
  const rows = all.map((key) => [
    key.id,
    state(key, nowMs),
    key.scopes.join(' '),
    listed(key.accounts),
    iso(key.expiresMs) ?? NEVER,
    iso(key.lastUsedMs) ?? NEVER,
    key.label,
  ]);
  const headings = ['id', 'state', 'scopes', 'accounts', 'expires', 'last used', 'label'];
  return () => printTable(headings, rows);
}

function listed(accounts: readonly string[] | 'all'): string {
  return accounts === 'all' ? 'all' : accounts.join(' ');
}

function state({ revokedMs, expiresMs }: StoredKey, nowMs: number): string {
  if (revokedMs !== null) return 'revoked';
  return expiresMs !== null && expiresMs <= nowMs ? 'expired' : 'valid';
}

/** A key as programs see it in lists. */
function summary(key: StoredKey, nowMs: number): Record<string, unknown> {
  const { id, label, scopes, accounts, limits, replaces } = key;
  return {
    id,
    state: state(key, nowMs),
    label,
    scopes,
    accounts,
    limits: {
      connections: limits.connections,
      subscriptions: limits.subscriptions,
      requests_per_second: limits.requestsPerSecond,
    },
    created: iso(key.createdMs),
    expires: iso(key.expiresMs),
    last_used: iso(key.lastUsedMs),
    revoked: iso(key.revokedMs),
    replaces,
  };
}

function showIssued(
  { key, stored }: IssuedKey,
  replaced: { id: string; expiresMs: number } | undefined,
  json: boolean | undefined,
): void {
  registerSecret(key);
  const { id, scopes, accounts, expiresMs } = stored;
  if (json === true) {
    const issued = { id, key, scopes, accounts, expires: iso(expiresMs) };
    const more = replaced && { replaces: replaced.id, replaced_expires: iso(replaced.expiresMs) };
    console.log(JSON.stringify({ ...issued, ...more }));
    return;
  }
  const previous = replaced && `${replaced.id}, valid until ${iso(replaced.expiresMs)}`;
  printTable(
    ['key', key],
    [
      ['id', id],
      ['scopes', scopes.join(' ')],
      ['accounts', listed(accounts)],
      ['expires', iso(expiresMs) ?? NEVER],
      ...(previous === undefined ? [] : [['replaces', previous]]),
    ],
  );
  console.error('ticker: the key is shown this once');
}
