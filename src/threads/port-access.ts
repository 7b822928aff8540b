import { Gatekeeper, type GatekeeperOptions } from '../access/gatekeeper.ts';
import { KeyTable } from '../access/key-table.ts';
import { LockOut } from '../access/lock-out.ts';
import type { KeyRecord } from '../domain/access.ts';
import type { Clock } from '../domain/clock.ts';
import type { AccessNews, CallerNews } from './messages.ts';

/** Who may use a thread's port: control tells of keys and lock-outs, and is told what came. */
export class PortAccess {
  readonly gate: Gatekeeper;
  readonly #keys: KeyTable;
  readonly #lockOut: LockOut;

  constructor(
    clock: Clock,
    { keys, keysComplete }: { keys: readonly KeyRecord[]; keysComplete: boolean },
    onRefused: NonNullable<GatekeeperOptions['onRefused']>,
  ) {
    this.#keys = new KeyTable(clock, keys, keysComplete);
    this.#lockOut = new LockOut(clock);
    this.gate = new Gatekeeper({ keys: this.#keys, lockOut: this.#lockOut, clock, onRefused });
  }

  isValid(keyId: string): boolean {
    return this.#keys.isValid(keyId);
  }

  onNews(news: AccessNews): void {
    if (news.type === 'keys') this.#keys.replace(news.keys);
    else this.#lockOut.lock(news.address, news.untilUs / 1000);
  }

  /** What came since the last report. */
  report(post: (news: CallerNews) => void): void {
    const uses = this.gate.takeUses();
    if (uses.length > 0) post({ type: 'key-uses', uses });
    for (const wrong of this.gate.takeWrongKeys()) post({ type: 'wrong-keys', ...wrong });
  }
}
