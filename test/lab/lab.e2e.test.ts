import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import test from 'ava';
import { execa } from 'execa';
import { realClock } from '../../src/core/clock.ts';
import { abilitiesHere } from '../../src/control/netns/abilities.ts';
import { probeNamespaces } from '../../src/control/netns/probe.ts';
import { LAB_KINDS, type LabKind } from '../../src/world/plan.ts';
import { whyNoDocker, withDocker } from '../docker/why-no-docker.ts';
import { whyNoSshds } from '../control/ssh/sshd.ts';
import { expectedOf, LAB_CASES } from './cases.ts';
import { AS_COMPILED } from '../as-compiled.ts';

/** The contract of a lab, held by each kind of lab with real processes. */
const FIXTURE = resolve(import.meta.dirname, 'fixture.ts');
const clock = realClock();
const namespaces = await probeNamespaces();
const why: Record<LabKind, string | undefined> = {
  netns: namespaces.allowed ? undefined : namespaces.reason,
  loopback: undefined,
  docker: await whyNoDocker(),
  ssh: whyNoSshds(namespaces),
};

const { delay } = await abilitiesHere();
const withoutDelay = delay.answer !== 'yes';
/** Said in the name of the test, since it stands for cases that were not tried. */
const notTried = withoutDelay ? ' (but for packets that come late: no netem here)' : '';

function start(kind: LabKind, task: string, place: string) {
  if (kind === 'docker') return withDocker(FIXTURE, [kind, task, place]);
  return execa(process.execPath, [AS_COMPILED, FIXTURE, kind, task, place], {
    reject: false,
    stdin: 'ignore',
  });
}

function directory(): string {
  return mkdtempSync(join(tmpdir(), 'kept-lab-test-'));
}

for (const kind of LAB_KINDS) {
  const missing = why[kind];
  const real = missing === undefined ? test : test.skip;
  const because = missing === undefined ? '' : ` (skipped: ${missing})`;

  real(`${kind}: what a lab does${notTried}${because}`, async (t) => {
    t.timeout(120_000);
    const place = directory();
    t.teardown(() => rmSync(place, { recursive: true }));
    const { stdout, stderr } = await start(kind, 'tell', place);
    const told = JSON.parse(stdout.split('\n').at(-1) || '{}') as Record<string, unknown>;
    for (const each of LAB_CASES)
      t.deepEqual(told[each.name], expectedOf(each, kind, withoutDelay), `${each.name}\n${stderr}`);
  });

  // There the daemon has to outlive the tool, so test/docker asks.
  if (kind === 'docker') continue;

  real(`${kind}: nothing runs any more after kill -9 of the tool${because}`, async (t) => {
    t.timeout(120_000);
    const marker = directory();
    t.teardown(() => rmSync(marker, { recursive: true }));
    const tool = start(kind, 'wait', marker);
    let said = '';
    tool.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
    await until(() => said.includes('ready'));
    // On their way they are shells, and programs that those call.
    await until(() => daemonsOf(marker).length === 2);
    // The hosts behind SSH are not of this tool's making, and go on.
    const pid = kind === 'ssh' ? commanderOf(marker) : tool.pid!;
    const killedNs = clock.nowNs();
    process.kill(pid, 'SIGKILL');
    await until(() => daemonsOf(marker).length === 0);
    if (kind === 'ssh') {
      await until(() => /rules: [1-9]/.test(said));
      await until(() => said.includes('rules: 0'));
    }
    t.log(`after ${((clock.nowNs() - killedNs) / 1e9).toFixed(1)} s`);
    tool.kill('SIGKILL');
    t.pass('the time-out of this test bounds how long that may take');
  });
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await clock.sleep(20);
}

/** The program that commands the hosts, by the environment that its maker gave it. */
function commanderOf(marker: string): number {
  const found = readdirSync('/proc').find((name) => {
    try {
      const of = (file: string) => readFileSync(join('/proc', name, file), 'utf8').split('\0');
      return of('environ').includes(`KEPT_TEST_COMMANDER=${marker}`) && of('cmdline').includes(FIXTURE);
    } catch {
      // No process, or it ended while it was looked at.
      return false;
    }
  });
  return Number(found);
}

/** The processes of this machine that were started with this marker, by the kernel's account, and still run. */
function daemonsOf(marker: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const isMarked = readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`KEPT_TEST_MARKER=${marker}`);
        return isMarked && !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
      } catch {
        // It ended while it was looked at, or belongs to somebody else.
        return false;
      }
    });
}
