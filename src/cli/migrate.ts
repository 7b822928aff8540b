import { migrate, type MigrationStep, pendingMigrations } from '../storage/postgres/migrator.ts';
import { serviceVersion } from '../threads/service-version.ts';
import type { Command } from './command.ts';
import { commandConfig } from './command-config.ts';
import { openDatabase } from './open-database.ts';
import { parseOptions } from './options.ts';

const EXIT_PENDING = 1;

const HELP = `Usage: ticker migrate [options]

Brings the database to the schema of this version: TICKER_DATABASE_URL, or the embedded one. Safe
to run more than once and in several places at a time. There is no way back but a backup.

  --check   change nothing; exit code 1 if something is to be run
  --json    print JSON`;

export const migrateCommand: Command = {
  summary: 'bring the database to the schema of this version',
  help: HELP,
  run: (args) => runMigrations(args),
};

async function runMigrations(args: string[]): Promise<number> {
  const { values } = parseOptions('migrate', args, {
    check: { type: 'boolean' },
    json: { type: 'boolean' },
  });
  const config = await commandConfig();
  const { database, settings, close } = await openDatabase(config, { allowPending: true });
  try {
    const isJson = values.json === true;
    if (values.check === true) {
      const pending = await pendingMigrations(database);
      show(isJson, 'pending', pending);
      return pending.length === 0 ? 0 : EXIT_PENDING;
    }
    show(isJson, 'applied', await migrate(settings, serviceVersion()));
    return 0;
  } finally {
    await close();
  }
}

function show(
  isJson: boolean,
  state: 'pending' | 'applied',
  steps: readonly MigrationStep[],
): void {
  if (isJson) {
    console.log(JSON.stringify({ [state]: steps }));
    return;
  }
  for (const { version, name } of steps) console.log(`${state} ${version} ${name}`);
  if (steps.length === 0) console.log('the schema is up to date');
}
