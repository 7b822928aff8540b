import type { TestContext } from 'node:test';
import { createSystemClock } from '../../src/domain/clock.ts';
import type { TickerError } from '../../src/domain/error-codes.ts';
import { Redis, type RedisOptions, type RedisState } from '../../src/storage/redis/redis.ts';

/** A `Redis` of one test, and what it has told. */
export interface RedisRig {
  redis: Redis;
  states: RedisState[];
  problems: TickerError[];
  /** Resolves when it is in `state`, at once if it is already. */
  reached(state: RedisState): Promise<void>;
  /** Resolves with the first problem, whether it has come already or comes later. */
  problem(): Promise<TickerError>;
}

/** Connects to `url` with short time-outs; closed after the test. */
export function connectRedis(
  t: TestContext,
  url: string,
  options: Partial<RedisOptions> = {},
): RedisRig {
  const states: RedisState[] = [];
  const problems: TickerError[] = [];
  let told = (): void => undefined;
  const redis = new Redis({
    url,
    clock: createSystemClock(),
    random: () => 0.5,
    connectTimeoutMs: 500,
    commandTimeoutMs: 200,
    onState: (state) => {
      states.push(state);
      told();
    },
    onProblem: (error) => {
      problems.push(error);
      told();
    },
    ...options,
  });
  t.after(() => redis.close());
  const until = async (isSo: () => boolean): Promise<void> => {
    while (!isSo()) await new Promise<void>((resolve) => (told = resolve));
  };
  return {
    redis,
    states,
    problems,
    reached: (state) => until(() => redis.state === state),
    problem: async () => {
      await until(() => problems.length > 0);
      return problems[0] as TickerError;
    },
  };
}
