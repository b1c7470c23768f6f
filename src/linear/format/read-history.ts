import { Failure } from '../../core/failure.ts';
import type { Operation, Value } from '../operation.ts';
import { ednEntries } from './edn.ts';
import { eventOf, type Event } from './event.ts';
import { isExact, parseExactly, parseJson } from './json.ts';
import { readJepsenLog } from './jepsen-log.ts';
import { pair, type Dialect } from './pair.ts';

/** What a file says: events, and how the tools that write this format mean them. */
export interface Recorded {
  events: Event[];
  dialect: Dialect;
  hasLines: boolean;
}

/**
 * A recorded history of any tool, by its content: EDN or JSON (a list of operations, or one after another), or the
 * lines of a Jepsen log.
 *
 * @param text decoded strictly: a lenient decoder makes one character of different bytes, and equal what is not.
 * @param options what is known of the tool that wrote it; the defaults are those of the format (see `Dialect`).
 * @throws Failure in one sentence, with the line, for anything that is not a history, or not a whole one.
 */
export function readHistory(text: string, options: { model: string } & Partial<Dialect>): Operation[] {
  return operationsOf(readEvents(text), options);
}

/** The events of a history, for what must be known before they are put together. */
export function readEvents(content: string): Recorded {
  // Some programs begin a file with a byte order mark.
  const text = content.startsWith('\uFEFF') ? content.slice(1) : content;
  const format = formatOf(text);
  const events = READERS[format](text);
  if (events.length === 0) throw new Failure('The history holds no operations.', { hint: HINT });
  return { events, dialect: DIALECTS[format], hasLines: format !== 'json' };
}

/** Calls and returns put together. */
export function operationsOf(
  { events, dialect, hasLines }: Recorded,
  options: { model: string } & Partial<Dialect>,
): Operation[] {
  const { model, failedCas = dialect.failedCas, nilRead = dialect.nilRead } = options;
  return pair(events, { model, hasLines, failedCas, nilRead });
}

type Format = 'edn' | 'json' | 'ndjson' | 'log';

function formatOf(text: string): Format {
  const start = /^\s*([[(]?)[\s,]*(\{\s*")?/.exec(text)!;
  if (start[2] !== undefined) return start[1] === '' ? 'ndjson' : 'json';
  if (/^\s*(?:[[({#;]|$)/.test(text)) return 'edn';
  if (/\bjepsen\.util\b/.test(text)) return 'log';
  throw new Failure('This is no history in a known format.', { hint: HINT });
}

const HINT = 'Known are Jepsen EDN, the same as JSON or NDJSON, and the lines of a Jepsen log.';

const READERS: Record<Format, (text: string) => Event[]> = {
  edn(text) {
    const events: Event[] = [];
    const entries = ednEntries(text);
    for (let next = entries.next(); next !== undefined; next = entries.next()) {
      const { form, line } = next;
      if (!Array.isArray(form)) events.push(eventOf(form, line));
      else for (const entry of form) events.push(eventOf(entry as Value, line));
    }
    return events;
  },
  json(text) {
    const read = (list: Value) => (list as Value[]).map((form, at) => eventOf(form, at + 1));
    const events = read(parseJson(text, WHOLE));
    const areExact = events.map(isExact);
    return areExact.includes(false) ? read(parseExactly(text, WHOLE)) : events;
  },
  ndjson(text) {
    const events: Event[] = [];
    for (const [at, content] of text.split('\n').entries()) {
      if (content.trim() === '') continue;
      const what = `Line ${at + 1}`;
      const event = eventOf(parseJson(content, what), at + 1);
      events.push(isExact(event) ? event : eventOf(parseExactly(content, what), at + 1));
    }
    return events;
  },
  log: readJepsenLog,
};

const WHOLE = 'The history';

const KNOSSOS: Dialect = { failedCas: 'dropped', nilRead: 'any' };
const DIALECTS: Record<Format, Dialect> = {
  edn: KNOSSOS,
  json: KNOSSOS,
  ndjson: KNOSSOS,
  // The logs that are passed around come from etcd tests, whose clients answer a failed cas only when it found
  // another value, and a read of a missing key with nil.
  log: { failedCas: 'mismatch', nilRead: 'empty' },
};
