import { AccountRegistry } from '../accounts/account-registry.ts';
import type { Config } from '../config/settings.ts';
import { createSystemClock } from '../domain/clock.ts';
import { errorText, TickerError } from '../domain/error-codes.ts';
import { openCipher } from '../secrets/open-cipher.ts';
import { PostgresAccountStore } from '../storage/postgres/account-store.ts';
import { PostgresApiKeyStore } from '../storage/postgres/api-key-store.ts';
import { verifyAuditLog } from '../storage/postgres/audit-log.ts';
import type { Database } from '../storage/postgres/database.ts';
import { pendingMigrations } from '../storage/postgres/migrator.ts';
import type { Finding } from './doctor-finding.ts';
import { openDatabase } from './open-database.ts';
import { withRedis } from './with-redis.ts';

/** Clocks further apart than this make expiries, logs and the audit record hard to believe. */
const CLOCK_DIFFERENCE_MAX_MS = 2_000;
const PROBE = 'is the key there?';

type Check = () => Promise<string>;

/** Database, migrations, stored keys and secrets, audit record, clock, Redis. */
export async function storageChecks(config: Config): Promise<Finding[]> {
  return [...(await databaseChecks(config)), await cipherCheck(config), ...(await redis(config))];
}

/** `check` resolves with what is well; what it rejects with is the finding. */
async function finding(
  name: string,
  advice: string,
  check: Check,
  state: 'fail' | 'warn' = 'fail',
): Promise<Finding> {
  try {
    return { check: name, state: 'ok', detail: await check(), advice: '' };
  } catch (error) {
    return { check: name, state, detail: errorText(error), advice };
  }
}

async function databaseChecks(config: Config): Promise<Finding[]> {
  let opened: Awaited<ReturnType<typeof openDatabase>>;
  try {
    opened = await openDatabase(config, { allowPending: true });
  } catch (error) {
    const advice =
      config.databaseUrl === undefined
        ? 'see docs/STORAGE.md about the embedded database'
        : 'check TICKER_DATABASE_URL, and that the server runs and lets this user in';
    return [{ check: 'database', state: 'fail', detail: errorText(error), advice }];
  }
  const { database, close } = opened;
  try {
    const well = await finding('database', 'see its log', () => version(database));
    const migrations = await finding('migrations', 'run: ticker migrate', () =>
      migrationState(database),
    );
    if (migrations.state !== 'ok') return [well, migrations];
    return [well, migrations, ...(await contentChecks(database, config))];
  } finally {
    await close();
  }
}

function contentChecks(database: Database, config: Config): Promise<Finding[]> {
  return Promise.all([
    finding('API keys', 'see its log', async () => {
      const keys = await new PostgresApiKeyStore(database).list();
      return `${keys.length} stored`;
    }),
    finding('accounts', 'store them again with `ticker accounts add ID --replace`', () =>
      readAccounts(database, config),
    ),
    finding('audit record', 'find out who changed it; docs/STORAGE.md', async () => {
      const { count, fault } = await verifyAuditLog(database);
      if (fault !== undefined) throw new TickerError('AUDIT_BROKEN', fault.detail);
      return `${count} events, unbroken`;
    }),
    finding('clock', 'set the clocks by NTP', () => clockDifference(database), 'warn'),
  ]);
}

async function version(database: Database): Promise<string> {
  const [row] = await database.sql<{ version: string }>`
    select current_setting('server_version') as version`;
  return `PostgreSQL ${row?.version ?? ''}`;
}

async function migrationState(database: Database): Promise<string> {
  const pending = await pendingMigrations(database);
  if (pending.length === 0) return 'up to date';
  throw new TickerError('MIGRATION_NEEDED', `${pending.length} are missing`);
}

async function readAccounts(database: Database, config: Config): Promise<string> {
  const clock = createSystemClock();
  const cipher = openCipher({ config, clock, warn: () => undefined });
  const registry = new AccountRegistry(new PostgresAccountStore(database), cipher, clock);
  return `${(await registry.load()).length} stored, readable`;
}

async function clockDifference(database: Database): Promise<string> {
  const clock = createSystemClock();
  const before = clock.nowUs() / 1000;
  const [row] = await database.sql<{ now: Date }>`select clock_timestamp() as now`;
  const after = clock.nowUs() / 1000;
  const theirs = row?.now.getTime() ?? Number.NaN;
  const differenceMs = Math.round(theirs - (before + after) / 2);
  if (Math.abs(differenceMs) <= CLOCK_DIFFERENCE_MAX_MS) {
    return `${differenceMs} ms beside the database's`;
  }
  throw new TickerError('INTERNAL', `${differenceMs} ms beside the database's`);
}

function cipherCheck(config: Config): Promise<Finding> {
  const advice = 'check TICKER_KMS_KEY_ID, TICKER_AWS_REGION and the rights of this machine';
  return finding('key service', advice, async () => {
    const cipher = openCipher({ config, clock: createSystemClock(), warn: () => undefined });
    const context = { kind: 'doctor', id: 'probe', field: 'value' };
    const back = await cipher.decrypt(await cipher.encrypt(PROBE, context), context);
    if (back !== PROBE) throw new TickerError('KEY_SERVICE', 'what comes back is something else');
    return `encrypts and decrypts with ${await cipher.currentKeyId()}`;
  });
}

async function redis({ redisUrl }: Config): Promise<Finding[]> {
  if (redisUrl === undefined) return [];
  const advice = 'check TICKER_REDIS_URL, and that the server runs; the service goes on without';
  const ping = () => withRedis(redisUrl, async (server) => String(await server.run('PING')));
  return [await finding('Redis', advice, ping, 'warn')];
}
