import type { Operation, Value } from '../../src/linear/operation.ts';

/** An object as a child would write it down: what it answers and becomes. */
export interface Sequential {
  start: Value;
  /** Null: the operation would have to wait. */
  apply(
    state: Value,
    f: string,
    input: Value,
    key?: Operation['key'],
    process?: Operation['process'],
  ): After | null;
  /** All that it may answer and become, where the object is free to choose; `apply` is one of them. */
  choices?(state: Value, f: string, input: Value): After[];
}

export interface After {
  state: Value;
  output: Value;
}

/** What may follow on an operation, if it answered as it did. */
function afterOperation(object: Sequential, state: Value, operation: Operation): After[] {
  const { f, input, output, outcome, key, process } = operation;
  const one = object.apply(state, f, input, key, process);
  const all = object.choices?.(state, f, input) ?? (one === null ? [] : [one]);
  return all.filter((after) => outcome === 'info' || same(after.output, output));
}

const cell: Sequential = {
  start: null,
  apply(state, f, input) {
    if (f === 'read') return { state, output: state };
    if (f === 'write') return { state: input, output: null };
    const [from, to] = input as [Value, Value];
    const matches = same(from, state);
    return { state: matches ? to : state, output: matches };
  },
};

const text: Sequential = {
  start: '',
  apply(state, f, input) {
    return f === 'append'
      ? { state: `${state as string}${input as string}`, output: null }
      : cell.apply(state, f, input);
  },
};

/** Two objects of one kind, with the keys 0 and 1, as a whole. */
const pairOf = (object: Sequential): Sequential => ({
  start: [object.start, object.start],
  apply(state, f, input, key) {
    const cells = state as readonly Value[];
    const after = object.apply(cells[key as number]!, f, input);
    return after && { ...after, state: cells.with(key as number, after.state) };
  },
});

/** A bag of numbers, or of lists that begin with one, of which the foremost can be seen and taken out. */
function heap(compare: (a: number, b: number) => number): Sequential {
  const numberOf = (value: Value) => (Array.isArray(value) ? (value as number[])[0]! : (value as number));
  return {
    start: [],
    apply(state, f, input) {
      return this.choices!(state, f, input)[0]!;
    },
    choices(state, f, input) {
      const items = state as Value[];
      if (f === 'insert') {
        const more = [...items, input].map((item) => JSON.stringify(item)).toSorted();
        return [{ state: more.map((item) => JSON.parse(item) as Value), output: null }];
      }
      if (items.length === 0) return [{ state, output: null }];
      const [least] = items.map(numberOf).toSorted(compare);
      return items
        .map((output, at) => ({ state: f === 'peek' ? state : items.toSpliced(at, 1), output }))
        .filter(({ output }) => numberOf(output) === least);
    },
  };
}

/** A twin for every model, sharing no code with it. */
export const OBJECTS: Record<string, Sequential> = {
  register: cell,
  'cas-register': cell,
  text,
  kv: pairOf(cell),
  'kv of texts': pairOf(text),
  set: {
    start: [],
    apply(state, f, input) {
      const members = state as number[];
      if (f === 'read') return { state, output: state };
      const others = members.filter((member) => member !== input);
      return {
        state: f === 'add' ? [...others, input as number].toSorted((a, b) => a - b) : others,
        output: null,
      };
    },
  },
  'fifo-queue': {
    start: [],
    apply(state, f, input) {
      const items = state as Value[];
      if (f === 'enqueue') return { state: [...items, input], output: null };
      return { state: items.slice(1), output: items[0] ?? null };
    },
  },
  'unordered-queue': {
    start: [],
    apply(state, f, input) {
      return this.choices!(state, f, input)[0]!;
    },
    choices(state, f, input) {
      const items = state as Value[];
      if (f === 'enqueue') return [{ state: sorted([...items, input]), output: null }];
      if (items.length === 0) return [{ state, output: null }];
      return items.map((output, at) => ({ state: items.toSpliced(at, 1), output }));
    },
  },
  stack: {
    start: [],
    apply(state, f, input) {
      const items = state as Value[];
      if (f === 'push') return { state: [...items, input], output: null };
      const output = items.at(-1) ?? null;
      return { state: f === 'peek' ? state : items.slice(0, -1), output };
    },
  },
  'priority-queue': heap((a, b) => a - b),
  'max-priority-queue': heap((a, b) => b - a),
  counter: {
    start: 0,
    apply(state, f, input) {
      if (f === 'read') return { state, output: state };
      return { state: (state as number) + (input as number), output: null };
    },
  },
  'multi-register': {
    start: {},
    apply(state, _f, input) {
      const registers: Record<string, Value> = { ...(state as Record<string, Value>) };
      const output: Value[] = [];
      for (const [f, key, value] of input as [string, number, Value][]) {
        if (f === 'w') registers[key] = value;
        output.push([f, key, registers[key] ?? null]);
      }
      return { state: registers, output };
    },
  },
  'owner-mutex': {
    start: null,
    apply(state, f, _input, _key, process = '') {
      if (f === 'acquire') return state === null ? { state: process, output: null } : null;
      return state === process ? { state: null, output: null } : null;
    },
  },
  mutex: {
    start: false,
    apply(state, f) {
      if ((f === 'acquire') === state) return null;
      return { state: f === 'acquire', output: null };
    },
  },
  'append-list': {
    start: [],
    apply(state, f, input) {
      if (f === 'read') return { state, output: state };
      return { state: [...(state as Value[]), input], output: null };
    },
  },
};

/** Linearizability by its definition: tries every order that real time allows, and every subset of the unknown. */
export function isLinearizable(object: Sequential, history: readonly Operation[]): boolean {
  const seen = new Set<string>();
  const visit = (left: readonly Operation[], state: Value): boolean => {
    if (left.every(({ outcome }) => outcome === 'info')) return true;
    const memo = `${left.map(({ index }) => index).join()} ${JSON.stringify(state)}`;
    if (seen.has(memo)) return false;
    seen.add(memo);
    const firstReturn = Math.min(...left.map(({ ret }) => ret));
    return left.some((operation) => {
      if (operation.call > firstReturn) return false;
      const rest = left.filter((other) => other !== operation);
      return afterOperation(object, state, operation).some((after) => visit(rest, after.state));
    });
  };
  return visit(history, object.start);
}

/** What is wrong with an order as an explanation of a history; null when nothing is. */
export function flawOf(
  object: Sequential,
  history: readonly Operation[],
  order: readonly number[],
): string | null {
  const placed = order.map((index) => history.find((operation) => operation.index === index)!);
  if (new Set(order).size !== order.length) return 'an operation stands twice in the order';
  const missing = history.find(({ index, outcome }) => outcome === 'ok' && !order.includes(index));
  if (missing !== undefined) return `operation ${missing.index} is missing`;
  let states: Value[] = [object.start];
  for (const [at, operation] of placed.entries()) {
    const late = placed.slice(at + 1).find(({ ret }) => ret < operation.call);
    if (late !== undefined) return `operation ${late.index} returned before ${operation.index} was called`;
    states = states.flatMap((state) => afterOperation(object, state, operation).map((after) => after.state));
    if (states.length === 0) return `operation ${operation.index} cannot have answered like this here`;
  }
  return null;
}

/** The history with only some operations kept to their word: see `smallestContradiction`. */
export function excuse(history: readonly Operation[], kept: ReadonlySet<number>): Operation[] {
  return history.flatMap((operation) => {
    const { index, f, output } = operation;
    if (kept.has(index)) return [operation];
    const observes =
      f === 'read' ||
      f === 'peek' ||
      (f === 'cas' && output === false) ||
      ((f === 'dequeue' || f === 'pop' || f === 'poll') && operation.outcome === 'ok' && output === null);
    return observes ? [] : [{ ...operation, outcome: 'info' as const, ret: Infinity }];
  });
}

function sorted(items: Value[]): Value[] {
  return items.toSorted((a, b) => Number(a) - Number(b));
}

function same(a: Value, b: Value): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
