/**
 * Workers of whom each ends a transaction, of which the first request comes late, and goes on with the next one (KAFKA-17754).
 * What delays that request is somebody else's business.
 */
import type { Admin } from '../../../src/client/admin.ts';
import type { Endpoint } from '../../../src/client/endpoint.ts';
import { OWN_CLIENT } from '../../../src/client/kafkajs/prepared.ts';
import { createReader } from '../../../src/client/kafkajs/reader.ts';
import { openLibrary } from '../../../src/client/libraries.ts';
import type { TransactionEnded } from '../../../src/client/transactional-client.ts';
import type { Clock } from '../../../src/core/clock.ts';
import { TransactionDiary } from './transaction-diary.ts';

/** How long clients of this test wait; on this depends when they ask again. */
export const PATIENCE = { connectionTimeoutMs: 8000, requestTimeoutMs: 1000 };

export interface LateEnd {
  version: 1 | 2;
  first: 'commit' | 'abort';
}

/** What became of one worker. */
export type LateEndTold = Awaited<ReturnType<typeof goOn>>;
export type LateEndWorker = Awaited<ReturnType<typeof prepared>>;

/** A worker that has committed to all partitions, so that whatever is slow the first time is done. */
export async function prepared(
  { endpoint, admin, clock }: { endpoint: Endpoint; admin: Admin; clock: Clock },
  {
    worker,
    id,
    topic,
    version,
    first,
    replicas = 3,
  }: LateEnd & { worker: number; id: string; topic: string; replicas?: number },
) {
  await admin.createTopic({ name: topic, partitions: 3, replicationFactor: replicas, settings: {} });
  const diary = new TransactionDiary({ id, version, timeoutMs: 60_000, clock });
  const opened = openLibrary(OWN_CLIENT).openTransactional({
    worker,
    endpoint,
    topic,
    acks: 'all',
    idempotence: true,
    retries: 0,
    produceTimeoutMs: 1000,
    ...PATIENCE,
    clock,
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
  return { client, write, topic, version, first, diary, endpoint, clock };
}

/**
 * @param late.begin waited for before the next transaction begins.
 * @param late.arrive lets the late request arrive, if that is not done by itself.
 */
export async function goOn(
  { client, write, topic, version, first, diary, endpoint, clock }: LateEndWorker,
  late: { begin?: Promise<void>; arrive?: () => Promise<void>; lookMs: number },
) {
  const reader = createReader({ endpoint, topic, partitions: 3, clock });
  const one = await client.end(first);
  await late.begin;
  const { producer } = await client.begin();
  const writes = [await write(2, 0), await write(3, 1)];
  const open = (log: string[]) => log[0]?.endsWith('2') === true && log[1]?.endsWith('3') === true;
  let isStray = false;
  await late.arrive?.();
  for (let left = late.lookMs / 100; left > 0 && !isStray; left--) {
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
