import { parentPort, workerData } from 'node:worker_threads';
import type { PublishData } from '../messages.ts';
import { startPublish } from './start.ts';

if (parentPort === null) throw new Error('publish runs as a thread');
await startPublish(workerData as PublishData, parentPort);
