/**
 * What it costs to keep secrets encrypted: with the data key at hand, and with one made or opened
 * for every secret under the local master key (AWS KMS adds its round trip instead). Accounts are
 * decrypted at the start and on changes, so thousands per second are plenty.
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSystemClock } from '../../src/domain/clock.ts';
import { EnvelopeCipher } from '../../src/secrets/envelope-cipher.ts';
import { LocalProvider } from '../../src/secrets/local-provider.ts';
import type { RunOptions } from '../harness/bench.ts';
import type { Measurement, RunReport } from '../harness/result.ts';
import { Verifier } from '../harness/verifier.ts';

const CONTEXT = { kind: 'account', id: 'AB1234', field: 'access_token' };
/** As long as a broker's access token. */
const SECRET = randomBytes(24).toString('base64url');
const CALLS = 5000;
const SMOKE_CALLS = 200;
const WARM_UP_CALLS = 500;
const NS_PER_MS = 1_000_000;
const NS_PER_US = 1000;
const MS_PER_SECOND = 1000;

/** Data keys that serve for one use. */
const NO_CACHE = { ageMaxMs: 0, usesMax: 1, keysMax: 1 };

async function rateOf(
  name: string,
  calls: number,
  call: () => Promise<unknown>,
): Promise<Measurement[]> {
  for (let i = 0; i < Math.min(WARM_UP_CALLS, calls); i++) await call();
  const startedMs = performance.now();
  const before = process.cpuUsage();
  for (let i = 0; i < calls; i++) await call();
  const { user, system } = process.cpuUsage(before);
  const wallMs = performance.now() - startedMs;
  const cpuNs = ((user + system) * NS_PER_US) / calls;
  return [
    { name, unit: 'ns/secret', value: (wallMs * NS_PER_MS) / calls, cpuNs },
    { name: `${name}, rate`, unit: 'secrets/s', value: (calls * MS_PER_SECOND) / wallMs },
  ];
}

export async function runSecrets({ smoke }: RunOptions): Promise<RunReport> {
  const folder = mkdtempSync(join(tmpdir(), 'ticker-bench-'));
  try {
    return await measure(folder, smoke ? SMOKE_CALLS : CALLS);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measure(folder: string, calls: number): Promise<RunReport> {
  const verifier = new Verifier();
  const measurements: Measurement[] = [];
  for (const [kind, limits] of [
    ['cached data key', undefined],
    ['local master key, no cache', NO_CACHE],
  ] as const) {
    const cipher = new EnvelopeCipher({
      provider: new LocalProvider({ dataDirectory: folder, randomBytes, warn: () => undefined }),
      clock: createSystemClock(),
      randomBytes,
      ...(limits && { limits }),
    });
    const ciphertext = await cipher.encrypt(SECRET, CONTEXT);
    verifier.equal(`${kind}: round trip`, await cipher.decrypt(ciphertext, CONTEXT), SECRET);
    measurements.push(
      ...(await rateOf(`encrypt, ${kind}`, calls, () => cipher.encrypt(SECRET, CONTEXT))),
      ...(await rateOf(`decrypt, ${kind}`, calls, () => cipher.decrypt(ciphertext, CONTEXT))),
    );
    cipher.close();
  }
  return {
    measurements,
    checks: verifier.checks,
    notes: [`secrets of ${SECRET.length} characters, one after the other`],
  };
}
