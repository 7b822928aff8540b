import { parentPort, workerData } from 'node:worker_threads';
import type { OrdersData } from '../messages.ts';
import { startOrders } from './start.ts';

if (parentPort === null) throw new Error('orders runs as a thread');
await startOrders(workerData as OrdersData, parentPort);
