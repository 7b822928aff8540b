/** One build stage of a Dockerfile: its instructions in order, `FROM` first. */
export type Stage = readonly (readonly [instruction: string, argument: string])[];

/** The stages of a Dockerfile, without comments, with continued lines joined. */
export function dockerfileStages(text: string): Stage[] {
  const stages: [string, string][][] = [];
  const lines = text
    .split('\n')
    .filter((line) => !/^\s*#/.test(line))
    .join('\n')
    .replace(/\\\n\s*/g, '')
    .split('\n');
  for (const line of lines) {
    const match = /^([A-Z]+)\s+(.+)$/.exec(line.trim());
    if (match === null) continue;
    const [, instruction = '', argument = ''] = match;
    if (instruction === 'FROM') stages.push([]);
    stages.at(-1)?.push([instruction, argument]);
  }
  return stages;
}

/** Arguments of `instruction` in a stage, in order. */
export function argumentsOf(stage: Stage, instruction: string): string[] {
  return stage.filter(([name]) => name === instruction).map(([, argument]) => argument);
}

/** What is wrong with an image description, in words; empty when nothing is. */
export function dockerfileProblems(text: string): string[] {
  const stages = dockerfileStages(text);
  const last = stages.at(-1) ?? [];
  const users = argumentsOf(last, 'USER');
  const health = argumentsOf(last, 'HEALTHCHECK').join(' ');
  const exposed = argumentsOf(last, 'EXPOSE').flatMap((ports) => ports.split(/\s+/));
  const everything = stages.flat();
  const settings = everything.filter(([name]) => name === 'ENV' || name === 'ARG');
  const checks: readonly (readonly [broken: boolean, problem: string])[] = [
    [stages.length < 2, 'build tools are in the final image'],
    [!/NODE_IMAGE=node:\d+-trixie-slim\b/.test(text), 'not an exact Node.js release on Debian 13'],
    [!/^[1-9]\d*(:[1-9]\d*)?$/.test(users.at(-1) ?? ''), 'not run as a numbered plain user'],
    [!health.includes('/livez'), 'no health check on /livez'],
    [!exposed.includes('8080'), 'the market port is not exposed'],
    [!exposed.includes('8081'), 'the orders port is not exposed'],
    [
      !argumentsOf(last, 'ENTRYPOINT').every((line) => line.startsWith('[')),
      'a shell is process 1',
    ],
    [argumentsOf(last, 'ENTRYPOINT').length !== 1, 'no single entry point'],
    [!everything.some(([, line]) => line.startsWith('npm ci')), 'not installed from the lock file'],
    [everything.some(([name]) => name === 'ADD'), 'ADD fetches and unpacks: use COPY'],
    [everything.some(([, line]) => /^\.\s/.test(line)), 'copies a whole folder of unknown content'],
    [
      everything.some(([, line]) => /\b(curl|wget)\b/.test(line)),
      'downloads outside the lock file',
    ],
    [settings.some(([, line]) => /(KEY|SECRET|TOKEN|PASSWORD)\w*=/.test(line)), 'holds a secret'],
  ];
  return checks.filter(([broken]) => broken).map(([, problem]) => problem);
}
