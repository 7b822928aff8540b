import type { LockNews } from '../../domain/storage.ts';
import { channelName } from './key-names.ts';
import type { Redis } from './redis.ts';

const CHANNEL = channelName('locks');
const MESSAGE = /^locked ([0-9a-fA-F.:]{2,64}) (\d{1,15})$/;

/** News of locked out addresses between instances; the counters make up for what is missed. */
export class RedisLockNews implements LockNews {
  readonly #redis: Redis;

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  async publish(address: string, untilMs: number): Promise<void> {
    await this.#redis.run('PUBLISH', CHANNEL, `locked ${address} ${Math.ceil(untilMs)}`);
  }

  /** Tells of locks by any instance, this one included; `untilMs`: epoch ms. */
  subscribe(onLocked: (address: string, untilMs: number) => void): void {
    this.#redis.subscribe(CHANNEL, (message) => {
      const match = MESSAGE.exec(message);
      if (match?.[1] !== undefined) onLocked(match[1], Number(match[2]));
    });
  }
}
