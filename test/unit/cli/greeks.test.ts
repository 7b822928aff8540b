import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { runCommandLine } from '../../../src/cli/command-line.ts';
import { optionGreeks } from '../../../src/pricing/option.ts';

interface Run {
  exitCode: unknown;
  /** What is in the output file; undefined: there is none. */
  out: string | undefined;
  errors: string;
}

/** Runs `ticker greeks` on a file that holds `table`. */
async function greeks(t: TestContext, table: string | Buffer, ...options: string[]): Promise<Run> {
  const folder = mkdtempSync(join(tmpdir(), 'ticker-greeks-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const [from, to] = [join(folder, 'in.csv'), join(folder, 'out.csv')];
  writeFileSync(from, table);
  const { exitCode } = process;
  const errors: string[] = [];
  const mocks = [
    t.mock.method(process.stderr, 'write', (text: string) => errors.push(text) > 0),
    t.mock.method(console, 'error', (text: string) => void errors.push(text)),
  ];
  try {
    await runCommandLine(['greeks', '--in', from, '--out', to, ...options]);
    const out = existsSync(to) ? readFileSync(to, 'latin1') : undefined;
    return { exitCode: process.exitCode, out, errors: errors.join('').replaceAll(folder, '') };
  } finally {
    process.exitCode = exitCode;
    for (const mock of mocks) mock.mock.restore();
  }
}

const TERMS = 'model,type,underlying,strike,t_years,rate,div_yield';
const CALL = 'black76,call,100,100,1,0.05,0';

describe('a table with vol', () => {
  test('gets status, price and derivatives after its own columns, with 17 digits', async (t) => {
    const { exitCode, out, errors } = await greeks(t, `id,${TERMS},vol\nx1,${CALL},0.2\n`);
    assert.deepEqual([exitCode, errors], [0, '']);
    const [header, row, rest] = out?.split('\n') ?? [];
    const names = 'status,price,delta,gamma,vega,theta,rho,vanna,volga,charm';
    assert.equal(header, `id,${TERMS},vol,${names}`);
    const cells = row?.split(',') ?? [];
    assert.deepEqual(cells.slice(0, 10), ['x1', ...CALL.split(','), '0.2', 'ok']);
    const exact = optionGreeks(
      { model: 'black76', type: 'call', underlying: 100, strike: 100, timeYears: 1, rate: 0.05 },
      0.2,
    );
    const { status, price, delta, gamma, vega, theta, rho, vanna, volga, charm } = exact as Record<
      string,
      number | string
    >;
    assert.equal(status, 'OK');
    assert.deepEqual(cells.slice(10).map(Number), [
      price,
      delta,
      gamma,
      vega,
      theta,
      rho,
      vanna,
      volga,
      charm,
    ]);
    assert.match(cells[10] ?? '', /^7\.5770821464\d{6,7}$/);
    assert.equal(rest, '');
  });

  test('an output column that is there is overwritten in its place', async (t) => {
    const table = `delta,${TERMS},price,vol,note\n9,${CALL},9,0.2,kept\n`;
    const { out } = await greeks(t, table, '--price');
    const [header, row] = out?.split('\n').map((line) => line.split(',')) ?? [];
    assert.deepEqual(header?.slice(0, 1), ['delta']);
    assert.deepEqual(header.slice(8, 13), ['price', 'vol', 'note', 'status', 'gamma']);
    assert.equal(Number(row?.[0]).toFixed(6), '0.513500');
    assert.equal(Number(row?.[8]).toFixed(6), '7.577082');
    assert.deepEqual(row?.slice(9, 12), ['0.2', 'kept', 'ok']);
  });

  test('the dividend column may be left out', async (t) => {
    const header = TERMS.replace(',div_yield', '');
    const { out } = await greeks(t, `${header},vol\nbsm,call,100,100,1,0.05,0.2\n`);
    const price = out?.split('\n')[1]?.split(',')[8];
    assert.equal(Number(price).toFixed(4), '10.4506');
  });
});

describe('a table with price', () => {
  test('gets status and vol', async (t) => {
    const table = [
      `price,${TERMS}`,
      `7.5770821464272666,${CALL}`,
      '10,bsm,put,100,150,1,0.05,0',
      '101,black76,call,100,100,1,0,0',
      '5,black76,call,100,100,-1,0.05,0',
      '5,black76,call,100,100,-20000,0.05,0',
      '',
    ].join('\n');
    const { out, errors } = await greeks(t, table);
    const rows = out?.split('\n').map((line) => line.split(',').slice(8)) ?? [];
    assert.deepEqual(rows[0], ['status', 'vol']);
    assert.equal(rows[1]?.[0], 'ok');
    assert.ok(Math.abs(Number(rows[1][1]) - 0.2) < 1e-15);
    assert.deepEqual(rows.slice(2, 6), [
      ['below_intrinsic', 'NaN'],
      ['above_maximum', 'NaN'],
      ['expired', 'NaN'],
      ['expired', 'NaN'],
    ]);
    assert.equal(errors, '');
  });
});

test('a bad row is invalid and named with its reason; the rows around it are unharmed', async (t) => {
  const bad: [row: string, reason: string][] = [
    ['black77,call,100,100,1,0.05,0,0.2', 'model is "black77"'],
    ['bsm,CE,100,100,1,0.05,0,0.2', 'type is "CE"'],
    ['bsm,call,,100,1,0.05,0,0.2', 'underlying is ""'],
    ['bsm,call,100,-5,1,0.05,0,0.2', 'strike is "-5"'],
    ['bsm,call,100,100,soon,0.05,0,0.2', 't_years is "soon"'],
    ['bsm,call,100,100,1,Infinity,0,0.2', 'rate is "Infinity"'],
    ['bsm,call,100,100,1,0.05,0x1,0.2', 'div_yield is "0x1"'],
    ['bsm,call,100,100,1,0.05,0,-0.2', 'vol is "-0.2"'],
    ['bsm,call,1e308,1e308,1,0.05,0,0.2', 'the values are too large to compute with'],
    ['bsm,call,100,100', '4 fields, the header has 8'],
    ['bsm,call,100,100,1,0.05,0,0.2,9', '9 fields, the header has 8'],
    ['bsm,"call,100,100,1,0.05,0,0.2', 'a quoted field is not closed, or goes on after its quote'],
  ];
  const lines = bad.flatMap(([row]) => [row, `${CALL},0.2`]);
  const { exitCode, out, errors } = await greeks(t, `${TERMS},vol\n${lines.join('\n')}\n`);
  assert.equal(exitCode, 0);
  const told = bad.map(([, reason], i) => `line ${2 * i + 2}: invalid: ${reason}\n`);
  assert.equal(errors, told.join(''));
  const rows = out?.trimEnd().split('\n').slice(1) ?? [];
  assert.equal(rows.length, 2 * bad.length);
  for (const [i, row] of rows.entries()) {
    const cells = row.split(',');
    assert.equal(cells[8], i % 2 === 0 ? 'invalid' : 'ok', row);
    const isNumber = cells.slice(9, 18).map((cell) => cell !== 'NaN');
    assert.deepEqual(isNumber, new Array(9).fill(i % 2 === 1), row);
  }
  assert.match(rows[20] ?? '', /0\.2,invalid(,NaN){9},9$/, 'what is too much stands at the end');
});

describe('everything else is copied byte for byte', () => {
  test('quotes, line ends, encoding, byte order mark, blank lines', async (t) => {
    const before = Buffer.from(
      `\ufeff"note",${TERMS},vol\r\n"a ""b"", é\nलाइन", ${CALL} ,"0.2"\r\n\r\nü,${CALL},0.20\n`,
    );
    const { out, errors } = await greeks(t, before);
    assert.equal(errors, '');
    const results = /,(status,.*charm|ok(,[-\d.e]+){9})(?=\r?\n)/g;
    assert.equal(out?.match(results)?.length, 3);
    assert.equal(out.replaceAll(results, ''), before.toString('latin1'));
  });

  test('a file that ends without a line end is ended', async (t) => {
    const { out } = await greeks(t, `${TERMS},vol\r\n${CALL},0.2`);
    assert.match(out ?? '', /,ok,[^\n]*\r\n$/);
  });
});

describe('a table that cannot be used is refused, and no output is written', () => {
  const cases: [name: string, table: string | Buffer, options: string[], error: RegExp][] = [
    ['empty', '', [], /^ticker: INPUT_INVALID: \/in.csv is empty$/],
    ['no vol, no price', `${TERMS}\n`, [], /INPUT_INVALID: .* neither a column vol nor price/],
    ['both', `${TERMS},vol,price\n`, [], /USAGE: .* say --price or --solve/],
    ['wrong wish', `${TERMS},vol\n`, ['--solve'], /INPUT_INVALID: .*--solve needs a column price/],
    ['both wishes', `${TERMS},vol\n`, ['--solve', '--price'], /USAGE: .*exclude each other/],
    ['columns', 'model,type,strike,vol\n', [], /has no column underlying, t_years, rate$/],
    ['twice', `${TERMS},vol,strike\n`, [], /has column strike twice$/],
    ['UTF-16', Buffer.from(`\ufeff${TERMS},vol\n`, 'utf16le'), [], /is UTF-16: save it as UTF-8$/],
    ['no line end', 'x'.repeat(3 << 20), [], /line 1 is longer than 1048576 bytes$/],
  ];
  for (const [name, table, options, error] of cases) {
    test(name, async (t) => {
      const { exitCode, out, errors } = await greeks(t, table, ...options);
      assert.match(errors, error);
      assert.equal(exitCode, errors.includes('USAGE') ? 2 : 1);
      assert.equal(out, undefined);
    });
  }

  test('the output is the input', async (t) => {
    const { exitCode, errors } = await greeks(
      t,
      `${TERMS},vol\n`,
      '--out',
      import.meta.filename,
      '--in',
      import.meta.filename,
    );
    assert.match(errors, /--in and --out are the same file$/);
    assert.equal(exitCode, 2);
  });

  test('a file that is not there, a folder that cannot be written', async (t) => {
    const absent = await greeks(t, '', '--in', join(tmpdir(), 'no-such-file.csv'));
    assert.match(
      absent.errors,
      /^ticker: INPUT_FILE: .*no-such-file.csv cannot be read \(ENOENT\)$/,
    );
    const folder = await greeks(t, `${TERMS},vol\n`, '--out', tmpdir());
    assert.match(folder.errors, /^ticker: OUTPUT_FILE: .* cannot be written \(EISDIR\)$/);
    assert.deepEqual([absent.exitCode, folder.exitCode], [1, 1]);
  });
});
