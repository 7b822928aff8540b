import { configuredKey, KeyTable } from '../../src/access/key-table.ts';
import { Gatekeeper } from '../../src/access/gatekeeper.ts';
import { LockOut } from '../../src/access/lock-out.ts';
import type { ChainRecords } from '../../src/fanout/chain-records.ts';
import type { Delivery } from '../../src/fanout/delivery.ts';
import type { ClientSession } from '../../src/fanout/session.ts';
import type { ClientSocket } from '../../src/domain/ports.ts';
import type { Random } from '../../src/feed/sim/random.ts';
import { METER_WRITER } from '../../src/shm/layout/meters.ts';
import { ThreadMeters } from '../../src/shm/meters.ts';
import type { FromPublish, SharedBlocks, ToPublish } from '../../src/threads/messages.ts';
import { ControlLink } from '../../src/threads/publish/control-link.ts';
import { LoadWatch } from '../../src/threads/publish/load-watch.ts';
import type { PublishLoop } from '../../src/threads/publish/loop.ts';
import { createPublishParts } from '../../src/threads/publish/publish-parts.ts';
import type { Sessions } from '../../src/threads/publish/sessions.ts';
import { HookedRing } from './hooked-ring.ts';
import type { VirtualClock } from './virtual-clock.ts';
import { Crash, VirtualThread } from './virtual-thread.ts';

export const KEY = 'a-key-of-the-fault-runs';
const WAKE_MS = 0.15;
/** As the real thread: the longest sleep, and the longest wait for Greeks or a window. */
const IDLE_MS = 20;
const GATE_MS = 2;
const SECOND_MS = 1000;
const WATCH_MS = 100;
/** What waits for all clients together may be so many times what may wait for one. */
const CLIENTS_BUFFERS = 3;
/** LOAD_LEVEL from which ticks are shed. */
const LEVEL_SHEDS = 2;
/** Looks at the ring between which a thread that is to die may still live. */
const CRASH_LOOKS = 60;
/** One look in so many at which the market bursts into the middle of what publish is doing. */
const BURST_EVERY = 20_000;
/** Least time between two: what they bring must not bring about the next one. */
const BURST_PAUSE_MS = 10;

export interface PublishHostOptions {
  clock: VirtualClock;
  random: Random;
  blocks: SharedBlocks;
  /** Distinguishes the sessions of one thread from those of the next. */
  name: string;
  clientBufferBytes: number;
  /** Adaptive window, ms. */
  windowMs: number;
  post: (message: FromPublish) => void;
  /** Something else happens in the middle of the thread's work. */
  burst: () => void;
  onDeath: () => void;
}

/**
 * The publish thread without uWebSockets: the real loop, delivery, sessions and conversation with
 * control, put together by what puts the thread together.
 */
export class PublishHost {
  readonly thread: VirtualThread;
  readonly #options: PublishHostOptions;
  readonly #link: ControlLink;
  readonly #gate: Gatekeeper;
  readonly #sessions: Sessions;
  readonly #delivery: Delivery;
  readonly #loop: PublishLoop;
  readonly #load: LoadWatch;
  readonly #records: ChainRecords;
  #isAwake = false;
  #looksLeft = Infinity;
  #looks = 0;
  #nextBurst: number;
  #burstAfterMs = 0;
  #isBursting = false;

  constructor(options: PublishHostOptions) {
    const { random, blocks, clientBufferBytes } = options;
    this.#options = options;
    this.thread = new VirtualThread(options.clock, random, (error) => this.#onCrash(error));
    const { clock } = this.thread;
    const meters = new ThreadMeters(blocks.meters, METER_WRITER.PUBLISH);
    const ring = new HookedRing(blocks.ring, () => this.#look());
    this.#link = new ControlLink(options.post, clock);
    const keys = new KeyTable(clock, [configuredKey('faults', KEY, ['ticks:read'])], true);
    this.#gate = new Gatekeeper({ keys, lockOut: new LockOut(clock), clock });
    const { delivery, loop, records, sessions } = createPublishParts({
      blocks,
      ring,
      clock,
      meters,
      link: this.#link,
      gate: this.#gate,
      limits: {
        subscriptions: 1000,
        messageBytes: 65_536,
        bufferBytes: clientBufferBytes,
        messagesPerSecond: 50,
        idleMs: 60_000,
      },
      clientsBufferBytes: clientBufferBytes * CLIENTS_BUFFERS,
      name: options.name,
      sessionStates: () => [],
      onGap: (from, to, reason) => this.#sessions.broadcastGap(from, to, reason),
      onError: (error) => {
        throw error;
      },
    });
    this.#delivery = delivery;
    this.#loop = loop;
    this.#records = records;
    this.#sessions = sessions;
    // As the duty cycle of the thread does; windows are the seed's.
    const setLoadLevel = (level: number): void => void (delivery.sheds = level >= LEVEL_SHEDS);
    this.#load = new LoadWatch(ring, this.#loop, { setLoadLevel }, meters, clock);
    this.#nextBurst = random.integer(1, BURST_EVERY);
    clock.setInterval(() => this.#second(), SECOND_MS);
    clock.setInterval(() => this.#sessions.watch(), WATCH_MS);
    clock.setInterval(() => this.wake(), IDLE_MS);
  }

  /** A client has connected and presented `token` with its upgrade. */
  open(socket: ClientSocket, binary: boolean, token: string): ClientSession {
    const admission = this.#gate.admit(token, socket.remoteAddress);
    if ('refused' in admission) throw new TypeError(`the key is refused: ${admission.refused}`);
    return this.#sessions.open(socket, { binary, principal: admission.principal });
  }

  close(session: ClientSession): void {
    this.#sessions.close(session);
  }

  onControl(message: ToPublish): void {
    switch (message.type) {
      case 'answer':
        this.#link.onAnswer(message);
        return;
      case 'chain-changed':
        for (const session of this.#sessions.clients) {
          session.onChainChanged(message.chain, message.added, message.removedRows);
        }
        return;
      default:
        throw new TypeError(`no run has messages of type ${message.type}`);
    }
  }

  /** One round of the duty cycle, with its pauses as tasks instead of waits. */
  wake(delayMs = WAKE_MS): void {
    if (this.#isAwake) return;
    this.#isAwake = true;
    this.thread.post('timer', delayMs, () => {
      this.#isAwake = false;
      this.#delivery.adaptiveWindowMs = this.#options.windowMs;
      const worked = this.#loop.doWork();
      const pauseMs = this.#delivery.pauseMs();
      if (worked > 0) this.wake(Math.max(WAKE_MS, pauseMs ?? 0));
      else if (this.#loop.waitingForGreeks || pauseMs !== undefined) {
        this.wake(Math.max(1, Math.min(GATE_MS, pauseMs ?? GATE_MS)));
      }
    });
  }

  /** Dies in the middle of its next work. */
  crash(): void {
    this.#looksLeft = this.#options.random.integer(1, CRASH_LOOKS);
  }

  #second(): void {
    this.#load.second();
    this.#sessions.second();
    this.#records.second(this.#sessions.clients);
  }

  #look(): void {
    if (--this.#looksLeft <= 0) throw new Crash('in publish');
    if (this.#isBursting || ++this.#looks < this.#nextBurst) return;
    const nowMs = this.#options.clock.monotonicMs();
    if (nowMs < this.#burstAfterMs) return;
    this.#burstAfterMs = nowMs + BURST_PAUSE_MS;
    this.#nextBurst = this.#looks + this.#options.random.integer(1, 2 * BURST_EVERY);
    this.#isBursting = true;
    this.#options.burst();
    this.#isBursting = false;
  }

  #onCrash(error: unknown): void {
    if (!(error instanceof Crash)) throw error;
    this.fail();
  }

  /** Says goodbye to its clients and ends, as the thread does with an error that nothing caught. */
  fail(): void {
    if (!this.thread.isAlive) return;
    this.#looksLeft = Infinity;
    this.#sessions.clients.closeAll();
    this.die();
  }

  die(): void {
    if (!this.thread.isAlive) return;
    this.thread.kill();
    this.#options.onDeath();
  }
}
