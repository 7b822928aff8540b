import type { Command } from './command.ts';
import { parseOptions, requireHttpUrl, wholeNumber } from './options.ts';
import { runningService } from './running-service.ts';
import { stopSignals } from './stop-signals.ts';
import { runWatch } from './watch.ts';

const HELP = `Usage: ticker watch UNDERLYING [options]

Draws the live option chain of NIFTY, BANKNIFTY, RELIANCE, ... in the terminal. Ctrl-C ends it.

  --expiry DATE   2026-12-01; left out: the nearest
  --strikes N     strikes on each side of the money (10)
  --url URL       of the service (http://127.0.0.1:8080)
  --once          print the chain once and end
  --json          print every tick as one line of JSON`;

const STRIKES_MAX = 200;

export const watchCommand: Command = {
  summary: 'draw a live option chain',
  help: HELP,
  async run(args) {
    const { values, positionals } = parseOptions(
      'watch',
      args,
      {
        expiry: { type: 'string' },
        strikes: { type: 'string', default: '10' },
        url: { type: 'string' },
        once: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
      },
      { min: 1, max: 1 },
    );
    const strikes = wholeNumber('strikes', values.strikes, 0, STRIKES_MAX);
    requireHttpUrl(values.url);
    const { url, key } = await runningService(values.url);
    const target = new URL('/ws/ticks', url);
    target.protocol = target.protocol === 'https:' ? 'wss:' : 'ws:';
    const signal = stopSignals();
    await runWatch(
      {
        url: target.href,
        token: key,
        underlying: positionals[0] ?? '',
        ...(values.expiry === undefined ? {} : { expiry: values.expiry }),
        strikes,
        out: process.stdout,
        json: values.json,
        once: values.once,
      },
      signal,
    );
    return 0;
  },
};
