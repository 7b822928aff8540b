import { parentPort } from 'node:worker_threads';
import { runSeed } from './delivery-run.ts';

const port = parentPort;
if (port === null) throw new Error('seeds are run by a thread');
port.on('message', (seed: number) => {
  void runSeed(seed).then((result) => port.postMessage(result));
});
