import type { TickerError } from '../../domain/error-codes.ts';
import { refusalCode } from './refusal.ts';
import {
  asFields,
  readByKey,
  readLastPrice,
  readProfile,
  readQuote,
  ShapeError,
  type KiteLastPrice,
  type KiteProfile,
  type KiteQuote,
} from './rest-answers.ts';
import {
  RestTransport,
  type CallLimits,
  type RestAnswer,
  type RestTransportOptions,
} from './rest-transport.ts';

export interface KiteRestOptions extends RestTransportOptions {
  /** Of a whole call. Default 7 s. */
  timeoutMs?: number;
  /** Of the instrument dump. Default 60 s. */
  instrumentsTimeoutMs?: number;
}

const JSON_LIMIT_BYTES = 16 * 1024 * 1024;
/** The whole dump has about 10 MB. */
const INSTRUMENTS_LIMIT_BYTES = 64 * 1024 * 1024;
const INSTRUMENTS_HEADER = 'instrument_token,exchange_token,tradingsymbol,';
const NEWLINE = 0x0a;
const QUOTE_KEYS_MAX = 500;
const LTP_KEYS_MAX = 1000;

/**
 * Reads of the broker's REST interface. Nothing is retried. All calls reject with a TickerError:
 * BROKER_SESSION (the token is not valid), BROKER_REFUSED, BROKER_UNAVAILABLE (HTTP 429 or 5xx),
 * BROKER_UNREACHABLE (no connection, or too late), BROKER_ANSWER (not what is documented),
 * SIMULATOR_REFUSED. Its detail has the HTTP status and the broker's text, never a credential.
 */
export class KiteRest {
  readonly #transport: RestTransport;
  readonly #limits: CallLimits;
  readonly #instrumentsLimits: CallLimits;

  /** Throws TickerError CONFIG_INVALID if `restUrl` is not an HTTP URL. */
  constructor(options: KiteRestOptions) {
    const { timeoutMs = 7_000, instrumentsTimeoutMs = 60_000 } = options;
    this.#transport = new RestTransport(options);
    this.#limits = { timeoutMs, sizeBytes: JSON_LIMIT_BYTES };
    this.#instrumentsLimits = {
      timeoutMs: instrumentsTimeoutMs,
      sizeBytes: INSTRUMENTS_LIMIT_BYTES,
    };
  }

  /** Whether the peer said that it is a simulator; undefined before its first answer. */
  get simulated(): boolean | undefined {
    return this.#transport.simulated;
  }

  /** The token for the next calls. */
  setAccessToken(accessToken: string): void {
    this.#transport.setAccessToken(accessToken);
  }

  /** Ends all connections; calls under way fail. */
  async close(): Promise<void> {
    await this.#transport.close();
  }

  async profile(): Promise<KiteProfile> {
    return this.#read('/user/profile', readProfile);
  }

  /**
   * By key (`EXCHANGE:TRADINGSYMBOL`), at most 500; keys that the broker does not know are absent.
   */
  async quote(keys: readonly string[]): Promise<Map<string, KiteQuote>> {
    return this.#readKeys('/quote', keys, QUOTE_KEYS_MAX, readQuote);
  }

  /** As `quote`, at most 1000 keys. */
  async ltp(keys: readonly string[]): Promise<Map<string, KiteLastPrice>> {
    return this.#readKeys('/quote/ltp', keys, LTP_KEYS_MAX, readLastPrice);
  }

  /**
   * The instrument dump (CSV, UTF-8, decompressed) of one exchange or of all, in pieces as they
   * come. An iteration that ends without an error has seen all of it.
   */
  async *instruments(exchange?: string): AsyncGenerator<Uint8Array, void, undefined> {
    const path = exchange === undefined ? '' : `/${encodeURIComponent(exchange)}`;
    const answer = await this.#transport.get(`/instruments${path}`, this.#instrumentsLimits);
    if (answer.status !== 200) throw await this.#refusal(answer);
    let head: Buffer | undefined = Buffer.alloc(0);
    let last = 0;
    for await (const chunk of answer.body) {
      last = chunk.at(-1) ?? last;
      if (head === undefined) {
        yield chunk;
        continue;
      }
      head = Buffer.concat([head, chunk]);
      if (head.length < INSTRUMENTS_HEADER.length) continue;
      if (!isInstrumentsHead(head)) break;
      yield head;
      head = undefined;
    }
    if (head !== undefined) throw this.#answerError(200, 'not an instrument dump');
    if (last !== NEWLINE) throw this.#answerError(200, 'the dump ends within a line');
  }

  async #readKeys<Row>(
    path: string,
    keys: readonly string[],
    most: number,
    readRow: (row: unknown, key: string) => Row,
  ): Promise<Map<string, Row>> {
    if (keys.length > most) throw new RangeError(`at most ${most} keys, not ${keys.length}`);
    if (keys.length === 0) return new Map();
    const query = keys.map((key) => `i=${encodeURIComponent(key)}`).join('&');
    return this.#read(`${path}?${query}`, (data) => readByKey(data, keys, readRow));
  }

  async #read<Result>(path: string, readData: (data: unknown) => Result): Promise<Result> {
    const answer = await this.#transport.get(path, this.#limits);
    if (answer.status !== 200) throw await this.#refusal(answer);
    const envelope = parseEnvelope(await readText(answer));
    if (envelope?.['status'] !== 'success') {
      throw this.#answerError(200, 'not the JSON of a successful answer');
    }
    try {
      return readData(envelope['data']);
    } catch (error) {
      if (error instanceof ShapeError) throw this.#answerError(200, error.message);
      throw error;
    }
  }

  /** The error for an answer with another status than 200. */
  async #refusal(answer: RestAnswer): Promise<TickerError> {
    const { status } = answer;
    const envelope = parseEnvelope(await readText(answer));
    const type = envelope?.['error_type'];
    const message = envelope?.['message'];
    const code = refusalCode(status);
    if (typeof message !== 'string') {
      const isStatusEnough = code === 'BROKER_UNAVAILABLE';
      const text = `HTTP ${status} without the broker's error message`;
      return this.#transport.error(isStatusEnough ? code : 'BROKER_ANSWER', text);
    }
    const name = typeof type === 'string' ? type : 'no error_type';
    const isSession = status === 403 && type === 'TokenException';
    const text = `HTTP ${status} ${name}: ${message}`;
    return this.#transport.error(isSession ? 'BROKER_SESSION' : code, text);
  }

  #answerError(status: number, text: string): TickerError {
    return this.#transport.error('BROKER_ANSWER', `HTTP ${status}: ${text}`);
  }
}

function isInstrumentsHead(head: Buffer): boolean {
  return head.subarray(0, INSTRUMENTS_HEADER.length).equals(Buffer.from(INSTRUMENTS_HEADER));
}

async function readText(answer: RestAnswer): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of answer.body) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

/** Undefined: not JSON, or not an object. */
function parseEnvelope(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return asFields(JSON.parse(text), 'answer');
  } catch {
    // The callers say which answer it was.
    return undefined;
  }
}
