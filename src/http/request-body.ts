import type { Exchange } from './exchange.ts';
import type { HttpResponse } from './native.ts';
import { problem } from './problem.ts';

export const BODY_BYTES_MAX = 65_536;

/**
 * Reads the body of a request and calls `done` once, with undefined as soon as it is larger than
 * allowed; never, if the client goes away first.
 */
function readBody(response: HttpResponse, done: (bytes: Buffer | undefined) => void): void {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  let finished = false;
  response.onData((chunk, isLast) => {
    if (finished) return;
    sizeBytes += chunk.byteLength;
    finished = isLast || sizeBytes > BODY_BYTES_MAX;
    if (sizeBytes > BODY_BYTES_MAX) {
      done(undefined);
      return;
    }
    // The chunk is valid in this callback only, so it is copied.
    chunks.push(Buffer.from(new Uint8Array(chunk)));
    if (isLast) done(Buffer.concat(chunks, sizeBytes));
  });
}

function parseJson(exchange: Exchange, bytes: Buffer, use: (body: unknown) => void): void {
  let body: unknown;
  try {
    body = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    exchange.sendProblem(problem('BAD_JSON', 'The request body is not valid JSON.'));
    return;
  }
  use(body);
}

/**
 * Gives `use` the parsed body (undefined: it is empty, or not `wanted`), or answers what is wrong
 * with it: 413, 415 or 400. To be called in the callback that brought the request.
 */
export function readJsonBody(
  exchange: Exchange,
  response: HttpResponse,
  wanted: boolean,
  use: (body: unknown) => void,
): void {
  const tooLarge = problem('BODY_TOO_LARGE', `A body is limited to ${BODY_BYTES_MAX} bytes.`);
  if (Number(exchange.header('content-length') ?? 0) > BODY_BYTES_MAX) {
    exchange.sendProblem(tooLarge, true);
    return;
  }
  const mediaType = exchange.header('content-type')?.split(';')[0]?.trim().toLowerCase();
  readBody(response, (bytes) => {
    if (!bytes) exchange.sendProblem(tooLarge, true);
    else if (bytes.length === 0 || !wanted) use(undefined);
    else if (mediaType === 'application/json') parseJson(exchange, bytes, use);
    else exchange.sendProblem(problem('UNSUPPORTED_MEDIA_TYPE'));
  });
}
