import { duplicateKeyIn } from '../../core/duplicate-keys.ts';
import { Failure, messageOf } from '../../core/failure.ts';
import { NESTING_MAX } from '../../core/nesting.ts';
import type { Value } from '../operation.ts';
import { exactNumber } from './number.ts';

/**
 * JSON whose values are those that were written. `JSON.parse` rounds integers beyond 2^53, so that two become one, and
 * a read of what was never written looks like a read of its neighbour. They are rare, and looked for where it matters: such
 * text is read again with these integers as texts, which is how EDN has them.
 */
export function parseExactly(text: string, what: string): Value {
  let exact = '';
  for (let at = 0; at < text.length;) {
    const quote = text.indexOf('"', at);
    const start = quote < 0 ? text.length : quote;
    exact += text.slice(at, start).replaceAll(NUMBER, (token) => kept(token));
    at = endOfString(text, start);
    exact += text.slice(start, at);
  }
  return parseJson(exact, what);
}

/** Where the string that begins there is over. A pattern for all of it runs out of stack on long ones. */
function endOfString(text: string, start: number): number {
  ESCAPE_OR_QUOTE.lastIndex = start + 1;
  for (let match = ESCAPE_OR_QUOTE.exec(text); match !== null; match = ESCAPE_OR_QUOTE.exec(text))
    if (match[0] === '"') return ESCAPE_OR_QUOTE.lastIndex;
  return text.length;
}

const ESCAPE_OR_QUOTE = /\\[^]|"/g;
const NUMBER = /-?\d[\d.eE+-]*/g;

/** @param what the text is, for the sentence that says what is wrong with it. */
export function parseJson(text: string, what: string): Value {
  let content: Value;
  try {
    content = JSON.parse(text) as Value;
  } catch (error) {
    throw new Failure(`${what} is not whole JSON: ${messageOf(error)}.`);
  }
  const twice = duplicateKeyIn(text, content);
  if (twice === null) return content;
  const place = Array.isArray(content) ? `, in item ${twice.item}` : '';
  throw new Failure(`${what} has the key ${JSON.stringify(twice.key)} twice in one object${place}.`, {
    hint: 'Which of its two values is meant, it does not say.',
  });
}

/**
 * Whether these fields of an entry are what was written, and not rounded.
 * @throws Failure where it nests deeper than whatever comes after could walk.
 */
export function isExact(entry: Value, names: readonly string[], line: number): boolean {
  if (typeof entry !== 'object' || entry === null) return true;
  let all = true;
  for (const name of names) {
    const value = (entry as Record<string, Value | undefined>)[name];
    if (value !== undefined && !isWritten(value, line)) all = false;
  }
  return all;
}

/** Looks at everything, whatever it finds, because too deep is too deep anywhere. */
function isWritten(value: Value, line: number, depth = 0): boolean {
  if (typeof value === 'number') return Math.abs(value) <= Number.MAX_SAFE_INTEGER;
  if (typeof value !== 'object' || value === null) return true;
  if (depth === NESTING_MAX) throw new Failure(`Line ${line} nests more than ${NESTING_MAX} deep.`);
  let all = true;
  for (const item of Array.isArray(value) ? (value as Value[]) : Object.values(value)) {
    if (!isWritten(item, line, depth + 1)) all = false;
  }
  return all;
}

/** A number of JSON as it may be parsed: itself where it means the same then, else a text. */
function kept(token: string): string {
  const exact = exactNumber(token);
  return typeof exact === 'number' ? token : JSON.stringify(exact);
}
