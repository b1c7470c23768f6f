/**
 * Runs scenarios one after the other on one cluster in a lab of its own, which costs one start of it, and prints what the checker
 * found as a line of JSON: `on-one-cluster.ts KAFKA DIRECTORY JSON`, a list of `Asked`. Each has a topic of its own.
 */
import { writeSync } from 'node:fs';
import { check } from '../../src/checker/check.ts';
import type { Finding, Result } from '../../src/checker/result.ts';
import { KAFKAJS_CLIENT, OWN_CLIENT } from '../../src/client/kafkajs/prepared.ts';
import type { PreparedClient } from '../../src/client/library.ts';
import { enterLab, insideLab } from '../../src/control/netns/enter.ts';
import { resolveDistribution } from '../../src/db/kafka/distribution.ts';
import type { Event } from '../../src/history/event.ts';
import { memoryRecorder } from '../../src/history/recorder/memory-recorder.ts';
import { int64At, type Run, type RunInfo } from '../../src/history/run.ts';
import { TRANSACTION_ENDS } from '../../src/history/transaction.ts';
import { createDecoder, createEncoder } from '../../src/history/value.ts';
import { prepareConsumer } from '../../src/run/prepare-client.ts';
import { scheduleOf } from '../../src/run/prepare.ts';
import { run as perform } from '../../src/runner/runner.ts';
import { findEntry } from '../../src/scenario/catalog/catalog.ts';
import { contractOf } from '../../src/scenario/contract.ts';
import type { Scenario } from '../../src/scenario/schema.ts';
import { transactionsInfoOf, withTransactionVersion } from '../../src/scenario/transactions.ts';
import { openWorld } from '../../src/world/open.ts';

/** What is to run. */
export interface Asked {
  scenario: string;
  /** What writes; kept's own client if absent. */
  client?: 'kafkajs' | 'kept';
  /** Of transactions; the highest that there is if absent. */
  transactionVersion?: 1 | 2;
  /** What reads where the scenario asks for consumers; the one that it names if absent. */
  consumer?: 'java' | 'kafkajs';
}

/** What one run came to. */
export interface Told {
  verdict: Result['verdict'];
  reasons: string[];
  counts: Result['counts'];
  transactions?: Result['transactions'];
  findings: Pick<Finding, 'kind' | 'judgement' | 'blame' | 'reason'>[];
  /** What writes and ends of transactions came to instead. */
  errors: string[];
}

const CLIENTS = { kafkajs: KAFKAJS_CLIENT, kept: OWN_CLIENT };
const SEED = 7;

const [version = '', directory = '', wanted = ''] = process.argv.slice(2);
const asked = JSON.parse(wanted) as Asked[];
const kafka = { kafka: version, environment: process.env };
const hasVersion2 = Number.parseInt(version, 10) >= 4;
/** As kept runs them where nobody says another one. */
const MODE = hasVersion2 ? 'kraft-combined' : 'zookeeper';

if (!insideLab()) {
  // From inside a lab no repository can be reached: what is missing in the cache is fetched before.
  await resolveDistribution(kafka);
  for (const each of asked) await prepareConsumer(scenarioOf(each));
  process.exit(await enterLab(process.argv.slice(2)));
}
const stage = openWorld(
  { kind: 'netns', distribution: await resolveDistribution(kafka), dataDirectory: null },
  {
    // The proxy is there from the start.
    scenario: { ...findEntry('send-moved-leader')!.scenario, requestLog: true },
    client: OWN_CLIENT,
    run: 'first',
    topic: 'first',
    mode: MODE,
    seed: SEED,
    directory,
    powerLoss: false,
  },
);
const cluster = await stage.build({
  encode: createEncoder({ run: 'first', topic: 'first', sizeBytes: 128 }),
  record: () => undefined,
});
await cluster.db.setup();
const told: Told[] = [];
for (const [index, each] of asked.entries()) told.push(await tell(index, each));
await cluster.close();
writeSync(1, `${JSON.stringify(told)}\n`);
process.exit(0);

/** As it stands in the catalog, but for what is asked for. */
function scenarioOf({ scenario, transactionVersion, consumer }: Asked): Scenario {
  const { client: _, ...given } = findEntry(scenario)!.scenario;
  const { transactions } = given.producer;
  return {
    ...given,
    producer: {
      ...given.producer,
      ...(transactions !== undefined &&
        transactionVersion !== undefined && {
          transactions: { ...transactions, version: transactionVersion },
        }),
    },
    ...(consumer !== undefined && { consumer: { ...given.consumer!, library: consumer } }),
  };
}

async function tell(index: number, each: Asked): Promise<Told> {
  const client = CLIENTS[each.client ?? 'kept'];
  const scenario = withTransactionVersion(scenarioOf(each), client, { hasVersion2 });
  const consumer = await prepareConsumer(scenario);
  const place = { run: `run${index}`, topic: `topic${index}` };
  const recorder = memoryRecorder(infoOf(scenario, { client, ...place }), stage.clock);
  const run = {
    ...place,
    scenario,
    client,
    ...(consumer !== null && { consumer }),
    seed: SEED,
    encode: createEncoder({ ...place, sizeBytes: scenario.load.recordBytes }),
    record: (event: Event) => recorder.event(event),
  };
  const world = await cluster.another!(run);
  await recorder.update({ nodes: [...world.nodes] });
  const never = new AbortController().signal;
  await perform({
    world,
    scenario,
    schedule: scheduleOf(scenario, SEED),
    seed: SEED,
    recorder,
    decode: createDecoder(place),
    onProgress: () => undefined,
    stop: never,
    abort: never,
  });
  await recorder.close('complete');
  await world.close();
  const history = recorder.run();
  const { verdict, reasons, counts, transactions, findings } = check(history, { claim: 'kept' });
  return {
    verdict,
    reasons,
    counts,
    ...(transactions !== undefined && { transactions }),
    findings: findings.map(({ kind, judgement, blame, reason }) => ({ kind, judgement, blame, reason })),
    errors: errorsIn(history),
  };
}

function infoOf(
  scenario: Scenario,
  { client, run, topic }: { client: PreparedClient; run: string; topic: string },
): RunInfo {
  const transactions = transactionsInfoOf(scenario, { topic, seed: SEED, isGiven: false });
  const { library, version: number, mode } = client;
  return {
    version: 2,
    run,
    status: 'running',
    seed: SEED,
    scenario: { ...scenario, faultsPlanned: scheduleOf(scenario, SEED).length },
    contract: contractOf(scenario),
    client: { library, version: number, mode },
    topic,
    partitions: scenario.topic.partitions,
    nodes: [],
    workers: scenario.load.workers,
    ...(scenario.requestLog && { requestLog: true as const }),
    ...(transactions !== undefined && { transactions }),
    kafkaMode: MODE,
    startedAt: '1970-01-01T00:00:00.000Z',
    ...stage.info,
    versions: { kept: 'test', ...stage.info.versions },
  };
}

/** What went wrong, in the order in which it became known: `1:2 INVALID_PRODUCER_EPOCH`, `commit by 0 PRODUCER_FENCED`. */
function errorsIn(history: Run): string[] {
  const errors: string[] = [];
  for (const { length, worker, seq, error, errorNames } of history.writes())
    for (let row = 0; row < length; row++)
      if (error[row] !== 0) errors.push(`${worker[row]}:${int64At(seq, row)} ${errorNames[error[row]!]}`);
  for (const { length, worker, end, error, errorNames } of history.transactions?.() ?? [])
    for (let row = 0; row < length; row++)
      if (error[row] !== 0)
        errors.push(`${TRANSACTION_ENDS[end[row]!]} by ${worker[row]} ${errorNames[error[row]!]}`);
  return errors;
}
