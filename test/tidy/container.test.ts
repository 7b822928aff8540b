import assert from 'node:assert/strict';
import test from 'node:test';
import { readRepositoryText, repositoryFiles } from '../support/repository-files.ts';
import { argumentsOf, dockerfileProblems, dockerfileStages } from './dockerfile.ts';

const dockerfile = readRepositoryText('Dockerfile');

test('the image is built from the lock file, checks its health and runs as a plain user', () => {
  assert.deepEqual(dockerfileProblems(dockerfile), []);
});

test('each fault of an image is found', () => {
  const faults: readonly (readonly [find: string | RegExp, replace: string, problem: string])[] = [
    ['node:24-trixie-slim', 'node:latest', 'not an exact Node.js release on Debian 13'],
    ['USER 1000:1000', 'USER root', 'not run as a numbered plain user'],
    ['USER 1000:1000\n', '', 'not run as a numbered plain user'],
    ['/livez', '/', 'no health check on /livez'],
    ['EXPOSE 8080', 'EXPOSE 80', 'the market port is not exposed'],
    ['ENTRYPOINT [', 'ENTRYPOINT sh [', 'a shell is process 1'],
    ['npm ci', 'npm install', 'not installed from the lock file'],
    ['COPY src src', 'COPY . .', 'copies a whole folder of unknown content'],
    ['COPY src src', 'ADD src src', 'ADD fetches and unpacks: use COPY'],
    ['TICKER_BIND=', 'TICKER_API_SECRET=x TICKER_BIND=', 'holds a secret'],
    ['npm run build', 'curl example.org && npm run build', 'downloads outside the lock file'],
  ];
  for (const [find, replace, problem] of faults) {
    const broken = dockerfile.replace(find, replace);
    assert.notEqual(broken, dockerfile, `nothing replaced for: ${problem}`);
    assert.ok(dockerfileProblems(broken).includes(problem), problem);
  }
  assert.ok(dockerfileProblems('FROM node').includes('build tools are in the final image'));
});

test('what the image is built from passes the ignore file and exists', () => {
  const rules = readRepositoryText('.dockerignore').split('\n');
  assert.ok(rules.includes('*'), 'everything else stays out');
  const copied = dockerfileStages(dockerfile)
    .flatMap((stage) => argumentsOf(stage, 'COPY'))
    .filter((line) => !line.startsWith('--from='))
    .flatMap((line) => line.split(/\s+/).slice(0, -1));
  assert.ok(copied.length > 0);
  const files = repositoryFiles();
  for (const path of copied) {
    assert.ok(rules.includes(`!${path}`), `${path} is kept out by .dockerignore`);
    assert.ok(
      files.some((file) => file === path || file.startsWith(`${path}/`)),
      `${path} is missing`,
    );
  }
});
