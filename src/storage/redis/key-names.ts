/* Colons separate and braces mark the tag, so none may come from outside. */
function quoted(part: string): string {
  return encodeURIComponent(part);
}

/**
 * Name of a Redis key: `ticker:{tag}:part:...`. A cluster keeps keys of one tag on one node, so
 * that a script may use several of them.
 */
export function keyName(tag: string, ...parts: string[]): string {
  return ['ticker', `{${quoted(tag)}}`, ...parts.map(quoted)].join(':');
}

/** Name of a channel; a cluster delivers messages of any channel on all nodes. */
export function channelName(name: string): string {
  return `ticker:${quoted(name)}`;
}
