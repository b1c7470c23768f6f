import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import test from 'ava';
import { execa } from 'execa';
import { realClock } from '../../src/core/clock.ts';
import { probeNamespaces } from '../../src/control/netns/probe.ts';
import { LAB_KINDS, type LabKind } from '../../src/world/plan.ts';
import { whyNoDocker, withDocker } from '../docker/why-no-docker.ts';
import { HAS_NET, LAB_CASES } from './cases.ts';

/** The contract of a lab, held by each kind of lab with real processes. */
const FIXTURE = resolve(import.meta.dirname, 'fixture.ts');
const clock = realClock();
const namespaces = await probeNamespaces();
const why: Record<LabKind, string | undefined> = {
  netns: namespaces.allowed ? undefined : namespaces.reason,
  loopback: undefined,
  docker: await whyNoDocker(),
};

function start(kind: LabKind, task: string, place: string) {
  if (kind === 'docker') return withDocker(FIXTURE, [kind, task, place]);
  return execa(process.execPath, ['--import=tsx', FIXTURE, kind, task, place], {
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

  real(`${kind}: what a lab does${because}`, async (t) => {
    t.timeout(120_000);
    const place = directory();
    t.teardown(() => rmSync(place, { recursive: true }));
    const { stdout, stderr } = await start(kind, 'tell', place);
    const told = JSON.parse(stdout.split('\n').at(-1) || '{}') as Record<string, unknown>;
    for (const { name, needs, facts } of LAB_CASES) {
      const expected = needs === 'net' && !HAS_NET[kind] ? 'no net' : facts;
      t.deepEqual(told[name], expected, `${name}\n${stderr}`);
    }
  });

  // There the daemon has to outlive the tool, so test/docker asks.
  if (kind === 'docker') continue;

  real(`${kind}: nothing runs any more after kill -9 of the tool${because}`, async (t) => {
    t.timeout(120_000);
    const marker = directory();
    t.teardown(() => rmSync(marker, { recursive: true }));
    const tool = start(kind, 'wait', marker);
    await once(tool.stdout, 'data');
    t.is(daemonsOf(marker).length, 2, 'they run');
    process.kill(tool.pid!, 'SIGKILL');
    while (daemonsOf(marker).length > 0) await clock.sleep(20);
    t.pass('the time-out of this test bounds how long that may take');
  });
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
