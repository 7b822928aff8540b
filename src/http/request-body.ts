import type { Exchange } from './exchange.ts';
import type { HttpResponse } from './native.ts';
import { problem } from './problem.ts';

export const BODY_BYTES_MAX = 65_536;

/**
 * Reads the body of a request and calls `done` once, with undefined as soon as it is larger than
 * allowed; never, if the client goes away first.
 */
function readBody(
  response: HttpResponse,
  bytesMax: number,
  done: (bytes: Buffer | undefined) => void,
): void {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  let finished = false;
  response.onData((chunk, isLast) => {
    if (finished) return;
    sizeBytes += chunk.byteLength;
    finished = isLast || sizeBytes > bytesMax;
    if (sizeBytes > bytesMax) {
      done(undefined);
      return;
    }
    // The chunk is valid in this callback only, so it is copied.
    chunks.push(Buffer.from(new Uint8Array(chunk)));
    if (isLast) done(Buffer.concat(chunks, sizeBytes));
  });
}

/** Gives `use` the body, or answers 413. */
function readBounded(
  exchange: Exchange,
  response: HttpResponse,
  bytesMax: number,
  use: (bytes: Buffer) => void,
): void {
  const tooLarge = problem('BODY_TOO_LARGE', `A body is limited to ${bytesMax} bytes.`);
  if (Number(exchange.header('content-length') ?? 0) > bytesMax) {
    exchange.sendProblem(tooLarge, true);
    return;
  }
  readBody(response, bytesMax, (bytes) => {
    if (bytes) use(bytes);
    else exchange.sendProblem(tooLarge, true);
  });
}

const decoder = new TextDecoder('utf-8', { fatal: true });

/** The text of UTF-8 bytes; throws TypeError for others. */
function utf8Text(bytes: Buffer): string {
  return decoder.decode(bytes);
}

function parseJson(exchange: Exchange, bytes: Buffer, use: (body: unknown) => void): void {
  let body: unknown;
  try {
    body = JSON.parse(utf8Text(bytes));
  } catch {
    exchange.sendProblem(problem('BAD_JSON', 'The request body is not valid JSON.'));
    return;
  }
  use(body);
}

/** True: the body is said to be JSON in UTF-8, as it stands. */
function isPlainJson(exchange: Exchange): boolean {
  const [mediaType, ...parameters] = (exchange.header('content-type') ?? '')
    .toLowerCase()
    .split(';')
    .map((part) => part.trim());
  const charset = parameters.find((parameter) => parameter.startsWith('charset='));
  const isUtf8 = charset === undefined || /^charset="?utf-?8"?$/.test(charset);
  const encoding = exchange.header('content-encoding') ?? 'identity';
  return mediaType === 'application/json' && isUtf8 && encoding === 'identity';
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
  readBounded(exchange, response, BODY_BYTES_MAX, (bytes) => {
    if (bytes.length === 0 || !wanted) use(undefined);
    else if (isPlainJson(exchange)) parseJson(exchange, bytes, use);
    else exchange.sendProblem(problem('UNSUPPORTED_MEDIA_TYPE'));
  });
}

/**
 * Gives `use` the body as text, whatever its media type, or answers 413, or 400 if it is not UTF-8.
 * To be called in the callback that brought the request.
 */
export function readRawBody(
  exchange: Exchange,
  response: HttpResponse,
  bytesMax: number,
  use: (body: string) => void,
): void {
  readBounded(exchange, response, bytesMax, (bytes) => {
    let text: string;
    try {
      text = utf8Text(bytes);
    } catch {
      exchange.sendProblem(problem('BAD_JSON', 'The request body is not UTF-8.'));
      return;
    }
    use(text);
  });
}
