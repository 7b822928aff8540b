import { runGreeksWorker, type GreeksWorkerData } from './start.ts';

/** Piscina task: runs one worker until control asks it to stop. */
export default function greeksTask(data: GreeksWorkerData): void {
  runGreeksWorker(data);
}
