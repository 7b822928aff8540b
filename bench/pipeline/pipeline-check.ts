import { GREEKS_STATUS } from '../../src/domain/status.ts';
import { PUBLISH } from '../../src/shm/layout/meters.ts';
import { decodeFrame } from '../../src/wire/decode.ts';
import type { Verifier } from '../harness/verifier.ts';
import { type MarketRecording, packetsOf } from '../market/recording.ts';
import { Pipeline } from './pipeline.ts';
import { TickSums } from './tick-sums.ts';

const OK_SHARE_MIN = 0.9;

/** What comes out is what went in: every tick once, in order, every option with its Greeks. */
export function checkPipeline(recording: MarketRecording, verifier: Verifier): void {
  const pipeline = new Pipeline(recording);
  const received = new TickSums();
  const statuses = new Map<number, number>();
  const lastSequence = new Map<number, number>();
  let jumps = 0;
  pipeline.sink.onFrame = (bytes) => {
    const frame = decodeFrame(bytes);
    for (let index = 0; index < frame.count; index++) {
      const tick = frame.tick(index);
      const token = tick.instrumentToken;
      if (tick.isRepriced) {
        if (lastSequence.get(token) !== tick.instrumentSequence) jumps++;
        continue;
      }
      received.add(token, tick.lastPriceRaw ?? 0, tick.volume ?? 0);
      const last = lastSequence.get(token);
      if (last !== undefined && tick.instrumentSequence !== last + 1) jumps++;
      lastSequence.set(token, tick.instrumentSequence);
      const status = tick.greeksStatus ?? 0;
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  };
  pipeline.push(recording.frames, 1);
  const options = Math.round(recording.packets * recording.optionShare);
  const others = statuses.get(GREEKS_STATUS.NOT_AN_OPTION) ?? 0;
  const late = pipeline.path.publishMeters.get(PUBLISH.GREEKS_LATE);
  verifier.equal('ticks out', received.count, recording.packets);
  const differences = sumsOf(recording).differences(received);
  verifier.equal('instruments with other counts or sums', differences, []);
  verifier.equal('jumps of instrument_sequence', jumps, 0);
  verifier.equal('ticks late', late, 0);
  verifier.equal('ticks that are not options', others, recording.packets - options);
  const okShare = (statuses.get(GREEKS_STATUS.OK) ?? 0) / options;
  verifier.atLeast('share of the options with Greeks', okShare, OK_SHARE_MIN);
}

function sumsOf(recording: MarketRecording): TickSums {
  const sums = new TickSums();
  for (const packet of recording.frames.flatMap(packetsOf)) {
    const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
    sums.add(view.getUint32(0), view.getUint32(4), view.getUint32(16));
  }
  return sums;
}
