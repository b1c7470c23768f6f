import type { CopyCounts, GroupFigures, Result, TransactionCounts } from '../result.ts';

/** What a result counts beside its records: of transactions, copies and a consumer group, where there are any. */
export type Figures = Pick<Result, 'transactions' | 'copies' | 'group'>;

/** Without anything else that it has. */
export function figuresOf(of: Figures): Figures {
  return addFigures(of, {});
}

/** The figures of several segments. Each segment has a group of its own, so of members and windows the largest counts. */
export function addFigures(one: Figures, other: Figures): Figures {
  const transactions = both(one.transactions, other.transactions, sumOfTransactions);
  const copies = both(one.copies, other.copies, sumOfCopies);
  const group = both(one.group, other.group, sumOfGroups);
  return {
    ...(transactions !== undefined && { transactions }),
    ...(copies !== undefined && { copies }),
    ...(group !== undefined && { group }),
  };
}

function both<T>(one: T | undefined, other: T | undefined, sum: (one: T, other: T) => T): T | undefined {
  return one === undefined || other === undefined ? (one ?? other) : sum(one, other);
}

function sumOfTransactions(one: TransactionCounts, other: TransactionCounts): TransactionCounts {
  return {
    committed: one.committed + other.committed,
    aborted: one.aborted + other.aborted,
    unknown: one.unknown + other.unknown,
    unpromised: one.unpromised + other.unpromised,
  };
}

function sumOfCopies(one: CopyCounts, other: CopyCounts): CopyCounts {
  return {
    records: one.records + other.records,
    due: one.due + other.due,
    copied: one.copied + other.copied,
  };
}

function sumOfGroups(one: GroupFigures, other: GroupFigures): GroupFigures {
  return {
    members: Math.max(one.members, other.members),
    lives: one.lives + other.lives,
    assignments: one.assignments + other.assignments,
    killed: one.killed + other.killed,
    paused: one.paused + other.paused,
    left: one.left + other.left,
    handed: one.handed + other.handed,
    handedAgain: one.handedAgain + other.handedAgain,
    windowMax: Math.max(one.windowMax, other.windowMax),
    commits: {
      ok: one.commits.ok + other.commits.ok,
      fail: one.commits.fail + other.commits.fail,
      unknown: one.commits.unknown + other.commits.unknown,
    },
    answers: one.answers + other.answers,
    staleAnswers: one.staleAnswers + other.staleAnswers,
  };
}
