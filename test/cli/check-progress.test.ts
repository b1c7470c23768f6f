import test from 'ava';
import { check } from '../../src/checker/check.ts';
import { runOf } from '../../src/history/memory.ts';
import { withProgress } from '../../src/cli/terminal/check-progress.ts';
import { acked, finalScan, found } from '../checker/story.ts';

const WRITES = Array.from({ length: 6 }, (_, seq) => acked(`0:${seq}`, seq, { at: 1 + seq }));
/** In batches of two rows. */
const RUN = runOf(
  {
    writes: WRITES,
    reads: WRITES.map(({ worker, seq, offset }) => found(offset!, `${worker}:${seq}`)),
    events: [finalScan(6)],
  },
  2,
);

/** A clock that moves on whenever somebody looks at it, and a screen that keeps what was written. */
function told(options: { isTTY: boolean; stepNs: number }): { lines: string; counts: unknown } {
  let nowNs = 0;
  let lines = '';
  const screen = { isTTY: options.isTTY, columns: 80, write: (text: string) => (lines += text) };
  const progress = withProgress(RUN, { screen, clock: { nowNs: () => (nowNs += options.stepNs) } });
  const { counts } = check(progress.run, { claim: 'kept' });
  progress.end();
  return { lines, counts };
}

test('a long check says on a terminal how far it is, and wipes it away in the end', (t) => {
  const { lines, counts } = told({ isTTY: true, stepNs: 1e9 });
  t.is(
    lines,
    [
      'checking: 2 writes looked at',
      'checking: 4 writes looked at',
      'checking: 6 writes looked at',
      'checking: 2 records looked at',
      'checking: 4 records looked at',
      'checking: 6 records looked at',
      '',
    ].join('\r\u001B[K'),
  );
  t.deepEqual(counts, check(RUN, { claim: 'kept' }).counts);
});

test('elsewhere it says so in plain lines, now and then; a short one says nothing', (t) => {
  t.is(
    told({ isTTY: false, stepNs: 2e9 }).lines,
    'checking: 6 writes looked at\nchecking: 6 records looked at\n',
  );
  t.is(told({ isTTY: true, stepNs: 1e8 }).lines, '');
});
