/**
 * A process that uses the embedded PostgreSQL of a data directory until it is killed or its
 * standard input ends: `node embedded-holder.js DATA_DIRECTORY [instance] [user=UID:GID]`. Prints
 * one JSON line: `{url}` or `{code, message}`. `instance`: it also is the one instance of the
 * service there.
 */
import { createSystemClock } from '../../src/domain/clock.ts';
import type { TickerError } from '../../src/domain/error-codes.ts';
import { takeDataDirectory } from '../../src/storage/embedded/data-directory-lock.ts';
import { EmbeddedPostgres } from '../../src/storage/embedded/embedded-postgres.ts';
import { createLogger } from '../../src/telemetry/logger.ts';

const [dataDirectory = '', ...options] = process.argv.slice(2);
const user = options.find((option) => option.startsWith('user='))?.slice('user='.length);
if (user !== undefined) {
  const [uid, gid] = user.split(':').map(Number);
  process.setgroups?.([]);
  process.setgid?.(gid ?? -1);
  process.setuid?.(uid ?? -1);
}
const clock = createSystemClock();
try {
  if (options.includes('instance')) await takeDataDirectory(dataDirectory);
  const embedded = await EmbeddedPostgres.open({
    dataDirectory,
    clock,
    logger: createLogger({ level: 'info', thread: 'test', clock }),
  });
  console.log(JSON.stringify({ url: embedded.url }));
  process.stdin.resume();
} catch (error) {
  const { code, message } = error as TickerError;
  console.log(JSON.stringify({ code, message }));
}
