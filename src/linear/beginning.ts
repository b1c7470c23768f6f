import { check, type CheckOptions } from './check.ts';
import { modelNamed, type ModelName } from './models/catalog.ts';
import { nameOfKey } from './models/kv.ts';
import { exchangeOf, identity, type Operation, type Value } from './operation.ts';

/** What another beginning changes: an initial value that explains a history, none that does, or too long a search. */
export type Beginning = { initial: Value } | 'none' | 'unknown';

/**
 * Whether a history that contradicts an object that began empty is one of an object that began with something.
 *
 * What an object held at first was found by an operation that was called before any update had returned, so few
 * values come into question.
 */
export async function findBeginning(
  name: ModelName,
  history: readonly Operation[],
  options: CheckOptions,
): Promise<Beginning> {
  const holds = async (initial: Value, part = history) =>
    (await check(modelNamed(name, { initial }), part, { ...options, explain: false })).verdict;
  if (name === 'kv') return byKey(history, holds);
  let isOpen = false;
  for (const initial of candidatesFor(name, history).slice(0, CANDIDATES_MAX)) {
    const verdict = await holds(initial);
    if (verdict === 'valid') return { initial };
    isOpen ||= verdict === 'unknown';
  }
  return isOpen ? 'unknown' : 'none';
}

/** Each key of a store by itself; one value for all keys where that explains as much. */
async function byKey(
  history: readonly Operation[],
  holds: (initial: Value, part: readonly Operation[]) => Promise<string>,
): Promise<Beginning> {
  const found: Record<string, Value> = {};
  for (const object of objectsIn(history)) {
    const empty = await holds(null, object);
    if (empty === 'unknown') return 'unknown';
    if (empty === 'valid') continue;
    let explains: Value = null;
    for (const initial of valuesFirst(object).slice(0, CANDIDATES_MAX)) {
      const verdict = await holds({ [nameOfKey(object[0]!.key ?? null)]: initial }, object);
      if (verdict === 'unknown') return 'unknown';
      if (verdict === 'valid') explains = initial;
      if (verdict === 'valid') break;
    }
    if (explains === null) return 'none';
    found[nameOfKey(object[0]!.key ?? null)] = explains;
  }
  const [first = null, ...others] = Object.values(found);
  const isOne = others.every((value) => identity(value) === identity(first));
  if (isOne && typeof first !== 'object' && (await holds(first, history)) === 'valid')
    return { initial: first };
  return { initial: found };
}

function objectsIn(history: readonly Operation[]): Operation[][] {
  const objects = new Map<number | string, Operation[]>();
  for (const operation of history) {
    const key = identity(operation.key ?? null);
    const object = objects.get(key);
    if (object === undefined) objects.set(key, [operation]);
    else object.push(operation);
  }
  return [...objects.values()];
}

/** A history in which more values were found first is one of an object that many wrote to: more would not help. */
const CANDIDATES_MAX = 32;

function candidatesFor(name: ModelName, history: readonly Operation[]): Value[] {
  switch (name) {
    case 'register':
    case 'cas-register':
      return distinct(objectsIn(history).flatMap(valuesFirst));
    case 'multi-register':
      return distinct(stepsFirst(history));
    case 'counter':
      return distinct(sumsFirst(history));
    case 'set':
      return listsOf(unwritten(history, 'add'), firstRead(history));
    case 'append-list':
      return listsOf(leading(history), firstRead(history));
    case 'fifo-queue':
    case 'unordered-queue':
      return listsOf(
        unwritten(history, 'enqueue'),
        unwritten(
          history.toSorted((a, b) => a.ret - b.ret),
          'enqueue',
        ),
      );
    case 'stack':
      return listsOf(unwritten(withoutPeeks(history), 'push').toReversed());
    case 'priority-queue':
    case 'max-priority-queue':
      return listsOf(unwritten(withoutPeeks(history), 'insert'));
    case 'kv':
    case 'mutex':
    case 'owner-mutex':
      return [];
  }
}

/** What reads and swaps found, or would have found, that were called before any other update had returned. */
function valuesFirst(history: readonly Operation[]): Value[] {
  const isUpdate = ({ f, output }: Operation) => f !== 'read' && output !== false;
  const [first, second] = firstReturns(history.filter(isUpdate));
  const found = history.filter(
    (operation) =>
      (operation.f === 'read' || operation.f === 'cas') &&
      operation.output !== false &&
      operation.call <= (operation === first ? (second?.ret ?? Infinity) : (first?.ret ?? Infinity)),
  );
  return distinct(
    found.map((operation) => (operation.f === 'cas' ? exchangeOf(operation)[0] : operation.output)),
  );
}

/** What reads of transactions returned that were called before any that writes had returned. */
function stepsFirst(history: readonly Operation[]): Value[] {
  const stepsOf = ({ output }: Operation) => (Array.isArray(output) ? (output as Value[][]) : []);
  const isRead = ([f]: Value[]) => f === 'r' || f === 'read';
  const [first, second] = firstReturns(history.filter((txn) => stepsOf(txn).some((step) => !isRead(step))));
  return history
    .filter((txn) => txn.call <= (txn === first ? (second?.ret ?? Infinity) : (first?.ret ?? Infinity)))
    .flatMap((txn) => stepsOf(txn).filter(isRead))
    .map(([, , value]) => value ?? null);
}

/** The first reads of a counter, without what had been added for certain. */
function sumsFirst(history: readonly Operation[]): Value[] {
  const adds = history.filter(({ f, outcome }) => f === 'add' && outcome === 'ok');
  return history
    .filter(({ f, outcome }) => f === 'read' && outcome === 'ok')
    .slice(0, CANDIDATES_MAX)
    .map((read) => {
      const added = adds
        .filter(({ ret }) => ret < read.call)
        .map(({ input }) => BigInt(input as number | string));
      const sum = BigInt(read.output as number | string) - added.reduce((a, b) => a + b, 0n);
      return Number.isSafeInteger(Number(sum)) ? Number(sum) : String(sum);
    });
}

/** The two operations that returned first. */
function firstReturns(history: readonly Operation[]): readonly (Operation | undefined)[] {
  let first: Operation | undefined;
  let second: Operation | undefined;
  for (const operation of history) {
    if (operation.ret < (first?.ret ?? Infinity)) [first, second] = [operation, first];
    else if (operation.ret < (second?.ret ?? Infinity)) second = operation;
  }
  return [first, second];
}

/** Values that were found more often than they were put there, in the order in which they were found. */
function unwritten(history: readonly Operation[], f: string): Value[] {
  const left = new Map<number | string, number>();
  for (const operation of history) {
    if (operation.f === f)
      left.set(identity(operation.input), (left.get(identity(operation.input)) ?? 0) + 1);
  }
  const found: Value[] = [];
  const seen = new Set<number | string>();
  for (const { output } of history) {
    // A read of a set or a list finds many values; it finds each of them again and again.
    const isRead = Array.isArray(output) && f === 'add';
    for (const value of isRead ? (output as readonly Value[]) : [output]) {
      const name = identity(value);
      const count = left.get(name) ?? 0;
      if (value === null || value === true || value === false || count > 0 || seen.has(name)) {
        if (!isRead) left.set(name, count - 1);
        continue;
      }
      if (isRead) seen.add(name);
      found.push(value);
    }
  }
  return found;
}

/** What was peeked at is found again when it is taken out; what never was is found once. */
function withoutPeeks(history: readonly Operation[]): Operation[] {
  const taken = new Set(history.map(({ f, output }) => (f === 'peek' ? null : identity(output))));
  return history.filter(({ f, output }) => {
    if (f !== 'peek') return true;
    const isFirst = !taken.has(identity(output));
    taken.add(identity(output));
    return isFirst;
  });
}

/** Everything in the longest list before what was appended. */
function leading(history: readonly Operation[]): readonly Value[] {
  const appended = new Set(history.filter(({ f }) => f === 'append').map(({ input }) => identity(input)));
  let longest: readonly Value[] = [];
  for (const { output } of history) if (isList(output) && output.length > longest.length) longest = output;
  const end = longest.findIndex((value) => appended.has(identity(value)));
  return end < 0 ? longest : longest.slice(0, end);
}

function firstRead(history: readonly Operation[]): readonly Value[] {
  let first: Operation | undefined;
  for (const operation of history)
    if (isList(operation.output) && operation.ret < (first?.ret ?? Infinity)) first = operation;
  return (first?.output ?? []) as readonly Value[];
}

function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

function listsOf(...lists: (readonly Value[])[]): Value[] {
  return distinct(lists.filter((list) => list.length > 0));
}

function distinct(values: readonly Value[]): Value[] {
  const byIdentity = new Map(
    values.filter((value) => value !== null).map((value) => [identity(value), value]),
  );
  return [...byIdentity.values()];
}
