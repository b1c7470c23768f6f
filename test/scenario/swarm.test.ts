import test from 'ava';
import { fc, testProp } from '@fast-check/ava';
import { SWARM_MIX } from '../../src/nemesis/schedule.ts';
import { brokersNeeded, brokersToDraw } from '../../src/scenario/brokers-needed.ts';
import { misfitsOf } from '../../src/scenario/fits.ts';
import { scenarioSchema } from '../../src/scenario/schema.ts';
import { drawScenario } from '../../src/scenario/swarm.ts';

const seeds = fc.integer({ min: 0, max: 2 ** 31 - 1 });

testProp('any seed draws a scenario that is valid and fits together', [seeds], (t, seed) => {
  const { scenario, schedule } = drawScenario(seed);
  t.deepEqual(scenarioSchema.parse(scenario), scenario);
  t.deepEqual(misfitsOf(scenario), [], 'every fault has the brokers that it needs');
  t.true(scenario.topic.replicationFactor <= scenario.brokers);
  t.true(scenario.topic.minInsyncReplicas <= scenario.topic.replicationFactor);
  t.true(!scenario.producer.idempotence || scenario.producer.acks === 'all');
  t.deepEqual('script' in scenario.nemesis && scenario.nemesis.script, schedule, 'the file alone repeats it');
  t.is(new Set(schedule.map((strike) => strike.id)).size, schedule.length);
  const { count, ratePerSecond } = scenario.load;
  const { warmUpMs, faultsMs, recoveryMs } = scenario.phases;
  const writes = count ?? (ratePerSecond! * (warmUpMs + faultsMs + recoveryMs)) / 1_000;
  t.true(writes >= 80 && writes <= 320, `${writes} writes: a run is small`);
});

test('a request that no broker takes is refused before the run, with the largest that fits', (t) => {
  const fits = (load: object, brokerSettings = {}) =>
    misfitsOf(scenarioSchema.parse({ load, brokerSettings }));
  t.deepEqual(fits({ recordsPerRequest: 7_489 }), []);
  t.deepEqual(fits({ recordsPerRequest: 7_490 }), [
    'load.recordsPerRequest: 7,490 records of 128 bytes are a batch of 1,048,661 bytes, and a broker takes 1,048,588 (message.max.bytes), so at most 7,489 records',
  ]);
  t.deepEqual(fits({ recordsPerRequest: 7_490 }, { 'message.max.bytes': '2000000' }), []);
  t.is(fits({ recordsPerRequest: 10 }, { 'message.max.bytes': '500' }).length, 1);
  t.deepEqual(fits({ recordBytes: 1_000_000 }), [], 'a single record is as large as it is');
});

test('no kind of fault is drawn with fewer brokers than it needs', (t) => {
  for (const kind of SWARM_MIX) t.true(brokersToDraw(kind) >= brokersNeeded(kind), kind);
  t.deepEqual(
    ['bisect', 'bridge', 'majority-ring', 'kill', 'constructor'].map(brokersNeeded),
    [2, 3, 3, 1, 1],
  );
});

testProp('the same seed draws the same', [seeds], (t, seed) => {
  t.deepEqual(drawScenario(seed), drawScenario(seed));
});

test('a few hundred seeds reach every corner, and leave every kind of fault out often enough', (t) => {
  const draws = Array.from({ length: 400 }, (_, seed) => drawScenario(seed + 1));
  const values = (of: (draw: (typeof draws)[number]) => unknown) => new Set(draws.map(of)).size;
  t.is(
    values(({ mode }) => mode),
    3,
  );
  t.is(
    values(({ scenario }) => scenario.brokers),
    5,
  );
  t.is(
    values(({ scenario }) => scenario.producer.acks),
    3,
  );
  t.is(
    values(({ scenario }) => scenario.producer.idempotence),
    2,
  );
  t.is(
    values(({ scenario }) => scenario.producer.retries > 0),
    2,
  );
  t.is(
    values(({ scenario }) => scenario.topic.uncleanLeaderElection),
    2,
  );
  t.is(
    values(({ scenario }) => scenario.topic.minInsyncReplicas),
    5,
  );
  t.is(
    values(({ scenario }) => scenario.topic.replicationFactor),
    5,
  );
  t.is(
    values(({ scenario }) => scenario.topic.partitions),
    3,
  );
  t.is(
    values(({ scenario }) => scenario.detection),
    2,
  );
  t.is(
    values(({ scenario }) => scenario.load.count === undefined),
    2,
  );
  t.true(draws.some(({ schedule }) => schedule.length === 0));
  const overlaps = draws.filter(({ schedule }) =>
    schedule.some(
      (strike, index) => index > 0 && strike.atMs < schedule[index - 1]!.atMs + schedule[index - 1]!.forMs!,
    ),
  );
  t.true(overlaps.length > 100, 'faults overlap');
  const kinds = (fault: string) =>
    draws.filter(({ schedule }) => schedule.some((strike) => strike.fault.kind === fault));
  for (const kind of SWARM_MIX) {
    const fault = ['cut-from-coordination', 'one-way'].includes(kind) ? 'isolate' : kind;
    const share = kinds(fault).length / draws.length;
    t.true(share > 0.1 && share < 0.75, `${fault} in ${share} of the draws`);
  }
  // What came later is drawn only where it is asked for: a seed draws what it has always drawn.
  t.deepEqual([...kinds('loss'), ...kinds('delay'), ...kinds('disconnect')], []);
});
