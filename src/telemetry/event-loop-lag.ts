import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Clock } from '../domain/clock.ts';

/** How much later than due the thread's timers ran in the last period, microseconds. */
export interface LoopLag {
  p50Us: number;
  p99Us: number;
  maxUs: number;
}

const RESOLUTION_MS = 10;
const PERIOD_MS = 1000;
const NS_PER_US = 1000;

/**
 * Measures the event-loop lag of the calling thread and gives it to `sink` once a second.
 * Does not keep the process alive.
 */
export function startLoopLag(clock: Clock, sink: (lag: LoopLag) => void): { stop(): void } {
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  // The histogram holds the time between two turns of its timer: the lag and the timer's period.
  const lagUs = (delayNs: number): number =>
    Math.max(0, delayNs / NS_PER_US - RESOLUTION_MS * 1000);
  delays.enable();
  const timer = clock.setInterval(() => {
    // Without a turn in the period the histogram has nothing to say.
    if (delays.count === 0) return;
    sink({
      p50Us: lagUs(delays.percentile(50)),
      p99Us: lagUs(delays.percentile(99)),
      maxUs: lagUs(delays.max),
    });
    delays.reset();
  }, PERIOD_MS);
  timer.unref();
  return {
    stop() {
      timer.cancel();
      delays.disable();
    },
  };
}
