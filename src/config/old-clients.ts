import type { Config } from './settings.ts';

type OldClientConfig = Pick<Config, 'oldClients'>;

/** Whether `/ws/ticks` speaks the old protocol with clients that have their key in the address. */
export function hasOldSocket({ oldClients }: OldClientConfig): boolean {
  return oldClients === 'socket' || oldClients === 'all';
}

/** Whether ticks go to the old Redis channels. */
export function hasOldChannels({ oldClients }: OldClientConfig): boolean {
  return oldClients === 'channels' || oldClients === 'all';
}

/** What old clients need beyond valid values. Each line names its setting. */
export function oldClientDemands(config: Config): string[] {
  if (!hasOldChannels(config) || config.redisUrl !== undefined) return [];
  return [
    `TICKER_OLD_CLIENTS=${config.oldClients} publishes to Redis: ` +
      'TICKER_REDIS_URL or TICKER_REDIS_URL_FILE must name it, or set it to socket',
  ];
}
