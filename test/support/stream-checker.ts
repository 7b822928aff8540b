import assert from 'node:assert/strict';
import type { ServerMessage, TickObject } from '../../src/wire/messages.ts';
import type { FakeClientSocket, ReceivedTicks } from './fanout-socket.ts';

/** Ring position of every tick of an instrument: the n-th has `instrument_sequence` n + 1. */
export type Ledger = ReadonlyMap<number, readonly number[]>;

/** What a client knows of one instrument. */
interface Held {
  policy: string;
  /** It conflates or has done so: what was merged by then may still be told. */
  conflated: boolean;
  /** Delivered position when it was subscribed: what comes later concerns the client. */
  from: number;
  /** Newest `instrument_sequence`; 0: none yet. */
  last: number;
}

/**
 * A client that checks every message of its stream against what really happened: order, no
 * duplicate, no hole that is not named, exact counts of merged ticks, and a `through` that is true.
 */
export class StreamChecker {
  readonly held = new Map<number, Held>();
  through = 0;
  readonly #ledger: Ledger;
  #gaps: { from: number; to: number }[] = [];
  #resumedFrom = 0;
  /** Ring position up to which ticks may come again. */
  #mayHave = 0;
  #problem: unknown;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  /** From now on everything that the socket is sent is checked. */
  attach(socket: FakeClientSocket): void {
    const send = socket.send.bind(socket);
    socket.send = (message) => {
      const wasSent = send(message);
      try {
        for (const received of socket.received.splice(0)) this.#onTicks(received);
        for (const record of socket.messages.splice(0)) this.#onRecord(record);
      } catch (error) {
        // The service under test must not see it.
        this.#problem ??= error;
      }
      return wasSent;
    };
  }

  /** Throws what was found to be wrong. */
  assertNoProblem(): void {
    if (this.#problem !== undefined) throw this.#problem as Error;
  }

  subscribed(token: number, policy: string, position: number): void {
    const held = this.held.get(token);
    const conflated = policy === 'conflate';
    if (held === undefined) this.held.set(token, { policy, conflated, from: position, last: 0 });
    else {
      held.policy = policy;
      held.conflated ||= conflated;
    }
  }

  /**
   * A resume is about to be sent: where the stream goes on. Ticks up to `newest` may come twice:
   * the client passes over those that it has.
   */
  resumes(newest: number): number {
    this.#resumedFrom = this.through;
    this.#mayHave = newest;
    return this.through;
  }

  /** Everything has been delivered and read: nothing may be owed. */
  assertComplete(position: number): void {
    this.assertNoProblem();
    this.#assertThrough(position);
    for (const [token, { last, policy, from }] of this.held) {
      const positions = this.#positions(token);
      const newest = positions.length;
      if (newest === 0 || policy === 'skip') continue;
      // A resume brings what was missed: no value of an instrument that has not ticked since.
      if (last === 0 && this.#mayHave > 0 && positions[newest - 1]! <= from) continue;
      let first = last + 1;
      if (last === 0) while (first <= newest && positions[first - 1]! <= from) first++;
      const isNamed = this.#isNamed(token, first, newest);
      assert.ok(last === newest || isNamed, `${token} ends at ${last} of ${newest}`);
    }
  }

  #onRecord(record: ServerMessage): void {
    switch (record.type) {
      case 'hello':
        this.through = record.sequence;
        return;
      case 'gap':
        this.#gaps.push({ from: record.from, to: record.to });
        return;
      case 'resumed':
        if (record.recovered) this.through = this.#resumedFrom;
        else this.#startAgain();
        return;
      case 'replay_completed':
      case 'heartbeat':
        this.#raise(record.through);
        return;
      case 'error':
        assert.fail(`${record.code}: ${record.detail}`);
        break;
      default:
      // Answers do not move the stream.
    }
  }

  /** What was missed is lost, as the answer has said: the stream starts with this connection. */
  #startAgain(): void {
    for (const held of this.held.values()) {
      held.last = 0;
      held.from = this.through;
    }
  }

  #onTicks({ ticks, through }: ReceivedTicks): void {
    for (const tick of ticks) this.#onTick(tick);
    this.#raise(through);
  }

  #onTick(tick: TickObject): void {
    const { instrument_token: token, instrument_sequence: count, sequence, flags, merged } = tick;
    const held = this.held.get(token);
    assert.ok(held, `${token} is not subscribed`);
    assert.equal(sequence, this.#positions(token)[count - 1], 'a tick that never was');
    const { last } = held;
    if (flags.includes('REPRICED')) {
      assert.equal(count, last, 'repriced, but not the newest one sent');
      return;
    }
    if (flags.includes('SNAPSHOT')) {
      assert.ok(count >= last, `a snapshot of ${count} after ${last}`);
    } else if (sequence <= this.#mayHave && count <= last) {
      return;
    } else {
      assert.ok(count > last, `${token}: ${count} after ${last}`);
      this.#assertJump(token, held, count, merged, flags.includes('CONFLATED'));
    }
    held.last = count;
  }

  #assertJump(
    token: number,
    { last, conflated, policy, from }: Held,
    count: number,
    merged: number,
    isConflated: boolean,
  ): void {
    assert.equal(isConflated, merged > 0);
    if (isConflated) {
      assert.ok(conflated, `${token} is ${policy} and was conflated`);
      // After a resume some of them may be those that it had before.
      const hadBefore = (this.#positions(token)[last - 1] ?? Infinity) <= this.#mayHave;
      assert.ok(
        hadBefore || merged < count - last,
        `${token}: ${count} after ${last}, ${merged} merged`,
      );
    }
    let first = last + 1;
    if (last === 0) while (this.#positions(token)[first - 1]! <= from) first++;
    // What was not merged has been named.
    if (first >= count - merged) return;
    assert.ok(this.#isNamed(token, first, count - merged - 1), `${token}: ${count} after ${last}`);
  }

  #raise(through: number): void {
    assert.ok(through >= this.through, `through falls from ${this.through} to ${through}`);
    this.#assertThrough(through);
    this.through = through;
  }

  /** Everything up to `through` has been sent, merged or named. */
  #assertThrough(through: number): void {
    for (const [token, { last, from }] of this.held) {
      const positions = this.#positions(token);
      for (let count = last + 1; count <= positions.length; count++) {
        const position = positions[count - 1]!;
        if (position > through) break;
        if (position <= from && last === 0) continue;
        const isNamed = this.#isNamed(token, count, count);
        assert.ok(isNamed, `through ${through}: ${token} has ${last}, ${count} is missing`);
      }
    }
  }

  #isNamed(token: number, first: number, last: number): boolean {
    const positions = this.#positions(token).slice(first - 1, last);
    return positions.every((position) =>
      this.#gaps.some(({ from, to }) => from <= position && position <= to),
    );
  }

  #positions(token: number): readonly number[] {
    return this.#ledger.get(token) ?? [];
  }
}
