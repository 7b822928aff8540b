import { type Clock, pause, type TimerHandle } from '../../domain/clock.ts';
import { errorText } from '../../domain/error-codes.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { registerArrival } from '../../telemetry/redaction.ts';
import { prepareBinaries } from './binaries.ts';
import { DATABASE, makeCluster, readPassword, SUPERUSER } from './cluster.ts';
import { type DirectoryRole, isDataDirectoryTaken } from './data-directory-lock.ts';
import { embeddedError } from './embedded-error.ts';
import { hasEmbeddedDatabase, type Home, prepareHome } from './home.ts';
import { findPostmaster, type Postmaster, startPostmaster, stopPostmaster } from './postmaster.ts';
import { isPostmaster } from './postmaster-file.ts';
import { ProcessLock } from './process-lock.ts';

export interface EmbeddedPostgresOptions {
  /** Made if it is not there. */
  dataDirectory: string;
  /** Of real time. */
  clock: Clock;
  logger: Logger;
  /** False only in tests: faster, and a crash of the machine may cost everything. */
  isDurable?: boolean;
}

const LOCK_POLL_MS = 50;
/** Another process may be making the database files on a slow disk. */
const LOCK_WAIT_MAX_MS = 120_000;
const WATCH_MS = 500;
const RETRY_MAX_MS = 10_000;

/**
 * A real PostgreSQL for development, from npm, in the data directory: made at the first start,
 * found if it runs already, whoever started it. It survives this process if that is killed; the
 * next one finds it. Everything rejects with EMBEDDED_POSTGRES.
 */
export class EmbeddedPostgres {
  readonly #options: EmbeddedPostgresOptions;
  readonly #home: Home;
  #password = '';
  #postmaster: Postmaster | undefined;
  #watch: TimerHandle | undefined;
  #isStopped = false;

  private constructor(options: EmbeddedPostgresOptions) {
    this.#options = options;
    this.#home = prepareHome(options.dataDirectory);
  }

  /** Resolves when it takes connections. */
  static async open(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
    const embedded = new EmbeddedPostgres(options);
    await embedded.#run();
    return embedded;
  }

  /** True if the data directory has one, running or not; nothing is made. */
  static exists(dataDirectory: string): boolean {
    return hasEmbeddedDatabase(dataDirectory);
  }

  /** It may change when `watch` had to start it again; ask for every connection. */
  get url(): string {
    const server = `127.0.0.1:${this.#postmaster?.port ?? 0}`;
    return `postgres://${SUPERUSER}:${this.#password}@${server}/${DATABASE}`;
  }

  /** From now on it is started again when it has died. */
  watch(): void {
    this.#watchIn(WATCH_MS, WATCH_MS);
  }

  /** Ends it, whoever started it. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#watch?.cancel();
    await this.#alone(() => stopPostmaster(this.#context));
  }

  /**
   * Ends it if nobody else needs it: no instance of the service, but for this process in the role
   * `own`, runs in the data directory, and `isUsed`, which must end this process's own connections,
   * says no. Nobody begins to use it meanwhile.
   */
  async leave(isUsed: () => Promise<boolean>, own?: DirectoryRole): Promise<void> {
    this.#isStopped = true;
    this.#watch?.cancel();
    await this.#alone(async () => {
      const used = await isUsed();
      if (used || (await isDataDirectoryTaken(this.#options.dataDirectory, own))) return;
      await stopPostmaster(this.#context);
    });
  }

  get #context(): { home: Home; clock: Clock; logger: Logger } {
    return { home: this.#home, clock: this.#options.clock, logger: this.#options.logger };
  }

  /** Finds or starts it. */
  async #run(): Promise<void> {
    await this.#alone(async () => {
      if (this.#isStopped) return;
      const { isDurable = true, logger } = this.#options;
      let found = await findPostmaster(this.#context);
      if (found === undefined) {
        const { folder, user, elsewhere } = this.#home;
        const binaries = await prepareBinaries(folder, user);
        if (elsewhere !== undefined) {
          const level = EmbeddedPostgres.exists(this.#options.dataDirectory) ? 'info' : 'warn';
          logger[level](`${elsewhere}: its data are in ${folder}`);
        }
        if (binaries.copiedTo !== undefined) {
          logger.info(
            `${user.name} cannot run the programs of PostgreSQL where npm put them: ` +
              `they are copied to ${binaries.copiedTo}`,
          );
        }
        await makeCluster(this.#home, binaries, isDurable);
        found = await startPostmaster(this.#context, binaries, isDurable);
      }
      this.#postmaster = found;
      this.#password = readPassword(this.#home);
      registerArrival(this.#password);
    });
  }

  /** One process at a time looks at it, starts or stops it. */
  async #alone<Result>(act: () => Promise<Result>): Promise<Result> {
    const { clock } = this.#options;
    const endMs = clock.monotonicMs() + LOCK_WAIT_MAX_MS;
    for (;;) {
      const lock = await ProcessLock.take(this.#home.folder, 'postgres');
      if (lock !== undefined) {
        try {
          return await act();
        } finally {
          lock.release();
        }
      }
      if (clock.monotonicMs() > endMs) {
        throw embeddedError(
          `the PostgreSQL in ${this.#home.folder} cannot be had`,
          'another process has been starting or stopping it for too long',
        );
      }
      await pause(clock, LOCK_POLL_MS);
    }
  }

  #watchIn(delayMs: number, retryMs: number): void {
    if (this.#isStopped) return;
    this.#watch = this.#options.clock.setTimeout(() => void this.#look(retryMs), delayMs);
    this.#watch.unref();
  }

  async #look(retryMs: number): Promise<void> {
    const pid = this.#postmaster?.pid ?? 0;
    if (isPostmaster(pid, this.#home.dataFolder)) {
      this.#watchIn(WATCH_MS, WATCH_MS);
      return;
    }
    const { logger } = this.#options;
    logger.warn('the embedded PostgreSQL has died; it is started again');
    try {
      await this.#run();
      logger.info('the embedded PostgreSQL runs again');
      this.#watchIn(WATCH_MS, WATCH_MS);
    } catch (error) {
      logger.error(errorText(error));
      this.#watchIn(retryMs, Math.min(RETRY_MAX_MS, retryMs * 2));
    }
  }
}
