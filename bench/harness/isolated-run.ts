import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { IsolatedBench, RunOptions } from './bench.ts';
import type { ProcessGroup } from './managed-process.ts';
import type { RunReport } from './result.ts';

/** The extension is this file's, so that it works built and unbuilt. */
const extension = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
const SCRIPT = fileURLToPath(new URL(`../isolated${extension}`, import.meta.url));

/** Bounds a hung bench; well above what any takes. */
const RUN_TIMEOUT_MS = 90_000;

/** One run in a fresh process. Rejects if the process fails or hangs. */
export async function runIsolated(
  bench: IsolatedBench,
  options: RunOptions,
  processes: ProcessGroup,
): Promise<RunReport> {
  const managed = processes.fork(SCRIPT, {
    name: `bench ${bench.name}`,
    args: [bench.name, ...(options.smoke ? ['--smoke'] : [])],
  });
  try {
    const message = once(managed.child, 'message') as Promise<[RunReport]>;
    message.catch(() => undefined);
    const [report] = await managed.before(message, RUN_TIMEOUT_MS, 'reported nothing');
    return report;
  } finally {
    await processes.end([managed]);
  }
}
