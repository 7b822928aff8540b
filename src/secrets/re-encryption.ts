import { TickerError, type ErrorCode } from '../domain/error-codes.ts';
import type {
  CiphertextStore,
  SecretCipher,
  SecretContext,
  StoredCiphertext,
} from '../domain/storage.ts';

export interface ReEncryptionFailure {
  context: SecretContext;
  code: ErrorCode;
  /** Without the secret. */
  detail: string;
}

export interface ReEncryptionReport {
  /** The key that the ciphertexts are under now. */
  keyId: string;
  done: number;
  /** Changed or removed by somebody else meanwhile. */
  skipped: number;
  /** Left as they are. */
  failed: ReEncryptionFailure[];
}

const PAGE = 100;
/** A key service that has failed so often in a row is not there. */
const KEY_SERVICE_FAILURES_MAX = 3;

/**
 * Makes every ciphertext of `store` that is under another key anew under the current one, while
 * others read and write. Can be stopped and repeated at any time: what is done is not listed again.
 * Another process may still write with a data key from before, until that has aged (5 minutes):
 * nothing is lost by that, and the next run finds it.
 * Rejects with KEY_SERVICE when the key service stays away, and with what the store rejects with.
 */
export async function reEncrypt(
  store: CiphertextStore,
  cipher: SecretCipher,
  signal?: AbortSignal,
): Promise<ReEncryptionReport> {
  const keyId = await cipher.currentKeyId();
  const report: ReEncryptionReport = { keyId, done: 0, skipped: 0, failed: [] };
  let failuresInARow = 0;
  let after: string | undefined;
  for (;;) {
    const page = await store.listOfOtherKeys(keyId, after, PAGE);
    for (const stored of page) {
      if (signal?.aborted === true) return report;
      after = stored.position;
      const failure = await reEncryptOne(store, cipher, stored, report);
      failuresInARow = failure?.code === 'KEY_SERVICE' ? failuresInARow + 1 : 0;
      if (failure !== undefined && failuresInARow === KEY_SERVICE_FAILURES_MAX) throw failure;
    }
    if (page.length < PAGE) return report;
  }
}

/** Counts what became of it; the failure, if it is one. */
async function reEncryptOne(
  store: CiphertextStore,
  cipher: SecretCipher,
  stored: StoredCiphertext,
  report: ReEncryptionReport,
): Promise<TickerError | undefined> {
  let renewed: Uint8Array;
  try {
    renewed = await renew(cipher, stored, report.keyId);
  } catch (error) {
    if (!(error instanceof TickerError)) throw error;
    const { code, detail } = error;
    report.failed.push({ context: stored.context, code, detail });
    return error;
  }
  const replaced = await store.replaceIfUnchanged(stored, renewed, report.keyId);
  if (replaced) report.done++;
  else report.skipped++;
  return undefined;
}

async function renew(
  cipher: SecretCipher,
  { ciphertext, context }: StoredCiphertext,
  keyId: string,
): Promise<Uint8Array> {
  const renewed = await cipher.encrypt(await cipher.decrypt(ciphertext, context), context);
  if (cipher.keyIdOf(renewed) !== keyId) {
    throw new TickerError('KEY_SERVICE', 'the current key was changed again meanwhile');
  }
  return renewed;
}
