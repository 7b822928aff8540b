/*
 * One-dimensional arrays of text as PostgreSQL reads and writes them. Left to itself, postgres.js
 * asks the server for its array types on every new connection, and ends the process when the
 * connection is lost in that moment.
 */

const ELEMENT = /"((?:[^"\\]|\\.)*)"|([^,{}"]+)/gs;

export function arrayText(values: readonly (string | number | null)[]): string {
  const elements = values.map((value) =>
    value === null ? 'NULL' : `"${String(value).replace(/["\\]/g, '\\$&')}"`,
  );
  return `{${elements.join(',')}}`;
}

export function parseArrayText(text: string): (string | null)[] {
  return [...text.matchAll(ELEMENT)].map(([, quoted, bare]) => {
    if (quoted !== undefined) return quoted.replace(/\\(.)/gs, '$1');
    return bare === 'NULL' ? null : (bare ?? '');
  });
}
