import { env } from 'node:process';

function settingNames(): string[] {
  return Object.keys(env).filter((name) => name.startsWith('TICKER_'));
}

function setAll(settings: Readonly<Record<string, string | undefined>>): void {
  for (const name of settingNames()) Reflect.deleteProperty(env, name);
  Object.assign(env, settings);
}

/** Runs `act` with `settings` as the only TICKER_ variables of this process. */
export async function withSettings<Result>(
  settings: Readonly<Record<string, string>>,
  act: () => Result | Promise<Result>,
): Promise<Result> {
  const before = Object.fromEntries(settingNames().map((name) => [name, env[name]]));
  setAll(settings);
  try {
    return await act();
  } finally {
    setAll(before);
  }
}
