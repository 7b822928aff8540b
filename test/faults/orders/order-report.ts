import { createHash } from 'node:crypto';
import { markdownTable } from '../markdown-table.ts';
import type { OrderRunResult } from './order-run.ts';

const FAULT = 'fault: ';

/** What many runs of the order side were like and what they broke. */
export class OrderReport {
  readonly violations: { seed: number; what: string }[] = [];
  runs = 0;
  readonly #first: number;
  #last = 0;
  readonly #counts = new Map<string, number>();
  readonly #hash = createHash('sha256');

  constructor(first: number) {
    this.#first = first;
  }

  add({ seed, plan, violations, hash, counts }: OrderRunResult): void {
    this.runs++;
    this.#last = seed;
    this.#hash.update(hash);
    for (const { fault } of plan.service) this.#sum(`${FAULT}${serviceFault(fault)}`, 1);
    for (const { fault } of plan.wire) this.#sum(`${FAULT}wire, ${fault}`, 1);
    for (const { fault, args } of plan.broker) {
      this.#sum(`${FAULT}broker, ${fault}${symptomOf(args)}`, 1);
    }
    for (const [name, count] of Object.entries(counts)) this.#sum(name, count);
    for (const what of violations) this.violations.push({ seed, what });
  }

  /** One line for a terminal. */
  summary(): string {
    const bad = new Set(this.violations.map(({ seed }) => seed)).size;
    const placed = number(this.#counts.get('asked: place') ?? 0);
    const sent = number(this.#counts.get('order requests') ?? 0);
    const done = `${this.runs} runs, ${placed} placements asked, ${sent} order requests`;
    return `${done}: ${bad} runs with a violation`;
  }

  /** The report as a page. */
  markdown(): string {
    const names = [...this.#counts].sort(([left], [right]) => (left < right ? -1 : 1));
    const rows = names.map(([name, count]): [string, string] => [name, number(count)]);
    const faults = rows.filter(([name]) => name.startsWith(FAULT));
    const lines = [
      '# Report of the fault runs of orders',
      '',
      `Written by \`npm run faults -- orders --first ${this.#first} --seeds ${this.runs} ` +
        '--report docs/ORDERS-FAULTS-REPORT.md`; do not change it by hand. What is run: ' +
        '[FAULTS.md](FAULTS.md).',
      '',
      ...markdownTable('What', 'Number', [
        ['Runs', number(this.runs)],
        ['Seeds', `${this.#first} to ${this.#last}`],
        ...rows.filter(([name]) => !name.startsWith(FAULT)),
        ['**Violations**', `**${number(this.violations.length)}**`],
      ]),
      '',
      ...markdownTable(
        'Fault',
        'Times planned',
        faults.map(([name, count]) => [name.slice(FAULT.length), count]),
      ),
      '',
      'Every request, every answer and the end of every order, as one hash: ' +
        `\`${this.#hash.digest('hex')}\`.`,
      '',
    ];
    for (const { seed, what } of this.violations) lines.push(`- seed ${seed}: ${what}`);
    return `${lines.join('\n').trimEnd()}\n`;
  }

  #sum(name: string, count: number): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + count);
  }
}

function serviceFault(fault: OrderRunResult['plan']['service'][number]['fault']): string {
  if (fault.kind === 'crash') return `crash at ${fault.crash.step}`;
  return fault.kind === 'journal' ? `journal fails ${fault.fate} the commit` : fault.kind;
}

function symptomOf(args: Readonly<Record<string, unknown>>): string {
  const { symptom, call, accepted, action } = args;
  if (typeof action === 'string') return `, ${action}`;
  if (typeof symptom !== 'string') return '';
  return `, ${String(call)} ${symptom}${accepted === true ? ', accepted' : ', not accepted'}`;
}

function number(value: number): string {
  return value.toLocaleString('en-US');
}
