import test from 'ava';
import { NS_PER_SECOND } from '../../src/core/clock.ts';
import { seededRandom } from '../../src/core/random.ts';
import { virtualClock } from '../../src/core/virtual-clock.ts';
import type { Event } from '../../src/history/event.ts';
import { memoryRecorder } from '../../src/history/recorder/memory-recorder.ts';
import { Liveness } from '../../src/runner/liveness.ts';
import { run } from '../../src/runner/runner.ts';
import { scenarioSchema } from '../../src/scenario/schema.ts';
import { simulatedWorld } from '../../src/world/simulated.ts';

/** Whether writes are served again after everything was healed, which says nothing about what is kept. */

const write = (partition: number, invokeNs: number, outcome: 'ok' | 'sent' | 'fail' | 'info') => ({
  partition,
  invokeNs,
  outcome,
});

test('only what was begun after the heal counts, and every partition that was tried has to have something', (t) => {
  const liveness = new Liveness();
  liveness.write(write(0, 5, 'ok'));
  liveness.healed(10);
  t.false(liveness.isAlive, 'nothing was tried');
  liveness.write(write(0, 9, 'ok'));
  t.false(liveness.isAlive, 'it was begun before');
  liveness.write(write(0, 10, 'ok'));
  t.true(liveness.isAlive);
  liveness.write(write(1, 11, 'info'));
  liveness.write(write(2, 11, 'fail'));
  t.deepEqual(liveness.stuck, [1, 2]);
  t.false(liveness.isAlive);
  liveness.write(write(2, 12, 'sent'));
  liveness.write(write(1, 12, 'ok'));
  t.true(liveness.isAlive);
});

/** A run whose writes are refused from the end of the faults phase on, for so long. */
async function servedAgainAfter(seconds: number): Promise<{ notes: string[]; recoverySeconds: number }> {
  const clock = virtualClock();
  const events: Event[] = [];
  const scenario = scenarioSchema.parse({
    topic: { partitions: 2 },
    load: { workers: 2, ratePerSecond: 20 },
    phases: { warmUpMs: 500, faultsMs: 1_000, recoveryMs: 2_000 },
  });
  const memory = memoryRecorder(INFO, clock);
  const recorder = { ...memory, event: (event: Event) => (events.push(event), memory.event(event)) };
  const world = simulatedWorld({
    scenario,
    mode: 'kraft-combined',
    clock,
    random: seededRandom(1),
    onEvent: (event) => recorder.event(event),
  });
  let refusedFromNs = Infinity;
  const openClient: typeof world.openClient = (worker) => {
    const client = world.openClient(worker);
    return {
      ...client,
      open: () => client.open(),
      close: () => client.close(),
      async write(op) {
        const completion = await client.write(op);
        const isRefused =
          clock.nowNs() >= refusedFromNs && clock.nowNs() < refusedFromNs + seconds * NS_PER_SECOND;
        return isRefused ? { ...completion, outcome: 'info' as const, offset: null } : completion;
      },
    };
  };
  const never = new AbortController().signal;
  await clock.drive(
    run({
      world: { ...world, openClient },
      scenario,
      schedule: [],
      seed: 1,
      recorder,
      decode: world.decode,
      liveWithinMs: 10_000,
      onProgress: ({ phase }) => {
        if (phase === 'recovery' && refusedFromNs === Infinity) refusedFromNs = clock.nowNs();
      },
      stop: never,
      abort: never,
    }),
  );
  const at = (name: string) =>
    events.flatMap((event) => (event.type === 'phase' && event.name === name ? [event.timeNs] : []))[0]!;
  return {
    notes: events.flatMap((event) => (event.type === 'note' && event.about === 'stuck' ? [event.text] : [])),
    recoverySeconds: Math.round((at('settle') - at('recovery')) / NS_PER_SECOND),
  };
}

const INFO = {
  version: 1 as const,
  run: 'r',
  status: 'running' as const,
  world: 'simulated' as const,
  seed: 1,
  scenario: { name: 'n', title: '' },
  contract: {
    acks: 'all' as const,
    minInsyncReplicas: 1,
    replicationFactor: 3,
    uncleanLeaderElection: false,
    idempotence: false,
    clientRetries: false,
  },
  topic: 'kept',
  partitions: 2,
  nodes: [],
  workers: 2,
  versions: { kept: 'test' },
  startedAt: '1970-01-01T00:00:00.000Z',
};

test('where writes are served again the load ends as planned', async (t) => {
  t.deepEqual(await servedAgainAfter(0), { notes: [], recoverySeconds: 2 });
});

test('where they are served late the load goes on until then', async (t) => {
  t.deepEqual(await servedAgainAfter(6), { notes: [], recoverySeconds: 6 });
});

test('where they are not served in time the run says so, and still reads everything back', async (t) => {
  t.deepEqual(await servedAgainAfter(60), {
    notes: ['No write to partition 0 and 1 was acknowledged within 10.0 s after everything was healed.'],
    recoverySeconds: 10,
  });
});
