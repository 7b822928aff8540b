import { DEFAULT_KEY_LIMITS, type KeyLimits, type Scope } from '../../domain/access.ts';
import { TickerError } from '../../domain/error-codes.ts';
import type { AuditEvent, KeyChange, KeyStore, StoredKey } from '../../domain/storage.ts';
import { appendAuditEvent } from './audit-log.ts';
import type { Database, Sql } from './database.ts';

interface KeyRow extends Record<string, unknown> {
  id: string;
  hash: Buffer;
  label: string;
  scopes: Scope[];
  accounts: string[] | null;
  limits: Partial<KeyLimits>;
  created_at: Date;
  expires_at: Date | null;
  last_used_at: Date | null;
  revoked_at: Date | null;
  replaces: string | null;
}

function stored(row: KeyRow): StoredKey {
  return {
    id: row.id,
    hash: row.hash.toString('hex'),
    label: row.label,
    scopes: row.scopes,
    accounts: row.accounts ?? 'all',
    // A limit that came later is not in older rows.
    limits: { ...DEFAULT_KEY_LIMITS, ...row.limits },
    createdMs: row.created_at.getTime(),
    expiresMs: row.expires_at?.getTime() ?? null,
    lastUsedMs: row.last_used_at?.getTime() ?? null,
    revokedMs: row.revoked_at?.getTime() ?? null,
    replaces: row.replaces,
  };
}

function date(timeMs: number | null): Date | null {
  return timeMs === null ? null : new Date(timeMs);
}

async function insert(sql: Sql, key: StoredKey, actor: string): Promise<void> {
  const accounts = key.accounts === 'all' ? null : key.accounts;
  await sql`
    insert into api_keys
      (id, hash, label, scopes, accounts, limits, created_at, created_by, expires_at, last_used_at,
        revoked_at, replaces)
    values (${key.id}, ${Buffer.from(key.hash, 'hex')}, ${key.label}, ${key.scopes}, ${accounts},
      ${{ ...key.limits }}, ${new Date(key.createdMs)}, ${actor}, ${date(key.expiresMs)},
      ${date(key.lastUsedMs)}, ${date(key.revokedMs)}, ${key.replaces})`;
}

/** API keys in PostgreSQL. Rejects as `Database` does, besides what the port says. */
export class PostgresApiKeyStore implements KeyStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async list(): Promise<StoredKey[]> {
    const rows = await this.#database.sql<KeyRow>`
      select id, hash, label, scopes, accounts, limits, created_at, expires_at, last_used_at,
        revoked_at, replaces
      from api_keys order by created_at, id`;
    return rows.map(stored);
  }

  async create(key: StoredKey, event: AuditEvent): Promise<void> {
    await this.#database.transaction(async (sql) => {
      await insert(sql, key, event.actor);
      await appendAuditEvent(sql, event, key.createdMs);
    });
  }

  async change(
    id: string,
    decide: (key: StoredKey, successorId: string | undefined) => KeyChange | undefined,
  ): Promise<void> {
    await this.#database.transaction(async (sql) => {
      const [row] = await sql<KeyRow>`
        select id, hash, label, scopes, accounts, limits, created_at, expires_at, last_used_at,
          revoked_at, replaces
        from api_keys where id = ${id} for update`;
      if (row === undefined) throw new TickerError('UNKNOWN_KEY', `there is no key ${id}`);
      const [successor] = await sql<{ id: string }>`
        select id from api_keys where replaces = ${id} limit 1`;
      const change = decide(stored(row), successor?.id);
      if (change === undefined) return;
      const { expiresMs, revokedMs } = change.update;
      await sql`
        update api_keys set expires_at = ${date(expiresMs)}, revoked_at = ${date(revokedMs)}
        where id = ${id}`;
      if (change.successor !== undefined) await insert(sql, change.successor, change.event.actor);
      await appendAuditEvent(sql, change.event, change.timeMs);
    });
  }

  async noteUse(uses: readonly { keyId: string; timeMs: number }[]): Promise<void> {
    const ids = uses.map(({ keyId }) => keyId);
    const times = uses.map(({ timeMs }) => new Date(timeMs).toISOString());
    // Rows are locked in one order, so that two instances never wait for each other.
    await this.#database.sql`
      with used as (
        select id, max(time) as time
        from unnest(${ids}::text[], ${times}::timestamptz[]) as given (id, time)
        group by id
      ), locked as (
        select id from api_keys where id in (select id from used)
        order by id for no key update
      )
      update api_keys set last_used_at = used.time
      from used join locked using (id)
      where api_keys.id = used.id
        and (api_keys.last_used_at is null or api_keys.last_used_at < used.time)`;
  }
}
