import { TickerError, errorText } from '../../domain/error-codes.ts';
import { DURATION, TIMES } from './fault-rule.ts';
import type { ArgumentRule, FaultArgs, FaultRule, FaultTarget } from './fault-rule.ts';
import { ORDER_FAULTS } from './orders/order-fault-table.ts';

export type FaultName = keyof typeof FAULTS;

/** One entry of a fault script, as it stands in the JSON. */
export interface SimulatorFault {
  /** Milliseconds after the simulator's start, or after the request that brought the script. */
  at_ms: number;
  /** SIM001, ...; left out: all. */
  account?: string;
  /** Which of the sockets open at that moment, oldest first, from 1; left out: all. */
  socket?: number;
  /** `/quote` or `GET /quote`; left out: all. */
  route?: string;
  fault: FaultName;
  args: FaultArgs;
}

const SOCKETS = ['account', 'socket'] as const;
const STATUS: ArgumentRule = {
  type: 'number',
  isRequired: true,
  isInteger: true,
  min: 200,
  max: 599,
};

/** Every fault with what it may be aimed at and its arguments. */
export const FAULTS = {
  close: {
    targets: SOCKETS,
    args: { code: { type: 'number', isInteger: true, isCloseCode: true } },
  },
  terminate: { targets: SOCKETS, args: {} },
  silent: { targets: SOCKETS, args: { for_ms: DURATION } },
  hang: { targets: SOCKETS, args: { for_ms: DURATION } },
  refuse: { targets: ['account'], args: { status: STATUS, for_ms: DURATION } },
  text: { targets: SOCKETS, args: { text: { type: 'string', isRequired: true } } },
  bytes: {
    targets: SOCKETS,
    args: { hex: { type: 'string', isRequired: true, pattern: /^(?:[0-9a-fA-F]{2})*$/ } },
  },
  rest_status: {
    targets: ['account', 'route'],
    args: {
      status: STATUS,
      error_type: { type: 'string' },
      message: { type: 'string' },
      body: { type: 'string' },
      content_type: { type: 'string', pattern: /^[\w.+/;= -]+$/ },
      for_ms: DURATION,
      times: TIMES,
    },
  },
  stop_ticks: { targets: [], args: {} },
  start_ticks: { targets: [], args: {} },
  set_rate: {
    targets: [],
    args: { ticks_per_second: { type: 'number', isRequired: true, min: 0, max: 200_000 } },
  },
  market_move: {
    targets: [],
    args: {
      percent: { type: 'number', isRequired: true, min: -90, max: 900 },
      underlying: { type: 'string' },
    },
  },
  expire_token: { targets: ['account'], args: { close_sockets: { type: 'boolean' } } },
  connection_limit: {
    targets: [],
    args: {
      limit: { type: 'number', isInteger: true, min: 0 },
      policy: { type: 'string', isRequired: true, pattern: /^(?:refuse|drop_oldest|allow)$/ },
    },
  },
  ...ORDER_FAULTS,
} as const satisfies Record<string, FaultRule>;

const ENTRY_KEYS = new Set(['at_ms', 'account', 'socket', 'route', 'fault', 'args']);
const ROUTE = /^(?:[A-Z]+ )?\/\S*$/;

/**
 * Reads a fault script, a JSON array of `{at_ms, account?, socket?, route?, fault, args?}`.
 * Throws CONFIG_FILE if the text is not a JSON array, CONFIG_INVALID naming the entry otherwise.
 */
export function parseFaultScript(text: string): SimulatorFault[] {
  let script: unknown;
  try {
    script = JSON.parse(text);
  } catch (error) {
    throw new TickerError('CONFIG_FILE', `fault script is not JSON: ${errorText(error)}`, {
      cause: error,
    });
  }
  if (!Array.isArray(script)) throw new TickerError('CONFIG_FILE', 'fault script is not an array');
  return script.map((entry, index) => parseEntry(entry, `fault script entry ${index + 1}`));
}

function parseEntry(entry: unknown, where: string): SimulatorFault {
  const fields = asObject(entry, where);
  for (const key of Object.keys(fields)) {
    if (!ENTRY_KEYS.has(key)) refuse(where, `unknown field ${JSON.stringify(key)}`);
  }
  const { at_ms: atMs, account, socket, route, fault } = fields;
  if (typeof atMs !== 'number' || !Number.isFinite(atMs) || atMs < 0) {
    refuse(where, 'at_ms must be a number of milliseconds from 0 on');
  }
  if (typeof fault !== 'string' || !Object.hasOwn(FAULTS, fault)) {
    refuse(where, `fault must be one of ${Object.keys(FAULTS).join(', ')}`);
  }
  const name = fault as FaultName;
  for (const target of ['account', 'socket', 'route'] as const) {
    if (fields[target] !== undefined && !targetsOf(name).includes(target)) {
      refuse(where, `${name} cannot be aimed at one ${target}`);
    }
  }
  if (account !== undefined && typeof account !== 'string')
    refuse(where, 'account must be a string');
  if (socket !== undefined && !(Number.isSafeInteger(socket) && Number(socket) >= 1)) {
    refuse(where, 'socket must be a whole number from 1 on');
  }
  if (route !== undefined && !(typeof route === 'string' && ROUTE.test(route))) {
    refuse(where, 'route must be a path such as /quote or GET /quote');
  }
  return {
    at_ms: atMs,
    ...(typeof account === 'string' && { account }),
    ...(typeof socket === 'number' && { socket }),
    ...(typeof route === 'string' && { route }),
    fault: name,
    args: parseArgs(name, fields['args'] ?? {}, where),
  };
}

function targetsOf(name: FaultName): readonly FaultTarget[] {
  return FAULTS[name].targets;
}

function parseArgs(name: FaultName, value: unknown, where: string): FaultArgs {
  const rules: Readonly<Record<string, ArgumentRule>> = FAULTS[name].args;
  const given = asObject(value, `${where}, args`);
  const args: Record<string, string | number | boolean> = {};
  for (const [key, argument] of Object.entries(given)) {
    const rule = Object.hasOwn(rules, key) ? rules[key] : undefined;
    if (rule === undefined) refuse(where, `${name} has no argument ${JSON.stringify(key)}`);
    args[key] = parseArgument(rule, argument, `${where}, args.${key}`);
  }
  for (const [key, rule] of Object.entries(rules)) {
    if (rule.isRequired === true && !Object.hasOwn(args, key)) {
      refuse(where, `${name} needs args.${key}`);
    }
  }
  return args;
}

function parseArgument(
  rule: ArgumentRule,
  value: unknown,
  where: string,
): string | number | boolean {
  if (typeof value === 'number' && rule.type === 'number') {
    if (rule.isCloseCode === true && !isSendableCloseCode(value)) {
      refuse(where, 'must be a close code that may be sent: 1000 to 1014 or 3000 to 4999');
    }
    const { min = -Infinity, max = Infinity } = rule;
    const isWhole = rule.isInteger !== true || Number.isSafeInteger(value);
    if (Number.isFinite(value) && isWhole && value >= min && value <= max) return value;
    const kind = rule.isInteger === true ? 'a whole number' : 'a number';
    refuse(where, `must be ${kind} from ${min} to ${max}`);
  }
  if (typeof value === 'string' && rule.type === 'string') {
    if (rule.pattern === undefined || rule.pattern.test(value)) return value;
    refuse(where, `must match ${rule.pattern.source}`);
  }
  if (typeof value === 'boolean' && rule.type === 'boolean') return value;
  return refuse(where, `must be a ${rule.type}`);
}

/** 1004 to 1006 are reserved for use without a frame. */
function isSendableCloseCode(code: number): boolean {
  if (code >= 1004 && code <= 1006) return false;
  return (code >= 1000 && code <= 1014) || (code >= 3000 && code <= 4999);
}

function asObject(value: unknown, where: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    refuse(where, 'must be an object');
  }
  return value as Record<string, unknown>;
}

function refuse(where: string, what: string): never {
  throw new TickerError('CONFIG_INVALID', `${where}: ${what}`);
}
