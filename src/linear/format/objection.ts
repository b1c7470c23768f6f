import { MODEL_NAMES, type ModelName } from '../models/catalog.ts';
import { identity, type Value } from '../operation.ts';
import { preview, type Event } from './event.ts';
import { areKeyed, SWAPS, type Exchange } from './exchange.ts';
import { isContainer, kindOf, Shapes } from './shape.ts';

/**
 * What speaks against a history being one of a model, although its operations have the names. Most of it only makes a
 * guess doubtful; what cannot be also speaks against a model that was named.
 */
export interface Objection {
  /** In words, with the line: "line 4 reads [11], a list, where numbers were written". */
  says: string;
  isImpossible: boolean;
  hint?: string;
}

/** The first objection; null where nothing speaks against the model. */
export function objectionTo(exchanges: readonly Exchange[], model: ModelName): Objection | null {
  if (model === 'multi-register') return transactionsOf(exchanges);
  const isKeyed = (KEYABLE.has(model) || model === 'kv') && areKeyed(exchanges);
  const valueOf = isKeyed ? valueBesideKey : ({ value }: Event) => value;
  return (
    microOperation(exchanges, valueOf) ??
    halfKeyed(exchanges, isKeyed || model === 'kv') ??
    argumentOfRead(exchanges, model, valueOf) ??
    answerOfUpdate(exchanges, model, valueOf) ??
    (LOCKS.has(model) ? severalLocks(exchanges, model, valueOf) : otherShape(exchanges, model, valueOf))
  );
}

/** Models of one object whose operations may say of which of several. */
export const KEYABLE: ReadonlySet<string> = new Set(
  MODEL_NAMES.filter((name) => name !== 'kv' && name !== 'multi-register'),
);

const LOCKS = new Set<ModelName>(['mutex', 'owner-mutex']);
const READS = new Set(['read', 'r', 'get']);
const TAKES = new Set(['dequeue', 'pop', 'drain', 'poll', 'peek', 'top']);
const LOCKINGS = new Set(['acquire', 'release', 'lock', 'unlock']);
const STEPS = new Set(['r', 'w', 'read', 'write', 'append']);

type ValueOf = (event: Event) => Value;

function valueBesideKey({ f, value }: Event): Value {
  if (!Array.isArray(value)) return value;
  const [, ...rest] = value as Value[];
  return rest.length === 2 && SWAPS.has(f) ? rest : rest[0]!;
}

/** Values of transactions: lists of steps, each with its own name. */
function microOperation(exchanges: readonly Exchange[], valueOf: ValueOf): Objection | null {
  const found = exchanges.find(({ call }) => areSteps(valueOf(call)));
  if (found === undefined) return null;
  const names = new Set(
    exchanges.flatMap(({ call }) => {
      const value = valueOf(call);
      return areSteps(value) ? (value as readonly (readonly Value[])[]).map(([name]) => name) : [];
    }),
  );
  return {
    says: `line ${found.call.line} holds steps of a transaction, ${preview(valueOf(found.call))}`,
    isImpossible: true,
    hint: names.has('append')
      ? 'No model knows transactions that append; Elle judges those.'
      : '"--model multi-register" judges transactions that read and write.',
  };
}

function areSteps(value: Value): boolean {
  if (!Array.isArray(value) || value.length === 0) return false;
  return (value as Value[]).every((step) => {
    if (!Array.isArray(step) || step.length < 2 || step.length > 3) return false;
    return typeof step[0] === 'string' && STEPS.has(step[0]);
  });
}

/** Some operations say of which key they are, others do not. */
function halfKeyed(exchanges: readonly Exchange[], isKeyed: boolean): Objection | null {
  const withKey = exchanges.find(({ call }) => call.key !== undefined);
  const without = exchanges.find(({ call: { key, value } }) => key === undefined && !Array.isArray(value));
  if (withKey !== undefined && without !== undefined)
    return {
      says: `line ${withKey.call.line} is about the key ${preview(withKey.call.key)}, and line ${without.call.line} about none`,
      isImpossible: true,
    };
  if (isKeyed) return null;
  const asks = exchanges.find(
    ({ call: { f, value } }) =>
      (READS.has(f) || TAKES.has(f) || LOCKINGS.has(f)) &&
      Array.isArray(value) &&
      value.length === 2 &&
      value[1] === null,
  );
  if (asks === undefined) return null;
  return {
    says: `line ${asks.call.line} asks for ${preview(asks.call.value)}, as if for a key, and not every operation does`,
    isImpossible: true,
  };
}

/** What is asked for nothing needs no argument: one may be the object that is meant. */
function argumentOfRead(
  exchanges: readonly Exchange[],
  model: ModelName,
  valueOf: ValueOf,
): Objection | null {
  if (LOCKS.has(model)) return null;
  const asking = exchanges.filter(
    ({ call, answer }) =>
      (READS.has(call.f) || TAKES.has(call.f)) &&
      valueOf(call) !== null &&
      // Some repeat the answer in the call.
      answer !== undefined &&
      identity(valueOf(answer)) !== identity(valueOf(call)),
  );
  const [first] = asking;
  if (first === undefined) return null;
  const asked = new Set(asking.map(({ call }) => identity(valueOf(call))));
  return {
    says: `${first.call.f} in line ${first.call.line} asks for ${preview(valueOf(first.call))}, so it may be about one of several objects`,
    isImpossible: asked.size > 1 || isContainer(valueOf(first.call)),
    hint: 'A field "key" says of which object an operation is.',
  };
}

/** An update whose answer carries something else than was asked for: a version, a token, what is now there. */
function answerOfUpdate(
  exchanges: readonly Exchange[],
  model: ModelName,
  valueOf: ValueOf,
): Objection | null {
  if (LOCKS.has(model)) return null;
  const isUpdate = ({ call: { f } }: Exchange) => !READS.has(f) && !TAKES.has(f);
  const changed = exchanges.filter((exchange) => {
    const { call, answer } = exchange;
    if (answer === undefined || !isUpdate(exchange)) return false;
    const [asked, answered] = [valueOf(call), valueOf(answer)];
    if (answered === null || answered === true) return false;
    return asked !== null && identity(asked) !== identity(answered);
  });
  const [first] = changed;
  if (first === undefined) return null;
  const refused = changed.find(({ answer }) => valueOf(answer!) === false);
  const answers = new Set(changed.map(({ answer }) => identity(valueOf(answer!))));
  const asked = new Set(exchanges.filter(isUpdate).map(({ call }) => identity(valueOf(call))));
  const isRead = exchanges.some(({ call, answer }) => {
    if (!READS.has(call.f) || answer === undefined) return false;
    const found = identity(valueOf(answer));
    return answers.has(found) && !asked.has(found);
  });
  const { call, answer } = refused ?? first;
  return {
    says: `${call.f} in line ${call.line} asks for ${preview(valueOf(call))}, and its answer in line ${answer!.line} carries ${preview(valueOf(answer!))}`,
    isImpossible: isRead || refused !== undefined,
    ...(refused === undefined ? {} : { hint: 'What did not happen has the type fail.' }),
  };
}

/** Calls of a lock that carry different values, which may be the names of different locks. */
function severalLocks(exchanges: readonly Exchange[], model: ModelName, valueOf: ValueOf): Objection | null {
  const named = exchanges.filter(({ call }) => {
    const value = valueOf(call);
    // What releases may show a token that its own acquire returned.
    if (call.f === 'release' || call.f === 'unlock') return false;
    return value !== null && !(isContainer(value) && 'client' in (value as object));
  });
  const [first] = named;
  const other = named.find(({ call }) => identity(valueOf(call)) !== identity(valueOf(first!.call)));
  if (first === undefined || other === undefined) return null;
  return {
    says: `line ${first.call.line} is about ${preview(valueOf(first.call))} and line ${other.call.line} about ${preview(valueOf(other.call))}, which may be different locks`,
    isImpossible: model === 'mutex',
    hint: 'A field "key" says of which lock an operation is.',
  };
}

/** Answers that look like nothing that was written. */
function otherShape(exchanges: readonly Exchange[], model: ModelName, valueOf: ValueOf): Objection | null {
  const written = new Shapes();
  const times = new Map<number | string, number>();
  for (const { call } of exchanges) {
    const { f } = call;
    if (READS.has(f) || TAKES.has(f)) continue;
    const value = valueOf(call);
    const values = SWAPS.has(f) && Array.isArray(value) ? (value as Value[]) : [value];
    for (const each of values) written.add(each);
    if (model === 'set') times.set(identity(value), (times.get(identity(value)) ?? 0) + 1);
  }
  if (written.isEmpty) return null;
  let strange: { line: number; value: Value } | undefined;
  let foundCount = 0;
  let strangeCount = 0;
  for (const { call, answer } of exchanges) {
    if (answer === undefined || !(READS.has(call.f) || TAKES.has(call.f))) continue;
    const value = valueOf(answer);
    const isList = COLLECTIONS.has(model) || call.f === 'drain';
    if (isList && value !== null && !Array.isArray(value)) return noList(answer, value, model);
    if (model === 'set') {
      const bag = repeated(value as readonly Value[] | null, times);
      if (bag !== undefined)
        return {
          says: `line ${answer.line} reads ${preview(bag)} several times, as often as it was added at most, which a bag could hold`,
          isImpossible: false,
        };
    }
    for (const each of isList ? ((value as readonly Value[] | null) ?? []) : [value]) {
      if (each === null || (model === 'kv' && each === '')) continue;
      foundCount++;
      if (written.has(each)) continue;
      strange ??= { line: answer.line, value: each };
      if (isContainer(each) !== isContainer(written.example)) strangeCount++;
    }
  }
  if (strange === undefined) return null;
  return {
    says: `line ${strange.line} returns ${preview(strange.value)}, ${kindOf(strange.value)}, where ${preview(written.example)} and the like were written`,
    isImpossible: strangeCount === foundCount,
  };
}

const COLLECTIONS = new Set<ModelName>(['set', 'append-list']);

function noList({ line }: Event, value: Value, model: ModelName): Objection {
  return {
    says: `line ${line} returns ${preview(value)}, ${kindOf(value)}, and no list`,
    isImpossible: true,
    ...(model === 'set' && typeof value === 'number'
      ? { hint: 'Is it a counter? "--model counter" judges those.' }
      : {}),
  };
}

/** A member that a read returned more than once, and that was added at least as often. */
function repeated(
  members: readonly Value[] | null,
  times: ReadonlyMap<number | string, number>,
): Value | undefined {
  const counts = new Map<number | string, number>();
  for (const member of members ?? []) {
    const count = (counts.get(identity(member)) ?? 0) + 1;
    counts.set(identity(member), count);
    if (count > 1 && count <= (times.get(identity(member)) ?? 0)) return member;
  }
  return undefined;
}

/** Transactions of reads and writes whose reads return what looks like what was written. */
function transactionsOf(exchanges: readonly Exchange[]): Objection | null {
  const written = new Shapes();
  const returned: { line: number; value: Value }[] = [];
  for (const { call, answer } of exchanges) {
    for (const step of stepsOf(call)) {
      if (!Array.isArray(step) || step.length !== 3 || !['r', 'w', 'read', 'write'].includes(String(step[0])))
        return {
          says: `line ${call.line} holds ${preview(step)}, and not a read ["r" key null] or a write ["w" key value]`,
          isImpossible: true,
          ...(Array.isArray(step) && step[0] === 'append'
            ? { hint: 'No model knows transactions that append; Elle judges those.' }
            : {}),
        };
      if (String(step[0]).startsWith('w')) written.add(step[2] as Value);
    }
    if (answer === undefined) continue;
    for (const step of stepsOf(answer)) {
      if (Array.isArray(step) && String(step[0]).startsWith('r') && step[2] !== null)
        returned.push({ line: answer.line, value: step[2] as Value });
    }
  }
  const strange = written.isEmpty ? undefined : returned.find(({ value }) => !written.has(value));
  if (strange === undefined) return null;
  return {
    says: `line ${strange.line} returns ${preview(strange.value)}, ${kindOf(strange.value)}, where ${preview(written.example)} and the like were written`,
    isImpossible: returned.every(({ value }) => isContainer(value) !== isContainer(written.example)),
  };
}

/** Steps of a transaction, behind its key where it has one. */
function stepsOf({ value }: Event): readonly Value[] {
  if (!Array.isArray(value)) return [];
  const isBehindKey = value.length === 2 && !Array.isArray(value[0]) && Array.isArray(value[1]);
  return (isBehindKey ? value[1] : value) as readonly Value[];
}
