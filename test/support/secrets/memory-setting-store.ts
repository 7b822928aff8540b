import {
  type AuditEvent,
  settingContext,
  type SettingStore,
  type StoredCiphertext,
  type StoredSetting,
} from '../../../src/domain/storage.ts';

interface Row {
  ciphertext: Uint8Array;
  keyId: string;
  updatedMs: number;
}

/** Stored settings in this process's memory, with the rules of the real store. */
export class MemorySettingStore implements SettingStore {
  readonly rows = new Map<string, Row>();
  readonly events: AuditEvent[] = [];

  async get(name: string): Promise<Uint8Array | undefined> {
    return this.rows.get(name)?.ciphertext;
  }

  async put(
    { name, keyId, updatedMs }: StoredSetting,
    ciphertext: Uint8Array,
    event: AuditEvent,
  ): Promise<void> {
    this.rows.set(name, { ciphertext, keyId, updatedMs });
    this.events.push(event);
  }

  async list(): Promise<StoredSetting[]> {
    const rows = [...this.rows].map(([name, { keyId, updatedMs }]) => ({ name, keyId, updatedMs }));
    return rows.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async remove(name: string, event: AuditEvent): Promise<boolean> {
    const removed = this.rows.delete(name);
    if (removed) this.events.push(event);
    return removed;
  }

  async listOfOtherKeys(
    keyId: string,
    after: string | undefined,
    count: number,
  ): Promise<StoredCiphertext[]> {
    return [...this.rows]
      .filter(([name, row]) => row.keyId !== keyId && (after === undefined || name > after))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .slice(0, count)
      .map(([name, { ciphertext }]) => ({
        position: name,
        context: settingContext(name),
        ciphertext,
      }));
  }

  async replaceIfUnchanged(
    { position, ciphertext: before }: StoredCiphertext,
    ciphertext: Uint8Array,
    keyId: string,
  ): Promise<boolean> {
    const row = this.rows.get(position);
    if (row === undefined || !Buffer.from(row.ciphertext).equals(before)) return false;
    this.rows.set(position, { ...row, ciphertext, keyId });
    return true;
  }
}
