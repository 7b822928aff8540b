/**
 * The bare cost of handing a tick from one stage to the next. It is paid by the feed's thread for
 * every tick and by every reader again; if it grows with the batch size gone (batch of 1), a quiet
 * market becomes as expensive as a busy one.
 */
import { GREEKS_STATUS } from '../../src/domain/status.ts';
import { blankSection } from '../../src/shm/blank-greeks.ts';
import { createPrivateTicks } from '../../src/shm/block.ts';
import {
  TICK_INSTRUMENT_SEQUENCE_U32,
  TICK_INSTRUMENT_TOKEN_U32,
  TICK_SEQUENCE_LOW_U32,
  TICK_SLOT_BYTES,
} from '../../src/shm/layout/tick-slot.ts';
import { createRing, Ring } from '../../src/shm/ring.ts';
import { RingReader } from '../../src/shm/ring-reader.ts';
import { RingWriter } from '../../src/shm/ring-writer.ts';
import type { RunOptions } from '../harness/bench.ts';
import { measureCases, microBudget, type MicroCase } from '../harness/micro-suite.ts';
import type { RunReport } from '../harness/result.ts';
import { Verifier } from '../harness/verifier.ts';

const SLOTS = 16_384;
const TICKS = 8192;
const RUN_MAX = 2048;
const TOKEN = 408_065;

const NOT_AN_OPTION = blankSection(GREEKS_STATUS.NOT_AN_OPTION);

interface Rig {
  ring: Ring;
  writer: RingWriter;
}

function createRig(): Rig {
  const ring = new Ring(createRing({ slots: SLOTS, workers: 1, epochLow: 1, epochHigh: 2 }));
  return { ring, writer: new RingWriter(ring) };
}

/** Writes TICKS ticks; `greeks`: they wait for a worker, else the section is filled at once. */
function write({ writer }: Rig, batch: number, greeks: boolean): void {
  const { u32 } = writer.ticks;
  const blank = greeks ? undefined : NOT_AN_OPTION;
  for (let done = 0; done < TICKS; done += batch) {
    writer.begin(batch);
    for (let i = 0; i < batch; i++) {
      u32[(writer.open() >> 2) + TICK_INSTRUMENT_TOKEN_U32] = TOKEN;
      writer.commit(0, done + i + 1, blank);
    }
    writer.end();
  }
}

function writeCase(name: string, batch: number, greeks: boolean): MicroCase {
  const rig = createRig();
  return { name, unit: 'ns/tick', operations: TICKS, run: () => write(rig, batch, greeks) };
}

/** Reads the newest TICKS ticks, at most `run` at a time. */
function readCase(name: string, run: number, lost: { count: number }): MicroCase {
  const rig = createRig();
  write(rig, 64, false);
  const target = createPrivateTicks(run, TICK_SLOT_BYTES);
  const newest = rig.ring.newest();
  let reader = new RingReader(rig.ring, newest - TICKS, target, run);
  return {
    name,
    unit: 'ns/tick',
    operations: TICKS,
    prepare: () => {
      reader = new RingReader(rig.ring, newest - TICKS, target, run);
    },
    run: () => {
      while (reader.read(newest) > 0);
      lost.count += reader.lost;
    },
  };
}

export async function runRing({ smoke }: RunOptions): Promise<RunReport> {
  const verifier = new Verifier();
  verifyRing(verifier);
  const lost = { count: 0 };
  const measurements = await measureCases(
    [
      writeCase('write and publish, batches of 1, Greeks to come', 1, true),
      writeCase('write and publish, batches of 64, Greeks to come', 64, true),
      writeCase('write and publish, batches of 1, no Greeks', 1, false),
      writeCase('write and publish, batches of 64, no Greeks', 64, false),
      readCase('read (copy and check), 1 at a time', 1, lost),
      readCase('read (copy and check), 64 at a time', 64, lost),
      readCase('read (copy and check), 2,048 at a time', RUN_MAX, lost),
    ],
    microBudget(smoke),
  );
  verifier.equal('ticks lost by readers that were not lapped', lost.count, 0);
  return {
    measurements,
    checks: verifier.checks,
    notes: ['write: position, counts and ownership of the slot; the quote itself is in parse'],
  };
}

/** What was written is read, once, in order; what was overwritten is counted as lost. */
function verifyRing(verifier: Verifier): void {
  const rig = createRig();
  const target = createPrivateTicks(RUN_MAX, TICK_SLOT_BYTES);
  const reader = new RingReader(rig.ring, 0, target, RUN_MAX);
  write(rig, 1, true);
  let next = 1;
  let inOrder = true;
  for (let count = reader.read(TICKS); count > 0; count = reader.read(TICKS)) {
    for (let i = 0; i < count; i++, next++) {
      const word = (i * TICK_SLOT_BYTES) >> 2;
      inOrder &&=
        target.u32[word + TICK_SEQUENCE_LOW_U32] === next &&
        target.u32[word + TICK_INSTRUMENT_SEQUENCE_U32] === next &&
        target.u32[word + TICK_INSTRUMENT_TOKEN_U32] === TOKEN;
    }
  }
  verifier.equal('ticks read', next - 1, TICKS);
  verifier.check('ticks in order with their values', inOrder, 'some are not');
  for (let laps = 0; laps < 3; laps++) write(rig, 64, false);
  reader.read(rig.ring.newest());
  verifier.equal('lost after being lapped', reader.lost, 4 * TICKS - TICKS - SLOTS);
}
