/** Samples of the Prometheus text format by series, `name{label="value"}` as it is written. */
export async function readMetrics(url: string): Promise<Map<string, number>> {
  const response = await fetch(new URL('/metrics', url));
  const samples = new Map<string, number>();
  for (const line of (await response.text()).split('\n')) {
    const match = /^([^#\s]\S*) (\S+)$/.exec(line);
    if (match !== null) samples.set(match[1] ?? '', Number(match[2]));
  }
  return samples;
}

/** Reads the metrics again and again until `holds` says so. */
export async function metricsUntil(
  url: string,
  holds: (samples: Map<string, number>) => boolean,
): Promise<Map<string, number>> {
  for (;;) {
    const samples = await readMetrics(url);
    if (holds(samples)) return samples;
  }
}
