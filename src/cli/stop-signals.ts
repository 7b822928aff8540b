/** Exit code of a process that a second signal ends in the middle of its shutdown. */
const EXIT_FORCED = 130;

/**
 * Aborts at the first SIGINT or SIGTERM. A second one ends the process at once: whoever sends it
 * does not want to wait for the shutdown.
 */
export function stopSignals(): AbortSignal {
  const controller = new AbortController();
  const onSignal = () => {
    if (controller.signal.aborted) process.exit(EXIT_FORCED);
    controller.abort();
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
