import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { realClock } from '../../src/core/clock.ts';
import { commandHook } from '../../src/control/hook/command-hook.ts';
import type { HookOrder } from '../../src/control/fault-hook.ts';
import { timeIsUpWhen } from '../time-is-up.ts';

const ORDER: HookOrder = {
  version: 1,
  id: 'kept-1',
  run: 'r1',
  topic: 'kept-r1',
  fault: { kind: 'kill', target: 'leader' },
  targets: [{ name: 'kafka2', id: 2, host: 'b2.example', port: 9092 }],
  links: [],
};

const TIMEOUT_MS = 20_000;

/**
 * @param script what a shell does; `$1` is the verb, `$DIR` a directory of the test's own.
 * @param last a file of that directory: the hook's time is up as soon as something stands there.
 */
function hookOf(t: ExecutionContext, script: string, last?: string) {
  const directory = mkdtempSync(join(tmpdir(), 'kept-hook-'));
  const file = join(directory, 'hook.sh');
  writeFileSync(file, `DIR=${directory}\n${script}\n`);
  const hook = commandHook({
    command: `sh ${file}`,
    timeoutMs: TIMEOUT_MS,
    withoutVariables: ['KEPT_TEST_SECRET'],
    clock:
      last === undefined ? realClock() : timeIsUpWhen(TIMEOUT_MS, () => isWritten(join(directory, last))),
  });
  t.teardown(() => {
    hook.close();
    rmSync(directory, { recursive: true, force: true });
  });
  return { hook, read: (name: string) => readFileSync(join(directory, name), 'utf8') };
}

test('a hook is called with the verb, and gets the order on its standard input', async (t) => {
  const { hook, read } = hookOf(
    t,
    'cat > $DIR/$1; echo \'{"applied":true,"verified":true,"evidence":"it is gone"}\'',
  );
  t.deepEqual(await hook.apply(ORDER), { evidence: 'it is gone', verified: true });
  t.deepEqual(JSON.parse(read('apply')), ORDER);
  await hook.heal(ORDER);
  t.deepEqual(JSON.parse(read('heal')), ORDER);
});

test('what a hook says of itself is no proof where it names no evidence, or says nothing', async (t) => {
  t.deepEqual(await hookOf(t, 'cat > /dev/null').hook.apply(ORDER), { evidence: '', verified: false });
  const boasting = hookOf(t, 'echo \'{"applied":true,"verified":true}\'');
  t.deepEqual(await boasting.hook.apply(ORDER), { evidence: '', verified: false });
  const yes = hookOf(t, 'echo \'{"verified":"yes","evidence":"sure"}\'');
  await t.throwsAsync(() => yes.hook.apply(ORDER), { message: /something else than/ });
});

test('a hook that fails, refuses or answers nonsense is told by its own words', async (t) => {
  const cases: [string, RegExp][] = [
    [
      'echo warm-up >&2; echo "no such container" >&2; exit 3',
      /failed with status 3 at "apply": no such container/,
    ],
    ['echo \'{"applied":false,"reason":"only kills"}\'', /did not do it: only kills/],
    ['echo killed', /not JSON: killed/],
    ['kill -9 $$', /status 137/],
    ['exit 127', /failed with status 127/],
  ];
  for (const [script, message] of cases)
    await t.throwsAsync(() => hookOf(t, script).hook.apply(ORDER), { message }, script);
});

test('a hook that hangs is stopped with all that it has started', async (t) => {
  const { hook, read } = hookOf(
    t,
    'trap "" TERM; sleep 1000 & echo $! > $DIR/child; wait; sleep 1000',
    'child',
  );
  await t.throwsAsync(() => hook.apply(ORDER), { message: /did not end "apply" within 20\.0 s/ });
  const child = Number(read('child'));
  // AVA gives up a test that waits forever.
  while (isThere(child)) await realClock().sleep(50);
  t.pass();
});

function isWritten(file: string): boolean {
  return existsSync(file) && readFileSync(file, 'utf8').endsWith('\n');
}

function isThere(pid: number): boolean {
  try {
    // Another process may have taken a zombie's number; a zombie runs nothing.
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
}

test('a hook does not get the secrets of the run', async (t) => {
  process.env['KEPT_TEST_SECRET'] = 'hunter2';
  const { hook, read } = hookOf(t, 'env > $DIR/env');
  await hook.apply(ORDER);
  t.false(read('env').includes('hunter2'));
  t.true(read('env').includes('PATH='));
});
