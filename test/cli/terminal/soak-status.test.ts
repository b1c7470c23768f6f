import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { SoakStanding } from '../../../src/cli/terminal/soak-standing.ts';
import { soakReporter } from '../../../src/cli/terminal/soak-status.ts';
import { statusBlock } from '../../../src/cli/terminal/status-block.ts';
import { drawPeriod } from '../../../src/run/soak/period-plan.ts';
import type { Progress } from '../../../src/runner/progress.ts';
import { SOAK } from '../../../src/scenario/catalog/soak.ts';
import { lossLike, periodLine, resultLike } from '../../report/soak/period-lines.ts';

const directory = mkdtempSync(join(tmpdir(), 'kept-soak-status-'));
test.after.always(() => rmSync(directory, { recursive: true }));

/** What a terminal shows after all that was written to it: of its sequences, those that a block uses. */
function terminal(columns = 80) {
  let rows = [''];
  let row = 0;
  return {
    isTTY: true as const,
    columns,
    write(text: string) {
      for (const [part] of text.matchAll(/\u001B\[\d*[AJK]|[\r\n]|[^\u001B\r\n]+/g)) {
        const up = /^\u001B\[(\d+)A$/.exec(part);
        if (up !== null) row -= Number(up[1]);
        else if (part === '\u001B[J') rows = [...rows.slice(0, row), ''];
        else if (part === '\n') {
          row++;
          rows[row] ??= '';
        } else if (part !== '\r') rows[row] += part;
      }
      return true;
    },
    get shown() {
      return rows;
    },
  };
}

const progress = (more: Partial<Progress> = {}): Progress => ({
  phase: 'faults',
  elapsedNs: 5e9,
  ok: 1_200,
  sent: 0,
  fail: 3,
  info: 4,
  read: 0,
  faults: [
    {
      fault: { kind: 'kill', target: 'leader' },
      targets: ['kafka2'],
      links: [],
      timeNs: 1,
      evidence: 'gone',
    },
  ],
  view: null,
  ...more,
});
const period = (number: number) => drawPeriod(SOAK.scenario, 7, number);

test('a block is replaced by the next one, stands below the lines that stay, and leaves nothing behind', (t) => {
  const screen = terminal();
  const block = statusBlock(screen);
  block.draw(['one', 'two', 'three']);
  block.draw(['four', 'five']);
  t.deepEqual(screen.shown, ['four', 'five']);
  block.line('this stays');
  t.deepEqual(screen.shown, ['this stays', 'four', 'five']);
  // As a terminal echoes it.
  screen.write('^C');
  block.line('Stopping');
  t.deepEqual(screen.shown, ['this stays', 'Stopping', 'four', 'five']);
  block.end();
  block.end();
  t.deepEqual(screen.shown, ['this stays', 'Stopping', '']);
});

test('no line of a block is as wide as the terminal, so none is wrapped; and none is obeyed', (t) => {
  const screen = terminal(40);
  statusBlock(screen).draw(['x'.repeat(100), 'a\nb\u001B[2J']);
  t.deepEqual(
    screen.shown.map((line) => line.length <= 39),
    [true, true],
  );
});

test('how a soak stands: time done and left, faults now, the rate, what is proven, what it takes', (t) => {
  const before = [periodLine({ period: 1 }), periodLine({ period: 2 })];
  const standing = new SoakStanding(600_000, before);
  const sizes = { memoryBytes: 200 * 2 ** 20, diskBytes: 3 * 2 ** 20 };
  standing.block(period(3), progress({ ok: 200, elapsedNs: 4e9 }), sizes);
  const lines = standing.block(period(3), progress(), sizes);
  t.deepEqual(
    [lines[0], lines[1], lines[3], lines[4], lines[5]],
    [
      'period 3 · faults · 2 min 05 s of 10 min 00 s · 7 min 55 s left',
      'faults now: kill leader (kafka2)',
      'this period: 1,000 acknowledged/s; 1,200 acknowledged, 3 failed, 4 unknown',
      'proven so far: 2 periods valid, 0 of 200 lost',
      'memory 200 MiB, disk 3 MiB',
    ],
  );
  t.regex(lines[2]!, /^load: \d+ writes\/s, /);
  // Recorded, and judged while the next one goes on: its time counts once.
  t.regex(standing.block(period(4), progress({ elapsedNs: 1e9 }), null)[0]!, / 2 min 06 s of /);
  standing.take(periodLine({ period: 3 }, { result: resultLike('invalid', { findings: [lossLike(7)] }) }));
  const after = standing.block(period(4), progress({ elapsedNs: 1e9 }), null);
  t.regex(after[0]!, / 3 min 01 s of /);
  t.is(after[4], 'proven so far: 2 periods valid, 1 INVALID, 7 of 300 lost');
  for (const line of after) t.true(line.length < 80, line);
  t.regex(new SoakStanding(null, []).block(period(1), progress(), null)[0]!, /^period 1 · faults · 5\.0 s$/);
  t.is(new SoakStanding(null, []).block(period(1), progress(), null)[4], 'proven so far: nothing yet');
});

test('on a terminal it draws at once and takes it away in the end; away from one it keeps quiet for a minute', (t) => {
  const screen = terminal();
  const reporter = soakReporter(screen, { directory });
  reporter.progress(period(1), progress(), []);
  t.regex(screen.shown[0]!, /^period 1 · faults/);
  reporter.period(periodLine({ period: 1 }));
  t.regex(screen.shown[0]!, /^ +1 valid/);
  t.regex(screen.shown[1]!, /^period 1 · faults/);
  reporter.end();
  t.is(screen.shown.length, 2);
  t.is(screen.shown[1], '');
  let written = '';
  const file = soakReporter({ isTTY: false, columns: 80, write: (text) => (written += text) }, { directory });
  file.progress(period(1), progress(), []);
  t.is(written, '');
  const node = { type: 'node', timeNs: 1, node: 'kafka2', state: 'down' } as const;
  file.event(period(3), { ...node, detail: 'killed' });
  t.is(written, '', 'that was asked for');
  file.event(period(3), { ...node, detail: 'exited with status 1: its disk is full (x)' });
  file.event(period(3), { type: 'note', timeNs: 1, about: 'behind', text: 'it fell behind' });
  file.event(period(3), { type: 'note', timeNs: 1, about: 'warning', text: 'Nothing of kept ran for 9 s.' });
  t.is(
    written,
    '    3 goes on: kafka2 exited with status 1: its disk is full (x)\n    3 goes on: Nothing of kept ran for 9 s.\n',
  );
  file.end();
});
