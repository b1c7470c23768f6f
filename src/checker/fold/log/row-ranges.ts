/** Whole numbers as ranges, ascending and apart: first, last, first, last … Few ranges where few numbers are missing. */
export type Ranges = readonly number[];

/** All of these and the others. */
export function withNumbers(ranges: Ranges, numbers: readonly number[]): Ranges {
  const pairs: [first: number, last: number][] = numbers.map((number) => [number, number]);
  for (let at = 0; at < ranges.length; at += 2) pairs.push([ranges[at]!, ranges[at + 1]!]);
  pairs.sort(([a], [b]) => a - b);
  const joined: number[] = [];
  for (const [first, last] of pairs) {
    const end = joined.length - 1;
    if (joined.length > 0 && first <= joined[end]! + 1) joined[end] = Math.max(joined[end]!, last);
    else joined.push(first, last);
  }
  return joined;
}

export function includes(ranges: Ranges, number: number): boolean {
  let low = 0;
  let high = ranges.length / 2;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ranges[2 * middle + 1]! < number) low = middle + 1;
    else high = middle;
  }
  return 2 * low < ranges.length && ranges[2 * low]! <= number;
}

/** Lists of ranges by a number, with more: pairs of that number and another one for its list. */
export function withAdded<Key extends string>(
  lists: readonly (Record<Key, number> & { ranges: number[] })[],
  key: Key,
  more: readonly (readonly [number, number])[],
): (Record<Key, number> & { ranges: number[] })[] {
  const fresh = new Map<number, number[]>();
  for (const [of, number] of more) {
    const numbers = fresh.get(of);
    if (numbers === undefined) fresh.set(of, [number]);
    else numbers.push(number);
  }
  const known = new Map(lists.map((list) => [list[key] as number, list.ranges]));
  for (const [of, numbers] of fresh) known.set(of, [...withNumbers(known.get(of) ?? [], numbers)]);
  return [...known].map(
    ([of, ranges]) => ({ [key]: of, ranges }) as Record<Key, number> & { ranges: number[] },
  );
}
