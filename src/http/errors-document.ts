import { ERRORS, type ErrorCode } from '../domain/error-codes.ts';
import { httpStatusOf } from './problem.ts';

const INTRODUCTION = `# Error codes

Generated from \`src/domain/error-codes.ts\` by \`npm run docs\`; do not edit.

HTTP problem documents, WebSocket errors and the command line use the same codes. Match on the code,
never on text. Retryable: the same request may succeed later. A code without an HTTP status is never
sent over HTTP.
`;

/** Text of docs/ERRORS.md. */
export function errorsDocument(): string {
  const rows = Object.entries(ERRORS).map(([code, { detail, retryable }]) => {
    const status = httpStatusOf(code as ErrorCode) ?? '';
    return `| \`${code}\` | ${status} | ${retryable ? 'yes' : 'no'} | ${detail} |`;
  });
  const header = '| Code | HTTP | Retryable | Meaning |\n| --- | --- | --- | --- |';
  return `${INTRODUCTION}\n${header}\n${rows.join('\n')}\n`;
}
