import type { TestContext } from 'node:test';
import {
  KiteFeed,
  type KiteFeedOptions,
  type KiteSocketStatus,
} from '../../../../src/feed/kite/feed.ts';
import type { KiteTextMessage } from '../../../../src/feed/kite/text-frame.ts';
import { CountingClock } from './counting-clock.ts';
import { FakeBroker } from './fake-broker.ts';

/** A feed of accounts A and B before a fake broker, with 2 sockets of 2 instruments each. */
export interface FeedRig {
  broker: FakeBroker;
  clock: CountingClock;
  feed: KiteFeed;
  frames: { frame: Uint8Array; receiveTimeUs: number; simulated: boolean }[];
  texts: { account: string; message: KiteTextMessage }[];
  statuses: KiteSocketStatus[];
  until: (condition: () => boolean) => Promise<void>;
  /** Waits until the open connections carry these instruments, each with its mode, by API key. */
  untilCarried: (expected: readonly string[]) => Promise<void>;
}

export async function feedRig(
  t: TestContext,
  options: Partial<KiteFeedOptions> = {},
): Promise<FeedRig> {
  const broker = await FakeBroker.start(t);
  const clock = new CountingClock();
  const { watch } = broker;
  const records: Pick<FeedRig, 'frames' | 'texts' | 'statuses'> = {
    frames: [],
    texts: [],
    statuses: [],
  };
  const account = (id: string) => {
    return { id, apiKey: `key-${id}`, accessToken: `token-${id}`, wsUrl: broker.url };
  };
  const feed = new KiteFeed({
    accounts: [account('A'), account('B')],
    socketsPerAccount: 2,
    instrumentsPerSocket: 2,
    clock,
    random: () => 0.5,
    listener: {
      onFrame: (frame, receiveTimeUs, simulated) => {
        records.frames.push({ frame: Uint8Array.from(frame), receiveTimeUs, simulated });
        watch.notify();
      },
      onText: (account, message) => {
        records.texts.push({ account, message });
        watch.notify();
      },
      onState: (status) => {
        records.statuses.push(status);
        watch.notify();
      },
    },
    ...options,
  });
  t.after(() => feed.stop());
  const carried = (): string[] => {
    return broker.open.map(({ query, subscriptions }) => {
      const modes = [...subscriptions.modes].map(([token, mode]) => ` ${token}=${mode}`).sort();
      return (query.get('api_key') ?? '') + modes.join('');
    });
  };
  const untilCarried = (expected: readonly string[]): Promise<void> => {
    const wanted = [...expected].sort().join();
    return watch.until(() => carried().sort().join() === wanted);
  };
  return {
    broker,
    clock,
    feed,
    ...records,
    until: (condition) => watch.until(condition),
    untilCarried,
  };
}
