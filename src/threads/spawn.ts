import { Worker } from 'node:worker_threads';
import { Piscina } from 'piscina';

/**
 * The one place that turns a name into a thread. Entries are files of their own; the extension is
 * this file's, so that it works built (`.js`) and unbuilt (`.ts`).
 */
const extension = import.meta.url.slice(import.meta.url.lastIndexOf('.'));

function entryUrl(thread: string): URL {
  return new URL(`./${thread}/entry${extension}`, import.meta.url);
}

/**
 * The tick path leaves next to no garbage, so a thread needs no more room for young objects; V8
 * would give each of them three times as much before it cleans up.
 */
const RESOURCE_LIMITS = { maxYoungGenerationSizeMb: 12 };

/** Starts the thread of folder `thread` with `data`. */
export function spawnThread(
  thread: 'ingest' | 'publish' | 'orders' | 'old-channels' | 'simulator',
  data: unknown,
): Worker {
  // Standard output belongs to the ready line; threads log to standard error themselves.
  const resourceLimits = RESOURCE_LIMITS;
  return new Worker(entryUrl(thread), { workerData: data, name: thread, resourceLimits });
}

/** A pool with one thread per Greeks worker; each runs one task for as long as it lives. */
export function createGreeksPool(workers: number): Piscina {
  return new Piscina({
    filename: entryUrl('greeks').href,
    minThreads: workers,
    maxThreads: workers,
    concurrentTasksPerWorker: 1,
    idleTimeout: Infinity,
    resourceLimits: RESOURCE_LIMITS,
    // A task never yields to the pool: it blocks on the ring, not on Piscina's queue.
    atomics: 'disabled',
  });
}
