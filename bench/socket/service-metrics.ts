/** Samples of the service's /metrics by series, as they are written there. */
export async function readMetrics(serviceUrl: string, key: string): Promise<Map<string, number>> {
  const response = await fetch(`${serviceUrl}/metrics`, {
    headers: { authorization: `Bearer ${key}` },
  });
  if (!response.ok) throw new Error(`the service answered /metrics with ${response.status}`);
  const samples = new Map<string, number>();
  for (const line of (await response.text()).split('\n')) {
    const match = /^([^#\s]\S*) (\S+)$/.exec(line);
    if (match !== null) samples.set(match[1] ?? '', Number(match[2]));
  }
  return samples;
}

/** The sample of a series; throws if the service has no such metric. */
export function sample(samples: ReadonlyMap<string, number>, series: string): number {
  const value = samples.get(series);
  if (value === undefined) throw new Error(`the service has no metric ${series}`);
  return value;
}
