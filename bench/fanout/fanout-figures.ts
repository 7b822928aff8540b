import { availableParallelism } from 'node:os';
import type { Measurement } from '../harness/result.ts';
import { deliveredTicks, gapRecords, loadName, mergedTicks } from './fanout-check.ts';
import type { FanoutLoad } from './fanout-rig.ts';
import { deliveriesPerSecond } from './fanout-scenario.ts';

const MS_PER_S = 1000;
const US_PER_MS = 1000;
const NS_PER_MS = 1_000_000;
const MEGABYTE = 1_000_000;
/** The server must have been given this share of the ticks that it should. */
const MADE_SHARE_MIN = 0.97;
/** A rate is sustained if nobody is further behind at its end. */
const BEHIND_MAX_MS = 250;
/** See `isNear`. */
const NEAR_SHARE = 0.8;
/** Share of a core above which a thread has nothing left to give, %. */
const FULL_PERCENT = 88;

/** One load in numbers; rates are per second until the last tick had come. */
export interface FanoutFigures {
  offered: number;
  made: number;
  delivered: number;
  frames: number;
  megabytes: number;
  ticksPerFrame: number;
  p50Ms: number;
  p99Ms: number;
  jitterP99Ms: number;
  /** CPU time of the server process per tick delivered, the feeder's not counted. */
  serverNs: number;
  receiversNs: number;
  /** Of the server's busiest thread, % of a core, and what of that the kernel took. */
  busiestPercent: number;
  busiestSystemPercent: number;
  /** Of the busiest receiver process. */
  receiverPercent: number;
  /** Of server and receivers, % of a core. */
  totalPercent: number;
  residentMiB: number;
  behindMs: number;
  merged: number;
  gaps: number;
  cutOff: number;
}

export function fanoutFigures(load: FanoutLoad): FanoutFigures {
  const { scenario, report, server, elapsedMs, fed } = load;
  const delivered = deliveredTicks(load);
  const { clients } = report;
  const frames = clients.reduce((sum, client) => sum + client.frames, 0);
  const bytes = clients.reduce((sum, client) => sum + client.bytes, 0);
  const perSecond = MS_PER_S / elapsedMs;
  const percent = (ms: number): number => (100 * ms) / elapsedMs;
  const receiversMs = load.receiversMs.reduce((sum, ms) => sum + ms, 0);
  const made = (fed.to - fed.from) / (load.durationMs / MS_PER_S);
  return {
    offered: deliveriesPerSecond(scenario, load.rate),
    made: deliveriesPerSecond(scenario, made),
    delivered: delivered * perSecond,
    frames: frames * perSecond,
    megabytes: (bytes * perSecond) / MEGABYTE,
    ticksPerFrame: delivered / Math.max(1, frames),
    p50Ms: report.fromReceive.percentile(0.5) / US_PER_MS,
    p99Ms: report.fromReceive.percentile(0.99) / US_PER_MS,
    jitterP99Ms: load.jitter.p99Us / US_PER_MS,
    serverNs: (server.totalMs * NS_PER_MS) / Math.max(1, delivered),
    receiversNs: (receiversMs * NS_PER_MS) / Math.max(1, delivered),
    busiestPercent: percent(server.busiestThreadMs),
    busiestSystemPercent: percent(server.busiestSystemMs),
    receiverPercent: percent(Math.max(...load.receiversMs)),
    totalPercent: percent(server.totalMs + receiversMs),
    residentMiB: load.residentMiB,
    behindMs: load.behindMs,
    merged: mergedTicks(load),
    gaps: gapRecords(load),
    cutOff: clients.filter(({ ended }) => ended !== undefined).length,
  };
}

/** Everybody got everything, in time, of all that should have been made. */
export function isSustained(load: FanoutLoad): boolean {
  const figures = fanoutFigures(load);
  return (
    load.isDrained &&
    figures.merged === 0 &&
    figures.gaps === 0 &&
    figures.cutOff === 0 &&
    figures.made >= MADE_SHARE_MIN * figures.offered &&
    figures.behindMs <= BEHIND_MAX_MS
  );
}

/** Not sustained, but so nearly that a hiccup of the machine may have been the reason. */
export function isNear(load: FanoutLoad): boolean {
  const { delivered, offered } = fanoutFigures(load);
  return load.isDrained && delivered >= NEAR_SHARE * offered;
}

/** What became of the ticks, in some words. */
export function outcomeOf(load: FanoutLoad): string {
  const { merged, gaps, cutOff, made, offered, behindMs } = fanoutFigures(load);
  const whole = (value: number): string => Math.round(value).toLocaleString('en-US');
  if (cutOff > 0) return `${cutOff} clients cut off`;
  if (merged > 0) return `${whole(merged)} merged, all counted`;
  if (gaps > 0) return `${gaps} gaps, all named`;
  if (made < MADE_SHARE_MIN * offered) return `took only ${whole(made)}/s`;
  if (!load.isDrained) return 'did not catch up';
  return behindMs > BEHIND_MAX_MS ? `${whole(behindMs)} ms behind` : 'complete';
}

/** Why it does not go faster: who has no CPU time left. */
export function causeOf(load: FanoutLoad): string {
  const figures = fanoutFigures(load);
  const percent = (value: number): string => `${value.toFixed(0)} %`;
  const kernel = percent((100 * figures.busiestSystemPercent) / figures.busiestPercent);
  const sender =
    `the sending thread took ${percent(figures.busiestPercent)} of a core, ${kernel} of that in ` +
    `the kernel (writing to sockets)`;
  const receiver = `the busiest receiver took ${percent(figures.receiverPercent)}`;
  const all =
    `sender and receivers together ${percent(figures.totalPercent)} of ` +
    `${availableParallelism()} cores`;
  const numbers = `${sender}; ${receiver}; ${all}`;
  if (figures.busiestPercent >= FULL_PERCENT) return `the sender is full: ${numbers}`;
  if (figures.receiverPercent >= FULL_PERCENT) return `a receiver is full: ${numbers}`;
  const isMachineFull = figures.totalPercent >= FULL_PERCENT * availableParallelism();
  return `${isMachineFull ? 'the cores are full' : 'no thread alone is full'}: ${numbers}`;
}

/** The figures of one load under its name. */
export function fanoutMeasurements(load: FanoutLoad): Measurement[] {
  const at = loadName(load);
  const figures = fanoutFigures(load);
  const rows: [string, string, number][] = [
    ['ticks delivered, all clients', 'ticks/s', figures.delivered],
    ['frames', 'frames/s', figures.frames],
    ['bytes', 'MB/s', figures.megabytes],
    ['ticks per frame', 'ticks', figures.ticksPerFrame],
    ['received to client, p50', 'ms', figures.p50Ms],
    ['received to client, p99', 'ms', figures.p99Ms],
    ['lateness of a 1 ms timer, p99', 'ms', figures.jitterP99Ms],
    ['CPU of the server, per tick delivered', 'ns/tick', figures.serverNs],
    ['CPU of the receivers, per tick delivered', 'ns/tick', figures.receiversNs],
    ['busiest thread of the server', '% of a core', figures.busiestPercent],
    ['of that in the kernel', '% of a core', figures.busiestSystemPercent],
    ['busiest receiver', '% of a core', figures.receiverPercent],
    ['resident memory of the server', 'MiB', figures.residentMiB],
    ['last tick came after the end by', 'ms', figures.behindMs],
    ['ticks merged', 'ticks', figures.merged],
  ];
  return rows.map(([name, unit, value]) => ({ name: `${at}: ${name}`, unit, value }));
}
