import type { MessagePort } from 'node:worker_threads';
import { createSystemClock } from '../../domain/clock.ts';
import { errorText, TickerError } from '../../domain/error-codes.ts';
import { type Simulator, startSimulator } from '../../feed/sim/simulator.ts';
import { createLogger } from '../../telemetry/logger.ts';
import type { FromSimulator, SimulatorData } from '../messages.ts';

/** Runs the built-in broker simulator until control says stop. */
export function startSimulatorThread(data: SimulatorData, port: MessagePort): void {
  const { host, seed, instruments, ticksPerSecond } = data;
  const clock = createSystemClock(data.clock);
  const logger = createLogger({ level: data.logLevel, thread: 'simulator', clock });
  const post = (message: FromSimulator) => port.postMessage(message);
  const starting = startSimulator({
    clock,
    host,
    port: data.port,
    seed,
    instruments,
    ticksPerSecond,
    accounts: 1,
    bookFile: data.bookFile,
    log: (message) => logger.debug(message),
    report: (message) => logger.error(message),
  });
  starting.then(
    ({ restUrl, wsUrl }) => post({ type: 'listening', restUrl, wsUrl }),
    (error: unknown) => {
      const code = error instanceof TickerError ? error.code : 'THREAD_FAILED';
      const detail = error instanceof TickerError ? error.detail : errorText(error);
      post({ type: 'failed', code, detail });
      port.close();
    },
  );
  port.on('message', () => {
    const close = (simulator: Simulator) => simulator.close();
    void starting.then(close).finally(() => {
      post({ type: 'stopped' });
      port.close();
    });
  });
}
