import { createInterface } from 'node:readline/promises';
import { TickerError } from '../domain/error-codes.ts';
import type { TradingState } from '../domain/trading-state.ts';
import type { Command } from './command.ts';
import { parseOptions, requireHttpUrl } from './options.ts';
import { type RunningService, runningService } from './running-service.ts';
import { requestService, type ServiceAnswer } from './service-request.ts';

const HELP = `Usage: ticker halt --reason TEXT [options]

Halts trading: from the next one on orders are refused, and open orders are cancelled. It stays so,
after a restart too, until it is released.

  --reason TEXT   goes into the audit record
  --account ID    one broker account only (all)
  --reducing      take orders that close positions, and no others
  --release       take orders again; to leave HALTED must be confirmed
  --yes           confirm it without being asked
  --url URL       of the orders port (http://127.0.0.1:8081)
  --json          print the answer as JSON

When the service does not answer: a file HALT in its data directory, or the signal SIGUSR2 to its
process, halts all accounts too.`;

const PATH = '/v1/trading-state';

export const haltCommand: Command = {
  summary: 'stop taking orders and cancel open ones; take them again',
  help: HELP,
  run: (args) => halt(args),
};

/** Body of a change of the trading state. */
interface StateRequest {
  account?: string;
  state: TradingState;
  reason: string;
}

async function halt(args: string[]): Promise<number> {
  const { values } = parseOptions('halt', args, {
    account: { type: 'string' },
    reason: { type: 'string' },
    reducing: { type: 'boolean', default: false },
    release: { type: 'boolean', default: false },
    yes: { type: 'boolean', default: false },
    url: { type: 'string' },
    json: { type: 'boolean', default: false },
  });
  const { account, reason = '', reducing, release, yes } = values;
  if (reason.trim() === '') throw usage('--reason is missing');
  if (reducing && release) throw usage('--reducing and --release exclude each other');
  requireHttpUrl(values.url);
  let state: TradingState = 'HALTED';
  if (reducing) state = 'REDUCING';
  if (release) state = 'ACTIVE';
  const request = { ...(account !== undefined && { account }), state, reason };
  const service = await runningService(values.url, 'ordersPort');
  const { body } = await changeState(service, request, yes);
  console.log(values.json ? JSON.stringify(body) : describe(body));
  return 0;
}

function usage(detail: string): TickerError {
  return new TickerError('USAGE', `${detail}; see: ticker halt --help`);
}

/** Leaving HALTED takes a second request, which a person (or --yes) confirms. */
async function changeState(
  service: RunningService,
  request: StateRequest,
  isConfirmed: boolean,
): Promise<ServiceAnswer> {
  const answer = await requestService(service, 'PUT', PATH, request);
  const token = answer.body['confirmation_token'];
  if (token === undefined) return answer;
  if (!isConfirmed) await confirm(request);
  return requestService(service, 'PUT', PATH, { ...request, confirmation_token: token });
}

/** Rejects with CONFIRMATION_INVALID unless the new state is typed. */
async function confirm({ account, state }: StateRequest): Promise<void> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const whose = account === undefined ? 'all accounts' : `account ${account}`;
    const typed = await Promise.race([
      lines.question(`Trading of ${whose} is halted. Type ${state} to go on: `),
      new Promise<string>((resolve) => lines.once('close', () => resolve(''))),
    ]);
    if (typed.trim() === state) return;
  } finally {
    lines.close();
  }
  throw new TickerError('CONFIRMATION_INVALID', `${state} was not typed; nothing has changed`);
}

const IN_WORDS: Readonly<Record<TradingState, string>> = {
  ACTIVE: 'orders are taken',
  REDUCING: 'only orders that close positions are taken',
  HALTED: 'no orders are taken',
};

function describe(body: ServiceAnswer['body']): string {
  const { account, cancelling } = body;
  const state = body['state'] as TradingState;
  const whose = account === '*' ? 'all accounts' : String(account);
  const count = typeof cancelling === 'number' ? cancelling : 0;
  const orders = count === 1 ? '1 open order is' : `${count} open orders are`;
  const more = count === 0 ? '' : `; ${orders} being cancelled`;
  return `${state} (${whose}): ${IN_WORDS[state]}${more}`;
}
