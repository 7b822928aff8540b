import js from '@eslint/js';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

/* Files that index typed arrays under a stated bound on the tick path: there, and only there, `!` stands for that bound. */
const HOT = [
  'src/shm/**/*.ts',
  'src/feed/kite/parser.ts',
  'src/feed/sim/**/*.ts',
  'src/pricing/**/*.ts',
  'src/threads/greeks/**/*.ts',
  'src/threads/ingest/**/*.ts',
  'src/threads/publish/**/*.ts',
  'src/wire/**/*.ts',
  'src/fanout/**/*.ts',
];
const TESTS = ['test/**/*.ts', 'bench/**/*.ts'];

const SHARED_MEMORY = ['SharedArrayBuffer', 'Atomics'].map((name) => ({
  name,
  message: 'Shared memory has one door: use what src/shm exports.',
}));
const TIMERS = ['setTimeout', 'setInterval', 'setImmediate'].map((name) => ({
  name,
  message: 'Time is passed in: use the Clock of src/domain/clock.ts.',
}));
const CLOCK_MESSAGE = 'Time is passed in: use nowUs() or monotonicMs() of the Clock.';
const ENVIRONMENT_MESSAGE = 'The environment has one reader: take the setting from src/config.';
const RANDOM_MESSAGE = 'Randomness is passed in: take a random function as an argument.';

const GLOBAL_PROPERTIES = {
  memory: SHARED_MEMORY.map(({ name, message }) => ({
    object: 'globalThis',
    property: name,
    message,
  })),
  time: [
    { object: 'Date', property: 'now', message: CLOCK_MESSAGE },
    { object: 'performance', property: 'now', message: CLOCK_MESSAGE },
    { object: 'process', property: 'hrtime', message: CLOCK_MESSAGE },
    ...TIMERS.map(({ name, message }) => ({ object: 'globalThis', property: name, message })),
  ],
  environment: [{ object: 'process', property: 'env', message: ENVIRONMENT_MESSAGE }],
  random: [{ object: 'Math', property: 'random', message: RANDOM_MESSAGE }],
};
const IMPORTS = {
  memory: [],
  time: [
    ...['node:timers', 'node:timers/promises'].map((name) => ({
      name,
      message: 'Time is passed in: use the Clock of src/domain/clock.ts.',
    })),
    { name: 'node:perf_hooks', importNames: ['performance'], message: CLOCK_MESSAGE },
  ],
  environment: [{ name: 'node:process', importNames: ['env'], message: ENVIRONMENT_MESSAGE }],
  random: [],
};
const ARGUMENTLESS_DATE = {
  selector: ":matches(NewExpression, CallExpression)[callee.name='Date'][arguments.length=0]",
  message: CLOCK_MESSAGE,
};

/** A severity alone would keep the options of an earlier block, so an empty list is `off`. */
function restricted(list, option = list) {
  return list.length === 0 ? 'off' : ['error', ...option];
}

/** The bans on ambient state, without the kinds (memory, time, environment, random) `allowed`. */
function ambientBans(...allowed) {
  const kinds = Object.keys(GLOBAL_PROPERTIES).filter((kind) => !allowed.includes(kind));
  const globals = [
    ...(kinds.includes('memory') ? SHARED_MEMORY : []),
    ...(kinds.includes('time') ? TIMERS : []),
  ];
  const paths = kinds.flatMap((kind) => IMPORTS[kind]);
  return {
    'no-restricted-globals': restricted(globals),
    'no-restricted-properties': restricted(kinds.flatMap((kind) => GLOBAL_PROPERTIES[kind])),
    'no-restricted-imports': restricted(paths, [{ paths }]),
    'no-restricted-syntax': restricted(kinds.includes('time') ? [ARGUMENTLESS_DATE] : []),
  };
}

export default defineConfig(
  {
    ignores: [
      'node_modules/',
      'dist/',
      'coverage/',
      '.ticker/',
      'bench/results/',
      'src/wire/generated/',
    ],
  },
  { linterOptions: { reportUnusedDisableDirectives: 'error', reportUnusedInlineConfigs: 'error' } },
  js.configs.recommended,
  {
    rules: {
      eqeqeq: 'error',
      'max-depth': ['error', 4],
      'max-lines': ['error', 400],
      'max-lines-per-function': ['error', { max: 70, IIFEs: true }],
      'no-console': 'error',
      'no-implicit-coercion': ['error', { boolean: false }],
      'object-shorthand': 'error',
    },
  },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/consistent-type-exports': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unnecessary-condition': [
        'error',
        { allowConstantLoopConditions: 'only-allowed-literals' },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true, requireDefaultForNonUnion: true },
      ],
      // An async method without await is how a port's implementation turns a throw into a rejection.
      '@typescript-eslint/require-await': 'off',
    },
  },
  {
    files: ['src/**/*.ts'],
    rules: { ...ambientBans(), '@typescript-eslint/explicit-module-boundary-types': 'error' },
  },
  { files: ['src/shm/**/*.ts'], rules: ambientBans('memory') },
  { files: ['src/config/**/*.ts'], rules: ambientBans('environment') },
  { files: ['src/domain/clock.ts'], rules: ambientBans('time') },
  // These run in browsers too, on the browser's own timers.
  { files: ['src/client/**/*.ts', 'src/console/**/*.ts'], rules: ambientBans('time') },
  { files: ['src/cli/**/*.ts', 'src/console/build.ts'], rules: { 'no-console': 'off' } },
  { files: [...HOT, ...TESTS], rules: { '@typescript-eslint/no-non-null-assertion': 'off' } },
  {
    files: TESTS,
    rules: {
      'max-lines-per-function': 'off',
      'no-console': 'off',
      '@typescript-eslint/no-floating-promises': [
        'error',
        {
          allowForKnownSafeCalls: [
            { from: 'package', package: 'node:test', name: ['test', 'it', 'describe', 'suite'] },
          ],
        },
      ],
    },
  },
  {
    files: ['**/*.{js,cjs,mjs}'],
    languageOptions: {
      globals: { console: 'readonly', process: 'readonly', URL: 'readonly', Buffer: 'readonly' },
    },
    rules: { 'no-console': 'off' },
  },
  {
    files: ['**/*.cjs'],
    languageOptions: {
      sourceType: 'commonjs',
      globals: { module: 'writable', require: 'readonly' },
    },
  },
);
