import type { PeerSocket } from '../../../../src/feed/sim/connection.ts';
import { decodeFrame, type BrokerPacket } from './broker-packet.ts';

/** The socket of a connection under test: keeps what is sent, in memory. */
export class FakeSocket implements PeerSocket {
  bufferedBytes = 0;
  frames: Buffer[] = [];
  texts: string[] = [];
  /** Calls of the other methods, in order. */
  calls: string[] = [];

  sendBinary(frame: Uint8Array, done: () => void): void {
    this.frames.push(Buffer.from(frame));
    done();
  }

  sendText(text: string): void {
    this.texts.push(text);
  }

  close(code: number): void {
    this.calls.push(`close ${code}`);
  }

  reset(): void {
    this.calls.push('reset');
  }

  pause(): void {
    this.calls.push('pause');
  }

  resume(): void {
    this.calls.push('resume');
  }

  /** Packets of all frames so far, and forgets them. */
  takePackets(): BrokerPacket[] {
    return this.takeFrames().flatMap(decodeFrame);
  }

  takeFrames(): Buffer[] {
    const frames = this.frames;
    this.frames = [];
    return frames;
  }
}
