import { parentPort } from 'node:worker_threads';
import { runOrderSeed } from './order-run.ts';

const port = parentPort;
if (port === null) throw new Error('seeds are run by a thread');
port.on('message', (seed: number) => {
  void runOrderSeed(seed).then((result) => port.postMessage(result));
});
