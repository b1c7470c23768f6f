import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import test, { type ExecutionContext } from 'ava';
import { realClock, type Clock } from '../../../src/core/clock.ts';
import type { Lab } from '../../../src/control/lab.ts';
import type { ShellChannel } from '../../../src/control/shell/channel.ts';
import { shellRemote, type ShellRemote } from '../../../src/control/shell/remote.ts';
import { LAB_CASES } from '../../lab/cases.ts';
import { timeIsUpWhen } from '../../time-is-up.ts';

/** The shells that nodes have: dash of Debian, bash of Red Hat, busybox with all of its own programs of Alpine. */
const SHELLS: Record<string, { command: string[]; path?: string }> = {
  sh: { command: ['sh'] },
  bash: { command: ['bash', '--posix'] },
};
const busybox = busyboxPrograms();
if (busybox !== null) SHELLS['busybox'] = { command: [join(busybox, 'sh')], path: busybox };

/** A directory with links to busybox for each of its programs; null where there is no busybox. */
function busyboxPrograms(): string | null {
  const place = mkdtempSync(join(tmpdir(), 'kept-busybox-'));
  try {
    execFileSync('busybox', ['--install', '-s', place]);
    // What a node of a lab has besides: the test's own program.
    execFileSync('ln', ['-sf', process.execPath, join(place, 'node')]);
    return place;
  } catch {
    rmSync(place, { recursive: true });
    return null;
  }
}

test.after.always(() => {
  if (busybox !== null) rmSync(busybox, { recursive: true });
});

function late(delayMs: number): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      void realClock()
        .sleep(delayMs)
        .then(() => done(null, chunk));
    },
  });
}

/** Shells of this machine in the place of a node's, and a way to take them away; closed when the test ends. */
function node(
  t: ExecutionContext,
  name: string,
  address: string,
  kind: string,
  clock?: Clock,
  /** How long what a shell says is on its way. */
  delayMs = 0,
) {
  const { command, path } = SHELLS[kind]!;
  const children = new Set<ChildProcess>();
  const openShell = async (): Promise<ShellChannel> => {
    const env = path === undefined ? process.env : { ...process.env, PATH: path };
    const child = spawn(command[0]!, command.slice(1), { env, stdio: 'pipe', detached: true });
    children.add(child);
    child.once('exit', () => {
      children.delete(child);
      // What it had started may hold its streams open; a connection's are closed with it.
      for (const stream of [child.stdout, child.stderr]) stream.destroy();
    });
    return {
      stdin: child.stdin,
      stdout: delayMs === 0 ? child.stdout : child.stdout.pipe(late(delayMs)),
      stderr: child.stderr,
      close: () => child.kill('SIGKILL'),
    };
  };
  const remote = shellRemote({
    name,
    address,
    hostname: hostname(),
    openShell,
    shellsMax: 4,
    ...(clock !== undefined && { clock }),
    put: async (from, to) => {
      mkdirSync(to, { recursive: true });
      cpSync(from, to, { recursive: true });
    },
  });
  t.teardown(() => remote.close());
  return { remote, dropAll: () => children.forEach((child) => child.kill('SIGKILL')), children };
}

function directory(t: ExecutionContext): string {
  const place = mkdtempSync(join(tmpdir(), 'kept-shell-'));
  t.teardown(() => rmSync(place, { recursive: true, force: true }));
  return place;
}

for (const [number, kind] of Object.keys(SHELLS).entries()) {
  test(`${kind}: a node behind a shell is a node of a lab`, async (t) => {
    t.timeout(60_000);
    const place = directory(t);
    const network = `127.84.255.1${number}`;
    const [a, b] = [node(t, 'a', `${network}1`, kind), node(t, 'b', `${network}2`, kind)];
    const lab: Lab = {
      nodes: new Map<string, ShellRemote>([
        ['a', a.remote],
        ['b', b.remote],
      ]),
      net: null,
      close: async () => {
        a.remote.close();
        b.remote.close();
      },
    };
    for (const [index, one] of LAB_CASES.entries()) {
      if (one.needs === undefined)
        t.deepEqual(await one.tell(lab, join(place, `case-${index}`)), one.facts, one.name);
    }
    await lab.close();
  });
}

test('what a command prints comes back byte for byte, and never meets the mark that ends it', async (t) => {
  const { remote } = node(t, 'a', '127.0.0.1', 'sh');
  const text = `it's "quoted" \\n \\0 %s $HOME \`date\`\n\n\tdone é \0 end`;
  const { stdout } = await remote.exec(['cat'], { input: text });
  t.is(stdout, text);
  t.is((await remote.exec(['printf', '%s', text.replaceAll('\0', '')])).stdout, text.replaceAll('\0', ''));
  t.is((await remote.exec(['printf', 'x\n\n'])).stdout, 'x\n', 'as execa does: without the last line break');
  t.is((await remote.exec(['cat'])).stdout, '', 'it never eats the next command');
});

test('many commands at once wait for a shell, and each gets its own answer', async (t) => {
  const { remote, children } = node(t, 'a', '127.0.0.1', 'sh');
  const numbers = Array.from({ length: 40 }, (_, index) => index);
  const said = await Promise.all(numbers.map((number) => remote.exec(['echo', String(number)])));
  t.deepEqual(
    said.map(({ stdout }) => Number(stdout)),
    numbers,
  );
  t.true(children.size <= 4);
});

for (const [what, delayMs] of [
  ['', 0],
  [', also before its first word has come', 300],
] as const) {
  test(`a command that takes too long is killed with all that it started${what}, and the shell serves on`, async (t) => {
    t.timeout(60_000);
    const file = join(directory(t), 'pid');
    const isWritten = () => existsSync(file) && readFileSync(file, 'utf8').endsWith('\n');
    const { remote } = node(t, 'a', '127.0.0.1', 'sh', timeIsUpWhen(20_000, isWritten), delayMs);
    const script = 'sleep 300 & echo $! >"$1"; wait';
    await t.throwsAsync(remote.exec(['sh', '-c', script, 'sh', file], { timeoutMs: 20_000 }), {
      message: /took longer than 20000 ms/,
    });
    const pid = Number(readFileSync(file, 'utf8'));
    while (isRunning(pid)) await realClock().sleep(10);
    t.is((await remote.exec(['echo', 'on'])).stdout, 'on');
  });
}

test('a daemon outlives its connection, and how it ended is known after the next one', async (t) => {
  t.timeout(30_000);
  const { remote, dropAll } = node(t, 'a', '127.0.0.1', 'sh');
  const place = directory(t);
  const options = { outputFile: join(place, 'log') };
  const daemon = await remote.spawn(
    ['sh', '-c', 'trap "exit 7" TERM; echo ready; while :; do sleep 0.05; done'],
    options,
  );
  t.teardown(() => daemon.signal('SIGKILL'));
  while (((await remote.files.size(options.outputFile)) ?? 0) === 0) await realClock().sleep(10);
  dropAll();
  t.true(isRunning(daemon.pid), 'the shell is gone, the daemon is not');
  t.not(await daemon.state(), null);
  await daemon.signal('SIGTERM');
  t.deepEqual(await daemon.exited, { exitStatus: 7, signal: null });
  t.is(await daemon.state(), null);
});

test('a command whose connection is lost fails in a sentence; it is not sent again', async (t) => {
  const { remote, dropAll } = node(t, 'a', '127.0.0.1', 'sh');
  const place = directory(t);
  const done = remote.exec(['sh', '-c', 'echo once >>"$1"; sleep 10', 'sh', join(place, 'log')]);
  done.catch(() => undefined);
  while ((await remote.files.size(join(place, 'log'))) === null) await realClock().sleep(10);
  dropAll();
  await t.throwsAsync(done, { message: /^The connection to a was lost while "sh" was under way/ });
  t.is(String(await remote.files.read(join(place, 'log'))), 'once\n');
});

test('a daemon that cannot be started says why', async (t) => {
  const { remote } = node(t, 'a', '127.0.0.1', 'sh');
  const place = directory(t);
  await t.throwsAsync(remote.spawn(['sleep', '1'], { outputFile: join(place, 'no', 'log') }), {
    message: /"sleep" cannot be started on a: .*(No such file|nonexistent)/i,
  });
  const daemon = await remote.spawn(['no-such-program'], { outputFile: join(place, 'log') });
  t.deepEqual(await daemon.exited, { exitStatus: 127, signal: null });
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
