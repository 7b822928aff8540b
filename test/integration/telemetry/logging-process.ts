/** Run by logger.test.ts: `node logging-process.js <threads> <lines per thread>`. */
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Worker, isMainThread, workerData } from 'node:worker_threads';
import { createSystemClock } from '../../../src/domain/clock.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { registerSecret } from '../../../src/telemetry/redaction.ts';

const SECRET = 'canary-secret';
registerSecret(SECRET);

async function runMain(): Promise<void> {
  const [threads = 0, lines = 0] = process.argv.slice(2).map(Number);
  const exits = Array.from({ length: threads }, (_, thread) => {
    const worker = new Worker(fileURLToPath(import.meta.url), { workerData: { thread, lines } });
    return once(worker, 'exit');
  });
  await Promise.all(exits);
  const clock = createSystemClock();
  createLogger({ level: 'info', thread: 'control', clock }).info(`last words, ${SECRET}`);
  process.exit(7);
}

function runWorker({ thread, lines }: { thread: number; lines: number }): void {
  const clock = createSystemClock();
  const logger = createLogger({ level: 'info', thread: `worker-${thread}`, clock });
  for (let number = 0; number < lines; number++) {
    logger.info({ number, padding: 'x'.repeat(500) }, SECRET);
  }
  process.exit();
}

if (isMainThread) await runMain();
else runWorker(workerData as { thread: number; lines: number });
