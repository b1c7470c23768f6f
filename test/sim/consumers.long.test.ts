import test from 'ava';
import { check } from '../../src/checker/check.ts';
import type { Event, ScanEvent } from '../../src/history/event.ts';
import type { Schedule } from '../../src/nemesis/schedule.ts';
import { scenarioSchema } from '../../src/scenario/schema.ts';
import { drawScenario } from '../../src/scenario/swarm.ts';
import { tryOut } from '../../src/search/trial.ts';
import type { Bug } from '../../src/sim/bugs.ts';

async function runWithConsumers(seed: number, bug: Bug | null = null) {
  const draw = drawScenario(seed);
  return tryOut({ ...draw, scenario: { ...draw.scenario, consumers: 2 }, seed, bug }, 'contract');
}

const isScan = (event: Event): event is ScanEvent => event.type === 'scan';

test.serial(
  'consumers follow every partition to its end, and of the correct model nothing is found that is wrong',
  async (t) => {
    let reads = 0;
    for (let seed = 1; seed <= 25; seed++) {
      const { run, result } = await runWithConsumers(seed);
      t.not(result.verdict, 'invalid', `seed ${seed}: ${result.reasons.join(' ')}`);
      const scans = run.events.filter(isScan);
      const consumers = scans.filter(({ final }) => !final && scans.some((other) => other.final));
      const names = [...new Set(consumers.map(({ name }) => name))].toSorted();
      t.deepEqual(names, consumers.length === 0 ? [] : ['consumer 1', 'consumer 2']);
      for (const { scan, partition, covered, end } of consumers) {
        t.true(covered && scan >= 2);
        t.is(end, scans.find((other) => other.final && other.partition === partition)!.end, `seed ${seed}`);
      }
      for (const batch of run.reads()) reads += batch.scan.filter((scan) => scan >= 2).length;
    }
    t.true(reads > 1_000, `${reads}`);
  },
);

/** The followers die, and the in-sync set shrinks to the leader; then it dies too, and a follower that is behind leads. */
const UNCLEAN = scenarioSchema.parse({
  name: 'unclean-election',
  title: 'The only replica in sync dies, and one that is behind takes over',
  topic: { minInsyncReplicas: 1, uncleanLeaderElection: true },
  producer: { acks: 1 },
  load: { ratePerSecond: 200, workers: 4 },
  consumers: 2,
  dense: true,
  phases: { warmUpMs: 2_000, faultsMs: 20_000, recoveryMs: 4_000 },
  nemesis: {
    script: [
      { id: 'behind', atMs: 500, forMs: 7_500, fault: { kind: 'kill', target: 'followers' } },
      { id: 'unclean', atMs: 7_000, forMs: 11_000, fault: { kind: 'kill', target: 'leader' } },
    ],
  },
});

test.serial(
  'a consumer whose log is cut off below it begins again at its end, and is not accused of it',
  async (t) => {
    const { nemesis } = UNCLEAN;
    const schedule = 'script' in nemesis ? (nemesis.script as Schedule) : [];
    const candidate = { scenario: UNCLEAN, schedule, seed: 3, mode: 'zookeeper' as const, bug: null };
    const { run, result } = await tryOut(candidate, 'contract');
    const resets = run.events.filter((event) => event.type === 'reset');
    t.deepEqual(
      resets.map(({ scan }) => scan).toSorted((a, b) => a - b),
      [2, 3],
    );
    t.true(resets.every(({ from, to }) => to < from));
    t.true(result.counts['lost-after-read'] > 500, 'what they had been given before is told');
    t.is(result.counts['non-monotonic-read'] + result.counts.skipped, 0);
    t.is(result.verdict, 'valid', result.reasons.join(' '));
    const silent = check(
      { ...run, events: run.events.filter(({ type }) => type !== 'reset') },
      { claim: 'contract' },
    );
    t.true(silent.counts['non-monotonic-read'] > 500, 'without the resets they would be');
  },
);

test.serial('a consumer that skips is named', async (t) => {
  const named = new Set<string>();
  for (let seed = 1; seed <= 10; seed++) {
    const { result } = await runWithConsumers(seed, 'reader-skips');
    for (const { kind, reader, blame } of result.findings) {
      if (kind !== 'skipped') continue;
      named.add(reader!);
      t.is(blame, 'client');
    }
  }
  t.true(named.has('consumer 1') && named.has('consumer 2'), [...named].join(', '));
});
