/** What src/statistics computes, by trying everything: slow and obvious. */

/** The median of each sample that can be drawn with replacement. */
export function allMedians(sample: readonly number[]): number[] {
  const draws = (count: number): number[][] =>
    count === 0 ? [[]] : draws(count - 1).flatMap((drawn) => sample.map((value) => [...drawn, value]));
  return draws(sample.length).map((drawn) => {
    const sorted = drawn.toSorted((a, b) => a - b);
    const last = sorted.length - 1;
    return (sorted[Math.floor(last / 2)]! + sorted[Math.ceil(last / 2)]!) / 2;
  });
}

/** Every way to deal the values out again, by ranks. */
export function allWays(
  one: readonly number[],
  other: readonly number[],
): { p: number; superiority: number } {
  const values = [...one, ...other];
  const rankOf = (value: number) => {
    const smaller = values.filter((each) => each < value).length;
    const equal = values.filter((each) => each === value).length;
    return smaller + (equal + 1) / 2;
  };
  const mean = (group: readonly number[]) =>
    group.reduce((sum, value) => sum + rankOf(value), 0) / group.length;
  const differences = subsets(values.length, one.length).map((chosen) => {
    const first = values.filter((_, index) => chosen.includes(index));
    const second = values.filter((_, index) => !chosen.includes(index));
    return Math.abs(mean(first) - mean(second));
  });
  const seen = Math.abs(mean(one) - mean(other));
  const pairs = one.flatMap((a) => other.map((b): number => (a > b ? 1 : a === b ? 0.5 : 0)));
  return {
    p: differences.filter((difference) => difference >= seen - 1e-9).length / differences.length,
    superiority: pairs.reduce((sum, pair) => sum + pair, 0) / pairs.length,
  };
}

function subsets(all: number, size: number): number[][] {
  const bits = Array.from({ length: 2 ** all }, (_, mask) => mask);
  return bits
    .map((mask) => Array.from({ length: all }, (_, index) => index).filter((index) => (mask >> index) & 1))
    .filter((chosen) => chosen.length === size);
}

/** The probability of so many occurrences or more. */
export function binomialTail(occurred: number, tried: number, share: number): number {
  const ways = (chosen: number): number =>
    chosen === 0 ? 1 : (ways(chosen - 1) * (tried - chosen + 1)) / chosen;
  let sum = 0;
  for (let count = occurred; count <= tried; count++)
    sum += ways(count) * share ** count * (1 - share) ** (tried - count);
  return sum;
}
