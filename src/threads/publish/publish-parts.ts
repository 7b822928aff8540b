import type { Gatekeeper } from '../../access/gatekeeper.ts';
import type { Clock } from '../../domain/clock.ts';
import { ChainRecords } from '../../fanout/chain-records.ts';
import { Delivery } from '../../fanout/delivery.ts';
import type { SessionLimits } from '../../fanout/hello.ts';
import type { SessionPorts } from '../../fanout/session.ts';
import { SubscriptionIndex } from '../../fanout/subscription-index.ts';
import { ChainTable } from '../../shm/chain-table.ts';
import { InstrumentTable } from '../../shm/instrument-table.ts';
import { LastValueTable } from '../../shm/last-value-table.ts';
import type { ThreadMeters } from '../../shm/meters.ts';
import { repriceRings } from '../../shm/reprice-ring.ts';
import type { Ring } from '../../shm/ring.ts';
import type { SharedBlocks } from '../messages.ts';
import type { ControlLink } from './control-link.ts';
import { PublishLoop, type PublishLoopOptions } from './loop.ts';
import { RepricedTicks } from './repriced-ticks.ts';
import { Sessions } from './sessions.ts';

export interface PublishPartsOptions {
  blocks: SharedBlocks;
  ring: Ring;
  clock: Clock;
  meters: ThreadMeters;
  link: ControlLink;
  gate: Gatekeeper;
  limits: SessionLimits;
  /** What may wait for all clients together. */
  clientsBufferBytes: number;
  /** Distinguishes the sessions of one thread from those of the next. */
  name: string;
  sessionStates: SessionPorts['sessionStates'];
  onGap: PublishLoopOptions['onGap'];
  onError: (error: unknown) => void;
}

/** The publish thread without its sockets, its doors and its waiting. */
export interface PublishParts {
  table: InstrumentTable;
  lastValues: LastValueTable;
  delivery: Delivery;
  loop: PublishLoop;
  records: ChainRecords;
  sessions: Sessions;
  /** What conversations in other protocols share with those in ours. */
  ports: SessionPorts;
}

/** Puts together what turns the ring into what clients get. */
export function createPublishParts(options: PublishPartsOptions): PublishParts {
  const { blocks, ring, clock, meters, link, limits, onGap } = options;
  const table = new InstrumentTable(blocks.instruments);
  const lastValues = new LastValueTable(blocks.lastValues);
  const index = new SubscriptionIndex(link);
  const { bufferBytes: clientBufferBytes } = limits;
  const delivery = new Delivery({ ring, table, lastValues, index, clock, clientBufferBytes });
  const rings = repriceRings(blocks.repriced, ring.workers);
  const repriced = new RepricedTicks(rings, lastValues, delivery);
  const loop = new PublishLoop({ ring, table, delivery, repriced, meters, clock, onGap });
  const chains = new ChainTable(blocks.chains);
  let sessionNumber = 0;
  const ports: SessionPorts = {
    clock,
    gate: options.gate,
    directory: link,
    index,
    delivery,
    chains: link,
    replaySeconds: () => delivery.slowReaders.replaySeconds(),
    sessionStates: options.sessionStates,
    sessionId: () => `${options.name}-${++sessionNumber}`,
    counts: { received: 0, refused: 0 },
    limits,
    onError: options.onError,
  };
  return {
    table,
    lastValues,
    delivery,
    loop,
    records: new ChainRecords({ clock, table, chains, lastValues, delivery }),
    sessions: new Sessions(ports, meters, options.clientsBufferBytes),
    ports,
  };
}
