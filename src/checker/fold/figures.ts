import type { GroupFigures, Result } from '../result.ts';

/** What a result counts beside its records: of transactions, copies and a consumer group, where there are any. */
export type Figures = Pick<Result, 'transactions' | 'copies' | 'group'>;

/** Without anything else that it has. */
export function figuresOf(of: Figures): Figures {
  return addFigures(of, {});
}

/** The figures of several segments. Each segment has a group of its own, so of members and windows the largest counts. */
export function addFigures(one: Figures, other: Figures): Figures {
  const transactions = both(one.transactions, other.transactions, sumOf);
  const copies = both(one.copies, other.copies, sumOf);
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

function sumOfGroups(one: GroupFigures, other: GroupFigures): GroupFigures {
  const { commits, ...figures } = one;
  const { commits: otherCommits, ...otherFigures } = other;
  return {
    ...sumOf(figures, otherFigures),
    members: Math.max(one.members, other.members),
    windowMax: Math.max(one.windowMax, other.windowMax),
    commits: sumOf(commits, otherCommits),
  };
}

/** Of each number by its name; one that only one of them has counts as it is. */
export function sumOf<T extends object>(one: T, other: T): T {
  const sum: Record<string, number> = { ...one } as Record<string, number>;
  for (const [name, count] of Object.entries(other)) sum[name] = (sum[name] ?? 0) + (count as number);
  return sum as T;
}
