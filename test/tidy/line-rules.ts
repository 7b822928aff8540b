/**
 * What no line of the repository's text files may hold. Words are split so that this file passes.
 */

export interface LineRule {
  name: string;
  /** Paths, relative to the repository's root, that the rule covers. */
  covers: RegExp;
  except?: RegExp;
  offends: (line: string) => boolean;
  /** A line that must offend: shows that the rule can fail. */
  bad: string;
  /** A line that must not. */
  good: string;
}

const SOURCE = /^(src|test|bench)\/.*\.ts$/;
const GENERATED = /^(src\/wire\/generated\/|package-lock\.json$)/;
const EVERYWHERE = /^/;

const MARKERS = ['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X', 'HA' + 'CK'];
const LINT_DIRECTIVE = 'eslint-' + 'disable';
const COVERAGE_DIRECTIVE = 'c8' + ' ignore';
const MAX_COLUMNS = 100;
const RANDOM_BYTES = Array.from({ length: 33 }, (_, index) => (index * 97 + 89) % 251);

/** Bits of information per character. */
function entropyBits(text: string): number {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) {
    bits -= (count / text.length) * Math.log2(count / text.length);
  }
  return bits;
}

/** Mixed case with digits and nearly random: keys and tokens are, words, paths and hex are not. */
function looksRandom(run: string): boolean {
  return /[a-z]/.test(run) && /[A-Z]/.test(run) && /\d/.test(run) && entropyBits(run) > 4.3;
}

function holdsSecret(line: string): boolean {
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----|\bAKIA[0-9A-Z]{16}\b/.test(line)) return true;
  const runs = line.match(/[A-Za-z0-9+/_-]{36,}={0,2}/g) ?? [];
  return runs.some(looksRandom);
}

/** Long lines that cannot be broken: addresses, rows of tables in comments, names of tests. */
function isUnbreakable(line: string): boolean {
  return (
    /https?:\/\//.test(line) ||
    /^\s*(\*|\/\/).*\|.*\|/.test(line) ||
    /^\s*(test|it|describe)\(['`"]/.test(line)
  );
}

export const LINE_RULES: readonly LineRule[] = [
  {
    name: 'a line of TypeScript has at most 100 columns',
    covers: SOURCE,
    except: GENERATED,
    offends: (line) => line.length > MAX_COLUMNS && !isUnbreakable(line),
    bad: 'x'.repeat(MAX_COLUMNS + 1),
    good: `// see https://example.org/${'x'.repeat(MAX_COLUMNS)}`,
  },
  {
    name: 'no marker of unfinished work',
    covers: EVERYWHERE,
    except: GENERATED,
    offends: (line) => new RegExp(`\\b(${MARKERS.join('|')})\\b`).test(line),
    bad: `// ${'TO' + 'DO'}: later`,
    good: 'a method of all',
  },
  {
    name: 'every lint directive has a reason after --',
    covers: /\.(ts|js|cjs|mjs)$/,
    except: GENERATED,
    offends: (line) => line.includes(LINT_DIRECTIVE) && !/\s--\s+\S+/.test(line),
    bad: `// ${LINT_DIRECTIVE}-next-line no-console`,
    good: `// ${LINT_DIRECTIVE}-next-line no-console -- the terminal is its output`,
  },
  {
    name: 'every coverage directive has a reason after --',
    covers: /\.(ts|js|cjs|mjs)$/,
    offends: (line) => /\b(c8|v8|istanbul) ignore\b/.test(line) && !/\s--\s+\S+/.test(line),
    bad: `/* ${COVERAGE_DIRECTIVE} next */`,
    good: `/* ${COVERAGE_DIRECTIVE} next -- only on a kernel without epoll */`,
  },
  {
    name: 'no path of a machine it was built on',
    covers: EVERYWHERE,
    offends: (line) =>
      /(^|[^a-z.])\/(work|farm|root|home\/\w+|Users\/\w+|tmp\/team)\/[\w.]/.test(line),
    bad: ['', 'work', 'main', 'src'].join('/'),
    good: 'on the network/work/balance',
  },
  {
    name: 'no address of a package registry',
    covers: EVERYWHERE,
    offends: (line) => /https?:\/\/registry\.|registry\.npmjs|"resolved"\s*:/.test(line),
    bad: 'https:/' + '/registry.example.org/ws',
    good: 'the instrument registry.',
  },
  {
    name: 'nothing that looks like a key or a token',
    covers: EVERYWHERE,
    except: GENERATED,
    offends: holdsSecret,
    bad: `key = '${Buffer.from(RANDOM_BYTES).toString('base64')}'`,
    good: 'test/unit/feed/kite/parserOfPackets.test.ts and 0123456789abcdef0123456789abcdef0123',
  },
];

/** `path:line: rule` for every offending line of `text`. */
export function lineProblems(path: string, text: string): string[] {
  const rules = LINE_RULES.filter(({ covers, except }) => {
    return covers.test(path) && except?.test(path) !== true;
  });
  return text.split('\n').flatMap((line, index) => {
    return rules
      .filter((rule) => rule.offends(line))
      .map((rule) => `${path}:${index + 1}: ${rule.name}`);
  });
}
