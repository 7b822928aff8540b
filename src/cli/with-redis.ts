import { createSystemClock } from '../domain/clock.ts';
import { Redis } from '../storage/redis/redis.ts';
import { random } from '../threads/random.ts';

/** Connects for one use. Rejects with REDIS_UNAVAILABLE, and with what `use` rejects with. */
export async function withRedis<Result>(
  url: string,
  use: (redis: Redis) => Promise<Result>,
): Promise<Result> {
  let told = (_error?: Error): void => undefined;
  const ready = new Promise<void>((resolve, reject) => {
    told = (error) => (error === undefined ? resolve() : reject(error));
  });
  const redis = new Redis({
    url,
    clock: createSystemClock(),
    random,
    onState: (state) => {
      if (state === 'ready') told();
    },
    onProblem: (error) => told(error),
  });
  try {
    await ready;
    return await use(redis);
  } finally {
    await redis.close();
  }
}
