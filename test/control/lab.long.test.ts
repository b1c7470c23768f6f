import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import test, { type ExecutionContext } from 'ava';
import { execa } from 'execa';
import { realClock } from '../../src/core/clock.ts';
import { addressesOf, bridgeAndCables } from '../../src/control/netns/lab.ts';
import { probeNamespaces } from '../../src/control/netns/probe.ts';
import { processRemote } from '../../src/control/process-remote.ts';
import { AS_COMPILED } from '../as-compiled.ts';

/**
 * The lab with real namespaces, seen from outside: a fixture program enters one and tells what it saw.
 */
const FIXTURE = resolve(import.meta.dirname, 'lab-fixture.ts');
const ROOT = resolve(import.meta.dirname, '../..');
const clock = realClock();
const probed = await probeNamespaces();
/** Where namespaces are forbidden there is no lab to test; the reason is part of the title. */
const real = probed.allowed ? test : test.skip;
/** The program that makes a terminal for another. */
const hasScript = (await execa('script', ['--version'], { reject: false })).exitCode === 0;
const because = probed.allowed ? '' : ` (skipped: ${probed.reason})`;

async function fixture(...args: string[]) {
  const { exitCode, stdout, stderr } = await execa(process.execPath, [AS_COMPILED, FIXTURE, ...args], {
    reject: false,
    input: 'a line for the command inside',
  });
  return { exitCode, told: lastJson(stdout), stderr };
}

function lastJson(stdout: string): unknown {
  return stdout === '' ? null : JSON.parse(stdout.split('\n').at(-1)!);
}

function temporaryDirectory(t: ExecutionContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'kept-test-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  return directory;
}

real(`the exit status of the command inside is the command's${because}`, async (t) => {
  t.like(await fixture('status', '7'), { exitCode: 7 });
  t.like(await fixture('any-status', '137'), { exitCode: 137 });
});

real(`a command inside that is killed is a failure, not a verdict${because}`, async (t) => {
  const { exitCode, told } = await fixture('be-killed');
  t.is(exitCode, 70);
  t.deepEqual(told, { failure: 'The command inside the lab did not end by itself: SIGKILL.' });
});

real(`standard input reaches the command inside${because}`, async (t) => {
  t.is((await fixture('stdin')).told, 'a line for the command inside');
});

test('a lab is never built outside, whatever the environment says: it would take the machine for its own', async (t) => {
  const env = { KEPT_INSIDE_LAB: '1' };
  const { stdout } = await execa(process.execPath, [AS_COMPILED, FIXTURE, 'build-outside'], { env });
  t.deepEqual(lastJson(stdout), { refused: 'A lab is built only inside namespaces of its own.' });
});

real(
  `TCP fails over a cut link in both directions, other links stay, and a heal is enough${because}`,
  async (t) => {
    const { told, stderr } = await fixture('net');
    t.deepEqual(
      told,
      {
        before: true,
        during: { ab: false, ba: false, ac: true, client: true },
        // It was cut twice, and everything was healed.
        after: true,
        client: { twice: 0, c: false, b: true, bc: false },
        partly: { c: true, bc: false },
        atOnce: { ca: true, bc: true },
      },
      stderr,
    );
  },
);

for (const SHLVL of [undefined, '0']) {
  const shell = SHLVL === undefined ? 'no SHLVL' : `SHLVL=${SHLVL}`;
  real(`what a probe answers does not depend on startup files (${shell})${because}`, async (t) => {
    // A bash that finds a socket as its standard input, and so little of a shell around it, reads .bashrc.
    const home = temporaryDirectory(t);
    writeFileSync(join(home, '.bashrc'), 'sleep 5\n');
    const { SHLVL: _, ...others } = process.env;
    const { stdout, stderr } = await execa(process.execPath, [AS_COMPILED, FIXTURE, 'net'], {
      env: { ...others, HOME: home, BASH_ENV: join(home, '.bashrc'), ...(SHLVL !== undefined && { SHLVL }) },
      extendEnv: false,
      stdin: 'ignore',
      reject: false,
    });
    t.like(lastJson(stdout), { before: true, during: { ab: false, ac: true }, after: true }, stderr);
  });
}

real(`a cut is directed and silent: datagrams the other way still arrive${because}`, async (t) => {
  const { told, stderr } = await fixture('one-way', temporaryDirectory(t));
  t.deepEqual(told, { cut: { a: 'ready\nfrom-b\n', b: 'ready\n' }, healed: 'ready\nagain-a\n' }, stderr);
});

real(`a daemon lives on its node under its own pid, and can be stopped and killed${because}`, async (t) => {
  const output = join(temporaryDirectory(t), 'daemon.log');
  const { told } = await fixture('daemon', output);
  t.deepEqual(told, { exited: { exitStatus: null, signal: 'SIGKILL' }, gone: null });
  t.regex(readFileSync(output, 'utf8'), /192\.0\.2\.11\/24/);
});

real(`nodes know each other by name, and the machine's own /run stays in sight${because}`, async (t) => {
  const { told } = await fixture('look');
  t.deepEqual(told, { names: ['192.0.2.10', 'a', '192.0.2.1', 'client'], machineRun: true });
});

/** A fixture that waits inside its lab, with a daemon that carries a marker in its environment. */
async function waiting(task: 'wait' | 'hang', marker: string, prefix: readonly string[] = []) {
  const [program, ...args] = [...prefix, process.execPath, AS_COMPILED, FIXTURE, task, marker];
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = linesOf(child);
  for (let line = await lines(); line !== 'ready'; line = await lines()) {
    if (line === null) throw new Error('the fixture ended before it was ready');
  }
  return { child, lines, exited: new Promise<number | null>((done) => child.once('exit', done)) };
}

function linesOf(child: ChildProcessByStdio<null, Readable, null>): () => Promise<string | null> {
  const iterator = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return async () => {
    const { value, done } = await iterator.next();
    return done === true ? null : value;
  };
}

/** Also the name of the lab's node. No other run of these tests on this machine has the same. */
function freshMarker(): string {
  return `kt${randomBytes(5).toString('hex')}`;
}

/** The pids on this machine whose environment or command line carries the marker. */
function carrying(marker: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) =>
      ['environ', 'cmdline'].some((file) => {
        try {
          return readFileSync(`/proc/${pid}/${file}`, 'latin1').includes(marker);
        } catch {
          return false;
        }
      }),
    );
}

async function assertNothingIsLeft(t: ExecutionContext, marker: string): Promise<void> {
  for (let attempt = 0; attempt < 200 && carrying(marker).length > 0; attempt++) await clock.sleep(50);
  t.deepEqual(carrying(marker), []);
  t.false(readFileSync('/proc/self/mountinfo', 'utf8').includes(marker));
  t.false((await execa('ip', ['netns', 'list'])).stdout.includes(marker));
}

real(`signals reach the command inside, each once${because}`, async (t) => {
  const { child, lines, exited } = await waiting('wait', freshMarker());
  child.kill('SIGINT');
  t.is(await lines(), 'SIGINT');
  child.kill('SIGTERM');
  t.is(await lines(), 'SIGTERM');
  t.is(await lines(), 'outer saw 3');
  t.is(await exited, 3);
});

for (const task of ['wait', 'hang'] as const) {
  real(`kill -9 of the command leaves no process, namespace or mount (${task})${because}`, async (t) => {
    const marker = freshMarker();
    const { child, exited } = await waiting(task, marker);
    t.true(carrying(marker).length >= 3);
    child.kill('SIGKILL');
    await exited;
    await assertNothingIsLeft(t, marker);
  });
}

real(`kill -9 of unshare takes everything with it too, and the command says so${because}`, async (t) => {
  const marker = freshMarker();
  const { child, lines, exited } = await waiting('wait', marker);
  const [unshare] = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim().split(' ');
  t.truthy(unshare);
  process.kill(Number(unshare), 'SIGKILL');
  t.regex((await lines()) ?? '', /The lab was taken away: SIGKILL killed unshare/);
  t.is(await exited, 70);
  await assertNothingIsLeft(t, marker);
});

const unprivileged = probed.allowed && process.getuid?.() === 0 ? test : test.skip;
unprivileged('an unprivileged user has a lab too, and kill -9 leaves nothing of it', async (t) => {
  // Another user may not be able to walk to this checkout; a second mount of it has no way to walk.
  const checkout = join(temporaryDirectory(t), 'checkout');
  mkdirSync(checkout);
  await execa('chmod', ['755', join(checkout, '..')]);
  const as = `exec setpriv --reuid=65534 --regid=65534 --clear-groups "$@"`;
  const prefix = [
    'unshare',
    '--mount',
    'sh',
    '-ec',
    `mount --bind ${ROOT} ${checkout}; cd ${checkout}; ${as}`,
    'sh',
  ];
  const moved = join(checkout, 'test/control/lab-fixture.ts');
  const [program, ...args] = [...prefix, process.execPath, '--import=tsx', moved];
  const readable = await execa(
    program,
    [...prefix.slice(1), 'test', '-r', moved, '-a', '-x', process.execPath],
    { reject: false },
  );
  if (readable.exitCode !== 0) {
    t.pass();
    t.log('not tested: the files of this checkout, or Node itself, are closed to other users');
    return;
  }
  const { stdout, stderr } = await execa(program, [...args, 'net'], { reject: false });
  t.like(lastJson(stdout), { before: true, during: { ab: false, ac: true }, after: true }, stderr);

  const marker = freshMarker();
  const child = spawn(program, [...args, 'hang', marker], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.is(await linesOf(child)(), 'ready');
  child.kill('SIGKILL');
  await assertNothingIsLeft(t, marker);
});

const atTerminal = probed.allowed && hasScript ? test : test.skip;
atTerminal('a shell inside has the terminal', async (t) => {
  const command = `${process.execPath} --import=tsx ${FIXTURE} shell`;
  const { exitCode, stdout } = await execa('script', ['-qec', command, '/dev/null'], {
    input: 'tty; echo sum=$((20+3)); jobs\nexit 5\n',
    reject: false,
  });
  t.regex(stdout, /\/dev\/pts\/\d+\s/);
  t.regex(stdout, /sum=23/);
  t.notRegex(stdout, /no job control/);
  t.is(exitCode, 5);
});

test('a command on a node gives its status and output; a time-out reaches what it started, too', async (t) => {
  const machine = processRemote('here', '127.0.0.1');
  t.like(await machine.exec(['sh', '-c', 'cat; exit 4'], { input: 'read' }), {
    exitStatus: 4,
    stdout: 'read',
  });
  t.like(await machine.exec(['sh', '-c', 'kill -9 $$']), { exitStatus: 137 });
  // The sleep holds the output open, and would do so for an hour.
  const late = machine.exec(['sh', '-c', 'trap "" TERM; sleep 3600 & wait'], { timeoutMs: 100 });
  await t.throwsAsync(late, { message: /on here took longer than 100 ms/ });
  await t.throwsAsync(machine.exec(['/no/such/program']), { message: /on here cannot be started/ });
  await t.throwsAsync(machine.spawn(['/no/such/program'], { outputFile: '/dev/null' }), {
    message: /cannot be started/,
  });
});

test('the network is described to ip in one batch', (t) => {
  t.deepEqual(
    [...addressesOf(['kafka1', 'kafka2'])],
    [
      ['client', '192.0.2.1'],
      ['kafka1', '192.0.2.10'],
      ['kafka2', '192.0.2.11'],
    ],
  );
  t.throws(() => addressesOf(['kafka1', 'client']), { message: /two nodes .* "client"/ });
  t.throws(() => addressesOf(Array.from({ length: 201 }, (_, n) => `n${n}`)), { message: /room for 200/ });
  t.is(
    bridgeAndCables([{ name: 'kafka1' }]),
    `link set lo up
link add lab0 type bridge
addr add 192.0.2.1/24 dev lab0
link set lab0 up
netns add kafka1
link add cable0 type veth peer name eth0 netns kafka1
link set cable0 master lab0 up
`,
  );
});
