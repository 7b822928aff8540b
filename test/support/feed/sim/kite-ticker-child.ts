/**
 * A process that runs the broker's official KiteTicker, which keeps its state in its module and may
 * end its process. Arguments: URL, API key, access token, the subscriptions as JSON, modes with
 * their tokens, and `reconnect` if it is to reconnect by itself. Sends to its parent every binary
 * frame with the ticks that the class made of it, and every order update.
 */
import { KiteTicker } from 'kiteconnect';
import type { Tick } from 'kiteconnect';

export interface TickerMessage {
  /** Base64 of the frame. */
  frame: string;
  /** None for a heartbeat. Dates arrive as ISO strings. */
  ticks: Tick[];
}

export interface OrderUpdateMessage {
  order: Record<string, unknown>;
}

type Mode = 'ltp' | 'quote' | 'full';

const [root = '', apiKey = '', accessToken = '', subscriptions = '{}', reconnect = ''] =
  process.argv.slice(2);
// `root` is missing from the published types.
const parameters = {
  root,
  api_key: apiKey,
  access_token: accessToken,
  reconnect: reconnect === 'reconnect',
};
const ticker = new KiteTicker(parameters);

function send(message: TickerMessage | OrderUpdateMessage | { connected: true }): void {
  process.send?.(message);
}

let frame: string | null = null;

/** The class reports a frame first as bytes, then, if it holds packets, as ticks. */
function sendFrame(ticks: Tick[]): void {
  if (frame !== null) send({ frame, ticks });
  frame = null;
}

ticker.on('connect', () => {
  for (const [mode, tokens] of Object.entries(
    JSON.parse(subscriptions) as Record<Mode, number[]>,
  )) {
    ticker.subscribe(tokens);
    ticker.setMode(mode as Mode, tokens);
  }
  send({ connected: true });
});
ticker.on('message', (data: ArrayBuffer) => {
  frame = Buffer.from(data).toString('base64');
  if (data.byteLength <= 2) sendFrame([]);
});
ticker.on('ticks', sendFrame);
ticker.on('order_update', (order: Record<string, unknown>) => {
  send({ order });
});
process.on('disconnect', () => {
  process.exit(0);
});
ticker.connect();
