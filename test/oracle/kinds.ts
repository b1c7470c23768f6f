import type { Value } from '../../src/linear/operation.ts';
import type { Draft, Kind } from './drafts.ts';
import { OBJECTS } from './sequential.ts';

/** The kinds of histories that every algorithm is held against: with repeating values, and with distinct ones. */
export interface Sort extends Kind {
  model: string;
  /** What must decide it; the engine otherwise. */
  fast?: 'zones' | 'sweep' | 'turns';
  /** How much of it is of unknown outcome, against 15 of the rest; default 2. */
  unknown?: number;
  /** How the checker is told of the values, where that is not as the twin sees them. */
  told?: (value: Value, random: number) => Value;
}

const pick = <T>(items: readonly T[], draft: Draft): T => items[draft.f % items.length]!;
const number = ({ first }: Draft): Value => first;
/** Reads what is not there: another value, or nothing. */
const otherNumber = ({ second }: Draft, { f }: { f: string }, honest: Value): Value =>
  !['read', 'dequeue', 'pop', 'poll', 'peek'].includes(f) ? honest : second === honest ? null : second;
/** Other numbers for other indexes, so that priorities come in any order. */
const shuffled = (index: number): number => (index * 3) % 8;
/** The same of lists of a priority and a name. */
const otherJob = ({ second }: Draft, { f }: { f: string }, honest: Value): Value =>
  f === 'insert'
    ? honest
    : honest === null
      ? [second % 2, second]
      : second === 0
        ? null
        : [second % 2, second];
/** Numbers as the texts that stand for integers which a double would round, in the same order. */
const asLong = (value: Value): Value => (typeof value === 'number' ? `${2n ** 60n + BigInt(value)}` : value);
/** A set that was read wrong: something is missing, or stands there twice. */
const miscounted = (draft: Draft, operation: unknown, honest: Value): Value =>
  Array.isArray(honest) && honest.length > 0 && draft.second === 3
    ? [...(honest as Value[]), honest[0] as Value]
    : shortened(draft, operation, honest);
const shortened = ({ second }: Draft, _operation: unknown, honest: Value): Value => {
  if (!Array.isArray(honest)) return honest;
  if (honest.length === 0) return [second];
  return second % 2 === 0 ? honest.slice(0, -1) : honest.slice(1);
};

/**
 * Numbers as maps, with the names in this order or in that one, which must not matter: equal numbers become equal maps,
 * and others others.
 */
const asMap = (value: Value, order: number): Value => {
  if (Array.isArray(value)) return value.map((item: Value, at) => asMap(item, order + at));
  if (typeof value !== 'number') return value;
  const inner = order & 2 ? { x: [value], y: null } : { y: null, x: [value] };
  return order & 1 ? { a: 1, b: inner } : { b: inner, a: 1 };
};

/** What is done to texts, and which texts are lies. */
const TEXTS = {
  operation(draft: Draft) {
    const f = pick(['read', 'append', 'append', 'write', 'cas', 'read'], draft);
    const [one, other] = [draft.first, draft.second].map((at) => ['a', 'b', 'ab'][at % 3]!) as [
      string,
      string,
    ];
    return { f, input: f === 'read' ? null : f === 'cas' ? [one, other] : one };
  },
  lie: ({ second }: Draft, { f }: { f: string }, honest: Value) =>
    f === 'cas' ? honest !== true : f === 'read' ? ['', 'a', 'ab', 'b'][second % 4]! : honest,
};

/** A few reads and writes at once, of the register `from` and the next one. */
function transaction({ f, key, first, second }: Draft, from: number): Value {
  const [one, other] = [from + key, from + 1 - key];
  const read = (register: number) => ['r', register, null];
  const write = (register: number, value: number) => ['w', register, value];
  return [
    [read(one)],
    [read(one), read(other)],
    [write(one, first)],
    [write(one, first), read(other)],
    [read(one), write(other, second), read(other)],
    [write(one, first), write(other, second)],
  ][f]!;
}

/** One of the reads returned something else. */
const misread = ({ second }: Draft, _operation: unknown, honest: Value): Value => {
  const steps = honest as [string, number, Value][];
  const at = steps.findLastIndex(([f]) => f === 'r');
  return steps.map(([f, register, value], step) =>
    step === at ? [f, register, second === value ? null : second] : [f, register, value],
  );
};

const KINDS: Record<string, Sort> = {
  register: {
    model: 'register',
    object: OBJECTS['register']!,
    operation: (draft) =>
      pick([0, 1], draft) === 0 ? { f: 'read', input: null } : { f: 'write', input: number(draft) },
    lie: otherNumber,
  },
  'cas register': {
    model: 'cas-register',
    object: OBJECTS['cas-register']!,
    operation(draft) {
      const f = pick(['read', 'write', 'cas', 'cas'], draft);
      return { f, input: f === 'read' ? null : f === 'write' ? draft.first : [draft.first, draft.second] };
    },
    lie: (draft, operation, honest) =>
      operation.f === 'cas' ? honest !== true : otherNumber(draft, operation, honest),
  },
  'cas register, distinct values': {
    model: 'cas-register',
    fast: 'zones',
    object: OBJECTS['cas-register']!,
    operation(draft, index) {
      const f = pick(['read', 'read', 'write', 'cas'], draft);
      return { f, input: f === 'read' ? null : f === 'write' ? index : [draft.first, index] };
    },
    lie: (draft, operation, honest) => (operation.f === 'cas' ? true : otherNumber(draft, operation, honest)),
  },
  'appended texts': { model: 'kv', object: OBJECTS['text']!, ...TEXTS },
  'two keys': {
    model: 'kv',
    object: OBJECTS['kv']!,
    operation(draft) {
      const f = pick(['read', 'write', 'cas', 'read'], draft);
      const input = f === 'read' ? null : f === 'write' ? draft.first : [draft.first, draft.second];
      return { f, key: draft.key, input };
    },
    lie: (draft, operation, honest) =>
      operation.f === 'cas' ? honest !== true : otherNumber(draft, operation, honest),
  },
  'two keys of appended texts': {
    model: 'kv',
    object: OBJECTS['kv of texts']!,
    operation: (draft) => ({ ...TEXTS.operation(draft), key: draft.key }),
    lie: TEXTS.lie,
  },
  set: {
    model: 'set',
    object: OBJECTS['set']!,
    operation(draft) {
      const f = pick(['read', 'add', 'remove', 'read', 'add'], draft);
      return { f, input: f === 'read' ? null : draft.first };
    },
    lie: miscounted,
  },
  'set, distinct members': {
    model: 'set',
    fast: 'sweep',
    object: OBJECTS['set']!,
    operation: (draft, index) =>
      pick([0, 1], draft) === 0 ? { f: 'read', input: null } : { f: 'add', input: index },
    lie: miscounted,
  },
  queue: {
    model: 'fifo-queue',
    fast: 'turns',
    object: OBJECTS['fifo-queue']!,
    operation: (draft) =>
      pick([0, 1], draft) === 0 ? { f: 'dequeue', input: null } : { f: 'enqueue', input: draft.first },
    lie: otherNumber,
  },
  'queue, distinct values': {
    model: 'fifo-queue',
    fast: 'sweep',
    object: OBJECTS['fifo-queue']!,
    operation: (draft, index) =>
      pick([0, 1], draft) === 0 ? { f: 'dequeue', input: null } : { f: 'enqueue', input: index },
    lie: otherNumber,
  },
  'unordered queue': {
    model: 'unordered-queue',
    object: OBJECTS['unordered-queue']!,
    operation: (draft) =>
      pick([0, 1], draft) === 0 ? { f: 'dequeue', input: null } : { f: 'enqueue', input: draft.first },
    lie: otherNumber,
  },
  'unordered queue, distinct values': {
    model: 'unordered-queue',
    fast: 'sweep',
    object: OBJECTS['unordered-queue']!,
    operation: (draft, index) =>
      pick([0, 1], draft) === 0 ? { f: 'dequeue', input: null } : { f: 'enqueue', input: index },
    lie: otherNumber,
  },
  stack: {
    model: 'stack',
    object: OBJECTS['stack']!,
    operation: (draft) =>
      pick([0, 1], draft) === 0 ? { f: 'pop', input: null } : { f: 'push', input: draft.first },
    lie: otherNumber,
  },
  'stack, distinct values': {
    model: 'stack',
    fast: 'sweep',
    object: OBJECTS['stack']!,
    operation: (draft, index) =>
      pick([0, 1], draft) === 0 ? { f: 'pop', input: null } : { f: 'push', input: index },
    lie: otherNumber,
  },
  'stack with peeks': {
    model: 'stack',
    object: OBJECTS['stack']!,
    operation: (draft) => {
      const f = pick(['push', 'pop', 'push', 'peek'], draft);
      return { f, input: f === 'push' ? draft.first : null };
    },
    lie: otherNumber,
  },
  'stack with peeks, distinct values': {
    model: 'stack',
    fast: 'sweep',
    object: OBJECTS['stack']!,
    operation: (draft, index) => {
      const f = pick(['push', 'pop', 'push', 'peek', 'peek', 'pop'], draft);
      return { f, input: f === 'push' ? index : null };
    },
    lie: otherNumber,
  },
  'priority queue': {
    model: 'priority-queue',
    object: OBJECTS['priority-queue']!,
    operation: (draft) => {
      const f = pick(['insert', 'poll', 'insert', 'poll', 'peek', 'poll'], draft);
      return { f, input: f === 'insert' ? draft.first : null };
    },
    lie: otherNumber,
  },
  'priority queue, distinct values': {
    model: 'priority-queue',
    fast: 'sweep',
    object: OBJECTS['priority-queue']!,
    operation: (draft, index) => {
      const f = pick(['insert', 'poll', 'insert', 'poll', 'insert', 'peek'], draft);
      return { f, input: f === 'insert' ? shuffled(index) : null };
    },
    lie: otherNumber,
  },
  'priority queue of equals': {
    model: 'priority-queue',
    object: OBJECTS['priority-queue']!,
    operation: (draft) => {
      const f = pick(['insert', 'poll', 'insert', 'poll', 'peek', 'poll'], draft);
      return { f, input: f === 'insert' ? [draft.first % 2, draft.second % 2] : null };
    },
    lie: otherJob,
  },
  'priority queue of equals, distinct values': {
    model: 'max-priority-queue',
    fast: 'sweep',
    object: OBJECTS['max-priority-queue']!,
    operation: (draft, index) => {
      const f = pick(['insert', 'poll', 'insert', 'poll', 'insert', 'peek'], draft);
      return { f, input: f === 'insert' ? [draft.first % 2, index] : null };
    },
    lie: otherJob,
  },
  counter: {
    model: 'counter',
    object: OBJECTS['counter']!,
    operation: (draft) =>
      pick([0, 1], draft) === 0 ? { f: 'read', input: null } : { f: 'add', input: draft.first - 1 },
    lie: ({ second }, { f }, honest) => (f === 'read' ? Number(honest) + 1 + second : honest),
  },
  'two registers': {
    model: 'multi-register',
    object: OBJECTS['multi-register']!,
    operation: (draft) => ({ f: 'txn', input: transaction(draft, 0) }),
    lie: misread,
  },
  'two registers, and two others': {
    model: 'multi-register',
    object: OBJECTS['multi-register']!,
    operation: (draft, index) => ({ f: 'txn', input: transaction(draft, index % 2 === 0 ? 0 : 2) }),
    lie: misread,
  },
  'owner mutex': {
    model: 'owner-mutex',
    object: OBJECTS['owner-mutex']!,
    operation: (draft) => ({
      f: pick(['acquire', 'release'], draft),
      input: null,
      process: draft.first % 2,
    }),
    lie: (_draft, _operation, honest) => honest,
  },
  mutex: {
    model: 'mutex',
    object: OBJECTS['mutex']!,
    operation: (draft) => ({ f: pick(['acquire', 'release'], draft), input: null }),
    lie: (_draft, _operation, honest) => honest,
  },
  'list, repeating values': {
    model: 'append-list',
    object: OBJECTS['append-list']!,
    operation: (draft) =>
      pick([0, 1], draft) === 0 ? { f: 'read', input: null } : { f: 'append', input: draft.first },
    lie: shortened,
  },
  'list, distinct values': {
    model: 'append-list',
    fast: 'sweep',
    object: OBJECTS['append-list']!,
    operation: (draft, index) =>
      pick([0, 1], draft) === 0 ? { f: 'read', input: null } : { f: 'append', input: index },
    lie: shortened,
  },
};

export const SORTS: Record<string, Sort> = {
  ...KINDS,
  'cas register, much unknown': { ...KINDS['cas register']!, unknown: 15 },
  'queue, much unknown': { ...KINDS['queue']!, unknown: 10 },
  'set, much unknown': { ...KINDS['set']!, unknown: 15 },
  'cas register of maps': { ...KINDS['cas register']!, told: asMap },
  'cas register of maps, distinct values': { ...KINDS['cas register, distinct values']!, told: asMap },
  'two keys of maps': { ...KINDS['two keys']!, told: asMap },
  'set of maps': { ...KINDS['set']!, told: asMap },
  'set of maps, distinct members': { ...KINDS['set, distinct members']!, told: asMap },
  'queue of maps': { ...KINDS['queue']!, told: asMap },
  'queue of maps, distinct values': { ...KINDS['queue, distinct values']!, told: asMap },
  'list of maps': { ...KINDS['list, repeating values']!, told: asMap },
  'list of maps, distinct values': { ...KINDS['list, distinct values']!, told: asMap },
  'unordered queue, much unknown': { ...KINDS['unordered queue']!, unknown: 10 },
  'stack, much unknown': { ...KINDS['stack']!, unknown: 10 },
  'counter, much unknown': { ...KINDS['counter']!, unknown: 15 },
  'two registers, much unknown': { ...KINDS['two registers']!, unknown: 15 },
  'stack, distinct values, much unknown': { ...KINDS['stack, distinct values']!, unknown: 10 },
  'stack with peeks, distinct values, much unknown': {
    ...KINDS['stack with peeks, distinct values']!,
    unknown: 10,
  },
  'priority queue, distinct values, much unknown': {
    ...KINDS['priority queue, distinct values']!,
    unknown: 10,
  },
  'priority queue of equals, much unknown': { ...KINDS['priority queue of equals']!, unknown: 10 },
  'priority queue of long integers': { ...KINDS['priority queue, distinct values']!, told: asLong },
  'stack of maps': { ...KINDS['stack']!, told: asMap },
  'unordered queue of maps': { ...KINDS['unordered queue']!, told: asMap },
  'texts, much unknown': { ...KINDS['appended texts']!, unknown: 15 },
};
