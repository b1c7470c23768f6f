/**
 * Who asks twenty questions gets one answer of p < 0.05 by chance alone. So the p of several tests are adjusted, by the
 * method of Holm: the smallest one is multiplied by the number of tests, the next one by one less, and so on.
 * @returns the adjusted ones in the order of those that were given.
 */
export function adjusted(ps: readonly number[]): number[] {
  const bySize = ps.map((p, index) => ({ p, index })).toSorted((a, b) => a.p - b.p);
  const result = new Array<number>(ps.length);
  let least = 0;
  for (const [place, { p, index }] of bySize.entries()) {
    least = Math.max(least, Math.min(1, p * (ps.length - place)));
    result[index] = least;
  }
  return result;
}
