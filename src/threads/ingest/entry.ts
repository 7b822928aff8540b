import { parentPort, workerData } from 'node:worker_threads';
import { startIngest, type IngestData } from './start.ts';

if (parentPort === null) throw new Error('ingest runs as a thread');
startIngest(workerData as IngestData, parentPort);
