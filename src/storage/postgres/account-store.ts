import type {
  AccountStore,
  AuditEvent,
  CiphertextStore,
  StoredAccount,
  StoredCiphertext,
} from '../../domain/storage.ts';
import { appendAuditEvent } from './audit-log.ts';
import type { Database, Sql, SqlRow } from './database.ts';

interface AccountRow extends SqlRow {
  id: string;
  market_data: boolean;
  trading: boolean;
  rest_url: string;
  ws_url: string;
  local_address: string | null;
  updated_at: Date;
}

interface SecretRow extends SqlRow {
  account_id: string;
  field: string;
  ciphertext: Uint8Array;
  key_id: string;
}

/** Cannot stand in an id or a field, and sorts before everything that can. */
const SEPARATOR = '\u0001';

/** Broker accounts in `broker_accounts`, their ciphertexts in `account_secrets`. */
export class PostgresAccountStore implements AccountStore, CiphertextStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async list(): Promise<StoredAccount[]> {
    // Both in one snapshot, so that an account is never shown with another one's secrets.
    return this.#database.transaction(
      async (sql) => {
        const accounts = await sql<AccountRow>`
          select id, market_data, trading, rest_url, ws_url, local_address, updated_at
          from broker_accounts order by id`;
        const secrets = await sql<SecretRow>`
          select account_id, field, ciphertext, key_id from account_secrets`;
        return accounts.map((row) => storedAccount(row, secrets));
      },
      { isolation: 'repeatable read' },
    );
  }

  async save(
    changes: readonly { account: StoredAccount; event: AuditEvent }[],
    replace: boolean,
  ): Promise<string[]> {
    const ids = changes.map(({ account }) => account.id);
    return this.#database.transaction(async (sql) => {
      const existing = await sql<{ id: string }>`
        select id from broker_accounts where id = any(${ids}) order by id for update`;
      if (existing.length > 0 && !replace) return existing.map(({ id }) => id);
      for (const { account, event } of changes) {
        await writeAccount(sql, account);
        await appendAuditEvent(sql, event, account.updatedMs);
      }
      return [];
    });
  }

  async remove(id: string, event: AuditEvent, timeMs: number): Promise<boolean> {
    return this.#database.transaction(async (sql) => {
      const removed = await sql`delete from broker_accounts where id = ${id} returning id`;
      if (removed.length === 0) return false;
      await appendAuditEvent(sql, event, timeMs);
      return true;
    });
  }

  async listOfOtherKeys(
    keyId: string,
    after: string | undefined,
    count: number,
  ): Promise<StoredCiphertext[]> {
    const [account = '', field = ''] = (after ?? '').split(SEPARATOR);
    const rows = await this.#database.sql<SecretRow>`
      select account_id, field, ciphertext, key_id from account_secrets
      where key_id <> ${keyId} and (account_id, field) > (${account}, ${field})
      order by account_id, field limit ${count}`;
    return rows.map((row) => ({
      position: `${row.account_id}${SEPARATOR}${row.field}`,
      context: { kind: 'account', id: row.account_id, field: row.field },
      ciphertext: row.ciphertext,
    }));
  }

  async replaceIfUnchanged(
    { context, ciphertext: before }: StoredCiphertext,
    ciphertext: Uint8Array,
    keyId: string,
  ): Promise<boolean> {
    const replaced = await this.#database.sql`
      update account_secrets set ciphertext = ${ciphertext}, key_id = ${keyId}
      where account_id = ${context.id} and field = ${context.field} and ciphertext = ${before}
      returning field`;
    return replaced.length > 0;
  }
}

function storedAccount(row: AccountRow, secrets: readonly SecretRow[]): StoredAccount {
  const own = secrets.filter((secret) => secret.account_id === row.id);
  return {
    id: row.id,
    marketData: row.market_data,
    trading: row.trading,
    restUrl: row.rest_url,
    wsUrl: row.ws_url,
    ...(row.local_address !== null && { localAddress: row.local_address }),
    secrets: Object.fromEntries(
      own.map(({ field, ciphertext, key_id: keyId }) => [field, { ciphertext, keyId }]),
    ),
    updatedMs: row.updated_at.getTime(),
  };
}

async function writeAccount(sql: Sql, account: StoredAccount): Promise<void> {
  const { id, marketData, trading, restUrl, wsUrl, localAddress = null, secrets } = account;
  const time = new Date(account.updatedMs);
  await sql`
    insert into broker_accounts
      (id, market_data, trading, rest_url, ws_url, local_address, created_at, updated_at, version)
    values (
      ${id}, ${marketData}, ${trading}, ${restUrl}, ${wsUrl}, ${localAddress}, ${time}, ${time}, 1
    )
    on conflict (id) do update set
      market_data = excluded.market_data, trading = excluded.trading,
      rest_url = excluded.rest_url, ws_url = excluded.ws_url,
      local_address = excluded.local_address,
      updated_at = excluded.updated_at, version = broker_accounts.version + 1`;
  await sql`delete from account_secrets where account_id = ${id}`;
  for (const [field, { ciphertext, keyId }] of Object.entries(secrets)) {
    await sql`
      insert into account_secrets (account_id, field, ciphertext, key_id, updated_at)
      values (${id}, ${field}, ${ciphertext}, ${keyId}, ${time})`;
  }
}
