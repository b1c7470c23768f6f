/**
 * An end that arrives late, with the transactional driver against the cluster in BOOTSTRAP_SERVERS (KAFKA-17754). Workers
 * are cut from their coordinator while they end a transaction, ask again on a new connection once the cut is healed, and go
 * on with the next transaction, when the first request arrives after all.
 * `late-end.ts TRIES CUT_MS VERSION ...`, for inside `kept lab`. Each try has a topic, and a worker for each version and each
 * of commit and abort; prints a line of JSON for each worker, with what stands in the partitions in the end, and the history
 * of it as lines.
 */
import { execFileSync } from 'node:child_process';
import { realClock } from '../../../src/core/clock.ts';
import { createAdmin } from '../../../src/client/kafkajs/admin.ts';
import { createPool } from '../../../src/client/kafkajs/pool.ts';
import { OWN_CLIENT } from '../../../src/client/kafkajs/prepared.ts';
import { createReader } from '../../../src/client/kafkajs/reader.ts';
import { createCoordinators } from '../../../src/client/kafkajs/transactions/coordinators.ts';
import { openLibrary } from '../../../src/client/libraries.ts';
import type { TransactionEnded } from '../../../src/client/transactional-client.ts';
import { TransactionDiary } from './transaction-diary.ts';

const [tries, cutMs, ...versions] = process.argv.slice(2).map(Number);
const endpoint = { brokers: process.env['BOOTSTRAP_SERVERS']!.split(',') };
const clock = realClock();
const admin = createAdmin({ endpoint, clock });
const library = openLibrary(OWN_CLIENT);
const common = { connectionTimeoutMs: 8000, requestTimeoutMs: 1000, clock };
const pool = createPool(common);
const found = createCoordinators({ endpoint, pool });

for (let index = 0; index < tries!; index++) await attempt(index);
process.exit(0);

async function attempt(index: number): Promise<void> {
  let address: string | null = null;
  const workers: Awaited<ReturnType<typeof prepared>>[] = [];
  for (const version of versions) {
    for (const first of ['commit', 'abort'] as const) {
      for (let number = 0; ; number++) {
        const id = `x-${index}-${version}-${first}-${number}`;
        const of = await coordinatorOf(id);
        if (of !== (address ??= of)) continue;
        workers.push(
          await prepared(`late-${index}-${version}-${first}`, { id, version: version === 2 ? 2 : 1, first }),
        );
        break;
      }
    }
  }
  for (const { client, write } of workers) {
    await client.begin();
    await write(1, 0);
  }
  const undo = cut(address!.split(':')[0]!);
  const healed = clock.sleep(cutMs!).then(undo);
  await Promise.all(workers.map((worker) => goOn(worker, healed).then((told) => say({ index, ...told }))));
}

function say(told: unknown): void {
  process.stdout.write(`${JSON.stringify(told)}\n`);
}

async function coordinatorOf(id: string): Promise<string> {
  for (;;) {
    const session = await found.to({ kind: 'transaction', id }).catch(() => null);
    if (session !== null) return session.address;
    await clock.sleep(300);
  }
}

/** A worker that has committed to all partitions, so that whatever is slow the first time is done. */
async function prepared(
  topic: string,
  { id, version, first }: { id: string; version: 1 | 2; first: 'commit' | 'abort' },
) {
  await admin.createTopic({ name: topic, partitions: 3, replicationFactor: 3, settings: {} });
  const diary = new TransactionDiary({ id, version, timeoutMs: 60_000, clock });
  const opened = library.openTransactional({
    worker: 0,
    endpoint,
    topic,
    acks: 'all',
    idempotence: true,
    retries: 0,
    produceTimeoutMs: 1000,
    ...common,
    encode: ({ seq }) => Buffer.from(String(seq)),
    transactions: {
      transactionalId: id,
      timeoutMs: 60_000,
      version,
      retryEnd: true,
      onProducer: (event) => diary.events.push(event),
    },
  });
  const client = diary.of(opened);
  const write = (seq: number, partition: number) => client.write({ worker: 0, seq, partition });
  await client.open();
  for (let warmUp = 100; ; warmUp += 10) {
    await client.begin();
    const warm = await Promise.all([0, 1, 2].map((partition) => write(warmUp + partition, partition)));
    const { outcome } = await client.end('commit');
    if (outcome === 'committed' && warm.every((each) => each.outcome === 'ok')) break;
  }
  return { client, write, topic, version, first, diary };
}

async function goOn(
  { client, write, topic, version, first, diary }: Awaited<ReturnType<typeof prepared>>,
  healed: Promise<void>,
) {
  const reader = createReader({ endpoint, topic, partitions: 3, clock });
  const one = await client.end(first);
  await healed;
  const { producer } = await client.begin();
  const writes = [await write(2, 0), await write(3, 1)];
  const open = (log: string[]) => log[0]?.endsWith('2') === true && log[1]?.endsWith('3') === true;
  let isStray = false;
  // The kernel sends the first request again 6.8 s after the cut at the latest.
  for (let left = 60; left > 0 && !isStray; left--) {
    await clock.sleep(100);
    isStray = !open(await logs(reader));
  }
  writes.push(await write(4, 2));
  const two = await client.end(first === 'commit' ? 'abort' : 'commit');
  await clock.sleep(1500);
  const log = await logs(reader);
  await diary.scan(reader);
  await client.close();
  await reader.close();
  const ended = ({ outcome, error, attempts, answered }: TransactionEnded) => [
    outcome,
    error,
    attempts,
    answered,
  ];
  return { version, first, one: ended(one), producer, writes: writes.map(({ outcome }) => outcome), isStray, two: ended(two), log, history: diary.lines() }; // prettier-ignore
}

/** By partition: values and markers in the order of offsets. */
function logs(reader: ReturnType<typeof createReader>): Promise<string[]> {
  return reader.endOffsets().then((ends) =>
    Promise.all(
      ends.map(async ({ partition, end }) => {
        const log: string[] = [];
        const markers = (each: { offset: number; kind: string }[]) =>
          each.forEach(({ offset, kind }) => (log[offset] = kind.toUpperCase()));
        await reader.scan({ partition, from: 0, end, markers }, (records) =>
          records.forEach(({ offset, value }) => (log[offset] = Buffer.from(value ?? '').toString())),
        );
        return log.filter((text) => text !== undefined).join(' ');
      }),
    ),
  );
}

/** Sends what goes to this address to a link that nobody is on. @returns undoes it */
function cut(ip: string): () => void {
  const ipOf = (...words: string[]) => execFileSync('ip', words, { encoding: 'utf8' });
  const device = / dev (\S+)/.exec(ipOf('-o', 'route', 'get', ip))![1]!;
  ipOf('neigh', 'replace', ip, 'lladdr', '02:00:00:00:00:01', 'nud', 'permanent', 'dev', device);
  return () => void ipOf('neigh', 'del', ip, 'dev', device);
}
