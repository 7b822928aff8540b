import type { MessagePort } from 'node:worker_threads';
import { createSystemClock, pause, type TimerHandle } from '../../domain/clock.ts';
import { errorText } from '../../domain/error-codes.ts';
import { InstrumentTable } from '../../shm/instrument-table.ts';
import { METER_WRITER, OLD_CHANNELS } from '../../shm/layout/meters.ts';
import { Ring } from '../../shm/ring.ts';
import { Redis } from '../../storage/redis/redis.ts';
import type { FromOldChannels, OldChannelsData, ToOldChannels } from '../messages.ts';
import { random } from '../random.ts';
import { createThreadContext, type ThreadContext } from '../thread-context.ts';
import { nextTurn } from '../turn.ts';
import { OldChannelsLoop } from './loop.ts';
import { Outbox, type OutgoingTick, type TickSink } from './outbox.ts';

/** Pause between two looks at a ring that had nothing new: a fraction of a batch. */
const LOOK_MS = 20;
/** The same when the thread is about to end. */
const LAST_LOOK_MS = 2;
/** A question that has no answer by then is asked again. */
const ANSWER_MS = 2_000;
/** How long the last ticks may take when the thread is asked to stop. */
const STOP_MS = 1_500;
const SECOND_MS = 1_000;

/** Publishes to the old channels until control says stop. */
export function startOldChannels(data: OldChannelsData, port: MessagePort): void {
  void new OldChannelsThread(data, port).run();
}

class OldChannelsThread {
  readonly #port: MessagePort;
  readonly #context: ThreadContext;
  /** Redis, the network and a shutdown know no other time than the machine's. */
  readonly #machineClock = createSystemClock();
  readonly #redis: Redis;
  readonly #outbox: Outbox;
  readonly #loop: OldChannelsLoop;
  readonly #stop = new AbortController();
  #question: TimerHandle | undefined;
  /** Why the last batch was not taken; undefined: it was. */
  #problem: string | undefined;
  #metered: ReadonlyMap<number, number> = new Map();

  constructor(data: OldChannelsData, port: MessagePort) {
    const { blocks, prefix } = data;
    this.#port = port;
    this.#context = createThreadContext(
      'old-channels',
      data,
      blocks.meters,
      METER_WRITER.OLD_CHANNELS,
    );
    const { clock } = this.#context;
    const redis = this.#connect(data.redisUrl);
    this.#redis = redis;
    const sink: TickSink = {
      get isReady() {
        return redis.state === 'ready';
      },
      publish: (ticks) => this.#publish(ticks),
    };
    this.#outbox = new Outbox(clock, sink);
    this.#loop = new OldChannelsLoop({
      ring: new Ring(blocks.ring),
      table: new InstrumentTable(blocks.instruments),
      clock,
      prefix,
      add: (channel, text) => this.#outbox.add(channel, text),
      ask: (first, tokens) => this.#ask(first, tokens),
    });
    port.on('message', (message: ToOldChannels) => this.#onControl(message));
  }

  async run(): Promise<void> {
    const { clock } = this.#context;
    const { signal } = this.#stop;
    const second = clock.setInterval(() => this.#meter(), SECOND_MS);
    this.#post({ type: 'started' });
    while (!signal.aborted) {
      if (this.#loop.doWork() > 0) await nextTurn();
      else await pause(clock, LOOK_MS, signal);
    }
    await this.#finish();
    second.cancel();
    this.#question?.cancel();
    await this.#redis.close();
    this.#meter();
    this.#post({ type: 'stopped' });
    this.#port.close();
  }

  /** Sends what is in the ring and in the outbox, as far as that is possible in time. */
  async #finish(): Promise<void> {
    const clock = this.#machineClock;
    const endMs = clock.monotonicMs() + STOP_MS;
    while (this.#loop.lag > 0 && clock.monotonicMs() < endMs) {
      if (this.#loop.doWork() > 0) await nextTurn();
      else await pause(clock, LAST_LOOK_MS);
    }
    const over = new AbortController();
    const tooLate = pause(clock, Math.max(0, endMs - clock.monotonicMs()), over.signal);
    await Promise.race([this.#outbox.end(), tooLate]);
    over.abort();
  }

  /** A Redis that answers and does not take ticks is as good as none: it is said once. */
  async #publish(ticks: readonly OutgoingTick[]): Promise<number> {
    const { meters, logger } = this.#context;
    try {
      const taken = await this.#redis.publish(ticks);
      meters.set(OLD_CHANNELS.CONNECTED, 1);
      this.#problem = undefined;
      return taken;
    } catch (error) {
      const detail = errorText(error);
      meters.set(OLD_CHANNELS.CONNECTED, 0);
      if (detail !== this.#problem) logger.warn({ detail }, 'Redis did not take ticks');
      this.#problem = detail;
      throw error;
    }
  }

  #connect(url: string): Redis {
    const { logger, meters } = this.#context;
    return new Redis({
      url,
      clock: this.#machineClock,
      random,
      onState: (state) => {
        meters.set(OLD_CHANNELS.CONNECTED, state === 'ready' ? 1 : 0);
        if (state === 'ready') this.#outbox.advance();
      },
      onProblem: (error) =>
        logger.warn({ detail: error.message }, 'the old channels have no Redis; ticks wait'),
    });
  }

  #ask(first: number, tokens: number[]): void {
    this.#post({ type: 'describe', first, tokens });
    this.#question = this.#machineClock.setTimeout(() => this.#loop.forgetQuestion(), ANSWER_MS);
  }

  #onControl(message: ToOldChannels): void {
    if (message.type === 'stop') {
      this.#stop.abort();
      return;
    }
    this.#question?.cancel();
    this.#loop.describe(message.first, message.instruments);
  }

  #meter(): void {
    const { meters } = this.#context;
    // Added, not set: a thread that was started again counts on where the one before it ended.
    const now = this.#counts();
    for (const [meter, count] of now) meters.add(meter, count - (this.#metered.get(meter) ?? 0));
    this.#metered = now;
    meters.set(OLD_CHANNELS.WAITING, this.#outbox.size);
  }

  /** Since this thread started, by meter. */
  #counts(): ReadonlyMap<number, number> {
    const { published, batches, dropped, unconfirmed } = this.#outbox.counts;
    return new Map<number, number>([
      [OLD_CHANNELS.PUBLISHED, published],
      [OLD_CHANNELS.BATCHES, batches],
      [OLD_CHANNELS.DROPPED, dropped],
      [OLD_CHANNELS.UNCONFIRMED, unconfirmed],
      [OLD_CHANNELS.RING_OVERRUN, this.#loop.lost],
      [OLD_CHANNELS.UNDESCRIBED, this.#loop.undescribed],
    ]);
  }

  #post(message: FromOldChannels): void {
    this.#port.postMessage(message);
  }
}
