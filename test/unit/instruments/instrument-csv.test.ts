import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { TickerError } from '../../../src/domain/error-codes.ts';
import { type InstrumentDump, readInstrumentCsv } from '../../../src/instruments/instrument-csv.ts';

const HEADER =
  'instrument_token,exchange_token,tradingsymbol,name,last_price,expiry,strike,tick_size,' +
  'lot_size,instrument_type,segment,exchange';
const INDEX = '256265,1001,NIFTY 50,NIFTY 50,0,,0,0,0,EQ,INDICES,NSE';
const SHARE = '408065,1594,INFY,INFOSYS,0,,0,0.05,1,EQ,NSE,NSE';
const FUTURE = '12602626,49229,NIFTY26JANFUT,NIFTY,0.0,2026-01-27,0.0,0.1,65,FUT,NFO-FUT,NFO';
const CALL = '12345602,48225,NIFTY26JAN24000CE,NIFTY,0,2026-01-27,24000.0,0.05,65,CE,NFO-OPT,NFO';
const PUT = '12345858,48226,NIFTY26JAN23950.5PE,NIFTY,0,2026-01-27,23950.5,0.01,65,PE,NFO-OPT,NFO';

async function* chunksOf(...chunks: (string | Uint8Array)[]): AsyncGenerator<string | Uint8Array> {
  yield* chunks;
}

function dumpOf(...rows: string[]): Promise<InstrumentDump> {
  return readInstrumentCsv(chunksOf(`${[HEADER, ...rows].join('\n')}\n`));
}

function brokerAnswer(pattern: RegExp) {
  return (error: unknown) => {
    assert.ok(error instanceof TickerError);
    assert.equal(error.code, 'BROKER_ANSWER');
    assert.match(error.detail, pattern);
    return true;
  };
}

describe('rows', () => {
  test('become typed instruments, in their order', async () => {
    const { instruments, rejectedRows } = await dumpOf(INDEX, SHARE, FUTURE, CALL, PUT);
    assert.equal(rejectedRows, 0);
    assert.deepEqual(instruments[0], {
      token: 256265,
      exchange: 'NSE',
      tradingsymbol: 'NIFTY 50',
      name: 'NIFTY 50',
      type: 'INDEX',
      segment: 'INDICES',
      expiry: null,
      strike: null,
      tickSize: 0,
      lotSize: 1,
    });
    assert.deepEqual(instruments[4], {
      token: 12345858,
      exchange: 'NFO',
      tradingsymbol: 'NIFTY26JAN23950.5PE',
      name: 'NIFTY',
      type: 'PE',
      segment: 'NFO-OPT',
      expiry: '2026-01-27',
      strike: 23950.5,
      tickSize: 0.01,
      lotSize: 65,
    });
    assert.deepEqual(
      instruments.map(({ type }) => type),
      ['INDEX', 'EQ', 'FUT', 'CE', 'PE'],
    );
  });

  test('with the largest token, and numbers written with a fraction', async () => {
    const { instruments } = await dumpOf(
      SHARE.replace('408065', '4294967295'),
      SHARE.replace('408065', '408065.0'),
    );
    assert.deepEqual(
      instruments.map(({ token }) => token),
      [4294967295, 408065],
    );
  });

  test('that are no instrument are counted and left out; the first reason is kept', async () => {
    const bad: [reason: RegExp, row: string][] = [
      [/"INFY" is not a token/, SHARE.replace('408065', '')],
      [/is not a token/, SHARE.replace('408065', '0')],
      [/is not a token/, SHARE.replace('408065', '4294967296')],
      [/is not a token/, SHARE.replace('408065', '-1')],
      [/is not a token/, SHARE.replace('408065', '1.5')],
      [/is not a token/, SHARE.replace('408065', 'INFY')],
      [/no tradingsymbol/, SHARE.replace('INFY,', ',')],
      [/unknown instrument_type/, SHARE.replace(',EQ,', ',,')],
      [/unknown instrument_type/, SHARE.replace(',EQ,', ',BOND,')],
      [/no strike/, CALL.replace('24000.0', '0')],
      [/no strike/, CALL.replace('24000.0', '')],
      [/no strike/, CALL.replace('24000.0', 'Infinity')],
      [/no expiry date/, CALL.replace('2026-01-27', '')],
      [/no expiry date/, FUTURE.replace('2026-01-27', '27-01-2026')],
      [/no expiry date/, CALL.replace('2026-01-27', '2026-02-30')],
      [/not a token/, '<html>'],
      [/unknown instrument_type/, '408065,1594,INFY'],
    ];
    for (const [reason, row] of bad) {
      const dump = await dumpOf(row, SHARE, row);
      assert.equal(dump.rejectedRows, 2, row);
      assert.match(dump.firstReject ?? '', reason);
      assert.equal(dump.instruments.length, 1);
    }
  });
});

describe('CSV', () => {
  test('columns are found by name, in any order, beside unknown ones', async () => {
    const columns = HEADER.split(',').reverse();
    const values = CALL.split(',').reverse();
    const text = `new,${columns.join()}\nx,${values.join()}\n`;
    const { instruments } = await readInstrumentCsv(chunksOf(text));
    const expected = await dumpOf(CALL);
    assert.deepEqual(instruments, expected.instruments);
  });

  for (const [name, text] of [
    ['CRLF', `${HEADER}\r\n${SHARE}\r\n${CALL}\r\n`],
    ['a byte order mark', `\uFEFF${HEADER}\n${SHARE}\n${CALL}\n`],
    ['no newline at the end', `${HEADER}\n${SHARE}\n${CALL}`],
    ['empty lines', `${HEADER}\n\n${SHARE}\n\n${CALL}\n\n`],
  ] as const) {
    test(`with ${name}`, async () => {
      const { instruments } = await readInstrumentCsv(chunksOf(text));
      assert.deepEqual(instruments, (await dumpOf(SHARE, CALL)).instruments);
    });
  }

  test('quoted fields with commas, quotes and newlines', async () => {
    const { instruments } = await dumpOf(
      SHARE.replace('INFOSYS', '"INFOSYS, ""LTD"""'),
      SHARE.replace('INFOSYS', '"TWO\nLINES"'),
    );
    assert.deepEqual(
      instruments.map(({ name }) => name),
      ['INFOSYS, "LTD"', 'TWO\nLINES'],
    );
  });

  test('a stray quote is part of the name', async () => {
    const { instruments, rejectedRows } = await dumpOf(SHARE.replace('INFOSYS', '6" PIPES'), SHARE);
    assert.deepEqual(
      [instruments.map(({ name }) => name), rejectedRows],
      [['6" PIPES', 'INFOSYS'], 0],
    );
  });

  test('a quote that never closes would hide the rest of the dump: BROKER_ANSWER', async () => {
    const broken = SHARE.replace('INFOSYS', '"INFOSYS');
    await assert.rejects(dumpOf(broken, CALL, PUT), brokerAnswer(/no CSV/));
  });
});

describe('a dump that is none', () => {
  test('nothing at all', async () => {
    await assert.rejects(readInstrumentCsv(chunksOf()), brokerAnswer(/empty/));
  });

  test('a header without rows', async () => {
    await assert.rejects(dumpOf(), brokerAnswer(/empty/));
  });

  test('no good row: the first reason is told', async () => {
    await assert.rejects(
      dumpOf(SHARE.replace(',EQ,', ',BOND,')),
      brokerAnswer(/no usable row: INFY has an unknown instrument_type/),
    );
  });

  test('missing columns are named', async () => {
    const text = `instrument_token,tradingsymbol,name\n408065,INFY,INFOSYS\n`;
    await assert.rejects(readInstrumentCsv(chunksOf(text)), brokerAnswer(/lacks expiry, strike/));
  });
});

describe('the source', () => {
  function watched(chunks: string[], failure?: Error) {
    const state = { closed: false };
    async function* source(): AsyncGenerator<string> {
      try {
        yield* chunks;
        if (failure !== undefined) throw failure;
      } finally {
        state.closed = true;
      }
    }
    return { state, source: source() };
  }

  test('fails: its own error comes through', async () => {
    const failure = new TickerError('BROKER_UNREACHABLE', 'cut off');
    const { source } = watched([`${HEADER}\n${SHARE}\n`], failure);
    await assert.rejects(readInstrumentCsv(source), failure);
  });

  test('is closed when the dump turns out to be none, however much would come', async () => {
    const many = Array.from({ length: 1000 }, () => '1,INFY,INFOSYS\n'.repeat(1000));
    const { source, state } = watched([`instrument_token,tradingsymbol,name\n`, ...many]);
    await assert.rejects(readInstrumentCsv(source), brokerAnswer(/lacks/));
    assert.equal(state.closed, true);
  });

  test('is read with back-pressure to its end', async () => {
    const rows = Array.from({ length: 200 }, () => `${SHARE}\n`.repeat(500));
    const { source, state } = watched([`${HEADER}\n`, ...rows]);
    const { instruments } = await readInstrumentCsv(source);
    assert.equal(instruments.length, 100_000);
    assert.equal(state.closed, true);
  });
});
