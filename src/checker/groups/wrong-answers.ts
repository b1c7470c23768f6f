/**
 * What a group has committed of one partition is a register: commits write it, and whoever asks reads it. An answer is right where
 * some commit of that offset may have been the last one before it. That is so unless a commit that was answered lies between the two,
 * begun after the one and over before the other; a commit of unknown outcome may take effect at any time, and so may one that was
 * sent twice.
 *
 * One pass over commits and answers, each in the order of time; test/oracle/group.ts tries every pair.
 */

export interface Commit {
  offset: number;
  invokeNs: number;
  /** When it was answered without an error; Infinity where it is not known whether it was done. */
  doneNs: number;
  /** Whether it may have been sent twice, so that it may take effect once more, at any time; false if absent. */
  mayComeAgain?: boolean;
}

export interface Answer {
  /** -1: there is none. */
  offset: number;
  invokeNs: number;
  completeNs: number;
}

export interface WrongAnswer<A extends Answer = Answer> {
  kind: 'offset-regressed' | 'offset-lost' | 'offset-phantom';
  answer: A;
  /** The answered commit that was begun last of those that were over when it was asked for; null: there was none. */
  latest: Commit | null;
}

/** @param commits all that may have been done, in any order, as are the answers. */
export function wrongAnswers<A extends Answer>(
  commits: readonly Commit[],
  answers: readonly A[],
): WrongAnswer<A>[] {
  const latestOf = latestBefore(commits, answers);
  const initial = initialOffset(commits, answers);
  const byBegin = commits.toSorted((one, other) => one.invokeNs - other.invokeNs);
  /** By offset: when the last of its commits so far was over. */
  const overNs = new Map<number, number>();
  let begun = 0;
  const wrong: WrongAnswer<A>[] = [];
  for (const answer of answers.toSorted((one, other) => one.completeNs - other.completeNs)) {
    for (; begun < byBegin.length && byBegin[begun]!.invokeNs <= answer.completeNs; begun++) {
      const { offset, doneNs, mayComeAgain = false } = byBegin[begun]!;
      overNs.set(offset, Math.max(mayComeAgain ? Infinity : doneNs, overNs.get(offset) ?? 0));
    }
    const latest = latestOf.get(answer) ?? null;
    const over = overNs.get(answer.offset);
    const mayBeFirst = initial === undefined || answer.offset === initial;
    const isRight =
      latest === null ? mayBeFirst || over !== undefined : over !== undefined && over >= latest.invokeNs;
    if (isRight) continue;
    const kind = kindOf(answer, latest, over !== undefined || mayBeFirst);
    if (kind !== null) wrong.push({ kind, answer, latest });
  }
  return wrong;
}

/** @param wasThere whether the offset may have been committed once */
function kindOf(answer: Answer, latest: Commit | null, wasThere: boolean): WrongAnswer['kind'] | null {
  if (answer.offset < 0) return latest === null ? null : 'offset-lost';
  if (!wasThere) return 'offset-phantom';
  // One that is larger leads to nothing that was not handed out before.
  return latest !== null && answer.offset < latest.offset ? 'offset-regressed' : null;
}

/** Of each answer: the answered commit that was begun last, of those that were over before it was asked for. */
function latestBefore(commits: readonly Commit[], answers: readonly Answer[]): Map<Answer, Commit> {
  const byEnd = commits.filter(({ doneNs }) => doneNs < Infinity).toSorted((a, b) => a.doneNs - b.doneNs);
  const found = new Map<Answer, Commit>();
  let over = 0;
  let latest: Commit | null = null;
  for (const answer of answers.toSorted((one, other) => one.invokeNs - other.invokeNs)) {
    for (; over < byEnd.length && byEnd[over]!.doneNs < answer.invokeNs; over++)
      if (latest === null || isLater(byEnd[over]!, latest)) latest = byEnd[over]!;
    if (latest !== null) found.set(answer, latest);
  }
  return found;
}

function isLater(one: Commit, other: Commit): boolean {
  return one.invokeNs > other.invokeNs || (one.invokeNs === other.invokeNs && one.offset > other.offset);
}

/**
 * What was committed before all commits of the history, by the answers that came before the first of them; undefined where
 * that is not known.
 */
function initialOffset(commits: readonly Commit[], answers: readonly Answer[]): number | undefined {
  const firstNs = commits.reduce((first, { invokeNs }) => Math.min(first, invokeNs), Infinity);
  let initial: number | undefined;
  for (const { offset, completeNs } of answers) {
    if (completeNs >= firstNs) continue;
    // Somebody else commits, too, and the history does not tell what.
    if (initial !== undefined && initial !== offset) return undefined;
    initial = offset;
  }
  return initial;
}
