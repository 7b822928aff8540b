/** Rules by which a secret can be guessed. Random text breaks none of them. */

const CHARACTERS_MIN = 16;
const DISTINCT_MIN = 8;
/** Characters that each follow the one before: `abcdefgh`, `87654321`. */
const RUN_MAX = 7;

/** Words of examples; so long that they do not stand in random text by chance. */
const WORDS = new RegExp(
  'change.?me|passw[o0]rd|secret|example|sample|default|place.?holder|letmein|qwerty|insecure|' +
    'your[-_]|replace|foobar|administrator|deadbeef|development',
);
/** Short ones count where they stand alone. */
const SHORT_WORDS =
  /(?:^|[-_. ])(?:test|testing|demo|dummy|fake|todo|fixme|admin|root|user|sim|dev)(?=$|[-_. \d])/;
/** `${NAME}`, `<your key>`, `{{ key }}`, `%KEY%`, `...`, `***`. */
const PLACEHOLDER = /\$\{|\$\(|[<>]|\{\{|^%.*%$|\.\.\.|\*\*\*/;
/** The generated key of development: it is kept in a file for its user's convenience. */
const DEVELOPMENT_KEY = /^tk_dev_/;

/** What is wrong with `secret` in production, in words without the secret; undefined: nothing. */
export function secretWeakness(secret: string): string | undefined {
  const lower = secret.toLowerCase();
  if (PLACEHOLDER.test(secret)) return 'is a placeholder';
  if (DEVELOPMENT_KEY.test(secret)) return 'is a key of development';
  if (WORDS.test(lower) || SHORT_WORDS.test(lower)) return 'contains a word of examples';
  if (secret.length < CHARACTERS_MIN) return `is shorter than ${CHARACTERS_MIN} characters`;
  if (new Set(secret).size < DISTINCT_MIN) {
    return `has less than ${DISTINCT_MIN} different characters`;
  }
  if (isRepetition(secret)) return 'repeats itself';
  if (longestRun(lower) > RUN_MAX) return 'contains a run such as 12345678';
  return undefined;
}

function isRepetition(text: string): boolean {
  return (text + text).indexOf(text, 1) < text.length;
}

/** Length of the longest stretch that only rises or only falls by one. */
function longestRun(text: string): number {
  let longest = 1;
  for (const step of [1, -1]) {
    let run = 1;
    for (let i = 1; i < text.length; i++) {
      run = text.charCodeAt(i) - text.charCodeAt(i - 1) === step ? run + 1 : 1;
      longest = Math.max(longest, run);
    }
  }
  return longest;
}
