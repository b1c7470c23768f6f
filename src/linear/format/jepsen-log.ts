import { Failure } from '../../core/failure.ts';
import type { Value } from '../operation.ts';
import { readForm, readOnlyForm } from './edn.ts';
import { NEMESIS, type Event } from './event.ts';
import { momentOf, type Moment } from './moment.ts';
import type { Words } from './notation.ts';

/** The lines of a log, and whether Jepsen wrote them as it did until 2017: `INFO  jepsen.util - 3 :invoke …`. */
export interface Log {
  events: Event[];
  isOld: boolean;
}

/**
 * Lines of Jepsen's own log, and of Maelstrom's, from 2014 until today:
 *
 *   INFO  jepsen.util - 3 :invoke :cas [1 2]
 *   INFO [2021-04-13 23:32:29,761] jepsen worker 0 - jepsen.util 0 :invoke :read nil
 *   2022-07-28 07:53:02,859{GMT} INFO [jepsen worker 2] jepsen.util: [ 1350999542 ] 2 :invoke :write 5
 *
 * Whatever else a log holds is passed over, but never half of a history: lines of the log that begin like an
 * operation and are none, and operations in another format, are refused.
 */
export function readJepsenLog(text: string, words: Words): Log {
  const events: Event[] = [];
  let old: number | undefined;
  let recent: number | undefined;
  const lines = text.split('\n');
  for (let at = 0; at < lines.length; at++) {
    const content = lines[at]!;
    const oldOne = OLD_OPERATION.exec(content);
    const match = oldOne ?? OPERATION.exec(content);
    if (match === null) {
      assertNoOperation(content, at + 1);
      continue;
    }
    events.push(eventOf(match, at + 1, words, oldOne === null ? momentIn(content) : undefined));
    if (oldOne === null) recent ??= at + 1;
    else old ??= at + 1;
  }
  if (old !== undefined && recent !== undefined)
    throw new Failure(
      `Line ${recent} is of another version of Jepsen than line ${old}: two logs that mean different things by one line are not judged as one history.`,
      { hint: 'Judge each log alone.' },
    );
  return { events, isOld: old !== undefined };
}

/**
 * The lines of Jepsen's `history.txt`: process, type, f, value and perhaps an error, between tabs. It holds nothing else.
 */
export function readHistoryTxt(text: string, words: Words): Event[] {
  const events: Event[] = [];
  const lines = text.split('\n');
  for (let at = 0; at < lines.length; at++) {
    const content = lines[at]!;
    if (content.trim() === '') continue;
    const match = LINE.exec(content);
    if (match === null)
      throw new Failure(`Line ${at + 1} is no line of a history.txt: ${content.trim().slice(0, 60)}`, {
        hint: 'These are: a process, :invoke, :ok, :fail or :info, an operation, and a value.',
      });
    events.push(eventOf(match, at + 1, words));
  }
  return events;
}

/** Whether a text is a log with at least the beginning of an operation in it. */
export function isJepsenLog(text: string): boolean {
  return BEGINS_OPERATION.test(text);
}

/** Whether a text is a `history.txt`, by the first line that holds anything. */
export function isHistoryTxt(text: string): boolean {
  return new RegExp(String.raw`^\s*${CALL.source}`).test(text);
}

/** The operation that a line tells of: the two kinds of lines have their parts in the same order. */
function eventOf(match: RegExpExecArray, line: number, words: Words, time?: Event['time']): Event {
  const [, process, type, f, integer, from, to, other] = match;
  const number = Number(process);
  const name = Number.isSafeInteger(number) ? number : process!.replace(/^:/, '');
  return {
    process: name,
    type: type as Event['type'],
    f: f!,
    value: valueOf(line, name === NEMESIS ? undefined : words, integer, from, to, other),
    key: undefined,
    line,
    time,
  };
}

/** Values are numbers, pairs of them and nil more often than not: those need no reader of their own. */
function valueOf(
  line: number,
  words: Words | undefined,
  integer?: string,
  from?: string,
  to?: string,
  other?: string,
): Value {
  if (integer !== undefined) return Number(integer);
  if (from !== undefined) return [Number(from), Number(to)];
  if (other === undefined || other.trim() === '') return null;
  // Between tabs a value ends where the error begins; between blanks it is the first form.
  const [, value] = /^\t([^\t\r]*)/.exec(other) ?? [];
  if (value === undefined) return readForm(other, line, words);
  return value.trim() === '' ? null : readOnlyForm(value, line, words);
}

/** Of the operation itself where the log tells it, else that of the line. */
function momentIn(content: string): Moment | undefined {
  const [, relative] = RELATIVE.exec(content) ?? [];
  if (relative !== undefined) return momentOf(Number(relative));
  const [stamp] = STAMP.exec(content) ?? [];
  return stamp === undefined ? undefined : momentOf(stamp);
}

/** @throws Failure for a line of a log that is half an operation, or one in another format. */
function assertNoOperation(content: string, line: number): void {
  if (content.includes('jepsen.util') && BEGINS_OPERATION.test(content))
    throw new Failure(`Line ${line} begins like an operation and is none: ${content.trim().slice(-60)}`, {
      hint: 'Operations are a process, :invoke, :ok, :fail or :info, an operation, and a value.',
    });
  const first = content.charCodeAt(0);
  const isOther = first === BRACE ? OTHER_FORMAT.test(content) : LINE.test(content);
  if (isOther)
    throw new Failure(`Line ${line} is an operation in another format than the log around it.`, {
      hint: 'A file is one history in one format.',
    });
}

const BRACE = '{'.charCodeAt(0);
const STAMP = /\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}/;
const VALUE = /(?:\s+(?:(-?\d{1,15})|\[(-?\d{1,15}) (-?\d{1,15})\]|nil)\s*$|([^]*)$)/;
const CALL = /(:?[\w.-]+)\s+:(invoke|ok|fail|info)\s+:(\S+)/;
const LINE = new RegExp(`^${CALL.source}${VALUE.source}`);
const OLD_OPERATION = new RegExp(String.raw`\bjepsen\.util\s+-\s+${CALL.source}${VALUE.source}`);
const OPERATION = new RegExp(String.raw`\bjepsen\.util:?\s+(?:\[[^\]]*\]\s+)?${CALL.source}${VALUE.source}`);
const RELATIVE = /\bjepsen\.util:?\s+\[\s*(-?\d+)\s*\]/;
const BEGINS_OPERATION = /\bjepsen\.util:?\s+(?:-\s+)?(?:\[[^\]]*\]\s+)?(?:-?\d+|:nemesis)\s+:/;
/** Operations as EDN or JSON have them, in one line. */
const OTHER_FORMAT = /:process\s.*:type\s|:type\s.*:process\s|:call\s|"(?:process|ClientId|call|Call)"\s*:/;
