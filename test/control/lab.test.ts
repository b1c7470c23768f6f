import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import test, { type ExecutionContext } from 'ava';
import { execa } from 'execa';
import { probeNamespaces } from '../../src/control/netns/probe.ts';
import { diagnoseNamespaces, type Symptoms } from '../../src/control/netns/symptoms.ts';
import { processRemote } from '../../src/control/process-remote.ts';

const FIXTURE = resolve(import.meta.dirname, 'lab-fixture.ts');
const probed = await probeNamespaces();
/** Where namespaces are forbidden there is no lab to test; the reason is part of the title. */
const real = probed.allowed ? test : test.skip;
const because = probed.allowed ? '' : ` (skipped: ${probed.reason})`;

const fixture = (...args: string[]) =>
  execa(process.execPath, ['--import=tsx', FIXTURE, ...args], { reject: false });

real(`the exit status of the command inside is the command's${because}`, async (t) => {
  t.is((await fixture('status')).exitCode, 7);
});

real(`a cut is silent, directed, and over when it is healed${because}`, async (t) => {
  const { stdout, stderr } = await fixture('net');
  const seen = JSON.parse(stdout || `"${stderr}"`) as Record<string, unknown>;
  t.like(seen, {
    before: true,
    // TCP needs both directions, so either probe fails; only a's own table was changed.
    during: { ab: false, ba: false, ac: true, client: true },
    opposite: '',
    after: true,
    client: { c: false, b: true },
  });
  t.regex(String(seen['table']), /02:00:00:00:00:01 PERMANENT/);
});

real(`a daemon lives on its node, writes to its file, and can be stopped and killed${because}`, async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'kept-test-'));
  const output = join(directory, 'daemon.log');
  const { stdout } = await fixture('daemon', output);
  t.deepEqual(JSON.parse(stdout), {
    stopped: 'T',
    exited: { exitStatus: null, signal: 'SIGKILL' },
    gone: null,
  });
  t.regex(readFileSync(output, 'utf8'), /hello[^]*192\.0\.2\.11\/24/);
  rmSync(directory, { recursive: true });
});

/** A fixture that waits inside its lab, with a daemon that carries a marker in its environment. */
async function waiting(marker: string) {
  const args = ['--import=tsx', FIXTURE, 'wait', marker];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] });
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
    return done === true ? null : String(value);
  };
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

async function eventuallyGone(t: ExecutionContext, marker: string): Promise<void> {
  for (let attempt = 0; attempt < 100 && carrying(marker).length > 0; attempt++)
    await new Promise((r) => setTimeout(r, 50));
  t.deepEqual(carrying(marker), []);
}

real(`signals reach the command inside, each once${because}`, async (t) => {
  const { child, lines, exited } = await waiting('kept-signals');
  child.kill('SIGINT');
  t.is(await lines(), 'SIGINT');
  child.kill('SIGTERM');
  t.is(await lines(), 'SIGTERM');
  t.is(await lines(), 'outer saw 3');
  t.is(await exited, 3);
});

real(`kill -9 of the command leaves no process, no namespace and no mount${because}`, async (t) => {
  const marker = 'kept-killed-outside';
  const before = readFileSync('/proc/self/mountinfo', 'utf8');
  const { child, exited } = await waiting(marker);
  t.true(carrying(marker).length >= 3);
  child.kill('SIGKILL');
  await exited;
  await eventuallyGone(t, marker);
  t.is(readFileSync('/proc/self/mountinfo', 'utf8'), before);
});

real(`kill -9 of unshare takes everything with it too, and the command says so${because}`, async (t) => {
  const marker = 'kept-killed-between';
  const { child, exited } = await waiting(marker);
  const [unshare] = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim().split(' ');
  t.truthy(unshare);
  process.kill(Number(unshare), 'SIGKILL');
  t.not(await exited, 0);
  await eventuallyGone(t, marker);
});

const rootless = probed.allowed && process.getuid?.() === 0 ? test : test.skip;
rootless('an unprivileged user builds a lab too', async (t) => {
  const as = ['--reuid=65534', '--regid=65534', '--clear-groups'];
  const readable = await execa('setpriv', [...as, 'test', '-r', FIXTURE], { reject: false });
  if (readable.exitCode !== 0) {
    t.log('not tested: this checkout cannot be read by other users');
    t.pass();
    return;
  }
  const args = [...as, process.execPath, '--import=tsx', FIXTURE, 'net'];
  const { stdout, stderr } = await execa('setpriv', args, { reject: false });
  t.regex(stdout, /"before":true/, stderr);
});

test('a command that cannot be started, or takes too long, is a failure that names it', async (t) => {
  const machine = processRemote('here', '127.0.0.1');
  t.like(await machine.exec(['sh', '-c', 'cat; exit 4'], { input: 'read' }), {
    exitStatus: 4,
    stdout: 'read',
  });
  await t.throwsAsync(machine.exec(['sleep', '10'], { timeoutMs: 50 }), { message: /"sleep 10" on here/ });
  await t.throwsAsync(machine.spawn(['/no/such/program'], { outputFile: '/dev/null' }), {
    message: /cannot be started/,
  });
});

const symptoms: Symptoms = {
  root: false,
  missing: [],
  message: 'unshare: unshare failed: Operation not permitted',
  apparmorRestrictsUserNamespaces: null,
  unprivilegedUserNamespaces: null,
  maxUserNamespaces: 1_000,
  container: false,
};

const cases: [string, Partial<Symptoms>, RegExp, RegExp][] = [
  ['iproute2 is missing', { missing: ['ip'] }, /ip is not installed/, /apt-get install iproute2/],
  [
    'Ubuntu 24.04',
    { apparmorRestrictsUserNamespaces: 1 },
    /AppArmor/,
    /apparmor_restrict_unprivileged_userns=0/,
  ],
  ['Debian of old', { unprivilegedUserNamespaces: 0 }, /forbids unprivileged/, /unprivileged_userns_clone=1/],
  ['a limit of zero', { maxUserNamespaces: 0 }, /limited to none/, /max_user_namespaces=/],
  ['inside a container', { root: true, container: true }, /this container/, /--privileged/],
  [
    'a kernel without bridges',
    { root: true, message: 'Error: Unknown device type.' },
    /virtual network/,
    /modprobe/,
  ],
  ['anything else, as root', { root: true }, /Operation not permitted/, /administrator/],
  ['anything else, as a user', {}, /Operation not permitted/, /as root/],
];
for (const [name, change, reason, hint] of cases) {
  test(`without namespaces the reason and the way out are named: ${name}`, (t) => {
    const diagnosis = diagnoseNamespaces({ ...symptoms, ...change });
    t.regex(diagnosis.reason, reason);
    t.regex(diagnosis.hint, hint);
  });
}
