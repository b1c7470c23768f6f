import type { Finding, Result, Verdict } from '../../src/checker/result.ts';

/** What results of several segments, numbered from 1, come to: by their definitions, and with all of them at hand. */
export function addedUp(results: readonly Result[]) {
  const counts: Record<string, number> = {};
  for (const name of COUNTS)
    counts[name] = results.reduce(
      (sum, result) => sum + (result.counts as unknown as Record<string, number>)[name]!,
      0,
    );
  const findings = new Map<string, number>();
  for (const finding of results.flatMap((result) => result.findings)) {
    const { kind, loss = '', judgement, blame } = finding;
    const key = `${kind} ${loss} ${judgement} ${blame}`;
    findings.set(key, (findings.get(key) ?? 0) + finding.count);
  }
  const segments = { valid: 0, invalid: 0, inconclusive: 0 };
  for (const { verdict } of results) segments[verdict]++;
  const isAll = (wanted: Verdict) => results.length > 0 && results.every(({ verdict }) => verdict === wanted);
  const verdict: Verdict = results.some((result) => result.verdict === 'invalid')
    ? 'invalid'
    : isAll('valid')
      ? 'valid'
      : 'inconclusive';
  return { verdict, counts, findings, segments };
}

/** The numbers of the segments that have such a finding, whatever numbers stand in its reason. */
export function segmentsWith(
  results: readonly Result[],
  wanted: Pick<Finding, 'kind' | 'judgement' | 'blame'> & { loss?: Finding['loss'] | undefined },
  reason: string,
): number[] {
  const blank = (text: string) => text.split(/[0-9][0-9.,]*[0-9]|[0-9]/).join(' ');
  return [...results.keys()]
    .filter((at) =>
      results[at]!.findings.some(
        (finding) =>
          finding.kind === wanted.kind &&
          finding.loss === wanted.loss &&
          finding.judgement === wanted.judgement &&
          finding.blame === wanted.blame &&
          blank(finding.reason) === blank(reason),
      ),
    )
    .map((at) => at + 1);
}

const COUNTS =
  'attempted ok sent fail info found info-found lost lost-after-read divergent misplaced duplicate aborted-read torn lost-committed dirty-read merged split zombie-commit lso-stuck group-skipped offset-regressed offset-lost offset-phantom zombie-offset eos-duplicate eos-missing eos-ahead eos-reordered phantom reordered producer-order end-regressed skipped non-monotonic-read unexplained-offset unread sent-missing'.split(
    ' ',
  );
