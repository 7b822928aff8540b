/**
 * One run of one bench in this process: `isolated.js NAME [--smoke]`. Its report goes to the parent
 * process as a message. Not for people; they run `npm run bench`.
 */
import { findBench } from './catalogue.ts';

const [name = '', ...flags] = process.argv.slice(2);
const bench = findBench(name);
if (bench?.kind !== 'isolated' || process.send === undefined) {
  throw new Error('isolated.js is started by main.js');
}
const run = await bench.load();
const report = await run({ smoke: flags.includes('--smoke') });
process.send(report, () => process.disconnect());
