/**
 * What src/checker/groups finds, by definition: an answer about what a group has committed is right if the commits and the question
 * can be put in some order that agrees with real time and in which the last commit before the question is the one that was told. All
 * orders are tried. Shares no code with the checker.
 */
interface Commit {
  offset: number;
  invokeNs: number;
  doneNs: number;
  /** It may take effect a second time, whenever. */
  mayComeAgain?: boolean;
}

interface Answer {
  offset: number;
  invokeNs: number;
  completeNs: number;
}

export interface Verdict {
  kind: 'offset-regressed' | 'offset-lost' | 'offset-phantom';
  answer: Answer;
}

export function wrongByDefinition(commits: readonly Commit[], answers: readonly Answer[]): Verdict[] {
  const first = firstOffset(commits, answers);
  return answers.flatMap((answer) => {
    if (isExplained(commits, answer, first)) return [];
    const kind = kindOf(commits, answer, first);
    return kind === null ? [] : [{ kind, answer }];
  });
}

/** What was there before the first commit: what all that was told before it agrees on; null where that is nothing, or not one offset. */
function firstOffset(commits: readonly Commit[], answers: readonly Answer[]): number | null {
  const before = answers.filter(({ completeNs }) => commits.every(({ invokeNs }) => completeNs < invokeNs));
  const offsets = new Set(before.map(({ offset }) => offset));
  return offsets.size === 1 ? [...offsets][0]! : null;
}

/** Tries all orders of all commits that may have been done, each of unknown outcome also left out. */
function isExplained(commits: readonly Commit[], answer: Answer, first: number | null): boolean {
  const question = { invokeNs: answer.invokeNs, doneNs: answer.completeNs, offset: Number.NaN };
  const again = commits
    .filter(({ mayComeAgain }) => mayComeAgain === true)
    .map((each) => ({ ...each, doneNs: Infinity }));
  for (const done of selections([...commits, ...again])) {
    for (const order of ordersOf([...done, question])) {
      const at = order.indexOf(question);
      const told = at === 0 ? (first ?? answer.offset) : order[at - 1]!.offset;
      if (told === answer.offset) return true;
    }
  }
  return false;
}

function* selections(commits: readonly Commit[]): Generator<Commit[]> {
  const unknown = commits.filter(({ doneNs }) => doneNs === Infinity);
  for (let chosen = 0; chosen < 1 << unknown.length; chosen++)
    yield commits.filter((each) => {
      const at = unknown.indexOf(each);
      return at < 0 || ((chosen >> at) & 1) === 1;
    });
}

/** All orders in which nothing stands before what was over when it began. */
function* ordersOf(items: readonly Commit[]): Generator<Commit[]> {
  if (items.length === 0) yield [];
  for (const next of items) {
    const others = items.filter((item) => item !== next);
    if (others.some(({ doneNs }) => doneNs < next.invokeNs)) continue;
    for (const rest of ordersOf(others)) yield [next, ...rest];
  }
}

function kindOf(commits: readonly Commit[], answer: Answer, first: number | null): Verdict['kind'] | null {
  const over = commits.filter(({ doneNs }) => doneNs < answer.invokeNs);
  if (answer.offset < 0) return over.length > 0 ? 'offset-lost' : null;
  const wasCommitted = commits.some(
    ({ offset, invokeNs }) => offset === answer.offset && invokeNs <= answer.completeNs,
  );
  if (!wasCommitted && first !== null && first !== answer.offset) return 'offset-phantom';
  const begunNs = Math.max(...over.map(({ invokeNs }) => invokeNs));
  const latest = Math.max(...over.filter(({ invokeNs }) => invokeNs === begunNs).map(({ offset }) => offset));
  return answer.offset < latest ? 'offset-regressed' : null;
}

/** Commits that were begun after one of a later generation had been answered. */
export function zombiesByDefinition<C extends { generation: number; invokeNs: number; doneNs: number }>(
  commits: readonly C[],
): C[] {
  return commits.filter((commit) =>
    commits.some(({ generation, doneNs }) => generation > commit.generation && doneNs < commit.invokeNs),
  );
}

interface GivenRecord {
  life: number;
  partition: number;
  offset: number;
}

/** What no member was handed although it is in the log, below what was committed. */
export function skippedByDefinition<R extends { partition: number; offset: number }>(
  log: readonly R[],
  committed: ReadonlyMap<number, number>,
  handed: readonly GivenRecord[],
): R[] {
  return log.filter(
    ({ partition, offset }) =>
      offset < (committed.get(partition) ?? -1) &&
      !handed.some((each) => each.partition === partition && each.offset === offset),
  );
}

/** How many records were handed out again, and the most of these that one life was handed in one partition. */
export function duplicatesByDefinition(handed: readonly GivenRecord[]): { again: number; windowMax: number } {
  const again = handed.filter(({ partition, offset }, at) =>
    handed.slice(0, at).some((before) => before.partition === partition && before.offset === offset),
  );
  const windows = again.map(
    ({ life, partition }) =>
      again.filter((other) => other.life === life && other.partition === partition).length,
  );
  return { again: again.length, windowMax: Math.max(0, ...windows) };
}
