/**
 * One client of the socket bench, in a process of its own: connects, subscribes, counts and checks
 * every tick. Started by the bench with messages, not by people.
 */
import WebSocket from 'ws';
import { createSystemClock } from '../../src/domain/clock.ts';
import { decodeFrame } from '../../src/wire/decode.ts';
import { type ServerMessage, SUBPROTOCOL_BINARY } from '../../src/wire/messages.ts';
import type { FromClient, ToClient } from './client-messages.ts';
import { RunTally } from './run-tally.ts';

const clock = createSystemClock();
const SUBSCRIBE_ID = 1;

let tally = new RunTally([], new Set());
let socket: WebSocket | undefined;

function tell(message: FromClient): void {
  process.send?.(message);
}

function subscribe(message: Extract<ToClient, { type: 'subscribe' }>): void {
  const { url, key, tokens, optionTokens } = message;
  tally = new RunTally(tokens, new Set(optionTokens));
  socket = new WebSocket(url, [SUBPROTOCOL_BINARY, `bearer.${key}`], { perMessageDeflate: false });
  socket.on('message', (data: Buffer, isBinary: boolean) => {
    const nowUs = clock.nowUs();
    if (isBinary) tally.onFrame(decodeFrame(data), data.length, nowUs);
    else onText(JSON.parse(data.toString('utf8')) as ServerMessage, tokens);
  });
  socket.on('close', (code, reason) => tell({ type: 'closed', code, reason: reason.toString() }));
  socket.on('error', (error) => process.stderr.write(`${error.message}\n`));
}

function onText(message: ServerMessage, tokens: readonly number[]): void {
  switch (message.type) {
    case 'hello':
      socket?.send(
        JSON.stringify({
          id: SUBSCRIBE_ID,
          type: 'subscribe',
          instruments: tokens,
          mode: 'full',
          greeks: true,
        }),
      );
      return;
    case 'subscribed':
      tell({ type: 'subscribed', failed: message.results.filter(({ ok }) => !ok).length });
      return;
    case 'gap':
      tally.gaps.add(message.from, message.to);
      return;
    case 'error':
      process.stderr.write(`${message.code}: ${message.detail}\n`);
      return;
    default:
  }
}

process.on('message', (message: ToClient) => {
  switch (message.type) {
    case 'subscribe':
      subscribe(message);
      return;
    case 'begin':
      tally.begin();
      tell({ type: 'begun' });
      return;
    case 'progress':
      tell({ type: 'progress', ticks: tally.ticks, tokensSeen: tally.tokensSeen });
      return;
    case 'report':
      tell({ type: 'report', report: tally.report() });
      return;
    case 'stop':
      socket?.terminate();
      process.disconnect();
  }
});
// Without its parent a client has no purpose.
process.on('disconnect', () => process.exit(0));
