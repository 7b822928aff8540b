import type { ChainLeg, ChainRow } from '../client/chain.ts';

/** What there is to see of a chain at one moment. */
export interface ChainPicture {
  underlying: string;
  /** IST day; undefined until it is known. */
  expiry: string | undefined;
  /** Last price of the underlying, rupees, and its change against the previous close, percent. */
  spot: number | undefined;
  change: number | undefined;
  /** Rupees. */
  forward: number | undefined;
  atmStrike: number | undefined;
  /** By rising strike. */
  rows: readonly ChainRow[];
  isSimulated: boolean;
  /** Said where it is not live: connecting, reconnecting. */
  trouble: string | undefined;
  ticksPerSecond: number | undefined;
  /** How the last price of a contract moved at its newest tick: -1, 0, 1. */
  moveOf(token: number): number;
}

export interface RenderOptions {
  widthColumns: number;
  /** Infinity: all rows. */
  heightLines: number;
  colour: boolean;
}

interface Column {
  title: string;
  width: number;
  text(leg: ChainLeg): string;
}

/** Why there is no volatility, in the width of its column. */
const REASONS: Readonly<Record<string, string>> = {
  BELOW_INTRINSIC: 'intrins',
  ABOVE_MAXIMUM: 'too high',
  EXPIRED: 'expired',
  INVALID: 'invalid',
  NO_UNDERLYING: 'no fwd',
  NO_QUOTE: 'no quote',
  STALE: 'stale',
  CROSSED: 'crossed',
  AFTER_SETTLEMENT: 'settled',
  GREEKS_LATE: 'late',
  GREEKS_SKIPPED: 'skipped',
};
const NOTHING = '-';
const STRIKE_WIDTH = 9;

const wholeFormat = new Intl.NumberFormat('en-IN', { maximumFractionDigits: 0 });

/** `value` with `digits` decimals; a dash if there is none. */
function fixed(value: number | null | undefined, digits: number): string {
  return value === null || value === undefined ? NOTHING : value.toFixed(digits);
}

function whole(value: number | null | undefined): string {
  return value === null || value === undefined ? NOTHING : wholeFormat.format(value);
}

function volatility({ tick }: ChainLeg): string {
  const greeks = tick?.greeks;
  if (greeks === null || greeks === undefined) return NOTHING;
  if (greeks.iv !== null) return `${(greeks.iv * 100).toFixed(2)}%`;
  return REASONS[greeks.status] ?? NOTHING;
}

/** Price of the best level; an empty one is a dash. */
function levelPrice(leg: ChainLeg, side: 'buy' | 'sell'): string {
  const price = leg.tick?.depth?.[side][0]?.price;
  return price === 0 ? NOTHING : fixed(price, 2);
}

const LAST: Column = { title: 'Last', width: 9, text: ({ tick }) => fixed(tick?.last_price, 2) };
const IV: Column = { title: 'IV', width: 8, text: volatility };
const DELTA: Column = {
  title: 'Delta',
  width: 7,
  text: ({ tick }) => fixed(tick?.greeks?.delta, 3),
};
const BID: Column = { title: 'Bid', width: 9, text: (leg) => levelPrice(leg, 'buy') };
const ASK: Column = { title: 'Ask', width: 9, text: (leg) => levelPrice(leg, 'sell') };
const OI: Column = { title: 'OI', width: 12, text: ({ tick }) => whole(tick?.oi) };
const THETA: Column = {
  title: 'Theta',
  width: 8,
  text: ({ tick }) => fixed(tick?.greeks?.theta, 2),
};
const VEGA: Column = { title: 'Vega', width: 7, text: ({ tick }) => fixed(tick?.greeks?.vega, 2) };
const GAMMA: Column = {
  title: 'Gamma',
  width: 8,
  text: ({ tick }) => fixed(tick?.greeks?.gamma, 5),
};

/** As they stand in the put half, from the strike outwards. */
const ORDER = [LAST, BID, ASK, IV, DELTA, GAMMA, THETA, VEGA, OI];
/** The most telling first: a narrow screen shows as many as fit. */
const BY_IMPORTANCE = [LAST, IV, DELTA, BID, ASK, OI, THETA, VEGA, GAMMA];

function columnsFor(widthColumns: number): Column[] {
  let left = widthColumns - STRIKE_WIDTH - 2;
  const chosen = new Set<Column>();
  for (const column of BY_IMPORTANCE) {
    left -= 2 * (column.width + 1);
    if (left < 0) break;
    chosen.add(column);
  }
  return ORDER.filter((column) => chosen.has(column));
}

type Style = (text: string) => string;

function sgr(codes: string, colour: boolean): Style {
  return (text) => (colour ? `\x1b[${codes}m${text}\x1b[0m` : text);
}

/**
 * The chain as lines of text, none wider than asked (9 columns at least); with colour they also
 * hold SGR sequences. Of the strikes those around the money are shown, as many as have room.
 */
export function renderChain(picture: ChainPicture, options: RenderOptions): string[] {
  const columns = columnsFor(options.widthColumns);
  const bold = sgr('1', options.colour);
  const head = headLines(picture, options);
  const rows = visibleRows(picture, options.heightLines - head.length - 2);
  return [
    ...head,
    bold(tableHead(columns)),
    ...rows.map((row) => renderRow(row, columns, picture, options.colour)),
  ];
}

function headLines(picture: ChainPicture, { widthColumns, colour }: RenderOptions): string[] {
  const { underlying, expiry, spot, change, forward, ticksPerSecond } = picture;
  const sign = change !== undefined && change >= 0 ? '+' : '';
  const moved = change === undefined ? '' : ` (${sign}${change.toFixed(2)}%)`;
  const parts: [string, Style][] = [
    [`${underlying} ${expiry ?? ''}`.trimEnd(), sgr('1', colour)],
    [`spot ${fixed(spot, 2)}${moved}`, (text) => text],
    [`forward ${fixed(forward, 2)}`, (text) => text],
  ];
  if (picture.isSimulated) parts.push(['SIMULATED', sgr('30;43', colour)]);
  if (picture.trouble !== undefined) parts.push([picture.trouble, sgr('31', colour)]);
  if (ticksPerSecond !== undefined) {
    parts.push([`${whole(ticksPerSecond)} ticks/s`, sgr('2', colour)]);
  }
  const lines: string[] = [];
  let line = '';
  let width = 0;
  for (const [text, style] of parts) {
    const cut = text.slice(0, widthColumns);
    if (width > 0 && width + 3 + cut.length > widthColumns) {
      lines.push(line);
      line = '';
      width = 0;
    }
    line += (width > 0 ? '   ' : '') + style(cut);
    width += (width > 0 ? 3 : 0) + cut.length;
  }
  return [...lines, line, ''];
}

function tableHead(columns: readonly Column[]): string {
  const calls = columns.toReversed().map(({ title, width }) => title.padStart(width));
  const puts = columns.map(({ title, width }) => title.padStart(width));
  return [...calls, centred('Strike'), ...puts].join(' ');
}

function centred(text: string): string {
  const left = Math.floor((STRIKE_WIDTH + text.length) / 2);
  return text.padStart(left).padEnd(STRIKE_WIDTH);
}

function visibleRows({ rows, atmStrike }: ChainPicture, room: number): readonly ChainRow[] {
  if (rows.length <= room) return rows;
  const size = Math.max(1, room);
  const atm = Math.max(
    0,
    rows.findIndex((row) => row.strike === atmStrike),
  );
  const start = Math.min(Math.max(0, atm - Math.floor(size / 2)), rows.length - size);
  return rows.slice(start, start + size);
}

function renderRow(
  row: ChainRow,
  columns: readonly Column[],
  picture: ChainPicture,
  colour: boolean,
): string {
  const isAtm = row.strike === picture.atmStrike;
  const strike = centred(Number.isInteger(row.strike) ? `${row.strike}` : row.strike.toFixed(2));
  return [
    ...columns.toReversed().map((column) => renderCell(column, row.call, picture, colour)),
    sgr(isAtm ? '1;7' : '1', colour)(strike),
    ...columns.map((column) => renderCell(column, row.put, picture, colour)),
  ].join(' ');
}

function renderCell(
  column: Column,
  leg: ChainLeg | undefined,
  picture: ChainPicture,
  colour: boolean,
): string {
  const text = leg === undefined ? NOTHING : column.text(leg);
  const cell = text.slice(0, column.width).padStart(column.width);
  if (column !== LAST || leg === undefined) return cell;
  const move = picture.moveOf(leg.token);
  return move === 0 ? cell : sgr(move > 0 ? '32' : '31', colour)(cell);
}
