import { writeSync } from 'node:fs';
import { OWN_CLIENT } from '../../src/client/kafkajs/prepared.ts';
import { enterLab, insideLab } from '../../src/control/netns/enter.ts';
import { resolveDistribution } from '../../src/db/kafka/distribution.ts';
import type { KafkaMode } from '../../src/db/kafka/recipes.ts';
import type { Event } from '../../src/history/event.ts';
import { createDecoder, createEncoder } from '../../src/history/value.ts';
import { openWorld } from '../../src/world/open.ts';
import type { WorldPlan } from '../../src/world/plan.ts';
import type { World } from '../../src/world/world.ts';
import { contractScenario, tellAll, type Facts } from './cases.ts';
import { tellTransactions, transactionScenario, type TransactionFacts } from './transaction-cases.ts';

/** What one cluster has told. */
export interface ToldByKafka {
  cases: Record<string, Facts>;
  transactions: TransactionFacts[];
}

/**
 * Tells the contract's cases on real Kafka, in a lab of its own; prints the facts as one line of JSON.
 * Usage: real-fixture.ts VERSION MODE DIRECTORY [1] [2]: with versions of transactions, whose cases are told afterwards
 */
const [version = '', mode = '', directory = '', ...words] = process.argv.slice(2);
const versions = words.map((word) => (word === '2' ? 2 : 1));

const kafka = { kafka: version, environment: process.env };

async function inside(): Promise<void> {
  const scenario = contractScenario();
  const events: Event[] = [];
  const place = { run: 'contract', topic: 'kept' };
  const distribution = await resolveDistribution(kafka);
  const plan: WorldPlan = { kind: 'netns', distribution, dataDirectory: null };
  const world = await openWorld(plan, {
    scenario,
    client: OWN_CLIENT,
    mode: mode as KafkaMode,
    seed: 1,
    topic: place.topic,
    directory,
    powerLoss: false,
  }).build({
    encode: createEncoder({ ...place, sizeBytes: scenario.load.recordBytes }),
    record: (event) => events.push(event),
  });
  await world.db.setup();
  const stop = world.db.watch?.((event) => events.push(event));
  const cases = await tellAll({ ...world, decode: createDecoder(place), events, scenario });
  stop?.();
  const transactions = versions.length === 0 ? [] : await tellInTransactions(world);
  await world.close();
  writeSync(1, `${JSON.stringify({ cases, transactions } satisfies ToldByKafka)}\n`);
}

/** On the cluster that is there, in a topic of their own. */
async function tellInTransactions(cluster: World): Promise<TransactionFacts[]> {
  const scenario = transactionScenario(versions);
  const place = { run: 'transactions', topic: 'transactions' };
  const encode = createEncoder({ ...place, sizeBytes: scenario.load.recordBytes });
  const world = await cluster.another!({ ...place, scenario, seed: 1, encode, record: () => undefined });
  await world.db.setup();
  const told = await tellTransactions(
    { ...world, decode: createDecoder(place), events: [], scenario },
    versions,
  );
  await world.close();
  return told;
}

if (insideLab()) {
  await inside();
  process.exit(0);
} else {
  // From inside a lab no repository can be reached: what is missing in the cache is fetched before.
  await resolveDistribution(kafka);
  process.exit(await enterLab(process.argv.slice(2)));
}
