import test from 'ava';
import { check } from '../../src/checker/check.ts';
import { simulate } from '../../src/run/simulate.ts';
import { seededRandom } from '../../src/core/random.ts';
import { drawSchedule } from '../../src/nemesis/schedule.ts';
import { maskOf, Partitions } from '../../src/sim/partitions.ts';
import { scenarioSchema } from '../../src/scenario/schema.ts';

/** Leaders that an administrator moves lose nothing with acks=all; with acks=1 they may, and that is permitted. */
const RUNS = 25;

async function judged(seed: number, acks: 'all' | 1, minInsyncReplicas: number) {
  const scenario = scenarioSchema.parse({
    topic: { partitions: 3, replicationFactor: 3, minInsyncReplicas },
    producer: { acks },
    load: { workers: 3, ratePerSecond: 100 },
    consumers: 1,
    phases: { warmUpMs: 500, faultsMs: 8_000, recoveryMs: 500 },
  });
  const mix = { mix: ['move-leader' as const], meanIntervalMs: 500, meanDurationMs: 700, keepBrokersUp: 3 };
  const schedule = drawSchedule(mix, 8_000, seededRandom(seed));
  const modes = ['zookeeper', 'kraft-combined', 'kraft-separate'] as const;
  const { run } = await simulate({ scenario, schedule, seed, mode: modes[seed % 3]! });
  const moves = run.events.filter(({ type }) => type === 'fault-start').length;
  const failed = run.events.filter(({ type }) => type === 'fault-failed' || type === 'fault-skipped');
  return { result: check(run, { claim: 'kept' }), moves, failed };
}

test('with acks=all nothing is lost, whichever replicas lead', async (t) => {
  let moved = 0;
  for (let seed = 1; seed <= RUNS; seed++) {
    const { result, moves, failed } = await judged(seed, 'all', 1 + (seed % 2));
    moved += moves;
    t.deepEqual(failed, []);
    t.is(result.verdict, 'valid', `seed ${seed}: ${result.reasons.join(' ')}`);
  }
  t.true(moved > 3 * RUNS, `${moved} moves`);
});

test('with acks=1 what the former leader had alone is gone, and every loss is permitted', async (t) => {
  let lost = 0;
  for (let seed = 1; seed <= RUNS; seed++) {
    const { result } = await judged(seed, 1, 1);
    lost += result.counts.lost;
    t.deepEqual(
      result.findings.filter(({ judgement }) => judgement === 'violation'),
      [],
      `seed ${seed}`,
    );
  }
  t.true(lost > 0, 'it was tested');
});

test('only a replica that is in sync and alive gets to lead', (t) => {
  const rules = { partitions: 1, replicationFactor: 3, minInsyncReplicas: 1, uncleanLeaderElection: false };
  const partitions = new Partitions(rules, 3, 0, null);
  partitions.alter(0, { partition: 0, epoch: 0, version: 0, isr: maskOf([0, 1]) });
  const to = (leader: number, alive = [0, 1, 2]) =>
    partitions.move([{ partition: 0, leader }], maskOf(alive));
  t.deepEqual(to(2), [], 'not in sync');
  t.deepEqual(to(1, [0, 2]), [], 'not alive');
  t.deepEqual(to(0), [], 'it leads already');
  t.like(to(1)[0], { leader: 1, epoch: 1, isr: maskOf([0, 1]) });
});
