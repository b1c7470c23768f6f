import type { Operation, Value } from '../../src/linear/operation.ts';

/**
 * Histories as a picture: a line per operation, `|` where it is called and where it returns, and what it was.
 * A line without a second `|` never returned.
 *
 *   |--|         write 1
 *        |----|  read 1
 */
export function drawn(picture: string): Operation[] {
  const lines = picture.split('\n').filter((line) => line.trim() !== '');
  return lines.map((line, index) => {
    const [, bar, text] = /^(\s*\|[-|]*)\s+(.*)$/.exec(line) as unknown as [string, string, string];
    const [f, ...words] = text.trim().split(' ') as [string, ...string[]];
    const values = words.map((word) => JSON.parse(word) as Value);
    const [call, ret] = [bar.indexOf('|'), bar.lastIndexOf('|')];
    const outcome = ret > call ? 'ok' : 'info';
    const answers = ['read', 'dequeue', 'pop', 'poll', 'peek'].includes(f);
    const input = answers ? null : f === 'cas' ? values.slice(0, 2) : (values[0] ?? null);
    const output = answers || f === 'txn' ? (values[0] ?? null) : f === 'cas' ? (values[2] ?? true) : null;
    return { index, process: index, f, input, output, outcome, call, ret: outcome === 'ok' ? ret : Infinity };
  });
}
