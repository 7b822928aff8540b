import WebSocket from 'ws';
import { TickerClient, type TickerClientOptions } from './client.ts';

/** Far above any frame of the service. */
const MESSAGE_MAX_BYTES = 16 * 1024 * 1024;

/**
 * `ws` as the client wants it: no compression, messages as Buffers that are views of what the
 * socket read, and the status of a refused upgrade kept.
 */
class NodeSocket extends WebSocket {
  refusedStatus: number | undefined;

  constructor(url: string, protocols: string[]) {
    super(url, protocols, { perMessageDeflate: false, maxPayload: MESSAGE_MAX_BYTES });
    this.on('unexpected-response', (_request, response) => {
      this.refusedStatus = response.statusCode;
      this.terminate();
    });
  }
}

/** A client on `ws`, for every supported Node. */
export function createNodeClient(options: Omit<TickerClientOptions, 'WebSocket'>): TickerClient {
  return new TickerClient({ ...options, WebSocket: NodeSocket });
}
