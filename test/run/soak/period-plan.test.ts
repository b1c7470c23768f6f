import test from 'ava';
import { fc } from '@fast-check/ava';
import { resolveScenario, type ScenarioOptions } from '../../../src/cli/options/scenario-options.ts';
import { fitSoak } from '../../../src/run/soak/fit-soak.ts';
import { drawPeriod } from '../../../src/run/soak/period-plan.ts';
import { SOAK } from '../../../src/scenario/catalog/soak.ts';
import { misfitsOf } from '../../../src/scenario/fits.ts';
import { scenarioSchema } from '../../../src/scenario/schema.ts';
import { holds } from '../../holds.ts';

const { scenario } = SOAK;
const drawn = Array.from({ length: 400 }, (_, index) => drawPeriod(scenario, 7, index + 1));

test('a period follows from the seed and its number alone, so a soak that goes on draws what it would have drawn', (t) => {
  holds(
    t,
    fc.property(fc.nat(), fc.integer({ min: 1, max: 100_000 }), (seed, period) => {
      const one = drawPeriod(scenario, seed, period);
      t.deepEqual(drawPeriod(scenario, seed, period), one);
      t.notDeepEqual(drawPeriod(scenario, seed, period + 1).seed, one.seed);
    }),
  );
});

test('every period is a scenario like any other: no soak, and it fits together', (t) => {
  for (const { scenario: period } of drawn) {
    t.is(period.soak, undefined);
    t.deepEqual(scenarioSchema.parse(period), period);
    t.deepEqual(misfitsOf(period), []);
  }
});

const CHANGES: Record<string, ScenarioOptions> = {
  'in transactions': { transactions: true },
  'read by a group': { groupMembers: 2 },
  'copied by a group': { groupCommit: 'transaction', partitions: 6 },
  'compacted': { compact: true },
}; // prettier-ignore

for (const [how, options] of Object.entries(CHANGES))
  test(`so it is where records are ${how}`, (t) => {
    const changed = resolveScenario('soak', options);
    for (let period = 1; period <= 100; period++) {
      const { scenario: one } = drawPeriod(changed, 7, period);
      t.deepEqual(scenarioSchema.parse(one), one);
      t.deepEqual(misfitsOf(one), []);
    }
  });

test('where records become larger, a request has fewer of them, and no period has one that no broker takes', (t) => {
  const load = { ...scenario.load, recordsPerRequest: 1_000 };
  const periods = Array.from({ length: 100 }, (_, index) => drawPeriod({ ...scenario, load }, 7, index + 1));
  const counts = new Set(periods.map((period) => period.scenario.load.recordsPerRequest));
  t.true(counts.has(1_000) && counts.size > 1, [...counts].join(', '));
  for (const period of periods) t.deepEqual(misfitsOf(period.scenario), []);
});

test('about a quarter of the periods are quiet, and every kind of fault has its turn', (t) => {
  const quiet = drawn.filter(({ kinds }) => kinds.length === 0);
  t.true(quiet.length > 70 && quiet.length < 130, `${quiet.length} of 400`);
  t.true(quiet.every(({ schedule }) => schedule.length === 0));
  const nemesis = scenario.nemesis as { random: { mix: string[] } };
  const kinds = new Set(drawn.flatMap((period) => period.kinds));
  t.deepEqual([...kinds].toSorted(), nemesis.random.mix.toSorted());
});

test('loads differ: rate, size, partitions in use, bursts, and pauses long enough that producers are forgotten', (t) => {
  const loads = drawn.map((period) => period.scenario.load);
  t.is(new Set(loads.map(({ ratePerSecond }) => ratePerSecond)).size, 3);
  t.is(new Set(loads.map(({ recordBytes }) => recordBytes)).size, 3);
  t.is(new Set(drawn.map((period) => period.scenario.topic.partitions)).size, 6);
  const pauses = new Set(
    loads.map(({ bursts }) => (bursts === undefined ? 0 : bursts.everyMs - bursts.forMs)),
  );
  t.deepEqual(
    [...pauses].toSorted((a, b) => a - b),
    [0, 1_600, 15_000],
  );
});

test('producers that are to be forgotten are idempotent, since brokers remember no others; and never ones that send again', (t) => {
  const isIdle = ({ scenario: { load } }: (typeof drawn)[number]) => load.bursts?.everyMs === 20_000;
  t.true(drawn.filter(isIdle).length > 50);
  for (const period of drawn) t.is(period.scenario.producer.idempotence, isIdle(period));
  const { bursts } = drawn.find(isIdle)!.scenario.load;
  const [expires, checks] = ['producer.id.expiration.ms', 'producer.id.expiration.check.interval.ms'].map(
    (name) => Number(scenario.brokerSettings[name]),
  );
  t.true(bursts!.everyMs - bursts!.forMs > 2 * (expires! + checks!), 'whenever the broker looks');
  for (const producer of [
    { ...scenario.producer, retries: 2 },
    { ...scenario.producer, acks: 1 as const },
  ])
    for (let period = 1; period <= 50; period++)
      t.deepEqual(drawPeriod({ ...scenario, producer }, 7, period).scenario.producer, producer);
});

test('a soak whose clients send again keeps brokers from forgetting them', async (t) => {
  const retrying = { ...scenario, producer: { ...scenario.producer, retries: 2 } };
  const settingsOf = async (given: typeof scenario) =>
    Object.keys((await fitSoak(given, async () => {})).scenario.brokerSettings);
  t.deepEqual(await settingsOf(retrying), ['log.segment.delete.delay.ms']);
  t.deepEqual(await settingsOf(scenario), Object.keys(scenario.brokerSettings));
});

test('a script of faults stays what it is in every period that is not quiet', (t) => {
  const strike = { atMs: 100, fault: { kind: 'kill' as const, target: 'leader' as const }, forMs: 1_000 };
  const scripted = { ...scenario, nemesis: { script: [strike], keepBrokersUp: 0 } };
  const periods = Array.from({ length: 40 }, (_, index) => drawPeriod(scripted, 1, index + 1));
  const struck = periods.filter(({ kinds }) => kinds.length > 0);
  t.true(struck.length > 20);
  for (const { schedule } of struck) t.deepEqual(schedule, [{ ...strike, id: 'fault-1' }]);
});
