import { SETTINGS, type Setting } from './settings.ts';

function defaultText(setting: Setting<unknown>): string {
  if (setting.defaultText !== undefined) return setting.defaultText;
  return setting.default === undefined
    ? 'none'
    : `\`${setting.default as string | number | boolean}\``;
}

function settingRow(setting: Setting<unknown>): string {
  const name = setting.secret
    ? `\`${setting.name}\` or \`${setting.name}_FILE\``
    : `\`${setting.name}\``;
  return `| ${name} | ${defaultText(setting)} | ${setting.type.allowed} | ${setting.doc} |`;
}

const INTRODUCTION = `# Configuration

Generated from \`src/config/settings.ts\` by \`npm run docs\`; do not edit.

The service is configured by environment variables. They are checked together at the start; every
problem is named in one message, and nothing starts until there is none. An unknown \`TICKER_*\`
name is an error, an empty value counts as not set. Secrets can be given in a file named by the
\`_FILE\` variant, or as references to AWS Secrets Manager or the encrypted store (\`SECRETS.md\`).
In development a file \`.env\` in the working directory (\`NAME=value\` lines) is read too; the
environment wins.
`;

const ACCOUNTS = `## Accounts file

\`TICKER_ACCOUNTS_FILE\` names a JSON array with one object per broker account:

| Field | Default | Meaning |
| --- | --- | --- |
| \`id\` | required | The broker's client id |
| \`api_key\` | required | Key of the Kite Connect app |
| \`api_secret\` | none | Its secret; logging in needs it, market data does not |
| \`access_token\` | required | Token of today's session |
| \`market_data\` | \`true\` | Whether ticks may come from this account |
| \`trading\` | \`false\` | Whether orders may go to this account |
| \`rest_url\` | \`https://api.kite.trade\` | The broker's REST address |
| \`ws_url\` | \`wss://ws.kite.trade/\` | The broker's WebSocket address |
| \`local_address\` | the system's choice | IP address of this machine from which orders leave |

Production refuses a file that every user of the machine can read (\`chmod 600\` it), and plain
\`http\` or \`ws\` addresses of other machines; development warns.
`;

/** Text of docs/CONFIGURATION.md. */
export function configurationDocument(): string {
  const settings: Setting<unknown>[] = Object.values(SETTINGS);
  const table = [
    '| Name | Default | Allowed | Meaning |',
    '| --- | --- | --- | --- |',
    ...settings.map(settingRow),
  ].join('\n');
  return `${INTRODUCTION}\n## Settings\n\n${table}\n\n${ACCOUNTS}`;
}
