import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { OWN_CLIENT } from '../../src/client/kafkajs/prepared.ts';
import type { Clock } from '../../src/core/clock.ts';
import { Failure } from '../../src/core/failure.ts';
import { produce, type Counts } from '../../src/hand/produce.ts';
import type { HandPlan } from '../../src/hand/plan.ts';
import { openSession, type Session } from '../../src/hand/session.ts';
import { openRun } from '../../src/history/directory.ts';
import { openRecorded } from '../../src/run/recorded.ts';
import { TOPIC } from '../../src/run/plan.ts';
import { scenarioSchema } from '../../src/scenario/schema.ts';
import { openWorld } from '../../src/world/open.ts';
import { temporaryDirectory } from '../history/sample.ts';

/** What is done by hand, against the model of Kafka in virtual time: it is recorded, judged and drawn like a run. */
const store = temporaryDirectory();
test.after.always(() => rmSync(store, { recursive: true }));

async function inLab<T>(story: (session: Session, told: string[]) => Promise<T>): Promise<T> {
  const scenario = scenarioSchema.parse({ name: 'by-hand', title: 'Done by hand' });
  const plan: HandPlan = {
    run: 'lab',
    scenario,
    client: OWN_CLIENT,
    schedule: [],
    seed: 7,
    claim: 'kept',
    mode: 'zookeeper',
    world: { kind: 'simulated', bug: null, because: null },
    directory: store,
    store,
    json: false,
    quiet: true,
    command: [],
  };
  const setting = {
    scenario,
    client: OWN_CLIENT,
    mode: plan.mode,
    seed: 7,
    topic: TOPIC,
    directory: store,
    powerLoss: false,
  };
  const stage = openWorld(plan.world, setting);
  const isOver = new AbortController();
  return stage.drive!(
    (async () => {
      void passTime(stage.clock, isOver.signal);
      const session = await openSession(plan, stage, (run) => ({ run, end: () => undefined }));
      try {
        return await story(session, []);
      } finally {
        await session.close();
        isOver.abort();
      }
    })(),
  );
}

/** Files and imports take real time, in which virtual time has to find something to wait for. */
async function passTime(clock: Clock, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) await clock.sleep(100, signal);
}

const load = (acks: 0 | 1 | 'all', more: { count?: number } = {}) => ({
  topic: TOPIC,
  acks,
  count: more.count ?? null,
  ratePerSecond: 500,
  workers: 4,
  inFlight: 4,
});

const quiet = { tell: () => undefined, onCounts: () => undefined };

/** A producer that goes on until it is told to stop. */
function started(session: Session, acks: 0 | 1 | 'all'): () => Promise<Counts> {
  const stop = new AbortController();
  const ended = produce(session, load(acks), { ...quiet, stop: stop.signal });
  return () => {
    stop.abort();
    return ended;
  };
}

const never = new AbortController().signal;

/** The leader loses its peers and keeps its clients, in the middle of the load. */
async function isolateLeader(session: Session, acks: 0 | 1 | 'all'): Promise<Counts> {
  const { clock, db } = session.world;
  const stop = started(session, acks);
  await clock.sleep(3_000);
  const view = await db.view();
  const leader = Object.values(view.observers)[0]!.partitions[0]!.leader;
  session.history.enter('faults');
  const applied = await session.faults.strike({ kind: 'partition', groups: [[`kafka${leader}`]] });
  if (applied.links.length !== 6) throw new Error('three peers, both ways');
  await clock.sleep(12_000);
  await session.faults.healLinks();
  await clock.sleep(3_000);
  return stop();
}

test('with acks=1 a leader that is cut off by hand loses what it acknowledged, and check says so', async (t) => {
  await inLab(async (session) => {
    const counts = await isolateLeader(session, 1);
    t.true(counts.acknowledged > 1_000, JSON.stringify(counts));
    t.is(counts.sent, counts.acknowledged + counts.failed + counts.unknown, 'every write has its outcome');
    const judged = await session.check(() => undefined);
    t.is(judged!.decided.result.verdict, 'invalid');
    t.is(judged!.decided.result.counts.ok, counts.acknowledged, 'what was shown is what is recorded');
    t.true(
      judged!.decided.result.findings.some(
        ({ kind, faults }) => kind === 'lost' && (faults?.length ?? 0) > 0,
      ),
    );
    t.true(existsSync(join(judged!.directory, 'timeline.svg')));
    t.regex(readFileSync(join(judged!.directory, 'timeline.svg'), 'utf8'), /partition kafka/);
    const recorded = await openRun(judged!.directory);
    t.like(recorded.info, { status: 'complete', contract: { acks: 1 }, workers: 4 });
    t.deepEqual(recorded.damage(), []);
    const again = await openRecorded(judged!.directory);
    t.deepEqual(
      again.executed.map(({ fault }) => fault.kind),
      ['partition'],
      'it can be done again as a run',
    );
    t.is(await session.check(() => undefined), null, 'a history is closed once');
  });
});

test('with acks=all the same loses nothing', async (t) => {
  await inLab(async (session) => {
    await isolateLeader(session, 'all');
    const judged = await session.check(() => undefined);
    t.is(judged!.decided.result.verdict, 'valid');
  });
});

test('two producers have values of their own, and check ends the one that still writes', async (t) => {
  await inLab(async (session) => {
    await produce(session, load(1, { count: 100 }), { ...quiet, stop: never });
    const second = produce(session, load(1), { ...quiet, stop: never });
    await session.world.clock.sleep(2_000);
    await session.faults.strike({ kind: 'kill', target: 'leader' });
    const judged = await session.check(() => undefined);
    const counts = await second;
    t.is(judged!.decided.result.counts.attempted, 100 + counts.sent);
    t.is(judged!.decided.result.counts.phantom ?? 0, 0);
    t.is((await openRun(judged!.directory)).info.workers, 8);
    t.deepEqual(session.faults.inForce(), [], 'what was killed runs again');
  });
});

test('one history has one kind of acknowledgement: it is never judged by another one', async (t) => {
  await inLab(async (session) => {
    const stop = started(session, 1);
    await session.world.clock.sleep(1_000);
    const failure = await t.throwsAsync(
      produce(session, load('all', { count: 10 }), { ...quiet, stop: never }),
      { instanceOf: Failure },
    );
    t.is(failure.exitStatus, 64);
    t.regex(failure.message, /acks=1/);
    t.regex(failure.hint, /"check"/);
    await stop();
    const judged = await session.check(() => undefined);
    t.is((await openRun(judged!.directory)).info.contract.acks, 1);
  });
});

test('a node that is down cannot be struck again, and a lab in which nothing was produced leaves no run', async (t) => {
  await inLab(async (session) => {
    await session.faults.strike({ kind: 'kill', target: 'kafka1' });
    const failure = await t.throwsAsync(session.faults.strike({ kind: 'pause', target: 'kafka1' }), {
      instanceOf: Failure,
    });
    t.regex(failure.message, /kafka1 is down already/);
    t.regex(failure.hint, /start kafka1/);
    t.is(await session.faults.undo('kafka1', ['pause']), null, 'resume does not start');
    t.truthy(await session.faults.undo('kafka1', ['kill', 'stop']));
    t.is(await session.check(() => undefined), null);
    t.is(session.history.directory, null);
  });
});
