import { MODE, TICK_FLAG } from '../../src/domain/status.ts';
import { frameKind } from '../../src/fanout/assembler.ts';
import { decodeFrame } from '../../src/wire/decode.ts';
import { TickFrameBuffer } from '../../src/wire/frame.ts';
import { type ServerMessage, SUBPROTOCOL_BINARY } from '../../src/wire/messages.ts';
import { LAYOUTS } from '../../src/wire/tick-layout.ts';
import { RunTally } from '../socket/run-tally.ts';
import { type ClientPorts, DrainClient } from './drain-client.ts';
import type { ClientPlan, SampleReport } from './receiver-messages.ts';

const SUBSCRIBE_ID = 1;
const ACK_ID = 2;
const COUNT_BYTES = 4;
const WORD = 2 ** 32;
/** Places of `through` in the vtable of a frame. */
const THROUGH_LOW = 10;
const THROUGH_HIGH = 12;
const MODES = { ltp: MODE.LTP, quote: MODE.QUOTE, full: MODE.FULL, compact: MODE.COMPACT } as const;
const FLAGS_AT = LAYOUTS.tick.flags;
const RECEIVE_TIME_AT = LAYOUTS.tick.receiveTime;
const MERGED_AT = LAYOUTS.tick.merged;
const { SNAPSHOT, CONFLATED, REPRICED } = TICK_FLAG;
const OUT_OF_THE_ORDINARY = SNAPSHOT | CONFLATED | REPRICED;

/**
 * A client of the service. It counts ticks by the length of the frames, which must agree with the
 * count that they carry, and looks at the flags of each tick; a sample checks everything.
 */
export class TickerClient extends DrainClient {
  readonly #tally: RunTally | undefined;
  readonly #headerBytes: number;
  readonly #structBytes: number;
  /** The service takes acks: it says so by publishing how long it can replay. */
  #acks = false;
  /** Where the two words of `through` lie in every frame; found out with the first one. */
  #throughAt: { low: number; high: number } | undefined;
  #through = 0;

  constructor(plan: ClientPlan, ports: ClientPorts) {
    super(plan, ports, {
      path: '/ws/ticks',
      headers: [
        `Authorization: Bearer ${plan.key}`,
        `Sec-WebSocket-Protocol: ${SUBPROTOCOL_BINARY}`,
      ],
    });
    const kind = frameKind(MODES[plan.mode]);
    this.#structBytes = LAYOUTS[kind].structBytes;
    this.#headerBytes = new TickFrameBuffer(kind, 1, 0, 0).headerBytes;
    if (!plan.isSample) return;
    const options = plan.tokens.filter((token) => ports.optionTokens.has(token));
    this.#tally = new RunTally(plan.tokens, new Set(options));
  }

  override begin(): void {
    super.begin();
    this.#tally?.begin();
  }

  override sample(): Omit<SampleReport, 'client'> | undefined {
    const ticks = this.#tally?.report();
    if (ticks === undefined) return undefined;
    return { ticks, unexplained: ticks.unexplained, repeated: ticks.repeated };
  }

  /** Says how far it has come, new ticks or not. */
  override second(): void {
    if (!this.#acks || this.#through === 0 || this.isFrozen) return;
    this.socket.send(JSON.stringify({ id: ACK_ID, type: 'ack', sequence: this.#through }));
  }

  protected override onOpen(): void {
    // The service speaks first.
  }

  protected override onText(bytes: Buffer, start: number, length: number): void {
    const text = bytes.toString('utf8', start, start + length);
    const message = JSON.parse(text) as ServerMessage;
    switch (message.type) {
      case 'hello':
        this.#acks = message.limits.replay_seconds > 0;
        this.#subscribe();
        return;
      case 'subscribed': {
        const failed = message.results.filter(({ ok }) => !ok).length;
        if (failed > 0) this.fail(`was refused ${failed} instruments`);
        else this.resolve();
        return;
      }
      case 'gap':
        this.count.gaps.push([message.from, message.to]);
        this.#tally?.gaps.add(message.from, message.to);
        return;
      case 'heartbeat':
        this.#through = message.through;
        return;
      case 'slow_reader_warning':
        this.count.warnings++;
        return;
      case 'error':
        this.fail(`${message.code}: ${message.detail}`);
        return;
      default:
    }
  }

  protected override onBinary(bytes: Buffer, view: DataView, start: number, length: number): void {
    const { count } = this;
    const ticks = (length - this.#headerBytes) / this.#structBytes;
    const first = start + this.#headerBytes;
    count.frames++;
    if (!(ticks >= 1) || view.getUint32(first - COUNT_BYTES, true) !== ticks) {
      count.malformed++;
      return;
    }
    let flags = 0;
    const end = start + length;
    for (let at = first + FLAGS_AT; at < end; at += this.#structBytes) {
      flags |= view.getUint32(at, true);
    }
    if ((flags & OUT_OF_THE_ORDINARY) === 0) count.ticks += ticks;
    else this.#countEach(view, first, end);
    const nowUs = this.ports.clock.nowUs();
    if ((flags & SNAPSHOT) === 0) {
      count.lastTickUs = nowUs;
      if (!this.plan.mayBeSlow) {
        this.ports.fromReceive.record(nowUs - view.getFloat64(first + RECEIVE_TIME_AT, true));
      }
    }
    this.#throughAt ??= throughWords(view, start);
    const { low, high } = this.#throughAt;
    this.#through = view.getUint32(start + low, true) + view.getUint32(start + high, true) * WORD;
    this.#tally?.onFrame(decodeFrame(bytes.subarray(start, end)), length, nowUs);
  }

  #countEach(view: DataView, first: number, end: number): void {
    const { count } = this;
    for (let at = first; at < end; at += this.#structBytes) {
      const flags = view.getUint32(at + FLAGS_AT, true);
      if ((flags & REPRICED) !== 0) count.repriced++;
      else if ((flags & SNAPSHOT) !== 0) count.snapshots++;
      else {
        count.ticks++;
        if ((flags & CONFLATED) !== 0) count.merged += view.getUint32(at + MERGED_AT, true);
      }
    }
  }

  #subscribe(): void {
    const { tokens, mode, windowMs } = this.plan;
    this.socket.send(
      JSON.stringify({
        id: SUBSCRIBE_ID,
        type: 'subscribe',
        instruments: tokens,
        mode,
        greeks: true,
        ...(windowMs === undefined ? {} : { window_ms: windowMs }),
      }),
    );
  }
}

/** Offsets from the start of a frame: by the vtable of its root table, as in `decodeFrame`. */
function throughWords(view: DataView, start: number): { low: number; high: number } {
  const table = start + view.getUint32(start, true);
  const vtable = table - view.getInt32(table, true);
  const offset = (place: number): number => table + view.getUint16(vtable + place, true) - start;
  return { low: offset(THROUGH_LOW), high: offset(THROUGH_HIGH) };
}
