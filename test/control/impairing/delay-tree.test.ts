import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { execa } from 'execa';
import { applyDelays, REMOVE_DELAYS, type Delayed } from '../../../src/control/impairing/delay-tree.ts';

/**
 * The commands of `tc` that make packets late, against a `tc` and an `ip` that only note what they are told: this is how
 * far it goes where the kernel has no netem. The lab's contract asks for the effect where it has.
 */
function place(t: ExecutionContext, shown: string) {
  const directory = mkdtempSync(join(tmpdir(), 'kept-tc-test-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const log = join(directory, 'log');
  const program = (name: string, text: string) => {
    writeFileSync(join(directory, name), `#!/bin/sh\n${text}`);
    chmodSync(join(directory, name), 0o755);
  };
  writeFileSync(log, '');
  writeFileSync(join(directory, 'shown'), shown);
  // What is shown becomes true once it is made.
  program(
    'tc',
    `case "$*" in
"qdisc show"|"qdisc show dev "*) cat ${directory}/shown; exit;;
"qdisc add dev eth0 root"*) echo "qdisc prio 6b70: dev eth0 root refcnt 2" >${directory}/shown;;
"qdisc del dev eth0 root") : >${directory}/shown;;
esac
echo "tc $*" >>${log}
[ ! -e ${directory}/refuses ] || case "$*" in *netem*) echo "Error: Specified qdisc kind is unknown." >&2; exit 2;; esac
`,
  );
  program('ip', 'echo "$5 dev eth0 src 10.0.0.1 uid 0"\n');
  return {
    run: async (script: string) => {
      writeFileSync(log, '');
      const path = `${directory}:${process.env['PATH']}`;
      const { exitCode, stderr } = await execa('sh', ['-c', script], {
        reject: false,
        env: { PATH: path },
      });
      return { exitCode, stderr, told: readFileSync(log, 'utf8').trim().split('\n') };
    },
    refuse: () => writeFileSync(join(directory, 'refuses'), ''),
  };
}

const late = (address: string, delayMs: number, jitterMs = 0, port?: number): Delayed => ({
  match: {
    chain: 'out',
    peer: { address },
    ...(port !== undefined && { port: { end: 'destination' as const, number: port } }),
  },
  delayMs,
  jitterMs,
});
const ROOT = 'tc qdisc add dev eth0 root handle 6b70: prio bands 3 priomap 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0';
const filter = (what: string, band: number) =>
  `tc filter add dev eth0 parent 6b70: protocol ip prio 1 u32 ${what} flowid 6b70:${band}`;

test('one tree an interface, a band for each length of delay, and filters that lead there', async (t) => {
  const { run } = place(t, 'qdisc noqueue 0: root refcnt 2\n');
  const script = applyDelays([late('10.0.0.2', 200), late('10.0.0.3', 200), late('10.0.0.4', 80, 40, 9092)]);
  t.deepEqual(await run(script), {
    exitCode: 0,
    stderr: '',
    told: [
      ROOT,
      'tc qdisc add dev eth0 parent 6b70:2 netem limit 100000 delay 200ms',
      'tc qdisc add dev eth0 parent 6b70:3 netem limit 100000 delay 80ms 40ms',
      filter('match ip dst 10.0.0.2/32', 2),
      filter('match ip dst 10.0.0.3/32', 2),
      filter('match ip dst 10.0.0.4/32 match ip protocol 6 0xff match ip dport 9092 0xffff', 3),
    ],
  });
});

test('a tree of ours is replaced, and taken away when nothing is late any more', async (t) => {
  const { run } = place(t, 'qdisc prio 6b70: dev eth0 root refcnt 2 bands 3\n');
  const { told } = await run(applyDelays([late('10.0.0.2', 5)]));
  t.is(told[0], 'tc qdisc del dev eth0 root');
  t.is(told.length, 4);
  t.deepEqual((await run(applyDelays([]))).told, ['tc qdisc del dev eth0 root']);
  t.deepEqual((await run(applyDelays([]))).told, ['']);
});

test('the tree of somebody else stays', async (t) => {
  const { run } = place(t, 'qdisc htb 1: root refcnt 2 r2q 10\n');
  const { exitCode, stderr, told } = await run(applyDelays([late('10.0.0.2', 5)]));
  t.is(exitCode, 1);
  t.regex(stderr, /eth0 has a queueing discipline of its own \(1:\)/);
  t.deepEqual(told, ['']);
  t.deepEqual((await run(REMOVE_DELAYS)).told, ['']);
});

test('what was half made is taken away', async (t) => {
  const { run, refuse } = place(t, 'qdisc noqueue 0: root refcnt 2\n');
  refuse();
  const { exitCode, stderr, told } = await run(applyDelays([late('10.0.0.2', 5)]));
  t.is(exitCode, 1);
  t.regex(stderr, /qdisc kind is unknown/);
  t.is(told.at(-1), 'tc qdisc del dev eth0 root');
});
