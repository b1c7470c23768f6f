import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { NS_PER_MS, wallClockMs, type Clock } from '../core/clock.ts';
import type { MarkEvent } from '../history/event.ts';
import { MARKS_FILE } from '../history/layout.ts';

/**
 * What people do by hand while a run goes on: `kept mark` appends a line to a file in the run directory, and the run
 * picks it up. The line has the wall clock of the moment in which it was written, so it does not matter how soon.
 */
export interface Mark {
  at: MarkEvent['mark'];
  /** Empty where `stop` ends whatever was started last. */
  text: string;
  wallMs: number;
}

const LOOK_MS = 250;
const TEXT_CHARACTERS_MAX = 300;

export async function writeMark(directory: string, { at, text }: Pick<Mark, 'at' | 'text'>): Promise<void> {
  const line = text.replaceAll(/\s+/g, ' ').trim().slice(0, TEXT_CHARACTERS_MAX);
  await appendFile(
    join(directory, MARKS_FILE),
    `${JSON.stringify({ at, text: line, wallMs: wallClockMs() })}\n`,
  );
}

/** Records each mark as it comes. @returns ends it; what was marked before is recorded first. */
export function followMarks(
  directory: string,
  clock: Clock,
  record: (event: MarkEvent) => void,
): () => Promise<void> {
  const path = join(directory, MARKS_FILE);
  const ending = new AbortController();
  const marks = new Marks(clock);
  let position = 0;
  const look = () => {
    const { text, next } = wholeLinesFrom(path, position);
    position = next;
    for (const line of text.split('\n')) {
      const event = marks.eventOf(line);
      if (event !== null) record(event);
    }
  };
  const looking = (async () => {
    while (!ending.signal.aborted) {
      await clock.sleep(LOOK_MS, ending.signal);
      // What cannot be read now is read the next time.
      try {
        look();
      } catch {}
    }
  })();
  return async () => {
    ending.abort();
    await looking;
  };
}

/** Pairs the end of something with its beginning. */
class Marks {
  readonly #clock: Clock;
  readonly #open: { id: string; text: string }[] = [];
  #count = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Null for a line that is none, and for the end of something that was not begun. */
  eventOf(line: string): MarkEvent | null {
    const mark = parse(line);
    if (mark === null) return null;
    const ageNs = Math.max(0, wallClockMs() - mark.wallMs) * NS_PER_MS;
    const timeNs = Math.max(0, Math.round(this.#clock.nowNs() - ageNs));
    if (mark.at === 'stop') {
      const index = this.#open.findLastIndex(({ text }) => mark.text === '' || text === mark.text);
      if (index < 0) return null;
      const [{ id, text }] = this.#open.splice(index, 1) as [{ id: string; text: string }];
      return { type: 'mark', timeNs, id, mark: 'stop', text };
    }
    const id = `mark-${++this.#count}`;
    if (mark.at === 'start') this.#open.push({ id, text: mark.text });
    return { type: 'mark', timeNs, id, mark: mark.at, text: mark.text };
  }
}

function parse(line: string): Mark | null {
  try {
    const { at, text, wallMs } = JSON.parse(line) as Partial<Mark>;
    if (at !== 'start' && at !== 'stop' && at !== 'moment') return null;
    return typeof text === 'string' && typeof wallMs === 'number' ? { at, text, wallMs } : null;
  } catch {
    return null;
  }
}

/** What stands in the file behind `position`, up to its last whole line. Nothing where there is no file. */
function wholeLinesFrom(path: string, position: number): { text: string; next: number } {
  if (!existsSync(path)) return { text: '', next: position };
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(Math.max(0, fstatSync(file).size - position));
    const read = readSync(file, bytes, 0, bytes.length, position);
    const end = bytes.subarray(0, read).lastIndexOf('\n') + 1;
    return { text: bytes.toString('utf8', 0, end), next: position + end };
  } finally {
    closeSync(file);
  }
}
