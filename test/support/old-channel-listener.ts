import type { TestContext } from 'node:test';
import type { OldPayload } from '../../src/fanout/old/old-payload.ts';
import type { Redis } from '../../src/storage/redis/redis.ts';
import { connectRedis } from './redis-rig.ts';

export interface HeardTick {
  /** Without the prefix. */
  channel: string;
  payload: OldPayload;
}

/** No instrument has it. */
const FENCE_TOKEN = 0;

/** A subscriber of the four old channels below `prefix`. */
export class OldChannelListener {
  readonly heard: HeardTick[] = [];
  readonly #redis: Redis;
  readonly #prefix: string;
  #told: () => void = () => undefined;

  private constructor(redis: Redis, prefix: string) {
    this.#redis = redis;
    this.#prefix = prefix;
  }

  /** Resolves when it hears all channels. */
  static async start(
    t: TestContext,
    url: string,
    prefix = 'ticker:nifty',
  ): Promise<OldChannelListener> {
    const rig = connectRedis(t, url, { commandTimeoutMs: 2_000 });
    const listener = new OldChannelListener(rig.redis, prefix);
    const names = ['options', 'underlying', 'equities', 'futures'];
    const listening = names.map(
      (channel) =>
        new Promise<void>((resolve) => {
          const onMessage = (text: string): void => {
            listener.heard.push({ channel, payload: JSON.parse(text) as OldPayload });
            listener.#told();
          };
          rig.redis.subscribe(`${prefix}:${channel}`, onMessage, resolve);
        }),
    );
    await Promise.all([...listening, rig.reached('ready')]);
    return listener;
  }

  /** Resolves when it has heard everything that was published before the call. */
  async everything(): Promise<void> {
    const before = this.heard.length;
    const isFence = ({ payload }: HeardTick) => payload.token === FENCE_TOKEN;
    await this.#redis.run('PUBLISH', `${this.#prefix}:options`, `{"token":${FENCE_TOKEN}}`);
    await this.until((heard) => heard.slice(before).some(isFence));
    this.heard.splice(this.heard.findLastIndex(isFence), 1);
  }

  /** Resolves as soon as what has been heard satisfies `isEnough`. */
  async until(isEnough: (heard: readonly HeardTick[]) => boolean): Promise<void> {
    while (!isEnough(this.heard)) await new Promise<void>((resolve) => (this.#told = resolve));
  }
}
