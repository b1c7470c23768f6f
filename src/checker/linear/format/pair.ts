import { Failure } from '../../../core/failure.ts';
import type { Operation, Value } from '../operation.ts';
import { NEMESIS, type Event } from './event.ts';

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
}

/**
 * Puts calls and returns together. The order of events is the order of time. What failed is left out: it did not
 * happen. What never returned, or returned `info`, may have happened at any time from its call on.
 */
export function pair(events: readonly Event[], how: Reading): Operation[] {
  const operations: Operation[] = [];
  const open = new Map<Event['process'], { event: Event; time: number }>();
  for (const [time, event] of events.entries()) {
    const { process, type, line } = event;
    const pending = open.get(process);
    if (type === 'invoke') {
      if (pending !== undefined && process !== NEMESIS) {
        throw new Failure(
          `Process ${process} invokes ${event.f} in line ${line} while its ${pending.event.f} of line ${pending.event.line} is still open.`,
          {
            hint: 'A process does one thing at a time; after an unknown outcome it must go on under another name.',
          },
        );
      }
      open.set(process, { event, time });
      continue;
    }
    if (pending === undefined) {
      // What a nemesis does is reported without an invocation.
      if (type === 'info') continue;
      throw new Failure(`Process ${process} completes ${event.f} in line ${line} without having invoked it.`);
    }
    open.delete(process);
    const operation = operationOf(pending, { event, time }, how);
    if (operation !== null) operations.push(operation);
  }
  for (const pending of open.values()) {
    const operation = operationOf(pending, null, how);
    if (operation !== null) operations.push(operation);
  }
  operations.sort((a, b) => a.call - b.call);
  for (const [index, operation] of operations.entries()) operation.index = index;
  return operations;
}

interface Moment {
  event: Event;
  time: number;
}

/** The operation, or null when it says nothing. */
function operationOf(call: Moment, completion: Moment | null, how: Reading): Operation | null {
  const { process } = call.event;
  if (process === NEMESIS) return null;
  const f = NAMES.get(call.event.f) ?? call.event.f;
  const type = completion?.event.type ?? 'info';
  const mismatch =
    type === 'fail' && f === 'cas' && how.failedCas === 'mismatch' && completion!.event.value !== 'timed-out';
  if (type === 'fail' && !mismatch) return null;
  const outcome = type === 'info' ? 'info' : 'ok';
  const asked = keyed(call.event, how.model);
  const answered =
    completion === null || outcome === 'info'
      ? { key: undefined, value: null }
      : keyed(completion.event, how.model);
  const answers = f === 'read' || f === 'dequeue';
  const output = f === 'cas' ? !mismatch : answers ? answered.value : null;
  if (
    f === 'read' &&
    (outcome === 'info' || (output === null && how.nilRead === 'any' && !COLLECTIONS.has(how.model)))
  )
    return null;
  return {
    index: 0,
    line: how.hasLines ? call.event.line : undefined,
    process,
    f,
    key: asked.key,
    input: answers ? null : (asked.value ?? answered.value),
    output,
    outcome,
    call: call.time,
    ret: outcome === 'info' ? Infinity : completion!.time,
  };
}

/** Keys are a field of their own, or stand before the value as Jepsen's independent tests have them: `[k v]`. */
function keyed(event: Event, model: string): { key: Value | undefined; value: Value } {
  const { key, value } = event;
  if (key !== undefined) return { key, value };
  if (model !== 'kv') return { key, value };
  if (Array.isArray(value) && value.length === 2) return { key: value[0] as Value, value: value[1] as Value };
  throw new Failure(`The operation in line ${event.line} does not say which key it is about.`, {
    hint: 'The model kv expects a field "key", or a value [key value].',
  });
}

const COLLECTIONS = new Set(['set', 'append-list']);

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
]);
