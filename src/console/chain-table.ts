import type { ChainLeg, ChainRow, ChainSide } from '../client/chain.ts';
import { sideColumns, type Column } from './columns.ts';

interface Cell {
  column: Column;
  element: HTMLTableCellElement;
  text: Text;
}

interface RowView {
  row: ChainRow;
  element: HTMLTableRowElement;
  cells: Readonly<Record<ChainSide, readonly Cell[]>>;
  lastPrice: Record<ChainSide, number | null>;
  /** How often the last price has moved: even and odd moves flash under different names. */
  moves: Record<ChainSide, number>;
}

/** Where the money is. */
export interface Money {
  atmStrike: number | undefined;
  forward: number | undefined;
}

const SIDES: readonly ChainSide[] = ['call', 'put'];

/**
 * The table of a chain. Changes are collected and written once per animation frame, and only where
 * the text differs.
 */
export class ChainTable {
  readonly #body: HTMLTableSectionElement;
  readonly #money: () => Money;
  readonly #views = new Map<number, RowView>();
  readonly #dirty = new Map<RowView, Set<ChainSide>>();
  #rows: readonly ChainRow[] = [];
  #isScheduled = false;
  #isReordered = false;
  #isCentred = false;

  constructor(head: HTMLTableRowElement, body: HTMLTableSectionElement, money: () => Money) {
    this.#body = body;
    this.#money = money;
    head.replaceChildren(
      ...headCells('call'),
      headCell('Strike', 'strike', ''),
      ...headCells('put'),
    );
  }

  /** Another chain: forgets everything. */
  clear(): void {
    this.#views.clear();
    this.#dirty.clear();
    this.#rows = [];
    this.#isCentred = false;
    this.#body.replaceChildren();
  }

  /** Strikes came or went; `rows` by rising strike. */
  setRows(rows: readonly ChainRow[]): void {
    this.#rows = rows;
    this.#isReordered = true;
    this.#schedule();
  }

  /** A leg of `row` has a newer tick. */
  touch(row: ChainRow, side: ChainSide): void {
    const view = this.#views.get(row.strike);
    // A row that is not there yet is drawn whole.
    if (view !== undefined) this.#mark(view, side);
    this.#schedule();
  }

  /** Draws what changed now; otherwise the next animation frame does. */
  draw(): void {
    if (this.#isReordered) this.#reorder();
    for (const [view, sides] of this.#dirty) for (const side of sides) drawLeg(view, side);
    this.#dirty.clear();
    this.#drawMoney();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    requestAnimationFrame(() => {
      this.#isScheduled = false;
      this.draw();
    });
  }

  #mark(view: RowView, side: ChainSide): void {
    const sides = this.#dirty.get(view);
    if (sides === undefined) this.#dirty.set(view, new Set([side]));
    else sides.add(side);
  }

  #reorder(): void {
    this.#isReordered = false;
    const kept = new Set(this.#rows.map((row) => row.strike));
    for (const strike of [...this.#views.keys()]) if (!kept.has(strike)) this.#views.delete(strike);
    for (const row of this.#rows) {
      let view = this.#views.get(row.strike);
      // The same strike is another row object where the chain was made anew.
      if (view?.row !== row) {
        view = createRow(row);
        this.#views.set(row.strike, view);
      }
      for (const side of SIDES) this.#mark(view, side);
    }
    const elements = this.#rows.flatMap((row) => this.#views.get(row.strike)?.element ?? []);
    this.#body.replaceChildren(...elements);
  }

  #drawMoney(): void {
    const { atmStrike, forward } = this.#money();
    let isAbove = false;
    for (const { strike } of this.#rows) {
      const element = this.#views.get(strike)?.element;
      if (element === undefined || forward === undefined) continue;
      const isFirstAbove: boolean = !isAbove && strike > forward;
      isAbove = strike > forward;
      element.toggleAttribute('data-atm', strike === atmStrike);
      element.toggleAttribute('data-forward', isFirstAbove);
      setData(element, 'money', isAbove ? 'above' : 'below');
    }
    this.#drawOpenInterest();
    if (!this.#isCentred && atmStrike !== undefined) this.#centre(atmStrike);
  }

  #drawOpenInterest(): void {
    let most = 1;
    for (const row of this.#rows) {
      for (const side of SIDES) most = Math.max(most, row[side]?.tick?.oi ?? 0);
    }
    for (const view of this.#views.values()) {
      for (const side of SIDES) {
        const cell = view.cells[side].find(({ column }) => column.kind === 'oi');
        const share = ((view.row[side]?.tick?.oi ?? 0) / most).toFixed(3);
        if (cell === undefined || cell.element.style.getPropertyValue('--oi') === share) continue;
        cell.element.style.setProperty('--oi', share);
      }
    }
  }

  /** Brings the money into view, once per chain. */
  #centre(atmStrike: number): void {
    const element = this.#views.get(atmStrike)?.element;
    const container = this.#body.closest('.scroll');
    if (element === undefined || container === null) return;
    this.#isCentred = true;
    container.scrollTop = element.offsetTop - container.clientHeight / 2;
  }
}

function headCells(side: ChainSide): HTMLTableCellElement[] {
  const spoken = side === 'call' ? 'Call ' : 'Put ';
  return sideColumns(side).map(({ title, rank }) => headCell(title, `${rank} ${side}`, spoken));
}

function headCell(title: string, className: string, spoken: string): HTMLTableCellElement {
  const cell = document.createElement('th');
  cell.scope = 'col';
  cell.className = className;
  const prefix = document.createElement('span');
  prefix.className = 'unseen';
  prefix.textContent = spoken;
  cell.append(prefix, title);
  return cell;
}

function createRow(row: ChainRow): RowView {
  const element = document.createElement('tr');
  const strike = document.createElement('th');
  strike.scope = 'row';
  strike.textContent = String(row.strike);
  const cells = { call: createCells('call'), put: createCells('put') };
  element.append(
    ...cells.call.map((cell) => cell.element),
    strike,
    ...cells.put.map((cell) => cell.element),
  );
  return {
    row,
    element,
    cells,
    lastPrice: { call: null, put: null },
    moves: { call: 0, put: 0 },
  };
}

function createCells(side: ChainSide): Cell[] {
  return sideColumns(side).map((column) => {
    const element = document.createElement('td');
    element.className = [column.rank, side, column.kind ?? ''].join(' ').trim();
    const text = document.createTextNode('');
    element.append(text);
    return { column, element, text };
  });
}

function drawLeg(view: RowView, side: ChainSide): void {
  const leg = view.row[side];
  if (leg === undefined) return;
  for (const { column, element, text } of view.cells[side]) {
    const wanted = column.text(leg);
    if (text.data !== wanted) text.data = wanted;
    if (column.kind === 'last') drawMove(view, side, leg, element);
    if (column.kind === 'iv') element.classList.toggle('reason', !hasVolatility(leg));
  }
}

function hasVolatility({ tick }: ChainLeg): boolean {
  return typeof tick?.greeks?.iv === 'number';
}

function drawMove(
  view: RowView,
  side: ChainSide,
  { tick }: ChainLeg,
  element: HTMLTableCellElement,
): void {
  const before = view.lastPrice[side];
  const now = tick?.last_price ?? null;
  view.lastPrice[side] = now;
  if (before === null || now === null || before === now) return;
  view.moves[side] += 1;
  setData(element, 'move', `${now > before ? 'up' : 'down'}${view.moves[side] % 2}`);
}

function setData(element: HTMLElement, name: string, value: string): void {
  if (element.dataset[name] !== value) element.dataset[name] = value;
}
