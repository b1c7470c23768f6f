import type { Value } from '../operation.ts';

/**
 * What a value of a priority queue counts: itself if it is a number, or the number that a list begins with
 * (`[5 "a job"]`). Integers that a double would round are texts of their digits, and are compared exactly.
 *
 * @returns null for what has no priority.
 */
export function priorityOf(value: Value): number | bigint | null {
  if (Array.isArray(value)) return value.length === 0 ? null : priorityOf((value as Value[])[0]!);
  if (typeof value === 'number') return Number.isNaN(value) ? null : value;
  return typeof value === 'string' && /^-?\d+$/.test(value) ? BigInt(value) : null;
}

/** Which priority a queue hands out first. */
export type First = 'smallest' | 'greatest';

/** Orders priorities, the one that is handed out first first; what has none comes last. */
export function byPriority(first: First): (a: number | bigint | null, b: number | bigint | null) => number {
  const sign = first === 'smallest' ? 1 : -1;
  return (a, b) => {
    if (a === null || b === null) return Number(a === null) - Number(b === null);
    return a < b ? -sign : a > b ? sign : 0;
  };
}
