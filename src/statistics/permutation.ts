import { seededRandom } from '../core/random.ts';

/**
 * Whether one of two samples tends to have larger values than the other one: a permutation test. If it made no difference
 * which sample a value is from, each way to deal the values out again would have been as likely as the one that was
 * seen. `p` is the share of these ways in which the mean ranks of the two lie at least as far apart. Ranks, as in the
 * test of Wilcoxon, Mann and Whitney, so that one run that lost everything does not decide; equal values share theirs.
 * All ways are counted where that is quick, by the sum of ranks; where it is not, a large number of them is drawn from a
 * seed that is always the same.
 */
export interface PermutationTest {
  p: number;
  /** Whether every way was counted, and not only some that were drawn. */
  exact: boolean;
  /** The least p that samples of these sizes can give, whatever their values are. */
  pMin: number;
  /** Of all pairs with one value of each: in which share the first one is the larger, equal ones counted half. */
  superiority: number;
}

/** More values than this in both samples, and the ways are drawn. */
const COUNTED_MAX = 100;
const DRAWN = 20_000;
const SEED = 20_180_905;

/** @returns null where one of the samples is empty. */
export function permutationTest(
  one: readonly number[],
  other: readonly number[],
  options: { countedMax?: number } = {},
): PermutationTest | null {
  if (one.length === 0 || other.length === 0) return null;
  const ranks = doubledRanks([...one, ...other]);
  const count = one.length;
  const total = ranks.reduce((sum, rank) => sum + rank, 0);
  const observed = sumOf(ranks, count);
  // Of the mean ranks, times a constant: (sum / n) - ((total - sum) / m), times n and m.
  const distance = (sum: number) => Math.abs(sum * ranks.length - total * count);
  const isAsFar = (sum: number) => distance(sum) >= distance(observed);
  const exact = ranks.length <= (options.countedMax ?? COUNTED_MAX);
  const p = exact ? shareOfWays(ranks, count, isAsFar) : shareOfDrawn(ranks, count, isAsFar);
  return {
    p,
    exact,
    pMin: Math.max(leastShare(one.length, other.length), exact ? 0 : 1 / (DRAWN + 1)),
    superiority: superiorityOf(observed, one.length, other.length),
  };
}

/** Twice the rank of each value, so that equal values, which share a mean rank, have a whole number. */
function doubledRanks(values: readonly number[]): number[] {
  const sorted = values.toSorted((a, b) => a - b);
  const firsts = new Map<number, number>();
  const counts = new Map<number, number>();
  for (const [index, value] of sorted.entries()) {
    if (!firsts.has(value)) firsts.set(value, index);
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return values.map((value) => 2 * (firsts.get(value)! + 1) + counts.get(value)! - 1);
}

function sumOf(ranks: readonly number[], count: number): number {
  let sum = 0;
  for (let index = 0; index < count; index++) sum += ranks[index]!;
  return sum;
}

/** Of all ways to choose so many of the ranks: the share of those whose sum is as asked. */
function shareOfWays(ranks: readonly number[], count: number, isAsked: (sum: number) => boolean): number {
  const total = ranks.reduce((sum, rank) => sum + rank, 0);
  // ways[k][sum]: in how many ways k of the ranks so far have that sum.
  const ways = Array.from({ length: count + 1 }, () => new Float64Array(total + 1));
  ways[0]![0] = 1;
  let reached = 0;
  for (const [seen, rank] of ranks.entries()) {
    reached += rank;
    for (let chosen = Math.min(count, seen + 1); chosen > 0; chosen--) {
      const from = ways[chosen - 1]!;
      const to = ways[chosen]!;
      for (let sum = reached; sum >= rank; sum--) to[sum]! += from[sum - rank]!;
    }
  }
  let asked = 0;
  let all = 0;
  for (const [sum, number] of ways[count]!.entries()) {
    all += number;
    if (number > 0 && isAsked(sum)) asked += number;
  }
  return asked / all;
}

/** The way that was seen is one of those that were drawn, so that no p is zero. */
function shareOfDrawn(ranks: readonly number[], count: number, isAsked: (sum: number) => boolean): number {
  const random = seededRandom(SEED);
  const dealt = [...ranks];
  let asked = 1;
  for (let draw = 0; draw < DRAWN; draw++) {
    for (let index = 0; index < count; index++) {
      const other = index + random.int(dealt.length - index);
      [dealt[index], dealt[other]] = [dealt[other]!, dealt[index]!];
    }
    if (isAsked(sumOf(dealt, count))) asked++;
  }
  return asked / (DRAWN + 1);
}

/** The statistic of Mann and Whitney, as a share. */
function superiorityOf(doubledRankSum: number, count: number, otherCount: number): number {
  const larger = doubledRankSum / 2 - (count * (count + 1)) / 2;
  return larger / (count * otherCount);
}

/** One way is the one that was seen; of samples of one size, the way with the two exchanged lies as far apart. */
function leastShare(count: number, otherCount: number): number {
  return (count === otherCount ? 2 : 1) / waysToChoose(count + otherCount, count);
}

/** In how many ways so many of all can be chosen. */
function waysToChoose(all: number, chosen: number): number {
  let ways = 1;
  for (let index = 1; index <= chosen; index++) ways = (ways * (all - chosen + index)) / index;
  return Math.round(ways);
}
