import { GREEKS_STATUS } from '../../src/domain/status.ts';
import type { FrameView } from '../../src/wire/decode.ts';
import type { TickView } from '../../src/wire/tick-view.ts';
import { LatencyHistogram } from '../harness/latency-histogram.ts';
import type { ClientReport, TokenSums } from './client-messages.ts';
import { NamedGaps } from './named-gaps.ts';

const STATUSES = 16;
const IV_MAX = 50;

/** What one client counts of what it receives; `begin` starts anew, sequences go on. */
export class RunTally {
  readonly gaps = new NamedGaps();
  readonly #places = new Map<number, number>();
  readonly #isOption: Uint8Array;
  /** Newest instrument_sequence and ring position by place; 0: no tick yet. */
  readonly #instrumentSequences: Uint32Array;
  readonly #positions: Float64Array;
  readonly #fromReceive = new LatencyHistogram();
  readonly #fromSend = new LatencyHistogram();
  readonly #sums: TokenSums;
  readonly #optionStatuses = new Uint32Array(STATUSES);
  #through = 0;
  #counts = zeroCounts();
  #cpuAtBegin = process.cpuUsage();

  constructor(tokens: readonly number[], optionTokens: ReadonlySet<number>) {
    tokens.forEach((token, place) => this.#places.set(token, place));
    this.#isOption = Uint8Array.from(tokens, (token) => (optionTokens.has(token) ? 1 : 0));
    this.#instrumentSequences = new Uint32Array(tokens.length);
    this.#positions = new Float64Array(tokens.length);
    const column = (): Uint32Array => new Uint32Array(tokens.length);
    this.#sums = {
      counts: column(),
      priceSums: column(),
      volumeSums: column(),
      missing: column(),
      lastPrices: column(),
    };
  }

  /** Tokens of which a tick has come, since the start. */
  get tokensSeen(): number {
    return this.#instrumentSequences.reduce((seen, sequence) => seen + (sequence > 0 ? 1 : 0), 0);
  }

  /** Ticks since `begin`, snapshots not counted. */
  get ticks(): number {
    return this.#counts.ticks;
  }

  begin(): void {
    for (const column of Object.values(this.#sums) as Uint32Array[]) column.fill(0);
    this.#optionStatuses.fill(0);
    this.#fromReceive.clear();
    this.#fromSend.clear();
    this.gaps.clear();
    this.#counts = zeroCounts();
    this.#cpuAtBegin = process.cpuUsage();
  }

  /** Takes a frame that came at `nowUs` (epoch us) in a message of `bytes` bytes. */
  onFrame(frame: FrameView, bytes: number, nowUs: number): void {
    const counts = this.#counts;
    const sentAgoUs = nowUs - frame.sentTimeUs;
    counts.frames++;
    counts.bytes += bytes;
    let newest = 0;
    for (let index = 0; index < frame.count; index++) {
      const tick = frame.tick(index);
      newest = Math.max(newest, tick.sequence);
      if (tick.isRepriced) {
        this.#onRepriced(tick);
        continue;
      }
      this.#onTick(tick);
      if (tick.isSnapshot) continue;
      this.#fromReceive.record(nowUs - tick.receiveTimeUs);
      this.#fromSend.record(sentAgoUs);
      counts.lastTickUs = nowUs;
    }
    const isLast = frame.through >= newest;
    // A flush split over several frames raises it in the last one.
    if (frame.through < this.#through || (!isLast && frame.through !== this.#through)) {
      counts.badThrough++;
    }
    this.#through = frame.through;
  }

  report(): ClientReport {
    const { user, system } = process.cpuUsage(this.#cpuAtBegin);
    return {
      sums: this.#sums,
      ...this.#counts,
      gapPositions: this.gaps.positions,
      optionStatuses: this.#optionStatuses,
      cpuUs: user + system,
      fromReceive: this.#fromReceive.recorded(),
      fromSend: this.#fromSend.recorded(),
    };
  }

  #onTick(tick: TickView): void {
    const place = this.#places.get(tick.instrumentToken);
    if (place === undefined) {
      this.#counts.unexplained++;
      return;
    }
    const isNew = this.#checkSequence(tick, place);
    if (tick.isSnapshot) {
      this.#counts.snapshots++;
      return;
    }
    if (!isNew) {
      this.#counts.repeated++;
      return;
    }
    this.#counts.ticks++;
    this.#addSums(tick, place);
    this.#checkGreeks(tick, place);
  }

  /** Outside the stream: it must belong to the newest tick of its instrument. */
  #onRepriced(tick: TickView): void {
    const place = this.#places.get(tick.instrumentToken);
    this.#counts.repriced++;
    const last = place === undefined ? 0 : this.#instrumentSequences[place];
    if (last !== tick.instrumentSequence) this.#counts.repeated++;
  }

  /** False if the tick is not newer than the instrument's last one. */
  #checkSequence(tick: TickView, place: number): boolean {
    const last = this.#instrumentSequences[place]!;
    const sequence = tick.instrumentSequence;
    const step = (sequence - last) | 0;
    if (last !== 0 && step <= 0 && !tick.isSnapshot) return false;
    const missing = last === 0 || tick.isSnapshot ? 0 : step - 1;
    if (missing > 0) {
      const named = tick.isConflated
        ? tick.merged
        : this.gaps.between(this.#positions[place]!, tick.sequence);
      this.#sums.missing[place]! += Math.min(missing, named);
      this.#counts.unexplained += Math.max(0, missing - named);
    }
    this.#instrumentSequences[place] = sequence;
    this.#positions[place] = tick.sequence;
    return true;
  }

  #addSums(tick: TickView, place: number): void {
    const { counts, priceSums, volumeSums, lastPrices } = this.#sums;
    const price = tick.lastPriceRaw ?? 0;
    counts[place]! += 1;
    priceSums[place]! += price;
    volumeSums[place]! += tick.volume ?? 0;
    lastPrices[place] = price;
  }

  #checkGreeks(tick: TickView, place: number): void {
    const status = tick.greeksStatus ?? 0;
    if (this.#isOption[place] === 0) {
      if (status !== GREEKS_STATUS.NOT_AN_OPTION) this.#counts.otherStatuses++;
      return;
    }
    this.#optionStatuses[status]! += 1;
    const { iv, delta, vega, greeksSequence } = tick;
    const hasValues = iv !== undefined && delta !== undefined && vega !== undefined;
    const possible =
      status === GREEKS_STATUS.OK
        ? hasValues &&
          iv > 0 &&
          iv < IV_MAX &&
          Math.abs(delta) <= 1 &&
          vega >= 0 &&
          greeksSequence === tick.sequence
        : iv === undefined && delta === undefined;
    if (!possible) this.#counts.badGreeks++;
  }
}

function zeroCounts() {
  return {
    ticks: 0,
    frames: 0,
    bytes: 0,
    snapshots: 0,
    repriced: 0,
    unexplained: 0,
    repeated: 0,
    badThrough: 0,
    otherStatuses: 0,
    badGreeks: 0,
    lastTickUs: 0,
  };
}
