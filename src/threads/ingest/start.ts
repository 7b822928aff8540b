import type { MessagePort } from 'node:worker_threads';
import type { Clock } from '../../domain/clock.ts';
import { type KiteAccount, KiteFeed, type KiteSocketStatus } from '../../feed/kite/feed.ts';
import { InstrumentTable } from '../../shm/instrument-table.ts';
import { LastValueTable } from '../../shm/last-value-table.ts';
import { INGEST, INGEST_HISTOGRAM, METER_WRITER } from '../../shm/layout/meters.ts';
import type { ThreadMeters } from '../../shm/meters.ts';
import { Ring } from '../../shm/ring.ts';
import { RingWriter } from '../../shm/ring-writer.ts';
import type { FromIngest, ThreadData, ToIngest, UpstreamSocket } from '../messages.ts';
import { random } from '../random.ts';
import { createThreadContext } from '../thread-context.ts';
import { IngestLoop } from './loop.ts';

export interface IngestData extends ThreadData {
  accounts: readonly KiteAccount[];
  /** Accounts that trade and give no ticks. */
  orderAccounts: readonly KiteAccount[];
}

const SECOND_MS = 1000;

/** Opens the broker's sockets as control's demand needs them, until control says stop. */
export function startIngest(data: IngestData, port: MessagePort): void {
  const { blocks } = data;
  const context = createThreadContext('ingest', data, blocks.meters, METER_WRITER.INGEST);
  const { clock, logger, meters } = context;
  const post = (message: FromIngest) => port.postMessage(message);
  const loop = new IngestLoop({
    writer: new RingWriter(new Ring(blocks.ring)),
    table: new InstrumentTable(blocks.instruments),
    lastValues: new LastValueTable(blocks.lastValues),
    meters,
    clock,
  });
  const postStatus = () => post({ type: 'upstream', sockets: feed.status().map(upstreamSocket) });
  const feed: KiteFeed = new KiteFeed({
    accounts: data.accounts,
    orderAccounts: data.orderAccounts,
    clock,
    random,
    refuseSimulator: data.production,
    listener: {
      onFrame: (frame, receiveTimeUs, simulated) => loop.onFrame(frame, receiveTimeUs, simulated),
      onText: (account, message) => {
        meters.add(INGEST.TEXT_FRAMES, 1);
        logger.debug({ account, kind: message.type }, 'broker text frame');
        if (message.type === 'order') post({ type: 'order-text', account, data: message.data });
      },
      onState: (status) => {
        const { account, index, state, failure } = status;
        const level = failure === null ? 'info' : 'warn';
        logger[level]({ account, socket: index, state, failure }, 'broker socket');
        postStatus();
      },
    },
  });
  const second = clock.setInterval(() => postStatus(), SECOND_MS);
  meterEachSecond(clock, meters, feed);
  port.on('message', (message: ToIngest) => {
    if (message.type === 'demand') {
      for (const { token, mode } of message.changes) {
        if (feed.setDemand(token, mode)) continue;
        logger.error({ token }, 'no broker socket has room for an instrument');
      }
      return;
    }
    second.cancel();
    feed.stop();
    post({ type: 'stopped' });
    port.close();
  });
  feed.start();
  post({ type: 'started' });
}

/** What is counted elsewhere or by the second goes into the meters here. */
function meterEachSecond(clock: Clock, meters: ThreadMeters, feed: KiteFeed): void {
  const seen = { ...feed.counts };
  let ticks = meters.get(INGEST.TICKS);
  let atMs = clock.monotonicMs();
  const timer = clock.setInterval(() => {
    const nowMs = clock.monotonicMs();
    const total = meters.get(INGEST.TICKS);
    const perSecond = ((total - ticks) * SECOND_MS) / Math.max(1, nowMs - atMs);
    meters.record(INGEST_HISTOGRAM.TICKS_PER_SECOND, Math.round(perSecond));
    ticks = total;
    atMs = nowMs;
    const { counts } = feed;
    meters.add(INGEST.CONNECTS, counts.connects - seen.connects);
    meters.add(INGEST.DISCONNECTS, counts.disconnects - seen.disconnects);
    meters.add(INGEST.CONNECT_FAILURES, counts.connectFailures - seen.connectFailures);
    meters.add(INGEST.AUTH_REFUSALS, counts.authRefusals - seen.authRefusals);
    meters.add(INGEST.STALLS, counts.stalls - seen.stalls);
    Object.assign(seen, counts);
    meters.set(INGEST.SUBSCRIBED, feed.size);
  }, SECOND_MS);
  timer.unref();
}

function upstreamSocket(status: KiteSocketStatus): UpstreamSocket {
  const { tokens, ...rest } = status;
  return { ...rest, instruments: tokens };
}
