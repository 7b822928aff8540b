import { channelName } from './key-names.ts';
import type { Redis } from './redis.ts';

const CHANNEL = channelName('revocations');
const KEY_ID = /^[\w-]{1,64}$/;

/** News of revoked keys between instances. The database decides; this only says: look now. */
export class Revocations {
  readonly #redis: Redis;

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  /** Rejects with REDIS_UNAVAILABLE. */
  async publish(keyId: string): Promise<void> {
    await this.#redis.run('PUBLISH', CHANNEL, keyId);
  }

  /** `onMissed`: news may have been missed, all keys must be looked at. Called at the start too. */
  subscribe(onRevoked: (keyId: string) => void, onMissed: () => void): void {
    this.#redis.subscribe(
      CHANNEL,
      (message) => {
        if (KEY_ID.test(message)) onRevoked(message);
      },
      onMissed,
    );
  }
}
