/**
 * Delta debugging (Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", 2002): the part of a
 * list that still fails, from which no single item can be left out any more.
 *
 * Pieces of half the list are tried first, then their complements, then finer ones: a list of n items of which few
 * matter takes about log n times as many attempts as there are items that matter.
 *
 * @param items fail as they are; this is not tried again.
 * @param fails whether a part of the list, in its order, still fails. It is never asked about the same part twice.
 * @returns a part that fails, while it does not fail any more without any one of its items (1-minimal).
 */
export async function minimize<T>(
  items: readonly T[],
  fails: (part: readonly T[]) => boolean | Promise<boolean>,
): Promise<T[]> {
  const known = new Map<string, boolean>();
  const attempt = async (part: readonly number[]): Promise<boolean> => {
    const key = part.join();
    const before = known.get(key);
    if (before !== undefined) return before;
    const failed = await fails(part.map((index) => items[index]!));
    known.set(key, failed);
    return failed;
  };

  let current = [...items.keys()];
  if (current.length > 0 && (await attempt([]))) return [];
  let granularity = 2;
  while (current.length > 1) {
    const pieces = split(current, granularity);
    const piece = await firstOf(pieces, attempt);
    // Of two pieces, each is the other's complement.
    const complements = granularity === 2 ? [] : pieces.map((left) => without(current, left));
    const rest = piece ?? (await firstOf(complements, attempt));
    if (rest !== null) {
      current = rest;
      granularity = piece === null ? Math.max(granularity - 1, 2) : 2;
    } else if (granularity < current.length) granularity = Math.min(2 * granularity, current.length);
    else break;
  }
  return current.map((index) => items[index]!);
}

function split(items: readonly number[], pieces: number): number[][] {
  return Array.from({ length: pieces }, (_, piece) =>
    items.slice(
      Math.floor((piece * items.length) / pieces),
      Math.floor(((piece + 1) * items.length) / pieces),
    ),
  ).filter((part) => part.length > 0);
}

function without(items: readonly number[], piece: readonly number[]): number[] {
  const left = new Set(piece);
  return items.filter((item) => !left.has(item));
}

async function firstOf(
  parts: readonly number[][],
  holds: (part: readonly number[]) => Promise<boolean>,
): Promise<number[] | null> {
  for (const part of parts) if (await holds(part)) return part;
  return null;
}

/**
 * The smallest number between `least` and `most` that still fails, if failing is all the same up to some number and
 * then stays; some such number otherwise. `most` is known to fail and is not tried.
 */
export async function bisect(
  least: number,
  most: number,
  fails: (candidate: number) => boolean | Promise<boolean>,
): Promise<number> {
  if (least >= most) return most;
  if (await fails(least)) return least;
  let [works, broken] = [least, most];
  while (broken - works > 1) {
    const middle = Math.floor((works + broken) / 2);
    if (await fails(middle)) broken = middle;
    else works = middle;
  }
  return broken;
}
