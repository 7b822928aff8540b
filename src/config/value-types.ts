import { isIP } from 'node:net';

/**
 * How the text of a setting becomes a value. No schema library here: every command of the service
 * reads the configuration, and loading one takes longer than most commands.
 */
export interface ValueType<Value> {
  /** What is allowed, in words that follow "must be". */
  readonly allowed: string;
  /** The value, or undefined when the text is not allowed. */
  parse(text: string): Value | undefined;
}

const INTEGER = /^[+-]?\d{1,15}$/;
const DECIMAL = /^[+-]?(\d{1,15}(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?$/;
const HOST_NAME = /^(?=.{1,253}$)[a-z\d]([a-z\d-]*[a-z\d])?(\.[a-z\d]([a-z\d-]*[a-z\d])?)*$/i;

function within(value: number, minimum: number, maximum: number): number | undefined {
  return value >= minimum && value <= maximum ? value : undefined;
}

/** Both bounds included. */
export function integer(minimum: number, maximum: number): ValueType<number> {
  return {
    allowed: `an integer from ${minimum} to ${maximum}`,
    parse: (text) => (INTEGER.test(text) ? within(Number(text), minimum, maximum) : undefined),
  };
}

/** Both bounds included. */
export function powerOfTwo(minimum: number, maximum: number): ValueType<number> {
  const whole = integer(minimum, maximum);
  return {
    allowed: `a power of two from ${minimum} to ${maximum}`,
    parse: (text) => {
      const value = whole.parse(text);
      return value !== undefined && Number.isInteger(Math.log2(value)) ? value : undefined;
    },
  };
}

/** Both bounds included. */
export function decimal(minimum: number, maximum: number): ValueType<number> {
  return {
    allowed: `a number from ${minimum} to ${maximum}`,
    parse: (text) => (DECIMAL.test(text) ? within(Number(text), minimum, maximum) : undefined),
  };
}

export function oneOf<const Choice extends string>(choices: readonly Choice[]): ValueType<Choice> {
  return {
    allowed: `one of ${choices.join(', ')}`,
    parse: (text) => choices.find((choice) => choice === text),
  };
}

export const yesOrNo: ValueType<boolean> = {
  allowed: 'true or false',
  parse: (text) => (text === 'true' ? true : text === 'false' ? false : undefined),
};

/** Text without spaces around it; both bounds of its length included. */
export function text(minimum: number, maximum: number): ValueType<string> {
  return {
    allowed: `text of ${minimum} to ${maximum} characters`,
    parse: (given) =>
      given.trim() === given && given.length >= minimum && given.length <= maximum
        ? given
        : undefined,
  };
}

/** Words of a channel's name, joined by colons. */
export const channelPrefix: ValueType<string> = {
  allowed: '1 to 100 characters of A-Z a-z 0-9 . _ -, in parts joined by single colons',
  parse: (given) => (given.length <= 100 && /^[\w.-]+(:[\w.-]+)*$/.test(given) ? given : undefined),
};

export const path: ValueType<string> = { allowed: 'a path', parse: (text) => text };

export const host: ValueType<string> = {
  allowed: 'an IP address or a host name',
  parse: (text) => {
    const isName = HOST_NAME.test(text) && !/^[\d.]+$/.test(text);
    return isName || isIP(text) !== 0 ? text : undefined;
  },
};

/** A URL with one of `protocols` ("postgres:"). */
export function url(...protocols: string[]): ValueType<string> {
  return {
    allowed: `a URL that starts with ${protocols.map((name) => `${name}//`).join(' or ')}`,
    parse: (text) =>
      URL.canParse(text) && protocols.includes(new URL(text).protocol) ? text : undefined,
  };
}

/** Fewest characters of a key that somebody else made, and fewest different ones among them. */
const KEY_CHARACTERS_MIN = 32;
const KEY_DISTINCT_MIN = 12;

/** A bearer token strong enough to be guessed by nobody, of characters that need no quoting. */
export const apiKey: ValueType<string> = {
  allowed:
    `${KEY_CHARACTERS_MIN} to 256 random characters of A-Z a-z 0-9 . _ ~ -, ` +
    `at least ${KEY_DISTINCT_MIN} of them different`,
  parse: (text) => {
    const wellFormed = /^[A-Za-z0-9._~-]{1,256}$/.test(text) && text.length >= KEY_CHARACTERS_MIN;
    return wellFormed && new Set(text).size >= KEY_DISTINCT_MIN ? text : undefined;
  },
};

const LOOPBACK_NAMES = new Set(['localhost', '127.0.0.1', '[::1]']);

/** True if no packet to this host name of a URL leaves the machine. */
export function isLoopback(hostname: string): boolean {
  return LOOPBACK_NAMES.has(hostname);
}

function parseOrigin(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const { origin, protocol, hostname } = new URL(text);
  const secure = protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname));
  const exact = origin === text.toLowerCase() && !hostname.includes('*');
  return secure && exact ? origin : undefined;
}

/** Web origins, never a wildcard. */
export const webOrigins: ValueType<readonly string[]> = {
  allowed:
    'a comma-separated list of origins such as https://app.example or (in development) ' +
    'http://localhost:5173, without a path, without a wildcard',
  parse: (text) => {
    const origins = text.split(',').map((item) => parseOrigin(item.trim()));
    return origins.every((origin) => origin !== undefined) ? origins : undefined;
  },
};

/** Fewer bits name more than one could know to be one's own. */
const PREFIX_BITS_MIN = 8;

function isNetwork(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/');
  const version = isIP(address);
  // A zone belongs to one machine's view of a network.
  if (version === 0 || address.includes('%') || rest.length > 0) return false;
  if (prefix === undefined) return true;
  const bits = /^\d{1,3}$/.test(prefix) ? Number(prefix) : Number.NaN;
  return bits >= PREFIX_BITS_MIN && bits <= (version === 6 ? 128 : 32);
}

/** IP addresses and networks. */
export const networks: ValueType<readonly string[]> = {
  allowed: 'a comma-separated list of IP addresses and networks such as 10.0.0.0/8 (/8 or longer)',
  parse: (text) => {
    const items = text.split(',').map((item) => item.trim());
    return items.every(isNetwork) ? items : undefined;
  },
};

export interface ClockSetting {
  /** How many seconds pass for the service in one second. */
  readonly speed: number;
  /** Epoch ms at which all clocks of a run agree; null: the start of the process. */
  readonly originEpochMs: number | null;
}

export const clockSpeed: ValueType<ClockSetting> = {
  allowed:
    'a factor from 0.001 to 100000, or factor@origin with the epoch milliseconds at which ' +
    'the clocks of all processes agree',
  parse: (text) => {
    const match = /^(\d{1,6}(?:\.\d{1,6})?)(?:@(\d{1,15}))?$/.exec(text);
    if (!match) return undefined;
    const speed = within(Number(match[1]), 0.001, 100_000);
    const originEpochMs = match[2] === undefined ? null : Number(match[2]);
    return speed === undefined ? undefined : { speed, originEpochMs };
  },
};
