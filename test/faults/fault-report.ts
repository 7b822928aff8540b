import { createHash } from 'node:crypto';
import type { RunResult } from './delivery-run.ts';
import { markdownTable } from './markdown-table.ts';

/** What many runs were like and what they broke. */
export class FaultReport {
  readonly violations: { seed: number; client: string; entry: number; what: string }[] = [];
  runs = 0;
  readonly #first: number;
  #last = 0;
  #clients = 0;
  readonly #faults = new Map<string, number>();
  readonly #closes = new Map<string, number>();
  readonly #counts = new Map<string, number>();
  readonly #hash = createHash('sha256');

  constructor(first: number) {
    this.#first = first;
  }

  add({ seed, plan, violations, hash, counts, closes }: RunResult): void {
    this.runs++;
    this.#last = seed;
    this.#clients += plan.clients.length;
    this.#hash.update(hash);
    for (const { fault } of plan.faults) sum(this.#faults, fault.kind, 1);
    for (const [name, count] of Object.entries(counts)) sum(this.#counts, name, count);
    for (const [code, count] of Object.entries(closes)) sum(this.#closes, code, count);
    for (const violation of violations) this.violations.push({ seed, ...violation });
  }

  /** One line for a terminal. */
  summary(): string {
    const runs = `${this.runs} runs, ${this.#clients} clients`;
    const bad = new Set(this.violations.map(({ seed }) => seed)).size;
    return `${runs}, ${number(this.#counts.get('ticks') ?? 0)} ticks: ${bad} runs with a violation`;
  }

  /** The report as a page. */
  markdown(): string {
    const counts = (name: string): string => number(this.#counts.get(name) ?? 0);
    const lines = [
      '# Report of the fault runs of delivery',
      '',
      `Written by \`npm run faults -- delivery --first ${this.#first} --seeds ${this.runs} ` +
        '--report docs/FAULTS-REPORT.md`; do not change it by hand. What is run: ' +
        '[FAULTS.md](FAULTS.md).',
      '',
      ...markdownTable('What', 'Number', [
        ['Runs', number(this.runs)],
        ['Seeds', `${this.#first} to ${this.#last}`],
        ['Clients', number(this.#clients)],
        ['Connections', counts('connections')],
        ['Ticks checked against the ledger', counts('ticks')],
        ['of these snapshots', counts('snapshots')],
        ['Repriced records checked', counts('repriced')],
        ['Gap records', counts('gaps')],
        ['Ticks missing and named by them', counts('named')],
        ['Ticks merged into others', counts('merged')],
        ['Resumes that went on without a hole', counts('recovered')],
        ['Ticks passed over after a resume', counts('passedOver')],
        ['**Violations**', `**${number(this.violations.length)}**`],
      ]),
      '',
      ...markdownTable('Fault', 'Times', sorted(this.#faults)),
      '',
      ...markdownTable('Close code', 'Connections', sorted(this.#closes)),
      '',
      `All that every client heard, as one hash: \`${this.#hash.digest('hex')}\`.`,
      '',
    ];
    for (const { seed, client, entry, what } of this.violations) {
      lines.push(`- seed ${seed}, ${client}, entry ${entry}: ${what}`);
    }
    return `${lines.join('\n').trimEnd()}\n`;
  }
}

function sum(counts: Map<string, number>, name: string, count: number): void {
  counts.set(name, (counts.get(name) ?? 0) + count);
}

function sorted(counts: ReadonlyMap<string, number>): [string, string][] {
  const names = [...counts].sort(([left], [right]) => (left < right ? -1 : 1));
  return names.map(([name, count]) => [name, number(count)]);
}

function number(value: number): string {
  return value.toLocaleString('en-US');
}
