import { TickerError } from '../../src/domain/error-codes.ts';
import type { AuditEvent, KeyStore, StoredKey } from '../../src/domain/storage.ts';

/** Keeps keys and the events about them in memory. */
export class MemoryKeyStore implements KeyStore {
  readonly keys = new Map<string, StoredKey>();
  readonly events: AuditEvent[] = [];

  async list(): Promise<StoredKey[]> {
    return [...this.keys.values()];
  }

  async create(key: StoredKey, event: AuditEvent): Promise<void> {
    this.keys.set(key.id, key);
    this.events.push(event);
  }

  async change(id: string, decide: Parameters<KeyStore['change']>[1]): Promise<void> {
    const key = this.keys.get(id);
    if (key === undefined) throw new TickerError('UNKNOWN_KEY', `there is no key ${id}`);
    const successor = [...this.keys.values()].find(({ replaces }) => replaces === id);
    const change = decide(key, successor?.id);
    if (change === undefined) return;
    this.keys.set(id, { ...key, ...change.update });
    if (change.successor !== undefined) this.keys.set(change.successor.id, change.successor);
    this.events.push(change.event);
  }

  async noteUse(uses: readonly { keyId: string; timeMs: number }[]): Promise<void> {
    for (const { keyId, timeMs } of uses) {
      const key = this.keys.get(keyId);
      if (key === undefined) continue;
      this.keys.set(keyId, { ...key, lastUsedMs: Math.max(key.lastUsedMs ?? 0, timeMs) });
    }
  }
}
