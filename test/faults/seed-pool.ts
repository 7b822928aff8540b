import { Worker } from 'node:worker_threads';

/**
 * Runs the seeds, `threads` at a time, each by a thread of `script`, which answers a seed
 * with its result. Results come in the order of the seeds. Rejects with the
 * first error that a run does not survive.
 */
export async function* runSeeds<Result extends { seed: number }>(
  script: URL,
  seeds: readonly number[],
  threads: number,
): AsyncGenerator<Result> {
  const results = new Map<number, Result>();
  let wake: () => void = () => undefined;
  let failure: Error | undefined;
  let next = 0;
  const workers = Array.from({ length: Math.min(threads, seeds.length) }, () => {
    const worker = new Worker(script);
    const give = (): void => {
      const seed = seeds[next++];
      if (seed !== undefined) worker.postMessage(seed);
    };
    worker.on('message', (result: Result) => {
      results.set(result.seed, result);
      give();
      wake();
    });
    worker.on('error', (error) => {
      failure = error instanceof Error ? error : new Error(String(error));
      wake();
    });
    give();
    return worker;
  });
  try {
    for (const seed of seeds) {
      for (;;) {
        if (failure !== undefined) throw failure;
        const result = results.get(seed);
        if (result !== undefined) {
          results.delete(seed);
          yield result;
          break;
        }
        await new Promise<void>((resolve) => (wake = resolve));
      }
    }
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}
