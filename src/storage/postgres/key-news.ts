import { type Clock, pause } from '../../domain/clock.ts';
import type { Database } from './database.ts';

/** What changes keys notifies this channel (migration 1). */
export const KEYS_CHANNEL = 'ticker_keys';

/** Instances say here which new keys they let in from now on: `<key id> <instance>`. */
const TAKEN_CHANNEL = 'ticker_keys_taken';
const INSTANCE_PREFIX = 'ticker-service-';
/** PostgreSQL cuts longer application names. */
const HOST_CHARACTERS_MAX = 36;
/** An instance that works has taken a key within milliseconds. */
const WAIT_MS = 1_000;

/** Under which an instance of the service is connected, so that others can count instances. */
export function instanceName(host: string, pid: number): string {
  // The end of a name is what tells pods of one deployment apart.
  const safe = host.replaceAll(/[^\w.-]/g, '_').slice(-HOST_CHARACTERS_MAX);
  return `${INSTANCE_PREFIX}${pid}-${safe}`;
}

/** `instance` lets in these keys from now on. Rejects as `Database`. */
export async function tellTaken(
  database: Pick<Database, 'sql'>,
  instance: string,
  keyIds: readonly string[],
): Promise<void> {
  if (keyIds.length === 0) return;
  await database.sql`
    select pg_notify(${TAKEN_CHANNEL}, id || ' ' || ${instance})
    from unnest(${keyIds}::text[]) as given (id)`;
}

/** Which instances run, and which new keys each of them has taken since `listen`. */
export class TakenKeys {
  readonly #instances: readonly string[];
  readonly #clock: Clock;
  readonly #told = new Set<string>();
  #onTold: () => void = () => undefined;

  private constructor(instances: readonly string[], clock: Clock) {
    this.#instances = instances;
    this.#clock = clock;
  }

  /** Asks before a key is made who is to take it. Rejects as `Database`. */
  static async listen(database: Database, clock: Clock): Promise<TakenKeys> {
    const rows = await database.sql<{ name: string }>`
      select distinct application_name as name from pg_stat_activity
      where datname = current_database() and starts_with(application_name, ${INSTANCE_PREFIX})`;
    const taken = new TakenKeys(
      rows.map(({ name }) => name),
      clock,
    );
    if (rows.length === 0) return taken;
    const listening = new Promise<void>((resolve) => {
      database.listen(TAKEN_CHANNEL, (news) => taken.#hear(news), resolve);
    });
    await Promise.race([listening, pause(clock, WAIT_MS)]);
    return taken;
  }

  /** Resolves with true when all instances let `keyId` in, with false when one is silent. */
  async until(keyId: string): Promise<boolean> {
    const hasAll = (): boolean =>
      this.#instances.every((instance) => this.#told.has(`${keyId} ${instance}`));
    if (hasAll()) return true;
    const waiting = new AbortController();
    this.#onTold = () => {
      if (hasAll()) waiting.abort();
    };
    return !(await pause(this.#clock, WAIT_MS, waiting.signal));
  }

  #hear(news: string): void {
    this.#told.add(news);
    this.#onTold();
  }
}
