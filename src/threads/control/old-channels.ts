import { hasOldChannels } from '../../config/old-clients.ts';
import type { Config } from '../../config/settings.ts';
import type { NamedInstrument } from '../../domain/instrument.ts';
import { TickerError } from '../../domain/error-codes.ts';
import { CONTROL, METER_WRITER, OLD_CHANNELS } from '../../shm/layout/meters.ts';
import { ThreadMeters } from '../../shm/meters.ts';
import type {
  FromOldChannels,
  HealthCheck,
  OldChannelsData,
  SharedBlocks,
  ThreadBasics,
  ToOldChannels,
} from '../messages.ts';
import { spawnThread } from '../spawn.ts';
import type { ThreadContext } from '../thread-context.ts';
import { SupervisedThread } from './supervised-thread.ts';

const STOP_GRACE_MS = 2_000;

export interface OldChannelsOptions extends ThreadContext {
  config: Config;
  basics: ThreadBasics;
  blocks: SharedBlocks;
  /** What the instruments of these tokens are; undefined: nothing is known yet. */
  describe(tokens: readonly number[]): (NamedInstrument | null)[] | undefined;
  /** The thread has ended unasked. */
  onDeath(): void;
  onFailedStart(error: TickerError): void;
}

/** The thread that publishes to the old Redis channels, where the configuration wants it. */
export class OldChannels {
  readonly #options: OldChannelsOptions;
  /** The thread's. */
  readonly #meters: ThreadMeters;
  #thread: SupervisedThread<ToOldChannels, FromOldChannels> | undefined;

  constructor(options: OldChannelsOptions) {
    this.#options = options;
    this.#meters = new ThreadMeters(options.blocks.meters, METER_WRITER.OLD_CHANNELS);
  }

  /** Resolves when it reads the ring: what comes into the ring from then on is published. */
  start(): Promise<void> {
    const { config, clock, logger, meters } = this.#options;
    const { redisUrl } = config;
    if (!hasOldChannels(config) || redisUrl === undefined) return Promise.resolve();
    const { basics, blocks } = this.#options;
    const prefix = config.oldChannelPrefix;
    const data: OldChannelsData = { ...basics, blocks, redisUrl, prefix };
    return new Promise((resolve) => {
      this.#thread = new SupervisedThread<ToOldChannels, FromOldChannels>({
        name: 'old-channels',
        clock,
        logger,
        spawn: () => spawnThread('old-channels', data),
        onMessage: (message) => {
          if (message.type === 'started') resolve();
          this.#onMessage(message);
        },
        onDeath: () => {
          meters.add(CONTROL.RESTARTS_OLD_CHANNELS, 1);
          this.#meters.set(OLD_CHANNELS.CONNECTED, 0);
          this.#options.onDeath();
        },
        onFailedStart: (code, detail) => this.#options.onFailedStart(new TickerError(code, detail)),
      });
      this.#thread.start();
    });
  }

  /** Nothing where the channels are off. */
  checks(): Record<string, HealthCheck> {
    if (this.#thread === undefined) return {};
    const ok = this.#meters.get(OLD_CHANNELS.CONNECTED) === 1;
    const waiting = this.#meters.get(OLD_CHANNELS.WAITING);
    const detail = `Redis does not take ticks; ${waiting} wait`;
    return { old_channels: { ok, required: false, ...(ok ? {} : { detail }) } };
  }

  /** Ends the thread when it has published what is in the ring: call after ingest has ended. */
  async stop(): Promise<void> {
    await this.#thread?.stop({ type: 'stop' }, STOP_GRACE_MS);
  }

  #onMessage(message: FromOldChannels): void {
    if (message.type === 'started') {
      this.#thread?.markReady();
    } else if (message.type === 'describe') {
      const { first, tokens } = message;
      const instruments = this.#options.describe(tokens);
      if (instruments === undefined) return;
      this.#thread?.post({ type: 'described', first, instruments });
    }
  }
}
