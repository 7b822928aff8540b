import { parentPort, workerData } from 'node:worker_threads';
import type { OldChannelsData } from '../messages.ts';
import { startOldChannels } from './start.ts';

if (parentPort === null) throw new Error('old-channels runs as a thread');
startOldChannels(workerData as OldChannelsData, parentPort);
