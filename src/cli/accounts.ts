import { readFileSync } from 'node:fs';
import { text as readAll } from 'node:stream/consumers';
import { AccountRegistry, type AccountSummary } from '../accounts/account-registry.ts';
import { type BrokerAccount, parseAccounts, secretsOf } from '../config/accounts.ts';
import { secretWeakness } from '../config/secret-strength.ts';
import type { Config } from '../config/settings.ts';
import { errorText, TickerError } from '../domain/error-codes.ts';
import { registerSecret } from '../telemetry/redaction.ts';
import type { Command } from './command.ts';
import { parseOptions } from './options.ts';
import { localAuthor, openStores } from './open-stores.ts';
import { printTable } from './table.ts';

const HELP = `Usage: ticker accounts <add|list|remove|import> [options]

Broker accounts, kept encrypted in the database. The service takes them at its next start.

  add ID           store one account. Its secrets are never arguments, which every user of the
                   machine can see: they come from files or, as a JSON object
                   {"api_key","api_secret","access_token"}, from standard input
    --api-key-file FILE  --api-secret-file FILE  --access-token-file FILE
    --no-market-data     its ticks are not taken
    --trading            orders may be sent through it
    --rest-url URL  --ws-url URL   somewhere else than the broker
    --replace            overwrite an account of that id
  list             what is stored; secrets by name only
  remove ID        forget an account
  import FILE|-    store a JSON array of accounts (docs/CONFIGURATION.md), all or none
    --replace            overwrite accounts of these ids

  --json           print JSON`;

const STANDARD_INPUT = '-';

export const accountsCommand: Command = {
  summary: 'broker accounts: add, list, remove, import',
  help: HELP,
  run: (args) => accounts(args),
};

async function accounts(args: string[]): Promise<number> {
  const { values, positionals } = parseOptions(
    'accounts',
    args,
    {
      'api-key-file': { type: 'string' },
      'api-secret-file': { type: 'string' },
      'access-token-file': { type: 'string' },
      'no-market-data': { type: 'boolean' },
      trading: { type: 'boolean' },
      'rest-url': { type: 'string' },
      'ws-url': { type: 'string' },
      replace: { type: 'boolean' },
      json: { type: 'boolean' },
    },
    { min: 1, max: 2 },
  );
  const [action = '', subject] = positionals;
  const json = values.json === true;
  switch (action) {
    case 'list':
      requireSubject(action, subject, false);
      return withRegistry(async (registry) => show(await registry.list(), json));
    case 'remove': {
      const id = requireSubject(action, subject, true);
      await withRegistry((registry) => registry.remove(id, localAuthor()));
      console.log(json ? JSON.stringify({ id, removed: true }) : `removed ${id}`);
      return 0;
    }
    case 'add':
    case 'import': {
      const place = requireSubject(action, subject, true);
      const given =
        action === 'add'
          ? await accountOf(place, values)
          : parseAccounts(await textOf(place), place === STANDARD_INPUT ? 'standard input' : place);
      for (const secret of given.flatMap((account) => secretsOf(account))) registerSecret(secret);
      return withRegistry(async (registry, config) => {
        if (config.environment === 'production') refuseWeakSecrets(given);
        const saved = await registry.save(given, localAuthor(), values.replace === true);
        if (!json) console.error('ticker: stored; a running service takes them at its next start');
        return show(saved, json);
      });
    }
    default:
      throw new TickerError(
        'USAGE',
        `no action ${JSON.stringify(action)}; see: ticker accounts --help`,
      );
  }
}

function requireSubject(action: string, subject: string | undefined, wanted: boolean): string {
  if ((subject !== undefined) === wanted) return subject ?? '';
  const wants = wanted ? 'needs an argument' : 'takes no argument';
  throw new TickerError('USAGE', `accounts ${action} ${wants}; see: ticker accounts --help`);
}

async function withRegistry<Result>(
  use: (registry: AccountRegistry, config: Config) => Promise<Result>,
): Promise<Result> {
  const stores = await openStores();
  try {
    const registry = new AccountRegistry(stores.accounts, stores.cipher(), stores.clock);
    return await use(registry, stores.config);
  } finally {
    await stores.close();
  }
}

/** Examples and placeholders of a test set-up have no place in production. */
function refuseWeakSecrets(accounts: readonly BrokerAccount[]): void {
  const problems = accounts.flatMap(({ id, apiSecret, accessToken }) =>
    Object.entries({ api_secret: apiSecret, access_token: accessToken }).flatMap(
      ([field, value]) => {
        const weakness = value === undefined ? undefined : secretWeakness(value);
        return weakness === undefined ? [] : [`account ${id}, field ${field}: it ${weakness}`];
      },
    ),
  );
  if (problems.length > 0) throw new TickerError('CONFIG_INVALID', problems.join('; '));
}

interface AddOptions {
  'api-key-file'?: string;
  'api-secret-file'?: string;
  'access-token-file'?: string;
  'no-market-data'?: boolean;
  trading?: boolean;
  'rest-url'?: string;
  'ws-url'?: string;
}

/** One account from the options of `add`; goes through the same checks as an accounts file. */
async function accountOf(id: string, options: AddOptions): Promise<BrokerAccount[]> {
  const files = {
    api_key: options['api-key-file'],
    api_secret: options['api-secret-file'],
    access_token: options['access-token-file'],
  };
  const named = Object.entries(files).filter(([, file]) => file !== undefined);
  const secrets: Record<string, unknown> = {};
  for (const [field, file] of named) secrets[field] = (await textOf(file ?? '')).trim();
  if (named.length === 0) Object.assign(secrets, secretsObject(await textOf(STANDARD_INPUT)));
  const entry = {
    ...secrets,
    id,
    market_data: options['no-market-data'] !== true,
    trading: options.trading === true,
    ...(options['rest-url'] === undefined ? {} : { rest_url: options['rest-url'] }),
    ...(options['ws-url'] === undefined ? {} : { ws_url: options['ws-url'] }),
  };
  return parseAccounts(JSON.stringify([entry]), `account ${id}`);
}

function secretsObject(text: string): object {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Its message would quote the secrets.
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw new TickerError(
    'CONFIG_FILE',
    'standard input must be a JSON object {"api_key","api_secret","access_token"}; ' +
      'see: ticker accounts --help',
  );
}

async function textOf(place: string): Promise<string> {
  try {
    return place === STANDARD_INPUT ? await readAll(process.stdin) : readFileSync(place, 'utf8');
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? errorText(error);
    throw new TickerError('CONFIG_FILE', `${place} cannot be read (${reason})`);
  }
}

function show(summaries: readonly AccountSummary[], json: boolean): number {
  if (json) {
    console.log(JSON.stringify(summaries));
    return 0;
  }
  printTable(
    ['id', 'market data', 'trading', 'secrets', 'rest url', 'updated'],
    summaries.map((account) => [
      account.id,
      account.market_data ? 'yes' : 'no',
      account.trading ? 'yes' : 'no',
      account.secrets.join(' '),
      account.rest_url,
      account.updated,
    ]),
  );
  return 0;
}
