import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { realClock } from '../../src/core/clock.ts';
import type { MarkEvent } from '../../src/history/event.ts';
import { followMarks, writeMark } from '../../src/run/marks.ts';

test('a run picks up what is marked while it goes on, at the time of the mark', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'kept-marks-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const clock = realClock();
  const events: MarkEvent[] = [];
  const end = followMarks(directory, clock, (event) => events.push(event));
  await writeMark(directory, { at: 'start', text: 'pulled\nthe plug' });
  const writtenNs = clock.nowNs();
  appendFileSync(join(directory, 'marks.ndjson'), 'nonsense\n{"at":"start"}\n');
  await clock.sleep(600);
  await writeMark(directory, { at: 'stop', text: 'something else' });
  await writeMark(directory, { at: 'moment', text: 'looked at it' });
  await writeMark(directory, { at: 'stop', text: '' });
  appendFileSync(join(directory, 'marks.ndjson'), '{"at":"moment","text":"half a line"');
  await end();
  t.deepEqual(
    events.map(({ id, mark, text }) => [id, mark, text]),
    [
      ['mark-1', 'start', 'pulled the plug'],
      ['mark-2', 'moment', 'looked at it'],
      ['mark-1', 'stop', 'pulled the plug'],
    ],
  );
  t.true(events[0]!.timeNs <= writtenNs, 'however late it was picked up');
});
