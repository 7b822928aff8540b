import { realpathSync } from 'node:fs';
import { TickerError } from '../domain/error-codes.ts';
import type { Command } from './command.ts';
import { CsvRecords, RECORD_BYTES_MAX } from './csv-records.ts';
import { GreeksBatch } from './greeks-batch.ts';
import { type GreeksHeader, type GreeksTask, readHeader } from './greeks-header.ts';
import { inputName, readInput } from './input-file.ts';
import { parseOptions } from './options.ts';
import { TextSink } from './text-sink.ts';

const HELP = `Usage: ticker greeks [--in FILE|-] [--out FILE|-] [--price|--solve]

Prices a CSV table of options, or solves it for volatilities, row by row and of any length.

  --in FILE   the table; - is standard input (-)
  --out FILE  the same columns and the results; - is standard output (-)
  --price     vol is given: status, price, delta, gamma, vega, theta, rho, vanna, volga, charm
  --solve     price is given: status, vol
              left out: what the table does not have, vol or price

Columns: model (black76, bsm), type (call, put), underlying (forward of black76, spot of bsm),
strike, t_years (ACT/365), rate and div_yield (continuously compounded; without the column 0), and
vol or price. Other columns may stand anywhere. Everything is copied unchanged; a result column
that is there is overwritten, otherwise it is appended. Results are raw derivatives, per year and
per 1.00, with 17 significant digits.

status: ok, below_intrinsic, above_maximum, expired, invalid; other results are NaN unless ok.
Lines of invalid rows are named on standard error. The exit code is 0 unless the whole file is
unusable.`;

export const greeksCommand: Command = {
  summary: 'price a table of options, or solve it for volatilities',
  help: HELP,
  async run(args) {
    const { values } = parseOptions('greeks', args, {
      in: { type: 'string', default: '-' },
      out: { type: 'string', default: '-' },
      price: { type: 'boolean', default: false },
      solve: { type: 'boolean', default: false },
    });
    if (values.price && values.solve) {
      throw new TickerError('USAGE', '--price and --solve exclude each other');
    }
    if (isSameFile(values.in, values.out)) {
      throw new TickerError('USAGE', '--in and --out are the same file');
    }
    const task = values.price ? 'price' : values.solve ? 'solve' : undefined;
    await convert(values.in, values.out, task);
    return 0;
  },
};

function isSameFile(input: string, output: string): boolean {
  if (input === '-' || output === '-') return false;
  try {
    return realpathSync(input) === realpathSync(output);
  } catch {
    // One of them is not there, so they are not the same.
    return false;
  }
}

async function convert(from: string, to: string, wanted: GreeksTask | undefined): Promise<void> {
  const records = new CsvRecords();
  const table = new TableWriter(from, to, wanted);
  for await (const chunk of readInput(from)) {
    records.push(chunk.toString('latin1'));
    await table.takeAll(records);
    if (table.isUnwanted) return;
    if (records.isTooLong) {
      const limit = `${RECORD_BYTES_MAX} bytes`;
      const what = `${inputName(from)}: line ${records.line} is longer than ${limit}`;
      throw new TickerError('INPUT_INVALID', what);
    }
  }
  records.end();
  await table.takeAll(records);
  await table.close();
}

/** Takes the records of a table, the header first, and writes them out with their results. */
class TableWriter {
  readonly #from: string;
  readonly #to: string;
  readonly #wanted: GreeksTask | undefined;
  /** From the header on. */
  #open: { sink: TextSink; batch: GreeksBatch; ending: string } | undefined;
  /** Lines for standard error. */
  #complaints = '';

  constructor(from: string, to: string, wanted: GreeksTask | undefined) {
    this.#from = from;
    this.#to = to;
    this.#wanted = wanted;
  }

  get isUnwanted(): boolean {
    return this.#open?.sink.isUnwanted ?? false;
  }

  async takeAll(records: CsvRecords): Promise<void> {
    for (let record = records.next(); record !== undefined; record = records.next()) {
      if (this.#open === undefined) {
        const header = this.#readHeader(record.fields);
        const ending = record.ending || '\n';
        const batch = new GreeksBatch(header, (line, reason) => {
          this.#complaints += `line ${line}: invalid: ${reason}\n`;
        });
        // Not before: a table that cannot be used leaves the output file alone.
        const sink = TextSink.open(this.#to);
        this.#open = { sink, batch, ending };
        await sink.write([...record.fields, ...header.appended].join() + ending, 'latin1');
        continue;
      }
      this.#open.batch.add(record);
      if (this.#open.batch.isFull) await this.#flush();
      if (this.isUnwanted) return;
    }
    await this.#flush();
  }

  async close(): Promise<void> {
    if (this.#open === undefined) {
      throw new TickerError('INPUT_INVALID', `${inputName(this.#from)} is empty`);
    }
    await this.#open.sink.close();
  }

  #readHeader(fields: readonly string[]): GreeksHeader {
    try {
      return readHeader(fields, this.#wanted);
    } catch (error) {
      if (!(error instanceof TickerError)) throw error;
      throw new TickerError(error.code, `${inputName(this.#from)}: ${error.detail}`);
    }
  }

  async #flush(): Promise<void> {
    if (this.#open === undefined) return;
    const { sink, batch, ending } = this.#open;
    const text = batch.flush(ending);
    if (this.#complaints !== '') process.stderr.write(this.#complaints);
    this.#complaints = '';
    await sink.write(text, 'latin1');
  }
}
