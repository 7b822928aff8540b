import { errorText, TickerError } from '../../domain/error-codes.ts';
import type { FromPublish, ToPublish } from '../messages.ts';
import type { InstrumentDesk } from './instrument-desk.ts';

type Call = Extract<FromPublish, { type: 'call' }>;

/** Answers one question of publish. `desk` is undefined until the instruments are loaded. */
export async function answerCall(
  call: Call,
  desk: InstrumentDesk | undefined,
  onUnexpected: (error: unknown) => void,
): Promise<ToPublish> {
  const { id } = call;
  try {
    if (desk === undefined) {
      throw new TickerError('NOT_READY', 'the instruments have not been loaded yet');
    }
    return { type: 'answer', id, ok: true, result: await ask(call, desk) };
  } catch (error) {
    if (error instanceof TickerError) {
      return { type: 'answer', id, ok: false, code: error.code, detail: error.detail };
    }
    onUnexpected(error);
    return { type: 'answer', id, ok: false, code: 'INTERNAL', detail: errorText(error) };
  }
}

function ask(call: Call, desk: InstrumentDesk) {
  switch (call.name) {
    case 'resolveInstruments':
      return desk.resolveInstruments(call.args);
    case 'resolveChain':
      return desk.resolveChain(call.args);
    case 'describeInstruments':
      return desk.describeInstruments(call.args);
    case 'searchInstruments':
      return desk.searchInstruments(call.args);
    case 'findInstrument':
      return desk.findInstrument(call.args);
    case 'listExpiries':
      return desk.listExpiries(call.args);
  }
}
