import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { realClock } from '../../src/core/clock.ts';
import { messageOf } from '../../src/core/failure.ts';
import type { Lab } from '../../src/control/lab.ts';
import type { Daemon } from '../../src/control/remote.ts';
import type { LabKind } from '../../src/world/plan.ts';

/**
 * The contract of a lab: what every kind of lab does with two nodes, `a` and `b`. A case tells facts, and the facts must
 * be the same whatever the nodes are. What a lab may lack stands in `HAS`.
 */
export interface LabCase {
  name: string;
  /** A power that a lab may lack. */
  needs?: 'net' | 'loss' | 'delay' | 'plugs';
  facts: Readonly<Record<string, unknown>>;
  /** @param place a directory of the nodes' own, different for each case. */
  tell(lab: Lab, place: string): Promise<Record<string, unknown>>;
}

/** Of each node: the port for workers that do not reach its address. */
export const OUTSIDE_PORT = 5001;

/** A kind of lab, or containers whose published ports are all that the workers reach. */
export type LabToTell = LabKind | 'published';

/** What each kind of lab has. Whether packets can be late is a question of the kernel, too. */
export const HAS: Record<LabToTell, readonly string[]> = {
  netns: ['net', 'loss', 'delay'],
  loopback: [],
  docker: ['net', 'loss', 'delay', 'plugs'],
  // A port that is published anew is another one.
  published: ['net', 'loss', 'delay'],
  ssh: ['net', 'loss', 'delay'],
};

/** What a lab of this kind has to tell of a case. */
export function expectedOf({ needs, facts }: LabCase, kind: LabToTell, withoutDelay: boolean): unknown {
  const isThere = needs === undefined || HAS[kind].includes(needs);
  return isThere && !(needs === 'delay' && withoutDelay) ? facts : `no ${needs}`;
}

const clock = realClock();

/** The test that runs this has a time-out of its own. */
async function until<T>(ask: () => Promise<T | null | false>): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (answer !== null && answer !== false) return answer;
    await clock.sleep(20);
  }
}

const theNode = (lab: Lab, name: string) => lab.nodes.get(name)!;
const isIn = async (daemon: Daemon, states: string) => states.includes((await daemon.state()) ?? '-');

export const LAB_CASES: readonly LabCase[] = [
  {
    name: 'a command runs to its end, and tells its status and what it printed',
    facts: {
      ran: { exitStatus: 3, stdout: 'out', stderr: 'err' },
      fed: { exitStatus: 0, stdout: 'through standard input', stderr: '' },
      absent: true,
      slow: true,
    },
    async tell(lab) {
      const node = theNode(lab, 'a');
      const refused = (work: Promise<unknown>, why: RegExp) =>
        work.then(
          () => 'it did not fail',
          (error: unknown) => why.test(messageOf(error)) || messageOf(error),
        );
      return {
        ran: await node.exec(['sh', '-c', 'printf out; printf err >&2; exit 3']),
        fed: await node.exec(['cat'], { input: 'through standard input' }),
        absent: await node.exec(['no-such-program']).then(
          ({ exitStatus }) => exitStatus === 126 || exitStatus === 127,
          () => true,
        ),
        slow: await refused(node.exec(['sleep', '60'], { timeoutMs: 300 }), /longer than 300 ms/),
      };
    },
  },
  {
    name: 'files are written, copied and read from where reading stopped',
    facts: {
      absent: null,
      whole: 'zero one',
      rest: 'one two',
      size: 12,
      copied: 'deep',
      seen: 'zero one two',
    },
    async tell(lab, place) {
      const node = theNode(lab, 'a');
      const { files } = node;
      const file = join(place, 'log');
      const local = await mkdtemp(join(tmpdir(), 'kept-test-'));
      await mkdir(join(local, 'below'));
      await writeFile(join(local, 'below', 'file'), 'deep');
      const absent = await files.read(file);
      await files.makeDirectory(place);
      await files.write(file, 'zero one');
      const whole = String(await files.read(file));
      await node.exec(['sh', '-c', 'printf " two" >> "$0"', file]);
      await files.put(local, join(place, 'copy'));
      await rm(local, { recursive: true });
      return {
        absent,
        whole,
        rest: String(await files.read(file, { byte: 5 })),
        size: await files.size(file),
        copied: String(await files.read(join(place, 'copy', 'below', 'file'))),
        seen: (await node.exec(['cat', file])).stdout,
      };
    },
  },
  {
    name: 'a daemon runs, and what it prints is read while it runs',
    facts: { isItself: true, running: true, directory: true, environment: 'given' },
    async tell(lab, place) {
      const node = theNode(lab, 'b');
      const file = join(place, 'log');
      await node.files.makeDirectory(place);
      const command = ['sh', '-c', 'echo "$$ $PWD $GIVEN"; exec sleep 300'];
      const options = { outputFile: file, workingDirectory: place, environment: { GIVEN: 'given' } };
      const daemon = await node.spawn(command, options);
      const text = await until(async () => {
        const read = String((await node.files.read(file)) ?? '');
        return read.endsWith('\n') ? read : null;
      });
      const [pid, directory, environment] = text.trim().split(' ');
      const running = await isIn(daemon, 'SR');
      await daemon.signal('SIGKILL');
      await daemon.exited;
      return { isItself: Number(pid) === daemon.pid, running, directory: directory === place, environment };
    },
  },
  {
    name: 'a daemon is paused, resumed, stopped and killed, and each shows',
    facts: {
      paused: true,
      resumed: true,
      stopped: { exitStatus: 7, signal: null },
      killed: { exitStatus: null, signal: 'SIGKILL' },
      gone: null,
    },
    async tell(lab, place) {
      const node = theNode(lab, 'a');
      const file = join(place, 'log');
      await node.files.makeDirectory(place);
      const polite = 'trap "exit 7" TERM; echo ready; while :; do sleep 0.05; done';
      const start = async (command: string[]) => node.spawn(command, { outputFile: file });
      const daemon = await start(['sh', '-c', polite]);
      await until(async () => (await node.files.size(file)) === 'ready\n'.length);
      await daemon.signal('SIGSTOP');
      const paused = await until(() => isIn(daemon, 'T'));
      await daemon.signal('SIGCONT');
      const resumed = await until(() => isIn(daemon, 'SR'));
      await daemon.signal('SIGTERM');
      const stopped = await daemon.exited;
      const other = await start(['sleep', '300']);
      await other.signal('SIGKILL');
      return { paused, resumed, stopped, killed: await other.exited, gone: await other.state() };
    },
  },
  {
    name: 'every node has an address of its own, and the workers reach its port',
    facts: { addresses: 2, reached: 'here', absent: null },
    async tell(lab, place) {
      const node = theNode(lab, 'b');
      await node.files.makeDirectory(place);
      const listen = `require('net').createServer((s) => s.end('here')).listen(${OUTSIDE_PORT}, '${node.address}', () => console.log('up'))`;
      const file = join(place, 'log');
      const daemon = await node.spawn([process.execPath, '-e', listen], { outputFile: file });
      await until(async () => (await node.files.size(file)) === 'up\n'.length);
      const placeOf = (name: string) =>
        lab.outside?.get(name) ?? { host: theNode(lab, name).address, port: OUTSIDE_PORT };
      const reached = await said(placeOf('b'));
      const absent = await said(placeOf('a'));
      await daemon.signal('SIGKILL');
      await daemon.exited;
      return {
        addresses: new Set([...lab.nodes.values()].map(({ address }) => address)).size,
        reached,
        absent,
      };
    },
  },
  {
    name: 'the clock of a node is placed against this one’s',
    facts: { isPlaced: true },
    async tell(lab) {
      const { offsetNs, uncertaintyNs } = await theNode(lab, 'a').clockOffset();
      const before = Date.now();
      // Seconds are what every `date` knows.
      const { stdout } = await theNode(lab, 'a').exec(['date', '+%s']);
      const after = Date.now();
      const theirsMs = Number(stdout) * 1000 - offsetNs / 1e6;
      const marginMs = 1 + uncertaintyNs / 1e6;
      return { isPlaced: theirsMs > before - 1000 - marginMs && theirsMs <= after + marginMs };
    },
  },
  {
    name: 'a link is cut in one direction or in both, and healed',
    needs: 'net',
    facts: {
      before: 'connects',
      during: 'silence',
      isCut: true,
      others: 'connects',
      twice: 0,
      healed: 1,
      after: 'connects',
    },
    async tell(lab) {
      const net = lab.net!;
      const link = { from: 'a', to: 'b' };
      const probe = async (from: string, to: string, timeoutMs = 5_000) =>
        (await net.probe({ from, to }, timeoutMs)).answer;
      const before = await probe('a', 'b');
      await net.cut([link]);
      const during = await probe('a', 'b', 400);
      const isCut = net.isCut(link);
      const others = await probe('client', 'b');
      await net.cut([link]);
      const twice = (await net.heal([link])).length;
      const healed = (await net.heal([link])).length;
      return { before, during, isCut, others, twice, healed, after: await probe('a', 'b') };
    },
  },
  {
    name: 'the place of the workers is cut from a node, either way, and healed',
    needs: 'net',
    facts: { towards: 'silence', others: 'connects', healed: 'connects', from: 'silence', all: 'connects' },
    async tell(lab) {
      const net = lab.net!;
      const probe = async (to: string, timeoutMs = 5_000) =>
        (await net.probe({ from: 'client', to }, timeoutMs)).answer;
      await net.cut([{ from: 'client', to: 'a' }]);
      const towards = await probe('a', 400);
      const others = await probe('b');
      await net.heal([{ from: 'client', to: 'a' }]);
      const healed = await probe('a');
      await net.cut([{ from: 'a', to: 'client' }]);
      const from = await probe('a', 400);
      await net.heal();
      return { towards, others, healed, from, all: await probe('a') };
    },
  },
  {
    name: 'a part of the packets of a link vanishes, is counted, and arrives again after it',
    needs: 'loss',
    facts: { some: true, notAll: true, both: true, onlyItsOwn: true, after: true },
    async tell(lab) {
      const net = lab.net!;
      const impairing = net.impairing!;
      const link = { from: 'a', to: 'b' };
      const lossy = await impairing.impair({ kind: 'loss', percent: 50 }, [link]);
      await send(lab, PACKETS);
      const { seen, dropped } = (await lossy.counts()).get('a>b')!;
      // Another one on the same link has its own rules and its own count.
      const other = await impairing.impair({ kind: 'loss', percent: 50 }, [link, { from: 'b', to: 'a' }]);
      await send(lab, PACKETS);
      const both = [await lossy.counts(), await other.counts()].map((counts) => counts.get('a>b')!);
      await lossy.lift();
      await lossy.lift();
      await send(lab, PACKETS);
      const onlyItsOwn = (await other.counts()).get('a>b')!.dropped > both[1]!.dropped;
      await impairing.liftAll();
      const probes = Array.from({ length: 20 }, () => net.probe(link, 5_000));
      const answers = await Promise.all(probes);
      return {
        // Half of so many: chance has no say in this.
        some: dropped > seen / 8,
        notAll: seen >= PACKETS && dropped < (7 * seen) / 8,
        both: both[0]!.dropped > dropped && both[1]!.dropped > 0,
        onlyItsOwn,
        after: answers.every(({ answer }) => answer === 'connects'),
      };
    },
  },
  {
    name: 'the place of the workers loses packets to a node, and from it',
    needs: 'loss',
    facts: { towards: true, from: true, others: 0 },
    async tell(lab) {
      const impairing = lab.net!.impairing!;
      const links = [
        { from: 'client', to: 'a' },
        { from: 'a', to: 'client' },
        { from: 'b', to: 'client' },
      ];
      const lossy = await impairing.impair({ kind: 'loss', percent: 30 }, links);
      const probes = Array.from({ length: 200 }, () => lab.net!.probe({ from: 'client', to: 'a' }, 400));
      await Promise.all(probes);
      const counts = await lossy.counts();
      await lossy.lift();
      return {
        towards: counts.get('client>a')!.dropped > 0,
        from: counts.get('a>client')!.dropped > 0,
        others: counts.get('b>client')!.dropped,
      };
    },
  },
  {
    name: 'packets of a link come late, and in time again after it',
    needs: 'delay',
    facts: { isLate: true, isOtherInTime: true, isInTimeAfterwards: true },
    async tell(lab) {
      const net = lab.net!;
      const timed = async (from: string, to: string) => {
        const startNs = clock.nowNs();
        await net.probe({ from, to }, 5_000);
        return (clock.nowNs() - startNs) / 1e6;
      };
      /** One that was quick proves that nothing is held up; a slow one proves nothing on a busy machine. */
      const isInTime = async (from: string, to: string) => {
        for (let tries = 0; tries < 10; tries++) if ((await timed(from, to)) < 290) return true;
        return false;
      };
      await timed('a', 'b');
      await timed('b', 'client');
      const late = await net.impairing!.impair({ kind: 'delay', delayMs: 300, jitterMs: 0 }, [
        { from: 'a', to: 'b' },
      ]);
      const isLate = (await timed('a', 'b')) > 290;
      const isOtherInTime = await isInTime('b', 'client');
      await late.lift();
      return { isLate, isOtherInTime, isInTimeAfterwards: await isInTime('a', 'b') };
    },
  },
  {
    name: 'a node is taken off the network and comes back at its address, with what was cut there',
    needs: 'plugs',
    facts: {
      off: ['silence', 'silence'],
      cutStill: 'silence',
      back: ['connects', 'connects'],
      address: true,
      again: 'silence',
      whole: 'connects',
    },
    async tell(lab) {
      const net = lab.net!;
      const plugs = net.plugs!;
      /** What is to be silence is given a moment; what is to connect has time. */
      const answer = async (from: string, to: string, timeoutMs = 5_000) =>
        (await net.probe({ from, to }, timeoutMs)).answer;
      const reached = async (timeoutMs?: number) => [
        await answer('b', 'a', timeoutMs),
        await answer('client', 'a', timeoutMs),
      ];
      /** Packets may have to be sent again. */
      const untilBack = () => until(async () => (await reached(400)).every((each) => each === 'connects'));
      const cut = [{ from: 'b', to: 'a' }];
      await reached();
      await plugs.disconnect(['a']);
      const off = await reached(400);
      await plugs.connect(['a']);
      await untilBack();
      const back = await reached();
      const { address } = theNode(lab, 'a');
      const { stdout } = await theNode(lab, 'a').exec(['cat', '/proc/net/fib_trie']);
      // A cut that is there before, and one that begins while the node is off.
      await net.cut(cut);
      await plugs.disconnect(['b']);
      await net.cut([{ from: 'b', to: 'client' }]);
      await plugs.connect(['b']);
      await clock.sleep(100);
      const cutStill = await answer('b', 'a', 400);
      const again = await answer('b', 'client', 400);
      await net.heal();
      await untilBack();
      return {
        off,
        cutStill,
        back,
        address: stdout.includes(` ${address}\n`),
        again,
        whole: await answer('b', 'a'),
      };
    },
  },
];

const PACKETS = 100;

/** At least so many packets from a to b, whether they arrive or not. */
async function send(lab: Lab, count: number): Promise<void> {
  const probes = Array.from({ length: count }, () => lab.net!.probe({ from: 'a', to: 'b' }, 400));
  await Promise.all(probes);
}

/** What is said there; null where the connection is refused, or ends without a word: something may accept it on the way. */
function said({ host, port }: { host: string; port: number }): Promise<string | null> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect({ host, port });
    socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    socket.once('close', () => resolve(text || null));
    socket.once('error', () => resolve(null));
  });
}
