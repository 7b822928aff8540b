import type { InstrumentTable } from '../../shm/instrument-table.ts';
import { ChainBook } from './chain-book.ts';

/** The chains of one worker, and which rows concern them. */
export class ChainSet {
  readonly #table: InstrumentTable;
  readonly #worker: number;
  readonly chains: ChainBook[] = [];
  readonly #byNumber = new Map<number, ChainBook>();
  /** Chain of each row if it is an option of this worker's. */
  readonly #ofRow: (ChainBook | undefined)[] = [];
  /** Chains whose forward depends on the row as spot or future. */
  readonly #dependents = new Map<number, ChainBook[]>();
  #version = -1;

  constructor(table: InstrumentTable, worker: number) {
    this.#table = table;
    this.#worker = worker;
  }

  /** The chain of an option of this worker's; undefined for all other rows. */
  ofRow(row: number): ChainBook | undefined {
    return this.#ofRow[row];
  }

  /** Chains whose forward depends on the row as spot or future. */
  dependentsOf(row: number): readonly ChainBook[] | undefined {
    return this.#dependents.get(row);
  }

  /** Takes over new instruments and chains from the instrument table. False: nothing is new. */
  refresh(): boolean {
    const table = this.#table;
    if (table.version === this.#version) return false;
    this.#version = table.version;
    const rows = table.count;
    const rowsOfChain = new Map<number, number[]>();
    for (let row = 0; row < rows; row++) {
      const chain = table.chains[row]!;
      this.#ofRow[row] = undefined;
      if (chain < 0 || table.chainWorker(chain) !== this.#worker) continue;
      const list = rowsOfChain.get(chain);
      if (list === undefined) rowsOfChain.set(chain, [row]);
      else list.push(row);
    }
    this.#dependents.clear();
    for (const [number, chainRows] of rowsOfChain) this.#reload(number, chainRows);
    return true;
  }

  #reload(number: number, rows: readonly number[]): void {
    let chain = this.#byNumber.get(number);
    if (chain === undefined) {
      chain = new ChainBook(number, this.#table.chain(number));
      this.#byNumber.set(number, chain);
      this.chains.push(chain);
    }
    chain.reload(this.#table, rows);
    for (const row of rows) this.#ofRow[row] = chain;
    const { spotRow, futureRow, otherFutureRow } = chain.facts;
    for (const row of [spotRow, futureRow, otherFutureRow]) this.#addDependent(row, chain);
  }

  #addDependent(row: number, chain: ChainBook): void {
    if (row < 0) return;
    const list = this.#dependents.get(row);
    if (list === undefined) this.#dependents.set(row, [chain]);
    else if (!list.includes(chain)) list.push(chain);
  }
}
