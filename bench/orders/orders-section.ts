import { type OrderLoad, overheadMs, percentile } from './order-load.ts';
import type { OrdersFigures } from './orders-run.ts';

const WHAT: readonly [string, (load: OrderLoad, fraction: number) => number][] = [
  ['`POST /v1/orders`, first to last byte', ({ total }, at) => percentile(total, at)],
  ['of it the broker (the simulator)', ({ broker }, at) => percentile(broker, at)],
  ['without the broker', ({ withoutBroker }, at) => percentile(withoutBroker, at)],
  ['a bare commit of one row, in between', ({ commits }, at) => percentile(commits, at)],
  ['**overhead over a bare commit**', overheadMs],
  ['a plain `GET` on the same port, in between', ({ floor }, at) => percentile(floor, at)],
];

/** The section of docs/BENCHMARKS.md. */
export function ordersSection(figures: readonly OrdersFigures[], rate: number): string {
  const cell = (value: number): string => value.toFixed(2);
  const rows = WHAT.map(([name, of]) => {
    const cells = figures.flatMap(({ load }) => [cell(of(load, 0.5)), cell(of(load, 0.99))]);
    return `| ${name} | ${cells.join(' | ')} |`;
  });
  const jitter = figures.flatMap(({ jitterP99Ms }) => ['', cell(jitterP99Ms)]);
  const heads = figures.flatMap(({ name }) => [`${name}, p50`, 'p99']);
  const orders = figures.reduce((sum, { load }) => sum + load.orders, 0);
  return [
    '## Orders',
    '',
    `\`npm run bench -- --only orders\`: ${orders} orders at ${rate} a second through the whole ` +
      'service on a durable PostgreSQL, each journaled before it is sent; once while hardly ' +
      'anything ticks and once under 50,000 ticks a second with 50 clients. Milliseconds, all of ' +
      'one run; asked are 0.4 (p50) and 1.5 (p99) over a bare commit.',
    '',
    `| | ${heads.join(' | ')} |`,
    `| --- | ${heads.map(() => '--:').join(' | ')} |`,
    ...rows,
    `| lateness of a 1 ms timer of this machine | ${jitter.join(' | ')} |`,
    '',
  ].join('\n');
}
