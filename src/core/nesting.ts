/**
 * JSON.parse reads lists in lists of any depth; whatever walks through them afterwards, JSON.stringify first of all,
 * runs out of stack somewhere above a thousand levels. So what comes out of a file is measured before it is used.
 */
export const NESTING_MAX = 500;

/** Whether lists and objects stand in each other more than `max` deep. Walks level by level, so that any depth is safe. */
export function nestsDeeper(content: unknown, max: number): boolean {
  let level: unknown[] = [content];
  for (let depth = 0; ; depth++) {
    const containers = level.filter((value) => typeof value === 'object' && value !== null);
    if (containers.length === 0) return false;
    if (depth === max) return true;
    level = containers.flatMap((value) => Object.values(value));
  }
}
