import type { Host } from '../harness/host.ts';
import type { JitterReading } from '../harness/jitter.ts';
import type { BenchReport, Figure } from '../harness/result.ts';
import { ANALYTICS, CHAIN, IV_ONLY, PRICE, SOLVE, SOLVE_COLUMNS } from '../micro/price.ts';
import type { ForwardAccuracy, GreeksAccuracy, VolatilityAccuracy } from './accuracy.ts';
import { PRICING_PACKAGES, SOLVING_PACKAGES } from './packages.ts';

export interface PricingReport {
  host: Host;
  warnings: readonly string[];
  hostJitter: JitterReading;
  speed: BenchReport;
  greeks: readonly GreeksAccuracy[];
  volatilities: readonly VolatilityAccuracy[];
  edgeGreeks: readonly GreeksAccuracy[];
  edgeVolatilities: readonly VolatilityAccuracy[];
  forward: ForwardAccuracy | undefined;
}

/** docs/PRICING.md, before Prettier aligns its tables. */
export function pricingDocument(report: PricingReport): string {
  return `${[
    INTRODUCTION,
    speedSection(report),
    accuracySection(report),
    DEFINITIONS,
    methodSection(report),
  ].join('\n\n')}\n`;
}

const INTRODUCTION = `# Pricing: how exact and how fast

\`ticker-service/pricing\` (\`src/pricing\`) has Black-76 and Black-Scholes-Merton prices,
derivatives and implied volatilities, forwards by put-call parity, smiles and liquidity measures,
without a dependency. The tables below are made by \`npm run pricing:report\`; nothing in them is
typed by hand.`;

function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const rule = titles.map((_, i) => (i === 0 ? '---' : '---:'));
  return [line(titles), line(rule), ...rows.map(line)].join('\n');
}

function figureOf(speed: BenchReport, name: string): Figure {
  const figure = speed.figures.find((each) => each.name === name);
  if (figure === undefined) throw new Error(`no figure ${name}`);
  return figure;
}

/** Three significant digits. */
function number(value: number): string {
  return Number(value.toPrecision(3)).toLocaleString('en-US', { maximumFractionDigits: 3 });
}

function speedSection({ speed }: PricingReport): string {
  const row = (title: string, name: string, target: string, packages = false): string[] => {
    const { median, min, max, cpuNs } = figureOf(speed, name);
    return [
      title,
      ...[median, min, max, cpuNs?.median ?? Number.NaN].map(number),
      packages ? number(figureOf(speed, `${name} / ours`).median) : target,
      packages ? `${number(figureOf(speed, `failed: ${name}`).median)} %` : '0 %',
    ];
  };
  const titles = ['ns', 'median', 'least', 'greatest', 'CPU', 'target; times ours', 'failed'];
  return [
    '## Speed',
    'Implied volatility from a price, then delta, gamma, theta, vega and rho, per option:',
    table(titles, [
      row('**ours**', SOLVE, '250'),
      row('ours, batch function over columns', SOLVE_COLUMNS, '250'),
      row('ours, volatility alone', IV_ONLY, ''),
      ...SOLVING_PACKAGES.map(({ name }) => row(name, name, '', true)),
    ]),
    'Price and the same Greeks from a volatility, per option:',
    table(titles, [
      row('**ours**', PRICE, '120'),
      ...PRICING_PACKAGES.map(({ name }) => row(name, name, '', true)),
    ]),
    'Whole chains of 200 options:',
    table(titles, [
      row('volatility and Greeks of every option', CHAIN, '60,000'),
      row('at-the-money volatility, smile, skew, positions', ANALYTICS, '1,000,000'),
    ]),
    ...speed.notes.map((note) => `The options: ${note}.`),
  ].join('\n\n');
}

function accuracySection(report: PricingReport): string {
  const parts = ['## Accuracy'];
  parts.push(
    'Against exact values, computed with 50 digits and more and rounded once. *eta* is how far a ' +
      'result moves when every input, and the result, is rounded once: what double precision can ' +
      'know. The bound is 2.',
    table(
      ['prices and derivatives', 'options', 'price, eta', 'worst derivative, eta', 'which'],
      [...report.greeks, ...report.edgeGreeks].map((each) => [
        each.family,
        String(each.rows),
        each.price.toFixed(2),
        each.derivatives.toFixed(2),
        each.worst,
      ]),
    ),
    'The unit of a volatility is the largest of what one last digit of the price, of all inputs ' +
      'and ' +
      'of the volatility itself is worth. The bound is 2. Labels (below intrinsic value, above ' +
      'the ' +
      'maximum, expired, invalid) are compared where the price is 4 units in the last place or ' +
      'more ' +
      'from a bound.',
    table(
      ['implied volatilities', 'options', 'wrong labels', 'compared', 'worst, units'],
      [...report.volatilities, ...report.edgeVolatilities].map((each) => [
        each.family,
        String(each.rows),
        String(each.wrongLabels),
        String(each.solved),
        each.error.toFixed(2),
      ]),
    ),
  );
  if (report.forward !== undefined) {
    const { chains, median, worst } = report.forward;
    parts.push(
      `Forwards of ${chains} chains of 11 strikes with noise of up to 3 ticks: relative error ` +
        `${median.toExponential(1)} in the middle chain (bound 1e-6), ${worst.toExponential(1)} ` +
        `at ` +
        'worst (bound 5e-4).',
    );
  }
  return parts.join('\n\n');
}

const DEFINITIONS = `## What the figures of a chain mean

- **At-the-money volatility**: at the forward, total variance interpolated between the nearest
  strikes on both sides, each solved from the mid of its option out of the money; from the smile if
  one side is missing.
- **Smile**: raw SVI, total variance w(k) = a + b (rho (k - m) + sqrt((k - m)^2 + sigma^2)), k =
  ln(strike / forward). Fitted to options out of the money with a delta of 2 % or more, weighted by
  vega over half the spread plus a tenth of a volatility point at the money; quasi-explicit (least
  squares within bounds for every m and sigma, then a search over these two). Wings are no steeper
  than Lee's bound, 2; the density (Durrleman's function) is not negative over the strikes and half
  their range beyond, otherwise the status is \`ARBITRAGE\`. Fewer than 6 options:
  \`TOO_FEW_POINTS\`. The error is the root mean square of fitted less quoted volatility.
- **25-delta risk reversal**: volatility of the call less that of the put whose undiscounted
  forward deltas are 0.25 and -0.25, on the smile. **Butterfly**: their mean less the smile at the
  forward.
- **Put-call ratio**: puts over calls, of open interest and of volume.
- **Max pain**: the listed strike at which all open interest is worth least at expiry.
- **Gamma exposure**: 0.01 forward^2 times the sum of gamma times open interest, calls positive and
  puts negative: the currency by which the hedge changes when the underlying moves by 1 %, for
  dealers who have bought the calls and sold the puts.
- **Liquidity score**, 0 to 100: 40 % spread (100 less 200 times the spread in percent of the mid),
  30 % quantity of all levels (a tenth of it), 20 % orders, 10 % balance (100 less twice the
  imbalance in percent), each between 0 and 100. From 80 \`HIGH\`, 60 \`MEDIUM\`, 40 \`LOW\`, else
  \`ILLIQUID\`.`;

function methodSection({ host, hostJitter, speed, warnings }: PricingReport): string {
  const ms = (us: number): string => `${(us / 1000).toFixed(2)} ms`;
  return [
    '## How this page was made',
    `\`npm run pricing:report\`, ${speed.runs} runs of the bench \`price\` ` +
      `(docs/BENCHMARKS.md), each in ` +
      `a process of its own; median, least and greatest of the runs, each the median call. ` +
      `${host.cpuModel}, ${host.cores} cores, Node ${host.node}, load average ` +
      `${host.loadAverage[0]?.toFixed(2) ?? '?'} before the start. Meanwhile a 1 ms timer of an ` +
      `idle ` +
      `process was late by ${ms(hostJitter.p50Us)} in the middle and ${ms(hostJitter.p99Us)} at ` +
      `p99: ` +
      'no time here is better than that machine was quiet. Ratios travel, nanoseconds do not.',
    ...warnings.map((warning) => `**Warning**: ${warning}.`),
    'The tables of exact values are made by programs with mpmath; the edge families (negative ' +
      'rates, ' +
      'dividends above the rate, d1 near 0, nanoseconds to expiry, total volatilities of 4 to ' +
      '40, prices ' +
      'around 1, ...) are in `test/unit/pricing/edge-*.csv` and tested at every change.',
  ].join('\n\n');
}
