/** How long the runs took that are over, and which ones are still to come. */
export interface Pace {
  /** By scenario, in seconds. */
  taken: readonly { scenario: string; seconds: number }[];
  waiting: readonly string[];
  /** How long each of the runs that go on has taken so far. */
  going: readonly { scenario: string; seconds: number }[];
  jobs: number;
}

/**
 * How long the rest will take: each run as long as the median of its scenario, or of all where that has not been run yet.
 * @returns seconds; null before any run is over.
 */
export function secondsLeft({ taken, waiting, going, jobs }: Pace): number | null {
  if (taken.length === 0) return null;
  const all = medianOf(taken.map(({ seconds }) => seconds));
  const expected = (scenario: string) => {
    const own = taken.filter((run) => run.scenario === scenario).map(({ seconds }) => seconds);
    return own.length === 0 ? all : medianOf(own);
  };
  const rest = going.map(({ scenario, seconds }) => Math.max(0, expected(scenario) - seconds));
  const toCome = waiting.map(expected);
  const work = [...rest, ...toCome].reduce((sum, seconds) => sum + seconds, 0);
  // However many go on at once, none is over before its time.
  return Math.max(work / jobs, ...rest, ...toCome);
}

function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)]!;
}
