import { Failure } from '../../core/failure.ts';
import type { Operation, Value } from '../operation.ts';
import { ednEntries } from './edn.ts';
import { Entries, KNOSSOS } from './entries.ts';
import type { Event } from './event.ts';
import { parseExactly, parseJson } from './json.ts';
import { isHistoryTxt, isJepsenLog, readHistoryTxt, readJepsenLog } from './jepsen-log.ts';
import { Words } from './notation.ts';
import { inOrder, type Order } from './order.ts';
import { pair, type Dialect } from './pair.ts';

/** What a file says: events, and how the tools that write this format mean them. */
export interface Recorded {
  events: Event[];
  dialect: Dialect;
  hasLines: boolean;
}

/** What is known of the tool that wrote a history; the defaults are those of the format (see `Dialect`). */
export interface ReadOptions extends Partial<Dialect> {
  model: string;
  /** What the order of events is taken from; default the order of lines, if times do not contradict it. */
  order?: Order;
  /** Whether every value is a pair of a key and a value; a `kv` has keys anyway. */
  isKeyed?: boolean;
}

/**
 * A recorded history of any tool, by its content: EDN or JSON (a list of operations, or one after another), the lines
 * of a log of Jepsen, or its `history.txt`.
 *
 * @param text decoded strictly: a lenient decoder makes one character of different bytes, and equal what is not.
 * @throws Failure in one sentence, with the line, for anything that is not a history, or not a whole one.
 */
export function readHistory(text: string, options: ReadOptions): Operation[] {
  return operationsOf(readEvents(text, options), options);
}

/** The events of a history, for what must be known before they are put together. */
export function readEvents(content: string, options: { order?: Order } = {}): Recorded {
  const text = withoutMark(content);
  const format = formatOf(text);
  if (format === null) throw new Failure('This is no history in a known format.', { hint: HINT });
  const { events, dialect } = READERS[format](text, options.order);
  if (events.length === 0) throw new Failure('The history holds no operations.', { hint: HINT });
  return { events: inOrder(events, options.order), dialect, hasLines: format !== 'json' };
}

/** Whether a text is a history in one of the formats, be it a damaged one. */
export function looksLikeHistory(content: string): boolean {
  const text = withoutMark(content);
  const format = formatOf(text);
  if (format === 'log') return isJepsenLog(text);
  if (format === null || format === 'txt') return format === 'txt';
  // Other programs write JSON, too, and other files EDN.
  const beginning = text.slice(0, BEGINNING);
  return /(?::|")process\b/.test(beginning) || (/\bcall/i.test(beginning) && /\bret/i.test(beginning));
}

/** So many characters show what a file is. */
const BEGINNING = 65_536;

/** Some programs begin a file with a byte order mark. */
function withoutMark(content: string): string {
  return content.startsWith('\uFEFF') ? content.slice(1) : content;
}

/** Calls and returns put together. */
export function operationsOf({ events, dialect, hasLines }: Recorded, options: ReadOptions): Operation[] {
  const { model, failedCas = dialect.failedCas, nilRead = dialect.nilRead } = options;
  return pair(events, { model, hasLines, failedCas, nilRead, isKeyed: options.isKeyed ?? model === 'kv' });
}

type Format = 'edn' | 'json' | 'ndjson' | 'log' | 'txt';

function formatOf(text: string): Format | null {
  const start = /^\s*([[(]?)[\s,]*(\{\s*")?/.exec(text)!;
  if (start[2] !== undefined) return start[1] === '' ? 'ndjson' : 'json';
  if (/^\s*(?:[[({#;]|$)/.test(text)) return 'edn';
  if (isHistoryTxt(text)) return 'txt';
  return /\bjepsen\.util\b/.test(text) ? 'log' : null;
}

const HINT =
  'Known are Jepsen EDN, the same as JSON or NDJSON, operations with the times of call and return, the lines of a Jepsen log, and history.txt.';

type Events = Pick<Recorded, 'events' | 'dialect'>;

const READERS: Record<Format, (text: string, order: Order | undefined) => Events> = {
  edn: (text) => withWords((words) => readEdn(text, words)),
  json(text, order) {
    const list = parseJson(text, WHOLE) as Value[];
    const found = new Entries(order);
    const areExact = list.map((form, at) => found.addParsed(form, at + 1));
    if (!areExact.includes(false)) return found.end();
    const exact = new Entries(order);
    for (const [at, form] of (parseExactly(text, WHOLE) as Value[]).entries()) exact.add(form, at + 1);
    return exact.end();
  },
  ndjson(text, order) {
    const found = new Entries(order);
    for (const [at, content] of text.split('\n').entries()) {
      if (content.trim() === '') continue;
      const what = `Line ${at + 1}`;
      if (found.addParsed(parseJson(content, what), at + 1)) continue;
      found.replace(parseExactly(content, what), at + 1);
    }
    return found.end();
  },
  log(text) {
    const { events, isOld } = withWords((words) => readJepsenLog(text, words));
    return { events, dialect: isOld ? ETCD : KNOSSOS };
  },
  txt: (text) => ({ events: withWords((words) => readHistoryTxt(text, words)), dialect: KNOSSOS }),
};

/** Reads, and once more where words in several notations have to be told apart. */
function withWords<Read>(read: (words: Words) => Read): Read {
  const words = new Words();
  const first = read(words);
  return words.secondPassNeeded() ? read(words) : first;
}

function readEdn(text: string, words: Words): Events {
  const found = new Entries();
  const entries = ednEntries(text, words);
  for (let next = entries.next(); next !== undefined; next = entries.next()) {
    const { form, line } = next;
    if (!Array.isArray(form)) found.add(form, line);
    else for (const entry of form) found.add(entry as Value, line);
  }
  return found.end();
}

const WHOLE = 'The history';

/**
 * The old logs that are passed around come from etcd tests, whose clients answer a failed cas only when it found
 * another value, and a read of a missing key with nil.
 */
const ETCD: Dialect = { failedCas: 'mismatch', nilRead: 'empty' };
