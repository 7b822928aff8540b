import { readFileSync } from 'node:fs';
import { CALL, type OptionType, PUT } from '../../../src/pricing/option-type.ts';

/** A row of a table of options: cells by column name. */
export class TableRow {
  readonly #cells: ReadonlyMap<string, string>;

  constructor(cells: ReadonlyMap<string, string>) {
    this.#cells = cells;
  }

  text(column: string): string {
    const cell = this.#cells.get(column);
    if (cell === undefined) throw new Error(`no column ${column}`);
    return cell;
  }

  /** The double written in the cell; NaN and Infinity are spelled out. */
  number(column: string): number {
    return Number(this.text(column));
  }

  get type(): OptionType {
    return this.text('type') === 'call' ? CALL : PUT;
  }

  get isBlack76(): boolean {
    return this.text('model') === 'black76';
  }
}

/** Rows of a comma-separated file with one header line and no quoting. */
export function readTable(path: string): TableRow[] {
  const [header, ...lines] = readFileSync(path, 'utf8').trim().split('\n');
  const columns = header!.split(',');
  return lines.map((line) => {
    const cells = line.split(',');
    return new TableRow(new Map(columns.map((column, i) => [column, cells[i]!])));
  });
}

/** Distance from `x` > 0 to the next double. */
export function ulp(x: number): number {
  const bits = new BigInt64Array(1);
  const double = new Float64Array(bits.buffer);
  double[0] = x;
  bits[0] = bits[0]! + 1n;
  return double[0] - x;
}
