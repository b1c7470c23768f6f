import type { Event } from './event.ts';
import { readForm } from './edn.ts';

/**
 * Lines of Jepsen's own log, old and new: `INFO  jepsen.util - 3 :invoke :cas [1 2]`. Whatever else a log holds is
 * passed over.
 */
export function readJepsenLog(text: string): Event[] {
  const events: Event[] = [];
  const lines = text.split('\n');
  for (let at = 0; at < lines.length; at++) {
    const match = OPERATION.exec(lines[at]!);
    if (match === null) continue;
    const [, process, type, f, integer, from, to, other] = match;
    const number = Number(process);
    const value =
      integer !== undefined
        ? Number(integer)
        : from !== undefined
          ? [Number(from), Number(to)]
          : other === undefined || other.trim() === ''
            ? null
            : readForm(other, at + 1);
    events.push({
      process: Number.isSafeInteger(number) ? number : process!.replace(/^:/, ''),
      type: type as Event['type'],
      f: f!,
      value,
      key: undefined,
      line: at + 1,
    });
  }
  return events;
}

/** Values are numbers, pairs of them and nil more often than not: those need no reader of their own. */
const OPERATION =
  /\bjepsen\.util\s+(?:-\s+)?(\S+)\s+:(invoke|ok|fail|info)\s+:(\S+)(?:\s+(?:(-?\d{1,15})|\[(-?\d{1,15}) (-?\d{1,15})\]|nil)\s*$|([^]*)$)/;
