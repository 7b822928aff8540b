import type { ChainReport, LegReport } from './chain-report.ts';

/* What `ticker chain` prints for people. */

const DAYS_PER_YEAR = 365;

export function chainText(report: ChainReport): string {
  return [...headLines(report), '', ...tableLines(report)].join('\n');
}

function headLines(report: ChainReport): string[] {
  const { smile } = report;
  const days = (report.time_to_expiry * DAYS_PER_YEAR).toFixed(4);
  const lines = [
    `${report.underlying} ${report.expiry}  ${report.status}  ${days} days to expiry` +
      (report.quality.length > 0 ? `  ${report.quality.join(' ')}` : ''),
  ];
  if (report.forward !== null) lines.push(forwardLine(report));
  if (report.atm_volatility !== null) {
    lines.push(
      `volatility  at the money ${percent(report.atm_volatility)}  ` +
        `25-delta risk reversal ${percent(report.risk_reversal_25)}  ` +
        `butterfly ${percent(report.butterfly_25)}`,
    );
  }
  const parameters = (['a', 'b', 'rho', 'm', 'sigma'] as const)
    .filter((name) => smile[name] !== null)
    .map((name) => `${name} ${significant(smile[name])}`);
  const error =
    smile.rms_error_points === null
      ? ''
      : `  rms error ${smile.rms_error_points.toFixed(2)} points`;
  lines.push(
    `smile       ${[smile.status, ...parameters].join('  ')}${error} (${smile.points} strikes)`,
    `positions   put/call open interest ${fixed(report.put_call_oi, 2)}  ` +
      `volume ${fixed(report.put_call_volume, 2)}  max pain ${fixed(report.max_pain, 2)}  ` +
      `gamma exposure ${significant(report.gamma_exposure)} a 1 % move (oi in ${report.oi_unit})`,
  );
  return lines;
}

function forwardLine(report: ChainReport): string {
  const dispersion =
    report.forward_dispersion === null
      ? ''
      : ` +- ${report.forward_dispersion.toFixed(2)} by ${report.forward_strikes} strikes`;
  return `forward     ${fixed(report.forward, 2)}  ${report.forward_source}${dispersion}`;
}

/** Titles and cells of one side, from the outside to the strike. */
const CELLS: readonly [title: string, width: number, text: (leg: LegReport) => string][] = [
  ['status', 15, (leg) => leg.status],
  ['vega', 8, (leg) => fixed(leg.vega, 2)],
  ['theta', 9, (leg) => fixed(leg.theta, 2)],
  ['gamma', 9, (leg) => fixed(leg.gamma, 6)],
  ['delta', 7, (leg) => fixed(leg.delta, 3)],
  ['own %', 7, (leg) => percent(leg.iv_own, '')],
  ['iv %', 7, (leg) => percent(leg.iv, '')],
  ['price', 10, (leg) => fixed(leg.price, 2)],
];
const STRIKE_WIDTH = 11;

function tableLines(report: ChainReport): string[] {
  const line = (
    text: (cell: (typeof CELLS)[number], side: 'ce' | 'pe') => string,
    strike: string,
  ) => {
    const calls = CELLS.map((cell) => text(cell, 'ce').padStart(cell[1]));
    const puts = [...CELLS].reverse().map((cell) => text(cell, 'pe').padStart(cell[1]));
    return `${calls.join('')}${strike.padStart(STRIKE_WIDTH)}${puts.join('')}`;
  };
  return [
    line(([title]) => title, 'strike'),
    ...report.rows.map((row) => line(([, , text], side) => text(row[side]), String(row.strike))),
  ];
}

function fixed(value: number | null, digits: number): string {
  return value === null ? '-' : value.toFixed(digits);
}

function percent(value: number | null, unit = ' %'): string {
  return value === null ? '-' : `${(100 * value).toFixed(2)}${unit}`;
}

function significant(value: number | null): string {
  return value === null ? '-' : value.toPrecision(4);
}
