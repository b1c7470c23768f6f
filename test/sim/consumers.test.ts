import test from 'ava';
import type { Event, ScanEvent } from '../../src/history/event.ts';
import { drawScenario } from '../../src/scenario/swarm.ts';
import { tryOut } from '../../src/search/trial.ts';
import type { Bug } from '../../src/sim/bugs.ts';

async function runWithConsumers(seed: number, options: { bug?: Bug; unclean?: boolean } = {}) {
  const draw = drawScenario(seed);
  const { unclean = draw.scenario.topic.uncleanLeaderElection } = options;
  const topic = { ...draw.scenario.topic, uncleanLeaderElection: unclean };
  const scenario = { ...draw.scenario, topic, consumers: 2 };
  return tryOut({ ...draw, scenario, seed, bug: options.bug ?? null }, 'contract');
}

const isScan = (event: Event): event is ScanEvent => event.type === 'scan';

test('consumers follow every partition to its end, and of the correct model nothing is found that is wrong', async (t) => {
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
});

test('a consumer whose log is cut off below it begins again at its end, and is not accused of it', async (t) => {
  let resets = 0;
  let seenAndGone = 0;
  for (const seed of [7, 52, 155, 196, 198, 230, 247]) {
    const { run, result } = await runWithConsumers(seed, { unclean: true });
    resets += run.events.filter(({ type }) => type === 'reset').length;
    seenAndGone += result.counts['lost-after-read'];
    t.is(result.counts['non-monotonic-read'], 0);
    t.is(result.counts.skipped, 0);
  }
  t.true(resets > 5, `${resets} resets`);
  t.true(seenAndGone > 50, 'what they had been given before is told');
});

test('a consumer that skips is named', async (t) => {
  const named = new Set<string>();
  for (let seed = 1; seed <= 10; seed++) {
    const { result } = await runWithConsumers(seed, { bug: 'reader-skips' });
    for (const { kind, reader, blame } of result.findings) {
      if (kind !== 'skipped') continue;
      named.add(reader!);
      t.is(blame, 'client');
    }
  }
  t.true(named.has('consumer 1') && named.has('consumer 2'), [...named].join(', '));
});
