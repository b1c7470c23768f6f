import { mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { followDirectory, watchDirectory } from '../../../src/run/soak/vanished.ts';

/** The directory of a soak, when it is taken away. */
function place(t: ExecutionContext): string {
  const home = mkdtempSync(join(tmpdir(), 'kept-vanished-'));
  t.teardown(() => rmSync(home, { recursive: true }));
  const directory = join(home, 'run-1');
  mkdirSync(directory);
  return directory;
}

test('a directory that is there is there, and another one of its name is not it', (t) => {
  const directory = place(t);
  const vanished = watchDirectory(directory);
  mkdirSync(join(directory, 'period-1'));
  t.is(vanished(), null);
  renameSync(directory, `${directory}-away`);
  t.regex(vanished() ?? '', /run-1 is not there any more/);
  mkdirSync(directory);
  t.regex(vanished() ?? '', /run-1 is not there any more/);
});

test('that it vanished is told once, while it is followed or by the last look', async (t) => {
  const directory = place(t);
  const told: string[] = [];
  await new Promise<void>((resume) => {
    const stop = followDirectory(directory, (why) => {
      told.push(why);
      stop();
      resume();
    });
    renameSync(directory, `${directory}-away`);
  });
  t.is(told.length, 1);
  renameSync(`${directory}-away`, directory);
  const stopUntold = followDirectory(directory, () => t.fail('it is there'));
  stopUntold();
  const stop = followDirectory(directory, (why) => told.push(why));
  rmSync(directory, { recursive: true });
  stop();
  stop();
  t.is(told.length, 2);
});
