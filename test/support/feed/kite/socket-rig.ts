import type { TestContext } from 'node:test';
import type { TickerError } from '../../../../src/domain/error-codes.ts';
import type { UpstreamMode } from '../../../../src/domain/ports.ts';
import {
  createConnectionCounts,
  type ConnectionCounts,
} from '../../../../src/feed/kite/connection-counts.ts';
import type {
  KiteSocketOptions,
  KiteSocketState,
} from '../../../../src/feed/kite/socket-options.ts';
import { KiteSocket } from '../../../../src/feed/kite/socket.ts';
import type { KiteTextMessage } from '../../../../src/feed/kite/text-frame.ts';
import { CountingClock } from './counting-clock.ts';
import { FakeBroker } from './fake-broker.ts';

/** A socket before a fake broker, on a clock that stands still; both end with the test. */
export interface SocketRig {
  broker: FakeBroker;
  clock: CountingClock;
  tokens: Map<number, UpstreamMode>;
  counts: ConnectionCounts;
  socket: KiteSocket;
  states: KiteSocketState[];
  failures: (TickerError | undefined)[];
  frames: Uint8Array[];
  receiveTimesUs: number[];
  texts: KiteTextMessage[];
  /** Called with every state. */
  onState: (state: KiteSocketState) => void;
  until: (condition: () => boolean) => Promise<void>;
  untilState: (state: KiteSocketState) => Promise<void>;
  /** Lets the back-off pass, and no more time than that. */
  passBackoff: () => void;
}

export async function socketRig(
  t: TestContext,
  options: Partial<KiteSocketOptions> = {},
): Promise<SocketRig> {
  const broker = await FakeBroker.start(t);
  const clock = new CountingClock();
  const tokens = new Map<number, UpstreamMode>();
  const counts = createConnectionCounts();
  const { watch } = broker;
  const rig: Omit<SocketRig, 'socket' | 'passBackoff'> = {
    broker,
    clock,
    tokens,
    counts,
    states: [],
    failures: [],
    frames: [],
    receiveTimesUs: [],
    texts: [],
    onState: () => undefined,
    until: (condition) => watch.until(condition),
    untilState: (state) => watch.until(() => rig.states.at(-1) === state),
  };
  const socket = new KiteSocket({
    url: broker.url,
    apiKey: 'key-1',
    accessToken: 'token-1',
    clock,
    random: () => 0.5,
    tokens,
    counts,
    listener: {
      onFrame: (frame, receiveTimeUs) => {
        rig.frames.push(Uint8Array.from(frame));
        rig.receiveTimesUs.push(receiveTimeUs);
        watch.notify();
      },
      onText: (message) => {
        rig.texts.push(message);
        watch.notify();
      },
      onState: (state, failure) => {
        rig.states.push(state);
        rig.failures.push(failure);
        rig.onState(state);
        watch.notify();
      },
    },
    ...options,
  });
  t.after(() => socket.stop());
  const passBackoff = (): void => {
    while (socket.state === 'BACKING_OFF') clock.advance(100);
  };
  return Object.assign(rig, { socket, passBackoff });
}
