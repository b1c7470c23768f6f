import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import test from 'ava';
import { execa } from 'execa';
import { OWN_CLIENT } from '../../src/client/kafkajs/prepared.ts';
import { terminalReporter } from '../../src/cli/terminal-reporter.ts';
import { carryOut } from '../../src/run/carry-out.ts';
import type { Plan } from '../../src/run/plan.ts';
import { scheduleOf } from '../../src/run/prepare.ts';
import type { Result } from '../../src/checker/result.ts';
import { Failure } from '../../src/core/failure.ts';
import { seededRandom } from '../../src/core/random.ts';
import { virtualClock } from '../../src/core/virtual-clock.ts';
import { createRunDirectory, openRun } from '../../src/history/directory.ts';
import { createAppendFile, diskFailure } from '../../src/history/recorder/append-file.ts';
import { findEntry } from '../../src/scenario/catalog/catalog.ts';
import type { Scenario } from '../../src/scenario/schema.ts';
import { simulatedWorld } from '../../src/world/simulated.ts';
import type { Stage } from '../../src/world/stage.ts';
import type { World } from '../../src/world/world.ts';
import { temporaryDirectory } from '../history/sample.ts';
import { AS_COMPILED } from '../as-compiled.ts';

/** A run that meets troubles of its own still says what it has found out, and nothing more. */
const store = temporaryDirectory();
test.after.always(() => rmSync(store, { recursive: true }));

const { load, ...rest } = findEntry('leader-isolated-acks-1')!.scenario;
const LOSES: Scenario = { ...rest, load: { ...load, ratePerSecond: 200 } };

async function planOf(scenario: Scenario): Promise<Plan> {
  return {
    run: 'trouble',
    scenario,
    client: OWN_CLIENT,
    schedule: scheduleOf(scenario, 1),
    seed: 1,
    claim: 'kept',
    mode: 'zookeeper',
    world: { kind: 'simulated', bug: null, because: null },
    directory: await createRunDirectory(store),
    json: false,
    quiet: true,
    command: [],
  };
}

/** The modelled world, with something of it replaced. */
function stageOf(scenario: Scenario, change: (world: World) => Partial<World>): Stage {
  const clock = virtualClock();
  return {
    clock,
    drive: (work) => clock.drive(work),
    info: { world: 'simulated' },
    async build({ record }) {
      const random = seededRandom(1);
      const world = simulatedWorld({ scenario, mode: 'zookeeper', clock, random, onEvent: record });
      return { ...world, ...change(world) };
    },
  };
}

const resultIn = (directory: string) =>
  JSON.parse(readFileSync(join(directory, 'results.json'), 'utf8')) as Result;

test('a teardown that fails keeps no verdict back', async (t) => {
  const plan = await planOf(LOSES);
  const stage = stageOf(LOSES, () => ({
    close: () => Promise.reject(new Error('the disk is still mounted')),
  }));
  t.is(await carryOut(plan, terminalReporter, { stage }), 1);
  t.is(resultIn(plan.directory).verdict, 'invalid');
  t.is((await openRun(plan.directory)).info.status, 'complete');
});

test('a recorder that can no longer write ends load and faults at once, and what was recorded is judged', async (t) => {
  const scenario = {
    ...LOSES,
    phases: { warmUpMs: 1_000, faultsMs: 3_600_000, recoveryMs: 1_000 },
    nemesis: {
      script: Array.from({ length: 300 }, (_, index) => ({
        atMs: index * 10_000,
        fault: { kind: 'pause' as const, target: 'leader' },
        forMs: 1_000,
      })),
      keepBrokersUp: 0,
    },
  };
  const plan = await planOf(scenario);
  let full = false;
  const after = { writes: 0, strikes: 0 };
  const stage = stageOf(scenario, (simulated) => ({
    openClient(worker) {
      const client = simulated.openClient(worker);
      return {
        ...client,
        write(value) {
          if (full) after.writes++;
          return client.write(value);
        },
      };
    },
    db: {
      ...simulated.db,
      pause(node) {
        if (full) after.strikes++;
        return simulated.db.pause!(node);
      },
    },
  }));
  let left = 20;
  const openFile = (path: string) => {
    const file = createAppendFile(path);
    if (basename(path) !== 'writes.arrow') return file;
    return {
      ...file,
      append(chunks: readonly Uint8Array[]) {
        if (left-- > 0) return file.append(chunks);
        full = true;
        throw diskFailure(path, Object.assign(new Error('full'), { code: 'ENOSPC' }));
      },
    };
  };
  const failure = await t.throwsAsync(carryOut(plan, terminalReporter, { stage, openFile }), {
    instanceOf: Failure,
  });
  t.regex(failure.message, /the disk is full/);
  t.is(failure.exitStatus, 2);
  t.true(full);
  t.is(after.strikes, 0);
  t.true(after.writes < 200, `${after.writes} writes were begun after the disk was full`);
  t.true(existsSync(join(plan.directory, 'results.json')), 'what was recorded is judged');
  t.like((await openRun(plan.directory)).info, { status: 'failed' });
});

test('on a disk that takes no more a run says so and ends with 2', async (t) => {
  const kept = [
    process.execPath,
    resolve('bin/kept.js'),
    'run',
    '--simulate',
    '--duration',
    '10m',
    '--store',
    store,
  ];
  // 200 blocks of 512 bytes a file, after which the system refuses.
  const { exitCode, stderr } = await execa('sh', ['-c', 'ulimit -f 200; exec "$@"', 'sh', ...kept], {
    reject: false,
  });
  t.is(exitCode, 2, stderr);
  t.regex(stderr, /The run ends now: .*writes\.arrow.* cannot be written/);
  t.regex(stderr, /^kept: .*writes\.arrow.* cannot be written/m);
});

for (const stuckIn of ['run', 'teardown']) {
  test(`a second Ctrl-C ends a ${stuckIn} that would never end by itself`, async (t) => {
    const directory = await createRunDirectory(store);
    const child = spawn(process.execPath, [AS_COMPILED, 'test/cli/stuck-run.ts', directory, stuckIn], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    let printed = '';
    child.stdout.on('data', (data) => (printed += String(data)));
    const ended = new Promise<number | null>((done) => child.on('close', (status) => done(status)));
    for await (const data of child.stderr) {
      said += String(data);
      const signals = said.includes('Stopping: ') ? 1 : 0;
      if (said.includes('the cluster is up') && signals === 0) child.kill('SIGINT');
      if (signals === 1 && !said.includes('Stopping now')) child.kill('SIGINT');
    }
    t.is(await ended, 130, said);
    t.regex(said, /Stopping now\. What was recorded is safe\./);
    t.regex(said, /Stopped before anything was decided/);
    t.is(printed, '', 'nothing was decided');
    const run = await openRun(directory);
    t.deepEqual(run.damage(), [], 'its files are closed');
  });
}
