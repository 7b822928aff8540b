import type { TestContext } from 'node:test';
import type { OldPayload } from '../../src/fanout/old/old-payload.ts';
import { connectRedis } from './redis-rig.ts';

export interface HeardTick {
  /** Without the prefix. */
  channel: string;
  payload: OldPayload;
}

/** A subscriber of the four old channels below `prefix`. */
export class OldChannelListener {
  readonly heard: HeardTick[] = [];
  #told: () => void = () => undefined;

  /** Resolves when it hears all channels. */
  static async start(
    t: TestContext,
    url: string,
    prefix = 'ticker:nifty',
  ): Promise<OldChannelListener> {
    const listener = new OldChannelListener();
    const rig = connectRedis(t, url, { commandTimeoutMs: 2_000 });
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

  /** Resolves as soon as what has been heard satisfies `isEnough`. */
  async until(isEnough: (heard: readonly HeardTick[]) => boolean): Promise<void> {
    while (!isEnough(this.heard)) await new Promise<void>((resolve) => (this.#told = resolve));
  }
}
