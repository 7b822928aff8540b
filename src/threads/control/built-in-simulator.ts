import type { BrokerAccount } from '../../config/accounts.ts';
import type { Config } from '../../config/settings.ts';
import type { Clock } from '../../domain/clock.ts';
import { TickerError } from '../../domain/error-codes.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { FromSimulator, ThreadBasics, ToSimulator } from '../messages.ts';
import { spawnThread } from '../spawn.ts';
import { simulatorAccount } from './simulator-account.ts';
import { SupervisedThread } from './supervised-thread.ts';
import { simulatorData } from './thread-data.ts';

export interface BuiltInSimulatorOptions {
  config: Config;
  basics: ThreadBasics;
  clock: Clock;
  logger: Logger;
  onFailedStart: (error: TickerError) => void;
}

const STOP_GRACE_MS = 2_000;

/** The broker simulator that is the feed where there is no account. */
export class BuiltInSimulator {
  readonly #options: BuiltInSimulatorOptions;
  #thread: SupervisedThread<ToSimulator, FromSimulator> | undefined;

  constructor(options: BuiltInSimulatorOptions) {
    this.#options = options;
  }

  /** Resolves with its account when it listens; never if it cannot start. */
  start(): Promise<BrokerAccount> {
    const { config, basics, clock, logger, onFailedStart } = this.#options;
    let port = config.simPort;
    return new Promise((resolve) => {
      const thread = new SupervisedThread<ToSimulator, FromSimulator>({
        name: 'simulator',
        clock,
        logger,
        spawn: () => spawnThread('simulator', simulatorData(basics, config, port)),
        onMessage: (message) => {
          if (message.type !== 'listening') return;
          const { restUrl, wsUrl } = message;
          // A restarted simulator must be found where the first one was.
          port = Number(new URL(restUrl).port);
          thread.markReady();
          resolve(simulatorAccount(restUrl, wsUrl));
        },
        onDeath: () => undefined,
        onFailedStart: (code, detail) => onFailedStart(new TickerError(code, detail)),
      });
      this.#thread = thread;
      thread.start();
    });
  }

  async stop(): Promise<void> {
    await this.#thread?.stop({ type: 'stop' }, STOP_GRACE_MS);
  }
}
