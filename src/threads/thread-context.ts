import { type Clock, createSystemClock } from '../domain/clock.ts';
import type { SharedBlock } from '../shm/block.ts';
import {
  LOOP_BEAT,
  LOOP_LAG_MAX_US,
  LOOP_LAG_P50_US,
  LOOP_LAG_P99_US,
} from '../shm/layout/meters.ts';
import { ThreadMeters } from '../shm/meters.ts';
import { startLoopLag } from '../telemetry/event-loop-lag.ts';
import { createLogger, type Logger } from '../telemetry/logger.ts';
import { registerArrival } from '../telemetry/redaction.ts';
import type { ThreadBasics } from './messages.ts';

/** What every socket thread works with. */
export interface ThreadContext {
  clock: Clock;
  logger: Logger;
  meters: ThreadMeters;
}

const BEAT_MS = 1000;

/** Clock, logger and meters of the calling thread; from now on it shows that it is alive. */
export function createThreadContext(
  name: string,
  basics: ThreadBasics,
  meters: SharedBlock,
  writer: number,
): ThreadContext {
  for (const secret of basics.secrets) registerArrival(secret);
  const clock = createSystemClock(basics.clock);
  const logger = createLogger({ level: basics.logLevel, thread: name, clock });
  const own = new ThreadMeters(meters, writer);
  startLoopLag(clock, ({ p50Us, p99Us, maxUs }) => {
    own.set(LOOP_LAG_P50_US, p50Us);
    own.set(LOOP_LAG_P99_US, p99Us);
    own.set(LOOP_LAG_MAX_US, maxUs);
  });
  clock.setInterval(() => own.add(LOOP_BEAT, 1), BEAT_MS).unref();
  return { clock, logger, meters: own };
}
