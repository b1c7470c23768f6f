import type { Link } from '../../src/core/link.ts';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { realClock } from '../../src/core/clock.ts';
import { Failure } from '../../src/core/failure.ts';
import { enterLab, insideLab } from '../../src/control/netns/enter.ts';
import { createLab, type NetnsLab } from '../../src/control/netns/lab.ts';

/**
 * A real, tiny program that enters a lab, for the tests to run, signal and kill. What it learns inside it prints as one
 * line of JSON. Usage: lab-fixture.ts TASK [ARGUMENT]
 */
const [task = '', argument = ''] = process.argv.slice(2);
const clock = realClock();

const tasks: Record<string, () => Promise<unknown>> = {
  status: () => Promise.resolve(process.exit(Number(argument))),
  'any-status': () => Promise.resolve(process.exit(Number(argument))),
  'be-killed': () => Promise.resolve(process.kill(process.pid, 'SIGKILL')).then(() => clock.sleep(60_000)),
  stdin: () => text(process.stdin),

  /** A shell at the terminal. */
  shell: () =>
    new Promise(() => {
      spawn('bash', ['--norc', '-i'], { stdio: 'inherit' }).once('close', (status) =>
        process.exit(status ?? 99),
      );
    }),

  /** Waits for signals, with a daemon on a node that carries the argument in its environment. */
  async wait() {
    process.on('SIGINT', () => process.stdout.write('SIGINT\n'));
    process.on('SIGTERM', () => {
      process.stdout.write('SIGTERM\n');
      process.exit(3);
    });
    await daemonWithMarker();
    process.stdout.write('ready\n');
    await clock.sleep(300_000);
  },

  /** The same with an event loop that never turns again. */
  async hang() {
    await daemonWithMarker();
    writeSync(1, 'ready\n');
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300_000);
  },

  async net() {
    const { net } = await threeNodes();
    /** True when it connects, false when silence was observed; what is wrong with the prober otherwise. */
    const probe = async (link: Link, timeoutMs: number) => {
      const { answer, detail } = await net.probe(link, timeoutMs);
      return answer === 'no-observation' ? detail : answer === 'connects';
    };
    const reach = (from: string, to: string) => probe({ from, to }, 5_000);
    const reachSoon = (from: string, to: string) => probe({ from, to }, 400);
    const before = await reach('a', 'b');
    await net.cut([{ from: 'a', to: 'b' }]);
    const during = {
      ab: await reachSoon('a', 'b'),
      ba: await reachSoon('b', 'a'),
      ac: await reach('a', 'c'),
      client: await reach('client', 'a'),
    };
    await net.cut([{ from: 'a', to: 'b' }]);
    await net.heal();
    const after = await reach('a', 'b');
    await net.cut([
      { from: 'client', to: 'c' },
      { from: 'b', to: 'c' },
    ]);
    // Two cuts of one link need two heals.
    await net.cut([{ from: 'b', to: 'c' }]);
    const stillCut = await net.heal([{ from: 'b', to: 'c' }]);
    const client = {
      twice: stillCut.length,
      c: await reachSoon('client', 'c'),
      b: await reach('client', 'b'),
      bc: await reachSoon('b', 'c'),
    };
    await net.heal([{ from: 'client', to: 'c' }]);
    const partly = { c: await reach('client', 'c'), bc: await reachSoon('b', 'c') };
    // At once: the heal waits for the cut before it.
    await Promise.all([net.cut([{ from: 'c', to: 'a' }]), net.heal()]);
    const atOnce = { ca: await reach('c', 'a'), bc: await reach('b', 'c') };
    return { before, during, after, client, partly, atOnce };
  },

  /** One datagram from a to b, then one from b to a, while only the way from a to b is cut. */
  async 'one-way'() {
    const { net, nodes } = await threeNodes();
    const heard = (name: string) => join(argument, name);
    for (const [name, address] of [
      ['a', '192.0.2.10'],
      ['b', '192.0.2.11'],
    ] as const) {
      const listen = `require('dgram').createSocket('udp4').on('message', (m) => process.stdout.write(m)).bind(5000, '${address}', () => console.log('ready'))`;
      await nodes.get(name)!.spawn([process.execPath, '-e', listen], { outputFile: heard(name) });
    }
    await until(() => ['a', 'b'].every((name) => contains(heard(name), 'ready')));
    await net.cut([{ from: 'a', to: 'b' }]);
    await nodes.get('a')!.exec(['bash', '-c', 'echo from-a >/dev/udp/192.0.2.11/5000']);
    await nodes.get('b')!.exec(['bash', '-c', 'echo from-b >/dev/udp/192.0.2.10/5000']);
    await until(() => contains(heard('a'), 'from-b'));
    const cut = { a: readFileSync(heard('a'), 'utf8'), b: readFileSync(heard('b'), 'utf8') };
    await net.heal();
    await nodes.get('a')!.exec(['bash', '-c', 'echo again-a >/dev/udp/192.0.2.11/5000']);
    await until(() => contains(heard('b'), 'again-a'));
    return { cut, healed: readFileSync(heard('b'), 'utf8') };
  },

  async daemon() {
    const { nodes } = await threeNodes();
    const node = nodes.get('b')!;
    const command = ['sh', '-c', 'ip -o addr show dev eth0; echo $$; exec sleep 300'];
    const daemon = await node.spawn(command, { outputFile: argument });
    await until(() => contains(argument, `${daemon.pid}\n`));
    await daemon.signal('SIGSTOP');
    await until(async () => (await daemon.state()) === 'T');
    await daemon.signal('SIGCONT');
    await until(async () => (await daemon.state()) !== 'T');
    await daemon.signal('SIGKILL');
    return { exited: await daemon.exited, gone: await daemon.state() };
  },

  /** What a program inside sees of the machine: names, /run, and a lab inside the lab. */
  async look() {
    const { nodes } = await threeNodes();
    const { stdout } = await nodes.get('c')!.exec(['getent', 'hosts', 'a', 'client']);
    return { names: stdout.split(/\s+/), machineRun: existsSync('/run/machine') };
  },
};

function threeNodes(): Promise<NetnsLab> {
  return createLab([{ name: 'a' }, { name: 'b' }, { name: 'c' }]);
}

async function daemonWithMarker(): Promise<void> {
  const { nodes } = await createLab([{ name: argument }]);
  const environment = { KEPT_TEST_MARKER: argument };
  await nodes.get(argument)!.spawn(['sleep', '300'], { outputFile: '/dev/null', environment });
}

/** The test that runs this fixture has a time-out of its own. */
async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await clock.sleep(10);
}

function contains(file: string, word: string): boolean {
  return existsSync(file) && readFileSync(file, 'utf8').includes(word);
}

if (task === 'build-outside') {
  const refused = await createLab([{ name: 'a' }]).catch((error: unknown) => error);
  console.log(JSON.stringify({ refused: refused instanceof Failure ? refused.message : 'no' }));
} else if (insideLab()) {
  console.log(JSON.stringify(await tasks[task]!()));
  process.exit(0);
} else {
  const options = { interactive: task === 'shell', anyStatus: task === 'any-status' || task === 'shell' };
  const outcome = await enterLab(process.argv.slice(2), options).catch((error: unknown) => error);
  if (typeof outcome !== 'number') {
    writeSync(
      1,
      `${JSON.stringify({ failure: outcome instanceof Failure ? outcome.message : String(outcome) })}\n`,
    );
    process.exit(70);
  }
  if (task === 'wait') writeSync(1, `outer saw ${outcome}\n`);
  process.exit(outcome);
}
