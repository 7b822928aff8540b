import type { ClientSocket } from '../../src/domain/ports.ts';
import { MODE } from '../../src/domain/status.ts';
import { BY_NAME, ClientConnection, Subscription } from '../../src/fanout/connection.ts';
import { Delivery } from '../../src/fanout/delivery.ts';
import { SubscriptionIndex } from '../../src/fanout/subscription-index.ts';
import { qualifiedSymbol } from '../../src/domain/instrument.ts';
import type { MarketRecording } from '../market/recording.ts';
import type { TickPath } from '../market/tick-path.ts';

export interface SinkClient {
  delivery: Delivery;
  /** Gets every frame; valid until it returns. */
  onFrame: (frame: Uint8Array) => void;
}

/** The fan-out with one client in memory that is subscribed to everything, full with Greeks. */
export function createSinkClient(path: TickPath, recording: MarketRecording): SinkClient {
  const { clock, lastValues, ring, table } = path;
  const index = new SubscriptionIndex({ setDemand: () => undefined });
  const clientBufferBytes = 2 ** 22;
  const delivery = new Delivery({ ring, table, lastValues, index, clock, clientBufferBytes });
  const sink: SinkClient = { delivery, onFrame: () => undefined };
  const socket: ClientSocket = {
    remoteAddress: '127.0.0.1',
    send: (message) => {
      if (typeof message !== 'string') sink.onFrame(message);
      return true;
    },
    bufferedBytes: () => 0,
    end: () => undefined,
    terminate: () => undefined,
  };
  const connection = new ClientConnection(socket, true, path.ring.newest(), clock.monotonicMs());
  connection.ready = true;
  recording.instruments.forEach((instrument, place) => {
    const { token, type, strike, expiry, lotSize } = instrument;
    const row = path.rows[place]!;
    const symbol = qualifiedSymbol(instrument);
    const subscribable = { token, symbol, type, strike, expiry, lotSize, priceDivisor: 100, row };
    const subscription = new Subscription(connection, subscribable);
    subscription.addSource(BY_NAME, { mode: MODE.FULL, greeks: true });
    connection.subscriptions.set(row, subscription);
    index.add(subscription);
  });
  return sink;
}
