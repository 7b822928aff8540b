import { ERRORS, type ErrorCode, TickerError } from '../domain/error-codes.ts';
import type { RunningService } from './running-service.ts';

/** A little more than the service takes at most. */
const ANSWER_MAX_MS = 15_000;

export interface ServiceAnswer {
  status: number;
  body: Readonly<Record<string, unknown>>;
}

/**
 * Sends `body` as JSON to a running service. Rejects with SERVICE_UNREACHABLE, and with the error
 * that the service answers.
 */
export async function requestService(
  { url, key }: RunningService,
  method: string,
  path: string,
  body: unknown,
): Promise<ServiceAnswer> {
  let status: number;
  let text: string;
  try {
    const answer = await fetch(new URL(path, url), {
      method,
      headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(ANSWER_MAX_MS),
    });
    status = answer.status;
    text = await answer.text();
  } catch (error) {
    throw new TickerError('SERVICE_UNREACHABLE', `no answer from ${url}`, { cause: error });
  }
  const answered = jsonObject(text);
  if (answered === undefined) {
    throw new TickerError('SERVICE_UNREACHABLE', `${url} is not the service: it answers ${status}`);
  }
  if (status < 400) return { status, body: answered };
  const { code, detail } = answered;
  if (!isErrorCode(code)) {
    throw new TickerError('SERVICE_UNREACHABLE', `${url} is not the service: it answers ${status}`);
  }
  throw new TickerError(code, typeof detail === 'string' ? detail : undefined);
}

function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(ERRORS, code);
}

function jsonObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {
    // A page, or nothing: not what the service says.
  }
  return undefined;
}
