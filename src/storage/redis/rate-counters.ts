import type { RateCounters } from '../../domain/storage.ts';
import { keyName } from './key-names.ts';
import type { Redis } from './redis.ts';

/* One script, so that no counter is left without an end, not even by a crash in between. */
const INCREMENT = `
local count = redis.call('INCRBY', KEYS[1], ARGV[2])
if redis.call('PTTL', KEYS[1]) < 0 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return count`;

function counterKey(name: string): string {
  return keyName(name, 'count');
}

/** Counters in Redis; the window runs on the server's clock. */
export class RedisRateCounters implements RateCounters {
  readonly #redis: Redis;

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  async increment(name: string, windowMs: number, by = 1): Promise<number> {
    const key = counterKey(name);
    return Number(await this.#redis.run('EVAL', INCREMENT, 1, key, Math.ceil(windowMs), by));
  }

  async reset(name: string): Promise<void> {
    await this.#redis.run('DEL', counterKey(name));
  }
}
