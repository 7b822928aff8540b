/**
 * A process of its own, because certificates are trusted at its start (NODE_EXTRA_CA_CERTS): prints
 * what Redis at the URL of its argument answers, or why there is no connection.
 */
import { createSystemClock } from '../../src/domain/clock.ts';
import { Redis } from '../../src/storage/redis/redis.ts';

const redis = new Redis({
  url: process.argv[2] ?? '',
  clock: createSystemClock(),
  random: () => 0.5,
  onState: (state) => {
    if (state === 'ready') void redis.run('ECHO', 'encrypted').then(finish);
  },
  onProblem: (error) => void finish(error.message),
});

async function finish(text: unknown): Promise<void> {
  console.log(String(text));
  await redis.close();
}
