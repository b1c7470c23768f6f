import { Failure } from '../../core/failure.ts';
import type { Value } from '../operation.ts';
import { fieldsOf, preview, type Event } from './event.ts';
import { areComparable, momentOf, type Moment } from './moment.ts';

/**
 * An operation in one piece, with the times of its call and of its return, as the library of this project and
 * Porcupine have them: `{"ClientId": 1, "Input": {"op": "put", "key": "a", "value": "1"}, "Call": 5, "Output": {}, "Return": 9}`.
 */
export interface Interval {
  process: string | number;
  f: string;
  key: Value | undefined;
  input: Value;
  output: Value | undefined;
  outcome: 'ok' | 'info' | 'fail';
  call: Moment;
  ret: Moment | undefined;
  line: number;
}

/** Whether a form is an operation in one piece, not an event of one. */
export function isInterval(form: Value): boolean {
  if (typeof form !== 'object' || form === null || Array.isArray(form)) return false;
  const map = form as Record<string, Value | undefined>;
  return map['type'] === undefined && CALL.some((name) => map[name] !== undefined);
}

/** What asks for nothing but an answer. */
const ANSWERED = new Set(['read', 'r', 'get', 'dequeue', 'pop', 'poll', 'peek', 'top']);
const PROCESS = ['process', 'ClientId', 'clientId', 'client_id', 'client'];
const NAME = ['f', 'op', 'Op'];
const CALL = ['call', 'Call', 'callTime', 'call_time'];
const RETURN = ['ret', 'return', 'Return', 'returnTime', 'return_time'];
const INPUT = ['input', 'Input'];
const OUTPUT = ['output', 'Output'];
const KEY = ['key', 'Key'];
const VALUE = ['value', 'Value'];

/** The fields of such an operation that tell operations apart, or put them in order. */
export const INTERVAL_FIELDS: readonly string[] = [PROCESS, CALL, RETURN, INPUT, OUTPUT, KEY].flat();

/** @throws Failure with the line for what is no such operation, or one that returns before it is called. */
export function intervalOf(form: Value, line: number): Interval {
  const map = fieldsOf(form, line);
  const asked = argumentsOf(map, line);
  const { f } = asked;
  if (typeof f !== 'string') {
    const what = f === undefined ? 'lacks its f' : `has ${preview(f)} for its f`;
    throw new Failure(`The operation in line ${line} ${what}: read, write, …`);
  }
  const call = momentOf(field(map, CALL));
  if (call === undefined) throw new Failure(`The operation in line ${line} lacks the time of its call.`);
  const outcome = outcomeOf(map, line);
  const ret = outcome === 'info' ? undefined : momentOf(field(map, RETURN));
  if (ret === undefined && outcome !== 'info')
    throw new Failure(`The operation in line ${line} lacks the time of its return.`, {
      hint: 'What never returned has the outcome "info".',
    });
  if (ret !== undefined && !(areComparable(call, ret) && call <= ret))
    throw new Failure(`The operation in line ${line} returns before it is called.`);
  const process = field(map, PROCESS);
  const output = answerOf(field(map, OUTPUT), asked.isNested);
  if (output === undefined && outcome === 'ok' && ANSWERED.has(f))
    throw new Failure(`The ${f} in line ${line} lacks its output.`, {
      hint: 'Null stands for nothing there.',
    });
  return {
    process: typeof process === 'number' || typeof process === 'string' ? process : line,
    f,
    key: asked.key,
    input: asked.input,
    output,
    outcome,
    call,
    ret,
    line,
  };
}

/** What was asked: in fields of the operation, or in a map that is its input. */
function argumentsOf(map: Record<string, Value | undefined>, line: number) {
  const input = field(map, INPUT) ?? null;
  const own = field(map, NAME);
  if (own !== undefined || typeof input !== 'object' || input === null || Array.isArray(input))
    return { f: own, key: field(map, KEY), input, isNested: false };
  const inside = fieldsOf(input, line);
  const { from, to } = inside;
  const f = field(inside, NAME);
  const name = typeof f === 'string' ? f.toLowerCase() : f;
  const value = from !== undefined && to !== undefined ? [from, to] : (field(inside, VALUE) ?? null);
  return {
    f: name,
    key: field(inside, KEY),
    // Structs of Go hold an empty value where there is none to hold.
    input: name === 'get' || name === 'read' ? null : value,
    isNested: true,
  };
}

/** An answer; where what was asked is a map, the value in it. An empty map answers nothing. */
function answerOf(output: Value | undefined, isNested: boolean): Value | undefined {
  if (!isNested || typeof output !== 'object' || output === null || Array.isArray(output)) return output;
  return field(output as Record<string, Value | undefined>, VALUE);
}

function outcomeOf(map: Record<string, Value | undefined>, line: number): Interval['outcome'] {
  const outcome = map['outcome'] ?? (isNever(field(map, RETURN)) ? 'info' : 'ok');
  if (outcome === 'ok' || outcome === 'info' || outcome === 'fail') return outcome;
  throw new Failure(
    `The operation in line ${line} has the outcome ${preview(outcome)}; it must be ok, info or fail.`,
  );
}

/** JSON has no infinity: an operation that never returned has null or a text there. */
function isNever(ret: Value | undefined): boolean {
  return ret === null || ret === 'Infinity' || ret === '##Inf';
}

function field(map: Record<string, Value | undefined>, names: readonly string[]): Value | undefined {
  for (const name of names) if (map[name] !== undefined) return map[name];
  return undefined;
}

/** Calls and returns in the order of time. Those at one time share a rank: they are concurrent. */
export function eventsOf(intervals: readonly Interval[]): Event[] {
  const timed: { event: Event; at: Moment }[] = [];
  for (const [span, interval] of intervals.entries()) {
    const { process, f, key, input, output = null, outcome, call, ret, line } = interval;
    if (!areComparable(call, intervals[0]!.call))
      throw new Failure(`The operation in line ${line} has times of another sort than the first one.`);
    timed.push({ event: { process, type: 'invoke', f, value: input, key, line, span }, at: call });
    if (ret === undefined) continue;
    // A compare-and-set answers whether it swapped.
    const swapped = typeof output === 'boolean' && SWAPS.has(f);
    const type = outcome === 'fail' || (swapped && !output) ? 'fail' : 'ok';
    timed.push({ event: { process, type, f, value: swapped ? null : output, key, line, span }, at: ret });
  }
  timed.sort((a, b) => {
    if (a.at < b.at) return -1;
    if (a.at > b.at) return 1;
    return Number(a.event.type !== 'invoke') - Number(b.event.type !== 'invoke');
  });
  let rank = 0;
  return timed.map(({ event, at }, place) => {
    if (place > 0 && at > timed[place - 1]!.at) rank++;
    return { ...event, rank };
  });
}

const SWAPS = new Set(['cas', 'compare-and-set']);
