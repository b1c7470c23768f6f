import { writeSync } from 'node:fs';
import { OWN_CLIENT } from '../../src/client/kafkajs/prepared.ts';
import { enterLab, insideLab } from '../../src/control/netns/enter.ts';
import { resolveDistribution } from '../../src/db/kafka/distribution.ts';
import type { KafkaMode } from '../../src/db/kafka/recipes.ts';
import type { Event } from '../../src/history/event.ts';
import { createDecoder, createEncoder } from '../../src/history/value.ts';
import { openWorld } from '../../src/world/open.ts';
import type { WorldPlan } from '../../src/world/plan.ts';
import { contractScenario, tellAll } from './cases.ts';
import { tellTransactions, transactionScenario } from './transaction-cases.ts';

/**
 * Tells the contract's cases on real Kafka, in a lab of its own; prints the facts as one line of JSON.
 * Usage: real-fixture.ts LAB VERSION MODE DIRECTORY [1] [2]: with versions of transactions, their cases instead
 */
const [lab = '', version = '', mode = '', directory = '', ...words] = process.argv.slice(2);
const versions = words.map((word) => (word === '2' ? 2 : 1));

const kafka = { kafka: version, environment: process.env };

async function inside(): Promise<void> {
  const scenario = versions.length === 0 ? contractScenario() : transactionScenario(versions);
  const events: Event[] = [];
  const place = { run: 'contract', topic: 'kept' };
  const distribution = await resolveDistribution(kafka);
  const plan: WorldPlan = { kind: lab as 'netns' | 'loopback', distribution, dataDirectory: null };
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
  const contracted = { ...world, decode: createDecoder(place), events, scenario };
  const told =
    versions.length === 0 ? await tellAll(contracted) : await tellTransactions(contracted, versions);
  stop?.();
  await world.close();
  writeSync(1, `${JSON.stringify(told)}\n`);
}

if (lab !== 'netns' || insideLab()) {
  await inside();
  process.exit(0);
} else {
  // From inside a lab no repository can be reached: what is missing in the cache is fetched before.
  await resolveDistribution(kafka);
  process.exit(await enterLab(process.argv.slice(2)));
}
