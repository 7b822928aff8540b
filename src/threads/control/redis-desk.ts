import { SharedLockOut } from '../../access/shared-lock-out.ts';
import type { Config } from '../../config/settings.ts';
import type { WrongKeys } from '../../domain/access.ts';
import { createSystemClock } from '../../domain/clock.ts';
import { errorText } from '../../domain/error-codes.ts';
import { CONTROL } from '../../shm/layout/meters.ts';
import { RedisLockNews } from '../../storage/redis/lock-news.ts';
import { RedisRateCounters } from '../../storage/redis/rate-counters.ts';
import { Redis } from '../../storage/redis/redis.ts';
import { Revocations } from '../../storage/redis/revocations.ts';
import type { HealthCheck } from '../messages.ts';
import { random } from '../random.ts';
import type { ThreadContext } from '../thread-context.ts';

export interface RedisDeskOptions extends ThreadContext {
  config: Config;
  /** A key has been revoked. */
  onRevoked: (keyId: string) => void;
  /** A key may have been revoked. */
  onKeysChanged: () => void;
  /** The wrong keys of all instances together lock an address out. */
  onLockedOut: (address: string, untilMs: number) => void;
  /** What `check` says has changed. */
  onCheck: () => void;
}

/** What instances tell each other through Redis; without it each knows only itself. */
export class RedisDesk {
  readonly #redis: Redis;
  readonly #lockOut: SharedLockOut;
  #problem: string | undefined = 'is being connected to';

  constructor(url: string, options: RedisDeskOptions) {
    const { clock, logger, meters, onCheck, onLockedOut, onRevoked, onKeysChanged } = options;
    this.#redis = new Redis({
      url,
      // The server and the network know no other time.
      clock: createSystemClock(),
      random,
      onState: (state) => {
        if (state === 'ready') this.#problem = undefined;
        else this.#problem ??= 'the connection was lost';
        meters.set(CONTROL.REDIS_UP, state === 'ready' ? 1 : 0);
        onCheck();
      },
      onProblem: (error) => {
        this.#problem = error.message;
        logger.warn({ detail: error.message }, 'Redis does not work; the service goes on');
        onCheck();
      },
    });
    const news = new RedisLockNews(this.#redis);
    news.subscribe(onLockedOut);
    new Revocations(this.#redis).subscribe(onRevoked, onKeysChanged);
    this.#lockOut = new SharedLockOut({
      counters: new RedisRateCounters(this.#redis),
      news,
      clock,
      onLocked: onLockedOut,
      onError: (error) => logger.debug({ detail: errorText(error) }, 'wrong keys not shared'),
    });
  }

  get check(): HealthCheck {
    return this.#problem === undefined
      ? { ok: true, required: false }
      : { ok: false, required: false, detail: this.#problem };
  }

  wrongKeys(wrongKeys: WrongKeys): void {
    void this.#lockOut.wrongKeys(wrongKeys);
  }

  close(): Promise<void> {
    return this.#redis.close();
  }
}

/** Undefined: no Redis is configured. */
export function openRedisDesk(options: RedisDeskOptions): RedisDesk | undefined {
  const { redisUrl } = options.config;
  return redisUrl === undefined ? undefined : new RedisDesk(redisUrl, options);
}
