import { readProcessEnvironment } from '../config/environment.ts';
import type { Config } from '../config/settings.ts';
import { errorText } from '../domain/error-codes.ts';
import { commandConfig } from './command-config.ts';
import type { Command } from './command.ts';
import type { Finding } from './doctor-finding.ts';
import { localChecks } from './doctor-local.ts';
import { secretFilesCheck } from './doctor-secrets.ts';
import { storageChecks } from './doctor-storage.ts';
import { parseOptions } from './options.ts';
import { printTable } from './table.ts';

const HELP = `Usage: ticker doctor [options]

Checks what the service needs on this machine with its present settings, and says what to do about
what is wrong: settings, data folder, keys, accounts, secrets, database, Redis, ports, clock, native
build. It changes nothing that a start of the service would not change. Exit code 1: something
would keep the service from working.

  --json         print [{"check","state","detail","advice"}]; state: ok, warn or fail`;

export const doctorCommand: Command = {
  summary: 'check settings, storage, keys, ports and the native build',
  help: HELP,
  run: (args) => doctor(args),
};

async function doctor(args: string[]): Promise<number> {
  const { values } = parseOptions('doctor', args, { json: { type: 'boolean' } });
  const findings = await examine();
  if (values.json === true) {
    console.log(JSON.stringify(findings));
  } else {
    printTable(
      ['check', 'state', 'finding'],
      findings.map(({ check, state, detail, advice }) => [
        check,
        state,
        advice === '' ? detail : `${detail}; ${advice}`,
      ]),
    );
  }
  return findings.some(({ state }) => state === 'fail') ? 1 : 0;
}

async function examine(): Promise<Finding[]> {
  let config: Config;
  try {
    config = await commandConfig({}, 'serve');
  } catch (error) {
    const advice = 'correct it; docs/CONFIGURATION.md has every setting';
    return [{ check: 'settings', state: 'fail', detail: errorText(error), advice }];
  }
  const settings: Finding = {
    check: 'settings',
    state: 'ok',
    detail: `${config.environment}, data in ${config.dataDirectory}`,
    advice: '',
  };
  return [
    settings,
    ...(await localChecks(config)),
    secretFilesCheck(config, readProcessEnvironment()),
    ...(await storageChecks(config)),
  ];
}
