import { readdirSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { realClock } from '../../src/core/clock.ts';
import { openEngine } from '../../src/control/docker/engine.ts';
import type { Result } from '../../src/checker/result.ts';
import type { Event } from '../../src/history/event.ts';
import type { Fault } from '../../src/history/fault.ts';
import { everything, leftOver, start } from './everything.ts';

/**
 * A cluster under real compose, as hooks/compose.yaml has it, of the image that kept makes; a run against it whose faults the
 * shipped hook does, another one that is killed in the middle of its fault, and the end of it all, told as JSON.
 * Usage: compose.ts DIRECTORY COMPOSE...   (how compose is called)
 */
const HOOKS = resolve(import.meta.dirname, '../../hooks');
const KEPT = resolve(import.meta.dirname, '../../bin/kept.js');
const BROKERS = 3;
const START_TIMEOUT_MS = 120_000;
const HEAL_TIMEOUT_MS = 20_000;
const [directory = '', program = '', ...words] = process.argv.slice(2);

type Strike = { atMs: number; fault: Partial<Fault>; forMs: number };

/** A scenario of its own, with all kinds that the hook knows: `random` with a hook takes none but kill and pause by itself. */
function scenario(name: string, script: readonly Strike[], faultsMs: number): string {
  const path = join(directory, `${name}.json`);
  const contents = {
    name,
    topic: { partitions: 1, minInsyncReplicas: 2 },
    producer: { acks: 'all' },
    phases: { warmUpMs: 1_000, faultsMs, recoveryMs: 2_000 },
    nemesis: { keepBrokersUp: 2, script },
  };
  writeFileSync(path, JSON.stringify(contents));
  return path;
}
const ISOLATE = { kind: 'isolate', target: 'leader', from: 'everyone' } as const;
const each = scenario(
  'each',
  [
    { atMs: 0, fault: ISOLATE, forMs: 5_000 },
    { atMs: 7_000, fault: { kind: 'stop', target: 'leader' }, forMs: 1_000 },
    { atMs: 11_000, fault: { kind: 'kill', target: 'leader' }, forMs: 1_000 },
    { atMs: 15_000, fault: { kind: 'pause', target: 'leader' }, forMs: 1_000 },
  ],
  16_500,
);
const long = scenario('long', [{ atMs: 0, fault: ISOLATE, forMs: 60_000 }], 60_000);

const clock = realClock();
const engine = await openEngine();
const before = await everything(engine);
Object.assign(process.env, {
  COMPOSE_FILE: join(HOOKS, 'compose.yaml'),
  COMPOSE_PROJECT_NAME: `kept-test-${process.pid}`,
  KAFKA_IMAGE: (await start([KEPT, 'image'])).stdout,
});
const compose = (...more: string[]) =>
  execa(program, [...words, ...more], { all: true, reject: false, stdin: 'ignore' });

/** At once: the last two of three controllers cannot stop in good order, since they are no majority, and would be waited for. */
const DOWN = ['down', '--volumes', '--timeout', '0'];

async function until(what: string, timeoutMs: number, isSo: () => Promise<boolean>): Promise<void> {
  const giveUpNs = clock.nowNs() + timeoutMs * 1e6;
  while (!(await isSo())) {
    if (clock.nowNs() > giveUpNs) throw new Error(`${what}: not after ${timeoutMs} ms`);
    await clock.sleep(200);
  }
}

const run = (store: string, which: string, ...options: string[]) =>
  start([
    KEPT,
    'run',
    which,
    '--bootstrap-server',
    '127.0.0.1:19092,127.0.0.1:29092',
    '--fault-hook',
    join(HOOKS, 'docker-compose.mjs'),
    '--store',
    join(directory, store),
    ...options,
  ]);

/** How many of the brokers are on no network. */
async function cutOff(): Promise<number> {
  const { stdout } = await compose('ps', '--quiet');
  const containers = stdout.split('\n').map((id) => engine.api.getContainer(id).inspect());
  return (await Promise.all(containers)).filter(
    ({ NetworkSettings }) => Object.keys(NetworkSettings.Networks).length === 0,
  ).length;
}

/** What became of the only run of a store. */
function outcomeOf(store: string) {
  const place = join(directory, store, readdirSync(join(directory, store))[0]!);
  const { verdict } = JSON.parse(readFileSync(join(place, 'results.json'), 'utf8')) as Result;
  const events = readFileSync(join(place, 'events.ndjson'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Event);
  return {
    verdict,
    struck: events.flatMap((event) =>
      event.type === 'fault-start'
        ? [{ kind: event.fault.kind, verified: event.verified ?? true, evidence: event.evidence }]
        : [],
    ),
    healed: events.filter(({ type, ...rest }) => type === 'fault-stop' && !('verified' in rest)).length,
    failed: events.filter(({ type }) => type === 'fault-failed' || type === 'fault-skipped'),
  };
}

const up = await compose('up', '-d');
try {
  if (up.failed) throw new Error(up.all);
  await until('three brokers', START_TIMEOUT_MS, async () => {
    const { stdout } = await compose('logs');
    return (stdout.match(/Kafka Server started/g) ?? []).length === BROKERS;
  });
  const refused = await run('refused', 'random');
  const yes = '--yes-break-these-nodes';
  const whole = await run('each', each, yes);

  const killed = run('killed', long, yes);
  await until('a broker that is cut off', START_TIMEOUT_MS, async () => (await cutOff()) === 1);
  process.kill(killed.pid!, 'SIGKILL');
  await killed;
  const healed = await until('no broker that is cut off', HEAL_TIMEOUT_MS, async () => (await cutOff()) === 0)
    .then(() => true)
    .catch(() => false);
  await compose(...DOWN);
  writeSync(
    1,
    `${JSON.stringify({
      refused: refused.exitCode,
      whole: { exitStatus: whole.exitCode, ...outcomeOf('each') },
      healed,
      left: await leftOver(engine, before),
      said: `${whole.stderr}\n${whole.stdout}`,
    })}\n`,
  );
} finally {
  await compose(...DOWN);
}
process.exit(0);
