import type { Decision } from '../model.ts';
import { identity, type Operation, type Value } from '../operation.ts';

/**
 * Objects that only grow tell their own order: whatever a read shows was added before it, whatever it lacks, after.
 * Once the order is known, all that remains is whether it agrees with real time: nothing may begin after something
 * later in the order has ended. One sweep with the latest call so far answers that.
 *
 * Needs distinct values; anything else is left to the engine.
 */
export function prefixSweep(history: readonly Operation[]): Decision | null {
  const appends = distinctBy(history, 'append');
  if (appends === null) return null;
  const reads = history.filter(isAnsweredRead).toSorted((a, b) => contentOf(a).length - contentOf(b).length);
  const longest = reads.at(-1);
  const order = longest === undefined ? [] : contentOf(longest);
  const contrary = reads.find((read) =>
    contentOf(read).some((value, at) => identity(value) !== identity(order[at]!)),
  );
  if (contrary !== undefined) {
    return invalid(longest!, contrary, 'two reads disagree about the order of the list');
  }
  const groups: Operation[][] = [[]];
  const rest = new Map(appends);
  for (const value of order) {
    const append = rest.get(identity(value));
    if (append === undefined) return unexplained(longest!, value, appends.has(identity(value)));
    rest.delete(identity(value));
    groups.push([append], []);
  }
  for (const read of reads) groups[2 * contentOf(read).length]!.push(read);
  return inRealTime([...groups, [...rest.values()].filter(({ outcome }) => outcome === 'ok')], reads);
}

/** The same for sets without `remove`: the reads must contain one another. */
export function inclusionSweep(history: readonly Operation[]): Decision | null {
  const adds = distinctBy(history, 'add');
  if (adds === null || history.some(({ f }) => f === 'remove')) return null;
  const reads = history
    .filter(isAnsweredRead)
    .map((read) => ({ read, members: new Set(contentOf(read).map(identity)) }))
    .toSorted((a, b) => a.members.size - b.members.size);
  const groups: Operation[][] = [[]];
  const rest = new Map(adds);
  let smaller: Operation | undefined;
  let size = 0;
  for (const { read, members } of reads) {
    if (members.size < contentOf(read).length)
      return alone(read, 'it returned a member twice, as no set can hold it');
    const fresh: Operation[] = [];
    for (const member of members) {
      const add = rest.get(member);
      if (add === undefined && !adds.has(member)) return unexplained(read, member, false);
      if (add === undefined) continue;
      rest.delete(member);
      fresh.push(add);
    }
    if (members.size - fresh.length !== size) {
      return invalid(read, smaller!, 'each of two reads shows something that the other lacks');
    }
    if (fresh.length > 0) groups.push(fresh, []);
    groups.at(-1)!.push(read);
    smaller = read;
    size = members.size;
  }
  return inRealTime(
    [...groups, [...rest.values()].filter(({ outcome }) => outcome === 'ok')],
    reads.map(({ read }) => read),
  );
}

/** Holds an order of groups, known from `reads`, against real time; operations of one group may come in any order. */
function inRealTime(groups: readonly Operation[][], reads: readonly Operation[]): Decision {
  const witness: Operation[] = [];
  let latest: Operation | null = null;
  for (const group of groups) {
    const before: Operation | null = latest;
    for (const operation of group.toSorted((a, b) => a.call - b.call)) {
      if (before !== null && before.call > operation.ret) {
        return invalid(before, operation, 'the order that the reads show contradicts real time', reads);
      }
      witness.push(operation);
      if (latest === null || operation.call > latest.call) latest = operation;
    }
  }
  return { verdict: 'valid', method: 'sweep', witness };
}

/** Operations by their argument; null when two share one. */
function distinctBy(history: readonly Operation[], f: string): Map<number | string, Operation> | null {
  const found = history.filter((operation) => operation.f === f);
  const byValue = new Map(found.map((operation) => [identity(operation.input), operation]));
  return byValue.size === found.length ? byValue : null;
}

function isAnsweredRead({ f, outcome }: Operation): boolean {
  return f === 'read' && outcome === 'ok';
}

function contentOf(read: Operation): readonly Value[] {
  return read.output as readonly Value[];
}

function unexplained(read: Operation, value: Value, twice: boolean): Decision {
  return alone(
    read,
    `${JSON.stringify(value)} was ${twice ? 'appended once and read twice in one list' : 'read but never written'}`,
  );
}

/** A read that nothing could explain. */
function alone(read: Operation, reason: string): Decision {
  return { verdict: 'invalid', method: 'sweep', operation: read, suspects: [read], reason };
}

function invalid(
  one: Operation,
  other: Operation,
  reason: string,
  proof: readonly Operation[] = [],
): Decision {
  const [first, last] = one.ret < other.ret ? [one, other] : [other, one];
  const suspects = [...new Set([last, first, ...proof])];
  return { verdict: 'invalid', method: 'sweep', operation: last, suspects, reason };
}
