import { errorText } from '../../../domain/error-codes.ts';
import type { Market } from '../market.ts';
import { BookFile } from './book-file.ts';
import type { BookLine, DayLine, OrderLine } from './book-lines.ts';
import { restoreBook } from './book-restore.ts';
import type { BookLog, OrderDesk } from './order-desk.ts';
import type { SimOrder } from './sim-order.ts';
import type { SimTrade } from './sim-trade.ts';
import type { TradingAccount } from './trading-account.ts';

/** Keeps the book of a desk in a file, so that the next run goes on with it. */
export class BookKeeper implements BookLog {
  readonly #file: BookFile;
  readonly #desk: OrderDesk;

  private constructor(file: BookFile, desk: OrderDesk) {
    this.#file = file;
    this.#desk = desk;
  }

  /**
   * Gives the desk, which is new, the book of the run before and keeps it from now on. `report`
   * is told what of it is lost. Throws CONFIG_FILE.
   */
  static open(
    path: string,
    desk: OrderDesk,
    market: Market,
    report: (message: string) => void,
  ): BookKeeper {
    const file = new BookFile(path);
    const keeper = new BookKeeper(file, desk);
    const lines = linesOf(file, report);
    const unlisted = restoreBook(lines, desk, market);
    if (unlisted > 0) {
      report(`${unlisted} orders and positions of ${path} are of contracts that are not listed`);
    }
    file.replace(lines.length > 0 ? lines : [keeper.#dayLine()]);
    desk.book = keeper;
    desk.resume();
    return keeper;
  }

  order(order: SimOrder, trade: SimTrade | null): void {
    this.#file.append(orderLine(order, trade));
  }

  account(account: TradingAccount): void {
    this.#file.append({ kind: 'account', state: account.portfolio.state(account.id) });
  }

  day(): void {
    // The second leg of a cover order may have been placed by the end of the day.
    const open = this.#desk.accounts().flatMap((account) => account.open());
    this.#file.replace([this.#dayLine(), ...open.map((order) => orderLine(order, null))]);
  }

  close(): void {
    this.#file.close();
  }

  #dayLine(): DayLine {
    const { day, numbers } = this.#desk;
    const accounts = this.#desk.accounts().map(({ id, portfolio }) => portfolio.state(id));
    return { kind: 'day', format: 1, day, numbers, accounts };
  }
}

/** The lines of the last day that the file knows. */
function linesOf(file: BookFile, report: (message: string) => void): BookLine[] {
  try {
    const lines = file.read();
    return lines.slice(
      Math.max(
        0,
        lines.findLastIndex(({ kind }) => kind === 'day'),
      ),
    );
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const aside = file.moveAside();
    report(
      `the simulator's book ${file.path} is broken (${errorText(error)}): it begins anew, ` +
        `the broken one is ${aside}`,
    );
    return [];
  }
}

function orderLine(order: SimOrder, trade: SimTrade | null): OrderLine {
  const { origin, terms, iceberg } = order;
  const isFirst = order.history.length === 1;
  const saved = trade === null ? null : savedTrade(trade);
  const placed = { origin, terms: { ...terms, instrument: terms.instrument.key }, iceberg };
  return {
    kind: 'order',
    id: order.id,
    placed: isFirst ? placed : null,
    state: order.state(),
    trade: saved,
  };
}

function savedTrade({ id, quantity, pricePaise, timeUs }: SimTrade): OrderLine['trade'] {
  return { id, quantity, pricePaise, timeUs };
}
