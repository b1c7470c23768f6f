import { Failure } from '../../core/failure.ts';
import { NESTING_MAX, nestsDeeper } from '../../core/nesting.ts';
import type { Value } from '../operation.ts';
import { momentOf, type Moment } from './moment.ts';

/** A line of a recorded history: somebody asked for something, or got an answer. */
export interface Event {
  process: string | number;
  type: 'invoke' | 'ok' | 'fail' | 'info';
  f: string;
  value: Value;
  key: Value | undefined;
  /** Where it stands in the file, from 1; in a JSON list, which has no lines, among the operations. */
  line: number;
  /** When it happened, where the file says so. */
  time?: Moment | undefined;
  /** Jepsen's number of the event. */
  index?: number | undefined;
  /** Its place in time where that is not its place in the file; events with one rank are concurrent. */
  rank?: number;
  /** The operation that it belongs to, where that is not told by its process. */
  span?: number;
}

/** What a nemesis does is told beside a history, and is no part of it. */
export const NEMESIS = 'nemesis';

/** The fields of an event that tell operations apart. */
export const TELLING: readonly string[] = ['process', 'value', 'key'];

/** An event from a map of EDN or JSON. Other fields (`:error`, `:node`, …) say nothing about order. */
export function eventOf(form: Value, line: number): Event {
  const { process, type, f, value = null, key, time, index } = fieldsOf(form, line);
  if (typeof process !== 'number' && typeof process !== 'string') {
    throw new Failure(`The operation in line ${line} lacks a process.`, {
      hint: OWN_TYPES.has(type) ? 'It looks like a history of a log: "kept check" judges those.' : '',
    });
  }
  if (typeof type !== 'string' || !TYPES.has(type)) {
    throw new Failure(
      `The operation in line ${line} has the type ${preview(type)}; it must be invoke, ok, fail or info.`,
    );
  }
  if (typeof f !== 'string') throw new Failure(`The operation in line ${line} lacks its f: read, write, …`);
  return {
    process,
    type: type as Event['type'],
    f,
    value,
    key,
    line,
    time: momentOf(time),
    index: typeof index === 'number' ? index : undefined,
  };
}

/** The fields of a map. @throws Failure for everything else. */
export function fieldsOf(form: Value, line: number): Record<string, Value | undefined> {
  if (form !== null && typeof form === 'object' && !Array.isArray(form))
    return form as Record<string, Value | undefined>;
  throw new Failure(
    `Line ${line} holds ${preview(form)} where an operation with process, type, f and value belongs.`,
  );
}

/** The lines of an NDJSON history as `kept check` reads it. */
const OWN_TYPES = new Set<unknown>(['run', 'write', 'read', 'scan', 'end', 'fault', 'view', 'reset']);
const TYPES = new Set(['invoke', 'ok', 'fail', 'info']);

/** A value in a sentence. */
export function preview(value: Value | undefined): string {
  if (nestsDeeper(value, NESTING_MAX)) return 'something deep';
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 40 ? `${text.slice(0, 37)}...` : text;
}
