import { spawn, type ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import test from 'ava';
import { execa } from 'execa';
import { isAlive, thisProcess } from '../../src/core/process-identity.ts';
import { temporaryDirectory } from '../history/sample.ts';
import { AS_COMPILED } from '../as-compiled.ts';

/** A check of a run that goes on says what is proven so far, and leaves it alone. */
const store = temporaryDirectory();
test.after.always(() => rmSync(store, { recursive: true, force: true }));

/** Records a run that goes on until it is killed. @param proven whether a violation is in it already. */
async function start(name: string, proven: boolean): Promise<{ directory: string; child: ChildProcess }> {
  const directory = join(store, name);
  const args = [AS_COMPILED, 'test/cli/running-child.ts', directory, String(proven)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const line of createInterface({ input: child.stdout })) if (line === 'recorded') break;
  return { directory, child };
}

function killed(child: ChildProcess): Promise<void> {
  return new Promise((done) => {
    child.on('exit', () => done());
    child.kill('SIGKILL');
  });
}

const kept = (...args: string[]) =>
  execa(process.execPath, [resolve('bin/kept.js'), ...args], { reject: false });
const contentsOf = (directory: string) =>
  readdirSync(directory).map((name) => [name, readFileSync(join(directory, name)).toString('base64')]);

for (const [proven, status] of [
  [false, 2],
  [true, 1],
] as const) {
  test(`a run that goes on is RUNNING, with ${proven ? 'a violation' : 'nothing'} proven, until it is killed`, async (t) => {
    const { directory, child } = await start(`run-${status}`, proven);
    const before = contentsOf(directory);
    const check = await kept('check', directory);
    t.is(check.exitCode, status, check.stdout + check.stderr);
    t.regex(check.stdout, /^RUNNING  The run .* still goes on/);
    t.is(/INVALID/.test(check.stdout), proven);
    const told = await kept('status', directory);
    t.deepEqual([told.exitCode, told.stdout], [status, check.stdout], 'kept status tells the same');
    const json = await kept('check', directory, '--json');
    t.is(json.exitCode, status);
    t.like(JSON.parse(json.stdout), { running: true, verdict: proven ? 'invalid' : 'inconclusive' });
    t.is((await kept('check', directory, '--full-lists')).exitCode, 64);
    t.deepEqual(contentsOf(directory), before, 'nothing is written into it');

    await killed(child);
    const after = await kept('check', directory);
    t.is(after.exitCode, status);
    t.notRegex(after.stdout, /RUNNING/);
    t.true(readdirSync(directory).includes('results.json'));
  });
}

test('a process is told from a later one of the same number, and from one that cannot be seen', (t) => {
  const own = thisProcess();
  t.true(isAlive(own));
  t.false(isAlive({ ...own, startedTicks: 1 }));
  t.false(isAlive({ ...own, boot: 'another' }));
  t.is(isAlive({ ...own, pidNamespace: 'pid:[1]' }), null);
});
