import type { InstrumentQueries } from '../../http/routes/instruments.ts';
import type { ControlLink } from './control-link.ts';

/** The instrument routes' questions, answered by control as JSON text. */
export function instrumentQueries(link: ControlLink): InstrumentQueries {
  return {
    search: (search) => link.call('searchInstruments', search),
    expiries: (underlying) => link.call('listExpiries', underlying),
    instrument: (id) => link.call('findInstrument', id),
  };
}
