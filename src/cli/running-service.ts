import { readApiKeyFile } from '../config/api-key-file.ts';
import { TickerError } from '../domain/error-codes.ts';
import { urlHost } from '../threads/control/url-host.ts';
import { commandConfig } from './command-config.ts';

/** Where a running service is, and the key that opens it. */
export interface RunningService {
  /** http://host:port */
  url: string;
  key: string;
}

/** The service that the configuration describes, by one of its ports; `url` overrides where. */
export async function runningService(
  url: string | undefined,
  port: 'marketPort' | 'ordersPort' = 'marketPort',
): Promise<RunningService> {
  const config = await commandConfig();
  const key = config.apiKey ?? readApiKeyFile(config.dataDirectory)?.key;
  if (key === undefined) {
    throw new TickerError(
      'DATA_DIR',
      `there is no key in ${config.dataDirectory}: start the service first, or set TICKER_API_KEY`,
    );
  }
  return { url: url ?? `http://${urlHost(config.bind)}:${config[port]}`, key };
}
