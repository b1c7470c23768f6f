import { Failure } from '../../core/failure.ts';
import { withoutDrains } from './drain.ts';
import { identity, type Operation, type Value } from '../operation.ts';
import { NEMESIS, preview, type Event } from './event.ts';
import { SWAPS } from './exchange.ts';
import { namesIn, OPERATION_NAMES } from './guess-model.ts';

/** Where tools mean different things by the same line. */
export interface Dialect {
  /** A cas that failed: it found another value (`mismatch`), or it never happened for whatever reason (`dropped`). */
  failedCas: 'mismatch' | 'dropped';
  /** A read that returned nil: the register was empty (`empty`), or nothing is known (`any`, as in Knossos). */
  nilRead: 'empty' | 'any';
}

/** What is known of a history that is not in its events. */
export interface Reading extends Dialect {
  model: string;
  /** Whether the file has lines for operations to stand in. */
  hasLines: boolean;
  /** Whether every value is a pair of a key and a value. A `kv` has keys anyway. */
  isKeyed?: boolean;
}

/**
 * Puts calls and returns together. The order of events is the order of time. What failed is left out: it did not
 * happen. What never returned, or returned `info`, may have happened at any time from its call on.
 *
 * A completion without its invocation shows that the history lost lines, whatever its type. To take it for invoked
 * before everything would do for this one operation, but whatever began and ended in the part that is lost left no
 * trace at all, and a read of it would be held against the innocent. So such a history is refused, not judged.
 *
 * @throws Failure in one sentence, with the line, for what no client can have done.
 */
export function pair(events: readonly Event[], how: Reading): Operation[] {
  let operations: Operation[] = [];
  /** By process, or by operation where the file says which is whose: the place of the call that waits for an answer. */
  const open = new Map<Event['process'], number>();
  let invoked: Set<string> | undefined;
  for (let at = 0; at < events.length; at++) {
    const event = events[at]!;
    const { process, type, f, line, span = process } = event;
    if (process === NEMESIS) continue;
    const called = open.get(span);
    if (type === 'invoke') {
      if (called !== undefined) {
        const before = events[called]!;
        throw new Failure(
          `Process ${process} invokes ${f} in line ${line} while its ${before.f} of line ${before.line} is still open.`,
          {
            hint: 'A process does one thing at a time; after an unknown outcome it must go on under another name.',
          },
        );
      }
      open.set(span, at);
      continue;
    }
    if (called === undefined) {
      invoked ??= new Set(namesIn(events));
      if (isNoClients(event, invoked)) continue;
      throw new Failure(`Process ${process} completes ${f} in line ${line} without having invoked it.`, {
        hint: `The history lost lines, perhaps its beginning. What no client does belongs to a process named "${NEMESIS}".`,
      });
    }
    assertSame(events[called]!, event);
    open.delete(span);
    const operation = operationOf(events, called, at, how);
    if (operation !== null) operations.push(operation);
  }
  for (const called of open.values()) {
    const operation = operationOf(events, called, Infinity, how);
    if (operation !== null) operations.push(operation);
  }
  operations.sort((a, b) => a.call - b.call);
  if (how.model === 'unordered-queue') operations = withoutDrains(operations);
  for (let index = 0; index < operations.length; index++) operations[index]!.index = index;
  return operations;
}

/**
 * Whether it was told beside the history, as what a nemesis does is: without an invocation, by a process with a name
 * instead of a number. But some clients have names, too, so what any client may do counts as theirs.
 */
function isNoClients({ process, type, f }: Event, invoked: ReadonlySet<string>): boolean {
  return typeof process !== 'number' && type === 'info' && !OPERATION_NAMES.has(f) && !invoked.has(f);
}

function assertSame(call: Event, completion: Event): void {
  if (call.f === completion.f || nameOf(call) === nameOf(completion)) return;
  throw new Failure(
    `Process ${call.process} completes ${completion.f} in line ${completion.line}, but what it invoked in line ${call.line} is ${call.f}.`,
    { hint: MIXED },
  );
}

function assertSameKey(call: Event, completion: Event, how: Reading): void {
  const [asked, answered] = [keyOf(call, how), keyOf(completion, how)];
  // A completion may leave out what its invocation has said.
  if (asked === answered || asked === undefined || answered === undefined) return;
  if (identity(asked) === identity(answered)) return;
  throw new Failure(
    `Process ${call.process} completes ${completion.f} of the key ${preview(answered)} in line ${completion.line}, but invoked it of ${preview(asked)} in line ${call.line}.`,
    { hint: MIXED },
  );
}

const MIXED = 'The history lost lines between them, or two processes share a name.';

/**
 * The operation, or null when it says nothing.
 * @param returned the place of the event that completed it; Infinity if none did.
 */
function operationOf(
  events: readonly Event[],
  called: number,
  returned: number,
  how: Reading,
): Operation | null {
  const call = events[called]!;
  const completion = events[returned];
  const f = nameOf(call, how.model);
  const type = completion?.type ?? 'info';
  const mismatch =
    type === 'fail' && f === 'cas' && how.failedCas === 'mismatch' && completion!.value !== 'timed-out';
  if (type === 'fail' && !mismatch) return null;
  const outcome = type === 'info' ? 'info' : 'ok';
  if (outcome === 'ok') assertSameKey(call, completion!, how);
  const answer = outcome === 'info' ? null : valueOf(completion!, how);
  const answers = ANSWERING.has(f);
  const output =
    f === 'cas' ? !mismatch : f === 'txn' ? stepsOf(answer, how) : answers || LOCKS.has(f) ? answer : null;
  if (f === 'peek' && outcome === 'info') return null;
  if (
    f === 'read' &&
    (outcome === 'info' || (output === null && how.nilRead === 'any' && !COLLECTIONS.has(how.model)))
  )
    return null;
  return {
    index: 0,
    line: how.hasLines ? call.line : undefined,
    process: call.process,
    f,
    key: keyOf(call, how),
    input: answers ? null : (valueOf(call, how) ?? answer),
    output,
    outcome,
    call: call.rank ?? called,
    ret: outcome === 'info' ? Infinity : (completion!.rank ?? returned),
  };
}

/** Keys are a field of their own, or stand before the value as Jepsen's independent tests have them: `[k v]`. */
function keyOf(event: Event, how: Reading): Value | undefined {
  return event.key === undefined && hasTuple(event, how) ? tupleOf(event)[0] : event.key;
}

/** Transactions of independent tests are `[k [step …]]`: a key is no step. */
function hasTuple({ value }: Event, { model, isKeyed = model === 'kv' }: Reading): boolean {
  if (model !== 'multi-register') return isKeyed;
  return Array.isArray(value) && value.length === 2 && !Array.isArray(value[0]);
}

function valueOf(event: Event, how: Reading): Value {
  return event.key === undefined && hasTuple(event, how) ? tupleOf(event)[1] : event.value;
}

/** A compare-and-set is `[k [from to]]`, or `[k from to]`. An answer may leave out what its call has said. */
function tupleOf({ value, line, type, f }: Event): readonly [key: Value | undefined, value: Value] {
  if (Array.isArray(value)) {
    const [key, ...rest] = value as Value[];
    if (rest.length === 1) return [key, rest[0]!];
    if (rest.length === 2 && SWAPS.has(f)) return [key, rest];
  }
  if (value === null && type !== 'invoke') return [undefined, null];
  throw new Failure(`The operation in line ${line} does not say which key it is about.`, {
    hint: 'Expected is a field "key", or a value [key value].',
  });
}

/** Their answers may say whose they are. */
const LOCKS = new Set(['acquire', 'release']);
/** They ask for nothing and return a value. */
const ANSWERING = new Set(['read', 'dequeue', 'drain', 'pop', 'poll', 'peek']);

/** The steps of a transaction. A read of nil says as little in one as it does alone. */
function stepsOf(steps: Value, { nilRead }: Reading): Value {
  if (!Array.isArray(steps) || nilRead === 'empty') return steps;
  return (steps as Value[]).filter(
    (step) => !Array.isArray(step) || step[2] !== null || nameOf({ f: String(step[0]) }) !== 'read',
  );
}

const COLLECTIONS = new Set(['set', 'append-list']);

/** @param model decides where one name has several meanings. */
function nameOf({ f }: Pick<Event, 'f'>, model?: string): string {
  if (model === 'multi-register' && TRANSACTIONS.has(f)) return 'txn';
  if (model === 'stack' && f === 'push') return f;
  if (model?.endsWith('priority-queue') === true) return HEAP_NAMES.get(f) ?? f;
  return NAMES.get(f) ?? f;
}

/** What Jepsen's tests of several registers call transactions. */
const TRANSACTIONS = new Set(['txn', 'read', 'write', 'r', 'w']);

/** Other tools' names for the same thing. */
const NAMES = new Map([
  ['get', 'read'],
  ['r', 'read'],
  ['put', 'write'],
  ['w', 'write'],
  ['compare-and-set', 'cas'],
  ['lock', 'acquire'],
  ['unlock', 'release'],
  ['push', 'append'],
  ['top', 'peek'],
]);

/** What priority queues call the same. */
const HEAP_NAMES = new Map([
  ['offer', 'insert'],
  ['add', 'insert'],
  ['push', 'insert'],
  ['enqueue', 'insert'],
  ['pop', 'poll'],
  ['dequeue', 'poll'],
  ['top', 'peek'],
]);
