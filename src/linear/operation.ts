/**
 * One operation of a concurrent history, as every checker in this folder reads it.
 *
 * It took effect at one instant between `call` and `ret`, if it took effect at all. `a` is before `b` when
 * `ret(a) < call(b)`; a return and a call at the same time are concurrent.
 */
export interface Operation {
  /** Its number in the history, from 0: how results name it. */
  index: number;
  /** Where its call stands in the file, from 1: how people find it. Not every history has lines. */
  line?: number | undefined;
  /** Who did it: for people. */
  process: string | number;
  /** What was asked: `read`, `write`, `cas`, … The model says which it knows. */
  f: string;
  /** The object concerned, where a history is about many. Every key is checked alone. */
  key?: Value | undefined;
  /** The argument; null where there is none. */
  input: Value;
  /** What came back; null where nothing did. For `cas`: true if it swapped, false if it found another value. */
  output: Value;
  /**
   * `ok`: it happened, and `output` is its answer. `info`: it is unknown whether it happened, and it may yet.
   * An operation that certainly did not happen is no part of a history.
   */
  outcome: 'ok' | 'info';
  call: number;
  /** `Infinity` for `info`. */
  ret: number;
}

/** A plain value. Maps and sets of EDN arrive as objects and as sorted arrays. */
export type Value = null | boolean | number | string | readonly Value[] | { readonly [name: string]: Value };

/** What tells values apart: equal for equal values, cheap for numbers. Maps have no order: `{:a 1 :b 2}` is `{:b 2 :a 1}`. */
export function identity(value: Value): number | string {
  if (typeof value === 'number') return value;
  return typeof value === 'object' ? canonicalText(value) : JSON.stringify(value);
}

/** JSON in which the names of every map are sorted. */
function canonicalText(value: Value): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (isList(value)) return `[${value.map(canonicalText).join(',')}]`;
  const entries = Object.keys(value)
    .toSorted()
    .map((name) => `${JSON.stringify(name)}:${canonicalText(value[name]!)}`);
  return `{${entries.join(',')}}`;
}

/** `Array.isArray` does not know lists that must not be changed. */
function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

/** The argument of a `cas`: what it looks for, and what it leaves. */
export function exchangeOf({ input }: Pick<Operation, 'input'>): readonly [from: Value, to: Value] {
  return input as readonly [Value, Value];
}

/** `p3 write 5`, `p1 read → 4`, `p2 cas [1 2] → false`, `p4 write 7 (unknown)`: one operation, for people. */
export function describe(operation: Operation): string {
  const { f, input, output, outcome } = operation;
  const key = operation.key === undefined ? '' : ` ${show(operation.key)}:`;
  // What a transaction asked for is part of what it answered.
  const argument = input === null ? '' : ` ${show(f === 'txn' && outcome === 'ok' ? output : input)}`;
  const answers = outcome === 'ok' && (input === null ? output !== true : typeof output === 'boolean');
  const answer = outcome === 'info' ? ' (unknown)' : answers && ANSWERING.has(f) ? ` → ${show(output)}` : '';
  return `p${operation.process}${key} ${f}${argument}${answer}`;
}

const ANSWERING = new Set(['read', 'dequeue', 'pop', 'poll', 'peek', 'cas']);

function show(value: Value): string {
  const text = Array.isArray(value) ? `[${value.map(show).join(' ')}]` : JSON.stringify(value);
  return text.length > 120 ? `${text.slice(0, 117)}...` : text;
}
