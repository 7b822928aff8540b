import { TickerError } from '../domain/error-codes.ts';
import { reportChain } from './chain-report.ts';
import { type ChainSnapshot, parseChainSnapshot } from './chain-snapshot.ts';
import { chainText } from './chain-text.ts';
import type { Command } from './command.ts';
import { inputName, readInput } from './input-file.ts';
import { parseOptions } from './options.ts';
import { TextSink } from './text-sink.ts';

const HELP = `Usage: ticker chain [--in FILE|-] [--rate R] [--json]

Analyses a recorded option chain (JSON, schema chain/1): forward by put-call parity of the strikes
around the money, volatilities from the options out of the money, the fitted smile, and the Greeks
of every option (Black-76; theta per day, vega and rho per percentage point). Options without a
volatility say why. A record without any bid and ask is priced on last prices, and says so.

  --in FILE  the chain; - is standard input (-)
  --rate R   continuously compounded per year (0.065)
  --json     print JSON`;

const FILE_BYTES_MAX = 64 << 20;

export const chainCommand: Command = {
  summary: 'analyse a recorded option chain',
  help: HELP,
  async run(args) {
    const { values } = parseOptions('chain', args, {
      in: { type: 'string', default: '-' },
      rate: { type: 'string', default: '0.065' },
      json: { type: 'boolean', default: false },
    });
    const rate = rateOf(values.rate);
    const report = reportChain(await readSnapshot(values.in), rate);
    const sink = TextSink.open('-');
    await sink.write(`${values.json ? JSON.stringify(report) : chainText(report)}\n`);
    await sink.close();
    return 0;
  },
};

function rateOf(text: string): number {
  const rate = Number(text);
  if (text.trim() === '' || !(Math.abs(rate) <= 1)) {
    throw new TickerError('USAGE', `--rate must be a fraction from -1 to 1, not ${text}`);
  }
  return rate;
}

async function readSnapshot(path: string): Promise<ChainSnapshot> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of readInput(path)) {
    bytes += piece.length;
    if (bytes > FILE_BYTES_MAX) {
      throw new TickerError('INPUT_INVALID', `${inputName(path)} is larger than any chain`);
    }
    pieces.push(piece);
  }
  try {
    return parseChainSnapshot(Buffer.concat(pieces).toString('utf8'));
  } catch (error) {
    if (!(error instanceof TickerError)) throw error;
    throw new TickerError(error.code, `${inputName(path)}: ${error.detail}`);
  }
}
