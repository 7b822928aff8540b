import { createSystemClock } from '../domain/clock.ts';

/** Exit code of a process that a second signal ends in the middle of its shutdown. */
const EXIT_FORCED = 130;
/** A terminal and npm may both pass on one Ctrl-C. */
const SAME_SIGNAL_MS = 500;

/**
 * Aborts at the first SIGINT or SIGTERM. A later one ends the process at once: whoever sends it
 * does not want to wait for the shutdown.
 */
export function stopSignals(): AbortSignal {
  const clock = createSystemClock();
  const controller = new AbortController();
  let firstMs = 0;
  const onSignal = () => {
    if (!controller.signal.aborted) {
      firstMs = clock.monotonicMs();
      controller.abort();
    } else if (clock.monotonicMs() - firstMs > SAME_SIGNAL_MS) {
      process.exit(EXIT_FORCED);
    }
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return controller.signal;
}

/** Resolves when `signal` is aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
