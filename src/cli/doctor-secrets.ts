import { existsSync } from 'node:fs';
import type { Environment } from '../config/config.ts';
import { SECRET_SETTING_NAMES } from '../config/config-secrets.ts';
import { secretFileExposure } from '../config/secret-file.ts';
import type { Config } from '../config/settings.ts';
import { masterKeyPath } from '../secrets/master-key-file.ts';
import type { Finding } from './doctor-finding.ts';

/**
 * Who can read the files of secrets: those that `_FILE` variants of `environment` name, and the
 * local master key. The files of the settings have been read before.
 */
export function secretFilesCheck(config: Config, environment: Environment): Finding {
  const check = 'secret files';
  const files = SECRET_SETTING_NAMES.map((name) => environment[`${name}_FILE`] ?? '').filter(
    (file) => file !== '',
  );
  const masterKey = masterKeyPath(config.dataDirectory);
  if (config.kmsKeyId === undefined && existsSync(masterKey)) files.push(masterKey);
  const exposures = files.map(secretFileExposure).filter((text) => text !== undefined);
  if (exposures.length === 0) {
    return { check, state: 'ok', detail: `${files.length}, none open to others`, advice: '' };
  }
  // The service refuses to work with a master key that others can read.
  const isRefused = exposures.some((text) => text.startsWith(masterKey));
  const advice = 'then replace what may have been read';
  return { check, state: isRefused ? 'fail' : 'warn', detail: exposures.join('; '), advice };
}
