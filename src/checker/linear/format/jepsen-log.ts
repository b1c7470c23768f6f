import type { Event } from './event.ts';
import { readForm } from './edn.ts';

/**
 * Lines of Jepsen's own log, old and new: `INFO  jepsen.util - 3 :invoke :cas [1 2]`. Whatever else a log holds is
 * passed over.
 */
export function* readJepsenLog(text: string): Generator<Event> {
  let line = 0;
  for (const content of text.split('\n')) {
    line++;
    const match = OPERATION.exec(content);
    if (match === null) continue;
    const [, process, type, f, value] = match as unknown as [string, string, Event['type'], string, string];
    const number = Number(process);
    yield {
      process: Number.isInteger(number) ? number : process.replace(/^:/, ''),
      type,
      f,
      value: value.trim() === '' ? null : readForm(value, line),
      line,
    };
  }
}

const OPERATION = /\bjepsen\.util\s+(?:-\s+)?(\S+)\s+:(invoke|ok|fail|info)\s+:(\S+)([^]*)$/;
