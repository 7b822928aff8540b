import {
  type AuditEvent,
  settingContext,
  type SettingStore,
  type StoredCiphertext,
  type StoredSetting,
} from '../../domain/storage.ts';
import { appendAuditEvent } from './audit-log.ts';
import type { Database, SqlRow } from './database.ts';

interface CiphertextRow extends SqlRow {
  name: string;
  ciphertext: Uint8Array;
}

interface SettingRow extends SqlRow {
  name: string;
  key_id: string;
  updated_at: Date;
}

/** Encrypted texts of settings in `stored_settings`. */
export class PostgresSettingStore implements SettingStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async get(name: string): Promise<Uint8Array | undefined> {
    const [row] = await this.#database.sql<CiphertextRow>`
      select name, ciphertext from stored_settings where name = ${name}`;
    return row?.ciphertext;
  }

  async put(
    { name, keyId, updatedMs }: StoredSetting,
    ciphertext: Uint8Array,
    event: AuditEvent,
  ): Promise<void> {
    const time = new Date(updatedMs);
    await this.#database.transaction(async (sql) => {
      await sql`
        insert into stored_settings (name, ciphertext, key_id, updated_at)
        values (${name}, ${ciphertext}, ${keyId}, ${time})
        on conflict (name) do update set
          ciphertext = excluded.ciphertext, key_id = excluded.key_id,
          updated_at = excluded.updated_at`;
      await appendAuditEvent(sql, event, updatedMs);
    });
  }

  async list(): Promise<StoredSetting[]> {
    const rows = await this.#database.sql<SettingRow>`
      select name, key_id, updated_at from stored_settings order by name`;
    return rows.map((row) => ({
      name: row.name,
      keyId: row.key_id,
      updatedMs: row.updated_at.getTime(),
    }));
  }

  async remove(name: string, event: AuditEvent, timeMs: number): Promise<boolean> {
    return this.#database.transaction(async (sql) => {
      const removed = await sql`
        delete from stored_settings where name = ${name} returning name`;
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
    const rows = await this.#database.sql<CiphertextRow>`
      select name, ciphertext from stored_settings
      where key_id <> ${keyId} and name > ${after ?? ''}
      order by name limit ${count}`;
    return rows.map(({ name, ciphertext }) => ({
      position: name,
      context: settingContext(name),
      ciphertext,
    }));
  }

  /** The time of the last change stays: the text is the same. */
  async replaceIfUnchanged(
    { position: name, ciphertext: before }: StoredCiphertext,
    ciphertext: Uint8Array,
    keyId: string,
  ): Promise<boolean> {
    const replaced = await this.#database.sql`
      update stored_settings set ciphertext = ${ciphertext}, key_id = ${keyId}
      where name = ${name} and ciphertext = ${before} returning name`;
    return replaced.length > 0;
  }
}
