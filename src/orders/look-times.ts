import type { OrderSettings } from './order-settings.ts';

/** Ms after an unknown outcome at which is looked, up to the time when a person must look. */
export function* lookTimes(settings: OrderSettings): Generator<number> {
  const { lookUpsMs, lookUpEveryMs, escalateAfterMs } = settings;
  let lastMs = 0;
  for (const atMs of lookUpsMs) {
    if (atMs > escalateAfterMs) return;
    yield (lastMs = atMs);
  }
  for (lastMs += lookUpEveryMs; lastMs <= escalateAfterMs; lastMs += lookUpEveryMs) yield lastMs;
}
