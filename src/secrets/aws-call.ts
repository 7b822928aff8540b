import { isLoopback } from '../config/value-types.ts';
import type { Clock, TimerHandle } from '../domain/clock.ts';
import { TickerError } from '../domain/error-codes.ts';

export interface AwsCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

export interface AwsOptions {
  clock: Clock;
  /** Left out: what the environment and the profile of AWS say. */
  region?: string | undefined;
  /** Left out: the public address of the region. Plain http on this machine only. */
  url?: string | undefined;
  /** Left out: the SDK looks for them (environment, profile, container, instance). */
  credentials?: AwsCredentials;
}

/** Of the whole call, the SDK's retries and its search for credentials included. */
export const CALL_MAX_MS = 10_000;
const CONNECT_MAX_MS = 2000;
const ANSWER_MAX_MS = 3000;
const ATTEMPTS_MAX = 3;

const TIMED_OUT = 'TimeoutError';
const ERROR_NAME = /^[A-Za-z_]{1,64}$/;

/** Throws TickerError CONFIG_INVALID for plain http to another machine. */
function requireSafeUrl(url: string, setting: string): void {
  const { protocol, hostname } = new URL(url);
  if (protocol === 'https:' || isLoopback(hostname)) return;
  throw new TickerError('CONFIG_INVALID', `${setting} must be https: its answers are secrets`);
}

/** What every client of the SDK is made with. `setting` names the address in errors. */
export function awsClientSettings(
  { region, url, credentials }: AwsOptions,
  setting: string,
): {
  maxAttempts: number;
  requestHandler: Record<string, number | boolean>;
  region?: string;
  endpoint?: string;
  credentials?: AwsCredentials;
} {
  if (url !== undefined) requireSafeUrl(url, setting);
  return {
    maxAttempts: ATTEMPTS_MAX,
    requestHandler: {
      connectionTimeout: CONNECT_MAX_MS,
      requestTimeout: ANSWER_MAX_MS,
      throwOnRequestTimeout: true,
    },
    ...(region !== undefined && { region }),
    ...(url !== undefined && { endpoint: url }),
    ...(credentials !== undefined && { credentials }),
  };
}

/**
 * What `send` answers, within CALL_MAX_MS whatever it waits for: an answer whose body never ends
 * is outside the SDK's own limits.
 */
export async function withinLimit<Answer>(
  clock: Clock,
  send: (signal: AbortSignal) => Promise<Answer>,
): Promise<Answer> {
  const abort = new AbortController();
  let timer: TimerHandle | undefined;
  const limit = new Promise<never>((_resolve, reject) => {
    timer = clock.setTimeout(() => {
      const error = new Error('no answer in time');
      error.name = TIMED_OUT;
      reject(error);
      abort.abort();
    }, CALL_MAX_MS);
  });
  try {
    return await Promise.race([send(abort.signal), limit]);
  } finally {
    timer?.cancel();
  }
}

/**
 * AWS's name of an error, or the system's. Not its text: that may quote requests and answers, and
 * the error object itself carries both.
 */
export function awsErrorName(error: unknown): string {
  if (!(error instanceof Error)) return 'UnknownError';
  const { name } = error;
  const code = (error as NodeJS.ErrnoException).code;
  if ((name === 'Error' || name === 'AggregateError') && code !== undefined) {
    return ERROR_NAME.test(code) ? code : 'UnknownError';
  }
  return ERROR_NAME.test(name) ? name : 'UnknownError';
}
