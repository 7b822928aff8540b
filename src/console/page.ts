import {
  TickerClient,
  TickerError,
  type ChainRequest,
  type ClientState,
  type CloseEvent,
} from '../client/client.ts';
import { createSystemClock } from '../domain/clock.ts';
import { findKey, forgetKey, keepKey } from './api-key.ts';
import { ChainTable } from './chain-table.ts';
import { figuresOf } from './figures.ts';
import { whole } from './format.ts';
import { LiveChain } from './live-chain.ts';

const SECOND_MS = 1000;

const clock = createSystemClock();

function byId<Type extends HTMLElement>(id: string, type: new () => Type): Type {
  const element = document.getElementById(id);
  if (!(element instanceof type)) throw new Error(`the page has no ${type.name} #${id}`);
  return element;
}

const page = {
  state: byId('state', HTMLElement),
  simulated: byId('simulated', HTMLElement),
  forget: byId('forget', HTMLButtonElement),
  keyForm: byId('key-form', HTMLFormElement),
  key: byId('key', HTMLInputElement),
  keyError: byId('key-error', HTMLElement),
  chain: byId('chain', HTMLElement),
  underlying: byId('underlying', HTMLSelectElement),
  expiry: byId('expiry', HTMLSelectElement),
  strikes: byId('strikes', HTMLSelectElement),
  spot: byId('spot', HTMLElement),
  change: byId('change', HTMLElement),
  forward: byId('forward', HTMLElement),
  atmVolatility: byId('atm-volatility', HTMLElement),
  timeToExpiry: byId('time-to-expiry', HTMLElement),
  rate: byId('rate', HTMLElement),
  missing: byId('missing', HTMLElement),
  notice: byId('notice', HTMLElement),
  columns: byId('columns', HTMLTableRowElement),
  rows: byId('rows', HTMLTableSectionElement),
};

const STATE_TEXT: Readonly<Record<ClientState, string>> = {
  idle: 'Not connected',
  connecting: 'Connecting',
  open: 'Live',
  waiting: 'Connection lost, trying again',
  closed: 'Not connected',
};

function setText(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

function showState(state: ClientState): void {
  setText(page.state, STATE_TEXT[state]);
  page.state.dataset['state'] = state;
  page.chain.dataset['state'] = state;
}

function showLoss({ reason, reconnectInMs }: CloseEvent): void {
  if (reconnectInMs === undefined) return;
  page.state.title = reason;
}

function askForKey(error: string): void {
  page.chain.hidden = true;
  page.forget.hidden = true;
  page.keyForm.hidden = false;
  setText(page.keyError, error);
  page.key.focus();
}

/** The page while one key is in use. */
class Session {
  readonly #key: string;
  readonly #client: TickerClient;
  readonly #table: ChainTable;
  readonly #live: LiveChain;
  #ticksBefore = 0;
  #isFiguresDirty = false;
  #expiriesOf = '';

  constructor(key: string) {
    this.#key = key;
    this.#client = new TickerClient({ url: socketUrl(), token: key, WebSocket, clock });
    this.#table = new ChainTable(page.columns, page.rows, () => ({
      atmStrike: this.#live.view?.atmStrike,
      forward: this.#live.view?.forward,
    }));
    this.#live = new LiveChain({
      client: this.#client,
      clock,
      listeners: {
        rows: () => {
          this.#table.setRows(this.#live.view?.rows ?? []);
          this.#drawFiguresSoon();
        },
        leg: (row, side) => {
          this.#table.touch(row, side);
          this.#drawFiguresSoon();
        },
        spot: () => this.#drawFiguresSoon(),
      },
      switched: () => {
        this.#table.clear();
        this.#drawFiguresSoon();
      },
      refused: (error) => {
        page.notice.hidden = error === undefined;
        setText(page.notice, error === undefined ? '' : error.detail);
      },
    });
  }

  /** Resolves when the client has ended for good: with the reason, or undefined if by `stop`. */
  async run(): Promise<string | undefined> {
    const client = this.#client;
    client.on('state', showState);
    client.on('close', showLoss);
    const rates = clock.setInterval(() => this.#showRates(), SECOND_MS);
    const ended = new Promise<string | undefined>((resolve) => {
      client.on('close', ({ reconnectInMs, code, reason }) => {
        if (reconnectInMs !== undefined) return;
        resolve(code >= 4500 ? reason : undefined);
      });
    });
    try {
      await client.connect();
      page.chain.hidden = false;
      this.select();
      return await ended;
    } catch (error) {
      if (error instanceof TickerError) return error.detail;
      throw error;
    } finally {
      rates.cancel();
    }
  }

  stop(): void {
    this.#client.close();
  }

  /** Shows what the three lists say. */
  select(): void {
    const underlying = page.underlying.value;
    if (this.#expiriesOf !== underlying) {
      this.#expiriesOf = underlying;
      page.expiry.replaceChildren(new Option('nearest', ''));
      void this.#listExpiries(underlying);
    }
    const { value: expiry } = page.expiry;
    const { value: strikes } = page.strikes;
    const request: ChainRequest = {
      underlying,
      strikes: strikes === 'all' ? 'all' : Number(strikes),
    };
    this.#live.show(expiry === '' ? request : { ...request, expiry });
  }

  async #listExpiries(underlying: string): Promise<void> {
    const response = await fetch(`/v1/expiries?${new URLSearchParams({ underlying }).toString()}`, {
      headers: { authorization: `Bearer ${this.#key}` },
    });
    // Without the list there is still the nearest expiry.
    if (!response.ok || this.#expiriesOf !== underlying) return;
    const { expiries } = (await response.json()) as { expiries: string[] };
    page.expiry.append(...expiries.map((expiry) => new Option(expiry, expiry)));
  }

  #drawFiguresSoon(): void {
    if (this.#isFiguresDirty) return;
    this.#isFiguresDirty = true;
    requestAnimationFrame(() => {
      this.#isFiguresDirty = false;
      const { view } = this.#live;
      if (view === undefined) return;
      const figures = figuresOf(view);
      setText(page.spot, figures.spot);
      setText(page.change, figures.change);
      page.change.dataset['sign'] = String(figures.changeSign);
      setText(page.forward, figures.forward);
      setText(page.atmVolatility, `${figures.atmVolatility} %`);
      setText(page.timeToExpiry, figures.timeToExpiry);
      page.simulated.hidden = !figures.isSimulated;
    });
  }

  #showRates(): void {
    const { ticks, missing } = this.#client.statistics;
    setText(page.rate, whole(ticks - this.#ticksBefore));
    setText(page.missing, whole(missing));
    page.missing.dataset['sign'] = missing > 0 ? '-1' : '0';
    this.#ticksBefore = ticks;
  }
}

function socketUrl(): string {
  const url = new URL('/ws/ticks', location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return url.href;
}

let session: Session | undefined;

async function start(key: string): Promise<void> {
  page.keyForm.hidden = true;
  page.forget.hidden = false;
  try {
    session = new Session(key);
  } catch (error) {
    if (!(error instanceof TickerError)) throw error;
    forgetKey(window);
    askForKey(error.detail);
    return;
  }
  const reason = await session.run();
  session = undefined;
  forgetKey(window);
  askForKey(reason ?? '');
}

page.keyForm.addEventListener('submit', (event) => {
  event.preventDefault();
  const key = page.key.value.trim();
  page.key.value = '';
  keepKey(window, key);
  void start(key);
});
page.forget.addEventListener('click', () => session?.stop());
for (const list of [page.underlying, page.expiry, page.strikes]) {
  list.addEventListener('change', () => {
    if (list === page.underlying) page.expiry.value = '';
    session?.select();
  });
}

const key = findKey(window);
if (key === undefined) askForKey('');
else void start(key);
