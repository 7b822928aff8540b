import { readHost } from '../harness/host.ts';
import type { JitterReading } from '../harness/jitter.ts';
import type { FanoutFigures } from './fanout-figures.ts';
import type { FanoutRow, LadderResult } from './fanout-ladder.ts';
import { CLIENT_INSTRUMENTS, FANOUT_INSTRUMENTS } from './fanout-market.ts';
import type { Scenario } from './fanout-scenario.ts';
import type { FrozenFigures } from './frozen-clients.ts';
import type { StandardSizes } from './standard-load.ts';
import type { StandardFigures } from './standard-report.ts';

/** All that the section tells. */
export interface FanoutResults {
  ladders: { scenario: Scenario; results: LadderResult[] }[];
  standard: StandardFigures;
  standardSizes: StandardSizes;
  frozen: FrozenFigures;
  jitter: JitterReading;
  checks: number;
  failures: number;
}

const US_PER_MS = 1000;
const MS_PER_S = 1000;
const COLUMNS_MAX = 100;
const HEADING = '## Fan-out: hundreds of clients';

const COLUMNS: readonly (readonly [string, (figures: FanoutFigures) => string])[] = [
  ['offered /s', ({ offered }) => whole(offered)],
  ['delivered /s', ({ delivered }) => whole(delivered)],
  ['frames /s', ({ frames }) => whole(frames)],
  ['MB/s', ({ megabytes }) => whole(megabytes)],
  ['p50 ms', ({ p50Ms }) => short(p50Ms)],
  ['p99 ms', ({ p99Ms }) => short(p99Ms)],
  ['server ns', ({ serverNs }) => whole(serverNs)],
  ['receivers ns', ({ receiversNs }) => whole(receiversNs)],
  ['sender %', ({ busiestPercent }) => whole(busiestPercent)],
  ['kernel %', ({ busiestSystemPercent }) => whole(busiestSystemPercent)],
  ['receiver %', ({ receiverPercent }) => whole(receiverPercent)],
  ['RSS MiB', ({ residentMiB }) => whole(residentMiB)],
];

/** The section of docs/BENCHMARKS.md, from its heading on. */
export function fanoutSection(results: FanoutResults): string {
  return [
    HEADING,
    intro(results),
    ...results.ladders.map(({ scenario, results: of }) => ladderPart(scenario, of)),
    standardPart(results.standard, results.standardSizes),
    frozenPart(results.frozen),
  ].join('\n\n');
}

function intro({ jitter, checks, failures }: FanoutResults): string {
  const host = readHost();
  const commit = host.commit === undefined ? '' : `, commit ${host.commit}`;
  const late = (us: number): string => `${short(us / US_PER_MS)} ms`;
  const paragraphs = [
    `\`npm run bench -- fanout --document\` writes this section, from one run: ${host.cpuModel},
    ${host.cores} cores, Node ${host.node}${commit}. Host jitter p50 ${late(jitter.p50Us)},
    p99 ${late(jitter.p99Us)}, max ${late(jitter.maxUs)}. ${whole(checks)} checks passed,
    ${failures || 'none'} failed.`,
    `Fan-out and frozen clients run on the service's publish thread with its real sockets,
    sessions, keys and ring. Its ticks come finished from a thread that stands for broker, ingest
    and Greeks: upstream, parser and pricing are not in these figures, but in those of the standard
    load. ${whole(FANOUT_INSTRUMENTS)} instruments tick in turn, 60 % of them options with Greeks;
    a client has ${CLIENT_INSTRUMENTS}, mode full with Greeks: 320 bytes a tick.`,
    `The rivals have the same clients, sets and rates. They get ready objects of the same ticks in
    their own thread: neither ring nor hand-over. With \`ws\` each tick is put into JSON once,
    clients with the same set get one buffer, others the texts joined. socket.io sends events, one
    to the room of a set that is shared. Both flush every 10 ms, as the service does by itself with
    500 clients; unbatched, each tick is a message of its own.`,
    `Every delivery is counted: what a client got, what was merged into that, and what a gap record
    names must be what was made of its instruments. Some clients check each tick. Server, clients
    and the source of the ticks share the cores; the clients read raw sockets and look at the flags
    of each tick.`,
  ];
  const legend = [
    `*sender %*: the busiest thread of the server, % of a core; *kernel %*: what the kernel took of
    it; *receiver %*: the busier of two processes of clients.`,
    '*server ns*, *receivers ns*: CPU time per tick delivered.',
    `*p50*, *p99*: from the receive time of a frame's first tick to the client. With the rivals of
    every tick, and these are made when a window ends: the wait for its end is in the service's
    figures only.`,
  ];
  return [...paragraphs.map(wrapped), legend.map((line) => wrapped(`- ${line}`)).join('\n')].join(
    '\n\n',
  );
}

function ladderPart(scenario: Scenario, results: readonly LadderResult[]): string {
  const header = ['', ...COLUMNS.map(([title]) => title), 'outcome'];
  const rows = results.flatMap((result) => [
    ...inOrder(result.rows).map((row) => tableRow(result.contender, row)),
    ...(result.held === undefined ? [] : [tableRow(heldName(result.held), result.held)]),
  ]);
  const align = header.map((_title, index) =>
    index === 0 || index === header.length - 1 ? '---' : '--:',
  );
  return [
    `### ${whole(scenario.clients)} clients, ${scenario.name}`,
    [header, align, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n'),
    results.map(kneeLine).join('\n'),
  ].join('\n\n');
}

/** The last rate tried lies between two others. */
function inOrder(rows: readonly FanoutRow[]): FanoutRow[] {
  return [...rows].sort((left, right) => left.figures.offered - right.figures.offered);
}

function tableRow(name: string, { figures, outcome }: FanoutRow): string[] {
  return [name, ...COLUMNS.map(([, of]) => of(figures)), outcome];
}

function heldName({ durationMs }: FanoutRow): string {
  return `service, held ${whole(durationMs / MS_PER_S)} s`;
}

function kneeLine({ contender, sustained, failed, cause, rows }: LadderResult): string {
  const knee = Number.isFinite(failed)
    ? `sustained ${whole(sustained)}/s, not ${whole(failed)}/s`
    : `sustained ${whole(sustained)}/s, the most that was tried`;
  const why = cause === undefined ? '' : `; there ${cause}`;
  const frames = whole(Math.max(0, ...rows.map(({ figures }) => figures.frames)));
  return wrapped(`- ${contender}: ${knee}; at most ${frames} frames/s${why}.`);
}

function standardPart(figures: StandardFigures, sizes: StandardSizes): string {
  const text = `${whole(sizes.rate)} ticks/s of 184-byte packets over ${whole(sizes.instruments)}
    instruments by the simulator's law of popularity, ${short(figures.optionPercent)} % of them of
    options, Greeks on every one of these; ${sizes.clients} clients x 500 instruments, mode full
    with Greeks, adaptive window, of which ${sizes.slow} read 64 KB/s and ${sizes.frozen} nothing;
    ${short(sizes.durationMs / MS_PER_S)} s. Simulator, service and clients are processes of their
    own. Afterwards the slow and the frozen clients read all that there is for them, and what every
    client got and was told to be merged must be what the simulator's ledger says.`;
  const rows: [string, string][] = [
    ['made', `${whole(figures.made)} ticks/s`],
    ['delivered to those who read', `${whole(figures.delivered)} ticks/s`],
    ['CPU of the service, per tick in', `${short(figures.serviceUs)} us`],
    ['its busiest thread', `${whole(figures.busiestPercent)} % of a core`],
    ['received by the service to client, p50', `${short(figures.p50Ms)} ms`],
    ['received by the service to client, p99', `${short(figures.p99Ms)} ms`],
    ['host jitter meanwhile, p50', `${short(figures.jitterP50Ms)} ms`],
    ['host jitter meanwhile, p99', `${short(figures.jitterP99Ms)} ms`],
    ['option ticks late or skipped', `${short(figures.latePercent)} %`],
    ['merged for the slow clients', `${whole(figures.slowMerged)} ticks`],
    ['merged for the frozen clients', `${whole(figures.frozenMerged)} ticks`],
    ['greatest memory of the service process', `${whole(figures.residentMaxMiB)} MiB`],
  ];
  const table = [['', ''], ['---', '--:'], ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  return ['### Standard load', wrapped(text), table.join('\n')].join('\n\n');
}

function frozenPart({ sizes, ...figures }: FrozenFigures): string {
  const text = `${sizes.pairs} pairs of runs of ${short(sizes.runMs / MS_PER_S)} s, now with and now
    without ${sizes.frozen} clients that want all instruments and read nothing, beside
    ${sizes.clients} that read ${whole(sizes.deliveries)} ticks/s. The service had found
    ${whole(figures.behind)} clients to be behind and pushed nothing to them. The
    CPU time of its sending thread per tick delivered to the others changed by
    ${short(figures.changePercent)} % in the
    middle pair (${short(figures.changeMinPercent)} to ${short(figures.changeMaxPercent)} %). The
    process had ${short(figures.mebibytesFirst)} MiB more for each frozen client in the first pair,
    ${short(figures.mebibytesMore)} in the middle one.`;
  return `### Frozen clients\n\n${wrapped(text)}`;
}

/** The words of a paragraph in lines of at most 100 columns. */
function wrapped(text: string): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    if (line !== '' && line.length + 1 + word.length > COLUMNS_MAX) {
      lines.push(line);
      line = text.startsWith('- ') ? `  ${word}` : word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line].join('\n');
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** Two significant digits at least. */
function short(value: number): string {
  return Math.abs(value) >= 10 ? whole(value) : value.toFixed(1);
}
