import { parentPort, workerData } from 'node:worker_threads';
import { startPublish, type PublishData } from './start.ts';

if (parentPort === null) throw new Error('publish runs as a thread');
await startPublish(workerData as PublishData, parentPort);
