import { parentPort, workerData } from 'node:worker_threads';
import type { SimulatorData } from '../messages.ts';
import { startSimulatorThread } from './start.ts';

if (parentPort === null) throw new Error('the simulator runs as a thread');
startSimulatorThread(workerData as SimulatorData, parentPort);
