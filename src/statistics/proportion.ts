import { LEVEL } from './bootstrap.ts';

/**
 * How often something happens, from how often it did: the interval of Clopper and Pearson. Its ends are the shares for
 * which as many occurrences, or more (or fewer), would be as rare as half of what the level leaves. It also tells what
 * can be said after none: in none of 30 runs means in less than 11.6 % of all such runs.
 * @returns null where nothing was tried.
 */
export function shareInterval(occurred: number, tried: number): { low: number; high: number } | null {
  if (tried === 0) return null;
  const rare = (1 - LEVEL) / 2;
  return {
    low: occurred === 0 ? 0 : shareWhere((share) => atLeast(occurred, tried, share) < rare),
    high: occurred === tried ? 1 : shareWhere((share) => 1 - atLeast(occurred + 1, tried, share) >= rare),
  };
}

/** The share up to which the condition holds; it holds for small ones. */
function shareWhere(holds: (share: number) => boolean): number {
  let low = 0;
  let high = 1;
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (holds(middle)) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** The probability of so many or more occurrences. */
function atLeast(occurred: number, tried: number, share: number): number {
  let sum = 0;
  // By logarithms: the binomials of some thousand runs do not fit a number.
  let ways = 0;
  for (let count = 0; count <= tried; count++) {
    if (count > 0) ways += Math.log((tried - count + 1) / count);
    if (count >= occurred)
      sum += Math.exp(ways + count * Math.log(share) + (tried - count) * Math.log1p(-share));
  }
  return sum;
}
