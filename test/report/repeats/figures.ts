import type { RunFigures } from '../../../src/report/repeats/run-figures.ts';

/** The figures of a run, and what of them matters to a test. */
export function figures(changes: Partial<RunFigures> = {}): RunFigures {
  return {
    directory: 'store/repeat-1/run-1',
    seed: 1,
    status: 'complete',
    verdict: (changes.lost ?? 0) > 0 ? 'invalid' : 'valid',
    reason: 'so it is',
    settings: { scenario: 'some', world: 'real', Kafka: '4.4.0', acks: '1' },
    attempted: 1_000,
    acknowledged: 900,
    failed: 100,
    unknown: 0,
    lost: 0,
    findings: [],
    longestGapNs: 2e9,
    latencyP99Ms: 5,
    startedAt: '2026-01-01T00:00:00.000Z',
    seconds: 30,
    ...changes,
  };
}

/** A run for each number of lost records. */
export function losing(...lost: number[]): RunFigures[] {
  return lost.map((count, index) =>
    figures({
      directory: `store/repeat-1/run-${index + 1}`,
      lost: count,
      findings:
        count === 0 ? [] : [{ kind: 'lost', loss: 'truncated', judgement: 'permitted', records: count }],
    }),
  );
}
