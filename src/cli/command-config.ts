import { type ConfigPurpose, type Environment, loadConfig } from '../config/config.ts';
import { SECRET_SETTING_NAMES, secretTexts } from '../config/config-secrets.ts';
import { readProcessEnvironment } from '../config/environment.ts';
import { parseSecretReference, type SecretScheme } from '../config/secret-reference.ts';
import { type Config, SETTINGS } from '../config/settings.ts';
import { createSystemClock } from '../domain/clock.ts';
import { TickerError } from '../domain/error-codes.ts';
import { registerArrival } from '../telemetry/redaction.ts';

/**
 * The configuration of this process, with the secrets in place that its settings refer to
 * (`aws-secrets-manager:...`, `encrypted-store:...`); none of them can be printed from here on.
 * Rejects with CONFIG_* or SECRET_SOURCE.
 */
export async function commandConfig(
  overrides: Environment = {},
  purpose: ConfigPurpose = 'command',
): Promise<Config> {
  let environment = readProcessEnvironment();
  if (refersTo('aws-secrets-manager', environment)) environment = await withAws(environment);
  if (refersTo('encrypted-store', environment))
    environment = await withStore(environment, overrides);
  const config = loadConfig(environment, overrides, purpose);
  for (const text of secretTexts(config)) registerArrival(text);
  return config;
}

function refersTo(scheme: SecretScheme, environment: Environment): boolean {
  return SECRET_SETTING_NAMES.some(
    (name) => parseSecretReference(environment[name] ?? '')?.scheme === scheme,
  );
}

/** `environment` without the references to sources that have not been asked yet. */
function withoutReferences(environment: Environment): Environment {
  const isPlain = ([name, text]: [string, string | undefined]): boolean =>
    !SECRET_SETTING_NAMES.includes(name) || parseSecretReference(text ?? '') === undefined;
  return Object.fromEntries(Object.entries(environment).filter(isPlain));
}

/* Sources are loaded when a setting refers to them: clients of AWS take a while. */
async function withAws(environment: Environment): Promise<Environment> {
  const { resolveSecretReferences } = await import('../secrets/secret-sources.ts');
  const { SecretsManagerSource } = await import('../secrets/secrets-manager-source.ts');
  const { awsRegion, secretsManagerUrl } = loadConfig(
    withoutReferences(environment),
    {},
    'command',
  );
  const source = new SecretsManagerSource({
    region: awsRegion,
    url: secretsManagerUrl,
    clock: createSystemClock(),
  });
  try {
    const names = SECRET_SETTING_NAMES.filter(
      (name) => parseSecretReference(environment[name] ?? '')?.scheme === source.scheme,
    );
    return await resolveSecretReferences(environment, [source], names);
  } finally {
    source.close();
  }
}

/** `overrides` may say where the store is. */
async function withStore(environment: Environment, overrides: Environment): Promise<Environment> {
  if (parseSecretReference(environment[SETTINGS.databaseUrl.name] ?? '') !== undefined) {
    const why = `${SETTINGS.databaseUrl.name}: the encrypted store cannot hold its own address`;
    throw new TickerError('SECRET_SOURCE', why);
  }
  const { resolveSecretReferences } = await import('../secrets/secret-sources.ts');
  const { StoredSecrets } = await import('../secrets/stored-secrets.ts');
  const { openCipher } = await import('../secrets/open-cipher.ts');
  const { PostgresSettingStore } = await import('../storage/postgres/setting-store.ts');
  const { openDatabase } = await import('./open-database.ts');
  const config = loadConfig(withoutReferences(environment), overrides, 'command');
  const { database, close } = await openDatabase(config);
  try {
    const clock = createSystemClock();
    const cipher = openCipher({ config, clock, warn: () => undefined });
    const source = new StoredSecrets(new PostgresSettingStore(database), cipher, clock);
    return await resolveSecretReferences(environment, [source], SECRET_SETTING_NAMES);
  } finally {
    await close();
  }
}
