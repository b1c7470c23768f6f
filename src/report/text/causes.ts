import type { Finding, Result } from '../../checker/result.ts';

/** Findings with one cause: of one kind, judged in one way for one reason. */
export interface CauseGroup {
  /** The largest first. */
  findings: readonly [Finding, ...Finding[]];
  count: number;
}

/** Violations before what is permitted, losses before the rest, many before few. */
export function byCause({ findings }: Pick<Result, 'findings'>): CauseGroup[] {
  const groups = new Map<string, [Finding, ...Finding[]]>();
  for (const finding of findings) {
    const { kind, judgement, reason, blame, reader = '' } = finding;
    const key = JSON.stringify([kind, judgement, reason, blame, reader]);
    const known = groups.get(key);
    if (known === undefined) groups.set(key, [finding]);
    else known.push(finding);
  }
  return [...groups.values()]
    .map((group) => ({
      findings: group.toSorted((a, b) => b.count - a.count) as [Finding, ...Finding[]],
      count: group.reduce((sum, { count }) => sum + count, 0),
    }))
    .toSorted((a, b) => rankOf(b) - rankOf(a) || b.count - a.count);
}

/** What the headline, the picture and the text speak of first: the largest finding of the first cause. */
export function gravest(result: Pick<Result, 'findings'>): Finding | null {
  return byCause(result)[0]?.findings[0] ?? null;
}

function rankOf({ findings: [{ kind, judgement }] }: CauseGroup): number {
  return (judgement === 'violation' ? 2 : 0) + (kind.startsWith('lost') ? 1 : 0);
}
