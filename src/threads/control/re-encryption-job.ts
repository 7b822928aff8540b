import { hostname } from 'node:os';
import type { TimerHandle } from '../../domain/clock.ts';
import { errorText } from '../../domain/error-codes.ts';
import type { CiphertextStore, SecretCipher } from '../../domain/storage.ts';
import { reEncrypt, type ReEncryptionReport } from '../../secrets/re-encryption.ts';
import { recordAuditEvent } from '../../storage/postgres/audit-log.ts';
import type { Database } from '../../storage/postgres/database.ts';
import type { ThreadContext } from '../thread-context.ts';

export interface ReEncryptionJobOptions extends Pick<ThreadContext, 'clock' | 'logger'> {
  database: Database;
  /** By what they hold. */
  stores: Readonly<Record<string, CiphertextStore>>;
  cipher: SecretCipher;
  signal: AbortSignal;
}

/** A key that was replaced at the key service is noticed after so long. */
const PERIOD_MS = 600_000;

/** Brings stored secrets under the current key, now and whenever that has changed. */
export class ReEncryptionJob {
  readonly #options: ReEncryptionJobOptions;
  #timer: TimerHandle | undefined;

  constructor(options: ReEncryptionJobOptions) {
    this.#options = options;
    options.signal.addEventListener('abort', () => this.#timer?.cancel());
  }

  /** Never rejects; what could not be done is logged, and tried again the next time. */
  async run(): Promise<void> {
    const { stores, cipher, clock, logger, signal } = this.#options;
    try {
      for (const [name, store] of Object.entries(stores)) {
        await this.#report(name, await reEncrypt(store, cipher, signal));
      }
    } catch (error) {
      logger.warn({ detail: errorText(error) }, 'stored secrets were not looked through');
    }
    if (signal.aborted) return;
    this.#timer = clock.setTimeout(() => void this.run(), PERIOD_MS);
    this.#timer.unref();
  }

  async #report(name: string, report: ReEncryptionReport): Promise<void> {
    const { clock, logger, database } = this.#options;
    const { keyId, done, skipped, failed } = report;
    for (const { context, code, detail } of failed) {
      logger.error({ context, code, detail }, 'a stored secret is still under an old key');
    }
    if (done === 0) return;
    logger.info({ name, keyId, done, skipped }, 'stored secrets are under the current key');
    const event = {
      actor: 'service',
      action: 'credentials.reencrypted',
      subject: name,
      origin: hostname(),
      detail: { keyId, done, skipped, failed: failed.length },
    };
    await recordAuditEvent(database, event, Math.floor(clock.nowUs() / 1000));
  }
}
