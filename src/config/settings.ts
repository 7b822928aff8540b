import { availableParallelism } from 'node:os';
import {
  apiKey,
  channelPrefix,
  clockSpeed,
  decimal,
  host,
  integer,
  networks,
  oneOf,
  path,
  powerOfTwo,
  text,
  url,
  webOrigins,
  yesOrNo,
  type ClockSetting,
  type ValueType,
} from './value-types.ts';

/** One setting: a row of docs/CONFIGURATION.md. */
export interface Setting<Value> {
  name: `TICKER_${string}`;
  type: ValueType<Value & {}>;
  default: Value;
  /** What it sets, with the unit. */
  doc: string;
  /** The default in documents, where it is not the value's own text. */
  defaultText?: string;
  /** Never printed, and has a `_FILE` variant. */
  secret?: boolean;
}

type Options = Pick<Setting<unknown>, 'defaultText' | 'secret'>;

function setting<Value>(
  name: `TICKER_${string}`,
  type: ValueType<Value & {}>,
  defaultValue: Value,
  doc: string,
  options: Options = {},
): Setting<Value> {
  return { name, type, default: defaultValue, doc, ...options };
}

function optional<Value>(
  name: `TICKER_${string}`,
  type: ValueType<Value & {}>,
  doc: string,
  options: Options = {},
): Setting<Value | undefined> {
  return setting<Value | undefined>(name, type, undefined, doc, options);
}

/** Every setting, by the name that it has in `Config`. */
export const SETTINGS = {
  environment: setting<'development' | 'production'>(
    'TICKER_ENV',
    oneOf(['development', 'production']),
    'development',
    'What the service may do on its own. `development` starts with nothing configured; ' +
      '`production` refuses the simulator, an embedded database, a generated key, secrets in ' +
      'plain text, other than https origins and a fast clock, and names what is missing.',
  ),
  bind: setting('TICKER_BIND', host, '127.0.0.1', 'Address on which every port listens.'),
  marketPort: setting(
    'TICKER_MARKET_PORT',
    integer(0, 65_535),
    8080,
    'Port of WebSocket clients, REST, metrics and the console. 0: any free one.',
  ),
  ordersPort: setting(
    'TICKER_ORDERS_PORT',
    integer(0, 65_535),
    8081,
    'Port of orders, with metrics of its own. 0: any free one.',
  ),
  role: setting<'all' | 'market' | 'orders'>(
    'TICKER_ROLE',
    oneOf(['all', 'market', 'orders']),
    'all',
    'What this process does: `market`, everything but orders; `orders`, orders alone, with its ' +
      'prices from the process that TICKER_MARKET_URL names; or `all`.',
  ),
  marketUrl: optional(
    'TICKER_MARKET_URL',
    url('http:', 'https:'),
    'For role `orders`: the market side. Left out: the market port of this machine.',
  ),
  simPort: setting(
    'TICKER_SIM_PORT',
    integer(0, 65_535),
    9080,
    'Port of the broker simulator. 0: any free one.',
  ),
  dataDirectory: setting(
    'TICKER_DATA_DIR',
    path,
    '.ticker',
    'Folder of what the service keeps, the generated API key among it.',
  ),
  logLevel: setting<'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent'>(
    'TICKER_LOG_LEVEL',
    oneOf(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']),
    'info',
    'Least level that is logged (JSON lines on standard error).',
  ),
  apiKey: optional(
    'TICKER_API_KEY',
    apiKey,
    'A key that holds every scope, beside those of `ticker keys`. Left out: in development one ' +
      'is generated and kept in `<data directory>/api-key`, in production there is none.',
    { secret: true },
  ),
  accountsFile: optional(
    'TICKER_ACCOUNTS_FILE',
    path,
    'JSON file of the broker accounts (development only). Left out: those of `ticker accounts`; ' +
      'if there are none, the simulator is the feed (development only).',
  ),
  corsOrigins: setting<readonly string[]>(
    'TICKER_CORS_ORIGINS',
    webOrigins,
    [],
    'Web origins whose pages may call the service from a browser.',
    { defaultText: 'none' },
  ),
  trustedProxies: setting<readonly string[]>(
    'TICKER_TRUSTED_PROXIES',
    networks,
    [],
    'Proxies in front of the service whose `X-Forwarded-For` is believed, so that wrong keys ' +
      'lock out the client that sent them and not the proxy. Left out: the header counts for ' +
      'nothing.',
    { defaultText: 'none' },
  ),
  clientsMax: setting(
    'TICKER_CLIENTS_MAX',
    integer(1, 100_000),
    2000,
    'Most WebSocket clients at a time.',
  ),
  clientBufferBytes: setting(
    'TICKER_CLIENT_BUFFER_BYTES',
    integer(65_536, 1_073_741_824),
    4_194_304,
    'Bytes that may wait for one WebSocket client; beyond that it is closed with 4008.',
  ),
  clientsBufferBytes: setting(
    'TICKER_TOTAL_BUFFER_BYTES',
    integer(1_048_576, 17_179_869_184),
    134_217_728,
    'Bytes that may wait for all WebSocket clients together; beyond that those with the most are ' +
      'closed with 1013.',
  ),
  cancelWithoutJournal: setting(
    'TICKER_CANCEL_WITHOUT_JOURNAL',
    yesOrNo,
    false,
    'Whether cancellations are sent while the database does not work; they are kept afterwards.',
  ),
  reconcileSeconds: setting(
    'TICKER_ORDERS_RECONCILE_SECONDS',
    integer(10, 3600),
    300,
    'How often order book, trades and positions of each account are read from the broker.',
  ),
  greeksWorkers: setting(
    'TICKER_GREEKS_WORKERS',
    integer(1, 16),
    Math.min(4, Math.max(1, availableParallelism() - 1)),
    'Threads that compute Greeks.',
    { defaultText: 'processors - 1, at least 1, at most 4' },
  ),
  ratePerYear: setting(
    'TICKER_RATE',
    decimal(-0.1, 1),
    0.065,
    'Risk-free rate as a fraction, continuously compounded, per year, where the pricing file has ' +
      'none.',
  ),
  pricingFile: optional(
    'TICKER_PRICING_FILE',
    path,
    'JSON file of model, underlying, rate or curve and dividend yield, for all underlyings and ' +
      'for single ones ([PRICING-TERMS.md](PRICING-TERMS.md)). Left out: Black-76 on the ' +
      'forward by parity.',
  ),
  ringSlots: setting(
    'TICKER_RING_SLOTS',
    powerOfTwo(1024, 4_194_304),
    262_144,
    'Ticks that the ring in shared memory holds (320 bytes each): the window of a resume.',
  ),
  instrumentRows: setting(
    'TICKER_INSTRUMENT_ROWS',
    integer(1024, 1_048_576),
    32_768,
    'Most instruments that can be subscribed in one run.',
  ),
  simTicksPerSecond: setting(
    'TICKER_SIM_RATE',
    integer(1, 200_000),
    2000,
    'Ticks per second of the simulator, over all its instruments.',
  ),
  simInstruments: setting(
    'TICKER_SIM_INSTRUMENTS',
    integer(1, 100_000),
    2000,
    'Instruments that the simulator lists.',
  ),
  simSeed: setting(
    'TICKER_SIM_SEED',
    integer(0, 4_294_967_295),
    1,
    'Seed of the simulated market: the same seed gives the same prices.',
  ),
  clock: setting<ClockSetting>(
    'TICKER_CLOCK_SPEED',
    clockSpeed,
    { speed: 1, originEpochMs: null },
    'How fast the clock of the service runs; for tests.',
    { defaultText: '1' },
  ),
  databaseUrl: optional(
    'TICKER_DATABASE_URL',
    url('postgres:', 'postgresql:'),
    'PostgreSQL database; `?sslmode=verify-full` encrypts and checks the server. Left out: an ' +
      'embedded one in the data directory (development only).',
    { secret: true },
  ),
  databasePool: setting(
    'TICKER_DATABASE_POOL',
    integer(3, 200),
    20,
    'Most connections to the database; half of them are for orders.',
  ),
  redisUrl: optional(
    'TICKER_REDIS_URL',
    url('redis:', 'rediss:'),
    'Redis server. Left out: instances share revocations through the database only, and each ' +
      'counts wrong keys for itself.',
    { secret: true },
  ),
  oldClients: setting<'off' | 'socket' | 'channels' | 'all'>(
    'TICKER_OLD_CLIENTS',
    oneOf(['off', 'socket', 'channels', 'all']),
    'off',
    'What the clients of the Python service find ([OLD-CLIENTS.md](OLD-CLIENTS.md)): `socket`, ' +
      'its protocol on `/ws/ticks` with `?token=`; `channels`, its Redis channels, which need ' +
      'TICKER_REDIS_URL; or `all`.',
  ),
  oldChannelPrefix: setting(
    'TICKER_OLD_CHANNEL_PREFIX',
    channelPrefix,
    'ticker:nifty',
    'What the names of these channels begin with.',
  ),
  kmsKeyId: optional(
    'TICKER_KMS_KEY_ID',
    text(1, 2048),
    'Key (id, ARN or alias) of AWS KMS that protects stored secrets. Left out: a key in a file ' +
      'of the data directory (development only).',
  ),
  awsRegion: optional('TICKER_AWS_REGION', text(1, 64), 'Region of AWS KMS and Secrets Manager.'),
  kmsUrl: optional(
    'TICKER_KMS_URL',
    url('https:', 'http:'),
    'Address of AWS KMS, where it is not the public one of the region.',
  ),
  secretsManagerUrl: optional(
    'TICKER_SECRETS_MANAGER_URL',
    url('https:', 'http:'),
    'Address of AWS Secrets Manager, where it is not the public one of the region.',
  ),
};

export type SettingKey = keyof typeof SETTINGS;

/** The configuration: checked, complete, frozen, and plain data that can be sent to a thread. */
export type Config = { readonly [Key in SettingKey]: (typeof SETTINGS)[Key]['default'] };
