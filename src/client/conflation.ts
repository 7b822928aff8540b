import type { ServerMessage } from '../wire/messages.ts';
import type { Inbound } from './inbound.ts';
import { tickBatchOf, type KeptTick, type TickHead } from './tick-batch.ts';

export interface Conflated {
  readonly queue: Inbound[];
  /** Ticks that were merged into newer ones. */
  readonly merged: number;
}

/** What stays of one instrument. */
interface Newest {
  head: TickHead;
  batch: number;
  index: number;
  /** Ticks merged into it, by the service and here. */
  merged: number;
  isSnapshot: boolean;
  /** Whether it is newer than what came before it: a snapshot may repeat. */
  isStep: boolean;
}

function stepOf(count: number, before: number | undefined): number {
  // The count is 32 bits wide and wraps.
  return before === undefined ? 1 : (count - before) | 0;
}

/**
 * A queue that the application did not take off in time, with the newest tick of every instrument
 * only: CONFLATED, with `merged` as exact as the service's own would be. Order and everything else
 * stay, but for records that a newer one in the queue supersedes.
 * @param lastOf count of an instrument's last tick before the queue
 */
export function conflate(
  queue: readonly Inbound[],
  lastOf: (token: number) => number | undefined,
): Conflated {
  const batches = queue.map(tickBatchOf);
  const newest = new Map<number, Newest>();
  const repriced = new Map<number, { batch: number; index: number }>();
  let merged = 0;
  batches.forEach((batch, number) => {
    batch?.heads().forEach((head, index) => {
      const before = newest.get(head.token);
      const last = before?.head.instrumentSequence ?? lastOf(head.token);
      const step = stepOf(head.instrumentSequence, last);
      if (head.isRepriced) {
        if (step === 0) repriced.set(head.token, { batch: number, index });
        return;
      }
      // Not newer: it would be passed over.
      if (step <= 0 && !head.isSnapshot) return;
      if (before !== undefined && step <= 0) {
        // The same value again: whoever waits for it gets the one that is kept.
        before.isSnapshot = true;
        return;
      }
      const isMerging = before?.isStep === true;
      if (isMerging) merged += 1;
      newest.set(head.token, {
        head,
        batch: number,
        index,
        merged: head.merged + (isMerging ? before.merged + 1 : 0),
        isSnapshot: head.isSnapshot || before?.isSnapshot === true,
        isStep: step > 0,
      });
      repriced.delete(head.token);
    });
  });
  return { queue: rebuild(queue, batches, [...newest.values()], [...repriced.values()]), merged };
}

function rebuild(
  queue: readonly Inbound[],
  batches: readonly ReturnType<typeof tickBatchOf>[],
  newest: readonly Newest[],
  repriced: readonly { batch: number; index: number }[],
): Inbound[] {
  const kept = new Map<number, KeptTick[]>();
  const keep = (batch: number, tick: KeptTick): void => {
    const ticks = kept.get(batch);
    if (ticks === undefined) kept.set(batch, [tick]);
    else ticks.push(tick);
  };
  for (const { batch, index, merged, isSnapshot } of newest) {
    keep(batch, { index, merged, isSnapshot });
  }
  for (const { batch, index } of repriced) keep(batch, { index, merged: 0, isSnapshot: false });
  const lastBatch = batches.findLastIndex((batch) => batch !== undefined);
  const superseded = supersededIn(queue);
  return queue.flatMap((inbound, number) => {
    const batch = batches[number];
    if (batch === undefined) return superseded.has(inbound) ? [] : [inbound];
    const ticks = kept.get(number);
    if (ticks === undefined && number !== lastBatch) return [];
    ticks?.sort((a, b) => a.index - b.index);
    // The last one says up to where everything is here, even if nothing of it stays.
    return [batch.keep(ticks ?? [])];
  });
}

/** Records of a state that a newer one of the same kind replaces. */
function stateKey(message: ServerMessage): string | undefined {
  if (message.type === 'chain') return JSON.stringify(message.chain);
  if (message.type === 'heartbeat' || message.type === 'slow_reader_warning') return message.type;
  return undefined;
}

function supersededIn(queue: readonly Inbound[]): Set<Inbound> {
  const newest = new Map<string, Inbound>();
  const superseded = new Set<Inbound>();
  for (const inbound of queue) {
    const key = inbound.kind === 'message' ? stateKey(inbound.message) : undefined;
    if (key === undefined) continue;
    const older = newest.get(key);
    if (older !== undefined) superseded.add(older);
    newest.set(key, inbound);
  }
  return superseded;
}
