import assert from 'node:assert/strict';
import { TICK_FLAG } from '../../../src/domain/status.ts';
import { TickFrameBuffer } from '../../../src/wire/frame.ts';
import type { ClientMessage, ServerMessage, TickObject } from '../../../src/wire/messages.ts';
import { tickObject } from '../../../src/wire/tick-object.ts';
import { writeTick } from '../wire/sample-tick.ts';
import { result, type ClientBench } from './client-bench.ts';

/** One tick of the model's stream. */
export interface StreamTick {
  token: number;
  sequence: number;
  count: number;
}

type Flags = Partial<Record<'SNAPSHOT' | 'CONFLATED' | 'REPRICED', true>>;

interface Frame {
  ticks: (StreamTick & { merged: number; flags: Flags })[];
  through: number;
}

const EPOCHS = ['0000000000000001', '0000000000000002'];

/**
 * A service with one stream that keeps the protocol's promises, on the sockets of a ClientBench.
 * What it sends waits until the test delivers it, and is lost with its connection.
 */
export class StreamService {
  readonly #bench: ClientBench;
  readonly #format: 'binary' | 'json';
  /** The ring. */
  #ticks: StreamTick[] = [];
  #position = 0;
  #counts = new Map<number, number>();
  #outgoing: (Frame | ServerMessage)[] = [];
  #handled = 0;
  #epoch = 0;
  #isSubscribed = false;
  #isReplaying = false;
  /** How the next `resume` is answered. */
  canRecover = true;

  constructor(bench: ClientBench, format: 'binary' | 'json') {
    this.#bench = bench;
    this.#format = format;
  }

  /** Ticks so far of the instrument. */
  countOf(token: number): number {
    return this.#counts.get(token) ?? 0;
  }

  /** A tick that goes out on its own. */
  tick(token: number): void {
    const tick = this.#make(token);
    if (this.#isSubscribed) this.#send([{ ...tick, merged: 0, flags: {} }], tick.sequence);
  }

  /** A tick that is merged into the next one of its instrument. */
  merge(token: number): void {
    this.#make(token);
    const tick = this.#make(token);
    const flags = { CONFLATED: true as const };
    if (this.#isSubscribed) this.#send([{ ...tick, merged: 1, flags }], tick.sequence);
  }

  /** A tick that is left out, said so, and the next one of its instrument. */
  skip(token: number): void {
    const { sequence } = this.#make(token);
    if (this.#isSubscribed) {
      this.#outgoing.push({ type: 'gap', from: sequence, to: sequence, reason: 'RING_OVERRUN' });
    }
    this.tick(token);
  }

  /** Sends the newest values again, as snapshots, or as they were. */
  repeat(isSnapshot: boolean): void {
    if (!this.#isSubscribed || this.#isReplaying) return;
    const ticks = this.#newest().map((tick) => ({
      ...tick,
      merged: 0,
      flags: isSnapshot ? { SNAPSHOT: true as const } : {},
    }));
    if (ticks.length > 0) this.#send(ticks, this.#position);
  }

  /** New Greeks for the newest tick. */
  reprice(token: number): void {
    const tick = this.#newest().find((candidate) => candidate.token === token);
    if (tick === undefined || !this.#isSubscribed || this.#isReplaying) return;
    this.#send([{ ...tick, merged: 0, flags: { REPRICED: true } }], this.#position);
  }

  /** What was sent and not delivered is lost, and the client connects again. */
  cut(isNewEpoch = false): void {
    this.#outgoing = [];
    this.#handled = 0;
    this.#isSubscribed = false;
    this.#isReplaying = false;
    if (isNewEpoch) {
      this.#epoch = 1 - this.#epoch;
      this.#ticks = [];
      this.#counts = new Map();
      this.#position = 0;
    }
    this.#bench.reconnect({ epoch: EPOCHS[this.#epoch] ?? '', sequence: this.#position });
  }

  /** Answers what the client has asked, and delivers the next message; false: there was none. */
  deliver(): boolean {
    this.#answer();
    const next = this.#outgoing.shift();
    if (next === undefined) return false;
    if ('type' in next) {
      if (next.type === 'replay_completed') this.#isReplaying = false;
      this.#bench.socket.say(next);
    } else {
      this.#say(next);
    }
    this.#answer();
    return true;
  }

  #make(token: number): StreamTick {
    this.#position += 1;
    const count = this.countOf(token) + 1;
    this.#counts.set(token, count);
    const tick = { token, sequence: this.#position, count };
    this.#ticks.push(tick);
    return tick;
  }

  #newest(): StreamTick[] {
    const newest = new Map(this.#ticks.map((tick) => [tick.token, tick]));
    return [...newest.values()];
  }

  #send(ticks: Frame['ticks'], through: number): void {
    this.#outgoing.push({ ticks, through });
  }

  #answer(): void {
    const { sent } = this.#bench.socket;
    for (; this.#handled < sent.length; this.#handled += 1) {
      const message = sent[this.#handled];
      if (message !== undefined) this.#handle(message);
    }
  }

  #handle(message: ClientMessage): void {
    switch (message.type) {
      case 'subscribe': {
        assert.equal(this.#isReplaying, false, 'a subscription would overtake the replay');
        const { id, instruments = [] } = message;
        const results = instruments.map((token) => result(token, Number(token)));
        this.#outgoing.push({ id, type: 'subscribed', results });
        this.#isSubscribed = true;
        this.repeat(true);
        break;
      }
      case 'resume':
        this.#resume(message);
        break;
      case 'ack':
        assert.ok(message.sequence <= this.#position, 'acknowledged what there is not yet');
        break;
      default:
        assert.fail(`the client sent ${message.type}`);
    }
  }

  #resume(message: Extract<ClientMessage, { type: 'resume' }>): void {
    const { id, epoch, sequence, subscriptions } = message;
    assert.equal(epoch, EPOCHS[this.#epoch]);
    const results = subscriptions.flatMap(({ instruments = [] }) =>
      instruments.map((token) => result(token, Number(token))),
    );
    this.#outgoing.push({ id, type: 'resumed', recovered: this.canRecover, results });
    this.#isSubscribed = true;
    if (!this.canRecover) {
      this.repeat(true);
      return;
    }
    this.#isReplaying = true;
    // From one before, in frames of two: what the client has already is passed over.
    const missed = this.#ticks.filter((tick) => tick.sequence >= sequence);
    for (let at = 0; at < missed.length; at += 2) {
      const ticks = missed.slice(at, at + 2).map((tick) => ({ ...tick, merged: 0, flags: {} }));
      this.#send(ticks, Math.max(sequence, ticks.at(-1)?.sequence ?? 0));
    }
    this.#outgoing.push({ type: 'replay_completed', through: this.#position });
  }

  #say({ ticks, through }: Frame): void {
    const buffer = new TickFrameBuffer('tick', ticks.length, this.#epoch + 1, 0);
    for (const [index, { token, sequence, count, merged, flags }] of ticks.entries()) {
      let bits = 0;
      for (const name of ['SNAPSHOT', 'CONFLATED', 'REPRICED'] as const) {
        if (flags[name] === true) bits |= TICK_FLAG[name];
      }
      writeTick(buffer, index * buffer.structBytes, {
        instrumentToken: token,
        sequenceLow: sequence,
        sequenceHigh: 0,
        instrumentSequence: count,
        flags: bits,
        merged,
      });
    }
    if (this.#format === 'binary') {
      this.#bench.socket.sayBytes(buffer.finish(ticks.length, 1, through));
      return;
    }
    const view = new DataView(buffer.u8.buffer, buffer.u8.byteOffset, buffer.u8.length);
    const objects: TickObject[] = ticks.map((_, index) =>
      tickObject(view, index * buffer.structBytes, 'tick'),
    );
    const epoch = EPOCHS[this.#epoch] ?? '';
    this.#bench.socket.say({ type: 'ticks', epoch, sent_time: 1, through, ticks: objects });
  }
}
