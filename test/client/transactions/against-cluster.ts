/**
 * Asks the transactional driver, against the real cluster in BOOTSTRAP_SERVERS, what its contract is about, and prints the
 * facts as a line of JSON: `against-cluster.ts VERSION ...`. For inside `kept lab`.
 */
import { realClock } from '../../../src/core/clock.ts';
import { Failure } from '../../../src/core/failure.ts';
import type { EndOffset, FetchedMarker, Reader } from '../../../src/client/client.ts';
import { createAdmin } from '../../../src/client/kafkajs/admin.ts';
import { Kafka } from '../../../src/client/kafkajs/kafkajs.ts';
import { OWN_CLIENT } from '../../../src/client/kafkajs/prepared.ts';
import { createReader } from '../../../src/client/kafkajs/reader.ts';
import { openLibrary } from '../../../src/client/libraries.ts';
import type { ProducerName, TransactionEnded } from '../../../src/client/transactional-client.ts';
import type { ProducerEvent } from '../../../src/history/event.ts';

/** What is known of one version of transactions, to be compared with what it must be. */
export interface Told {
  version: 1 | 2;
  /** Outcomes of the writes of all transactions but the fenced one. */
  writes: string[];
  /** A commit of two partitions, an abort of one, an end of nothing, and a commit of offsets only, in this order. */
  ends: TransactionEnded[];
  /** Producers as InitProducerId named them. */
  named: ProducerName[];
  /** Of the first partition, in the order of offsets: values with their producers, and markers. */
  log: (FetchedMarker | { offset: number; value: string; producerId: number; epoch: number })[];
  /** Ends of the first partition while the second transaction was open, and after its end. */
  whileOpen: EndOffset;
  whenEnded: EndOffset;
  /** The committed offset of the group: after an abort, after a commit, after a commit by a member that is none. */
  offsets: string[];
  /** What offsets of a member that is none were answered. */
  strayMember: string | null;
  /** An instance that a second one has fenced: its write, its end, and its next transaction. */
  fenced: { write: string; error: string | null; end: TransactionEnded; next: TransactionEnded };
}

/** The driver said that the cluster does not speak this version. */
export interface Refused {
  version: 1 | 2;
  refused: string;
}

const endpoint = { brokers: process.env['BOOTSTRAP_SERVERS']!.split(',') };
const clock = realClock();
const admin = createAdmin({ endpoint, clock });
const library = openLibrary(OWN_CLIENT);
const told: (Told | Refused)[] = [];
for (const word of process.argv.slice(2)) {
  const version = word === '2' ? 2 : 1;
  told.push(await tell(version).catch((thrown: unknown) => refused(version, thrown)));
}
await admin.close();
process.stdout.write(`\n${JSON.stringify(told)}\n`);

function refused(version: 1 | 2, thrown: unknown): Refused {
  if (!(thrown instanceof Failure)) throw thrown;
  return { version, refused: thrown.message };
}

async function tell(version: 1 | 2): Promise<Told> {
  const topic = `transactions-${version}`;
  const group = `group-${version}`;
  await admin.createTopic({ name: topic, partitions: 2, replicationFactor: 3, settings: {} });
  const named: ProducerEvent[] = [];
  const open = (worker: number, id: string) =>
    library.openTransactional({
      worker,
      endpoint,
      topic,
      acks: 'all',
      idempotence: true,
      retries: 0,
      requestTimeoutMs: 20_000,
      produceTimeoutMs: 10_000,
      connectionTimeoutMs: 10_000,
      encode: ({ worker: who, seq }) => Buffer.from(`${who}:${seq}`),
      transactions: {
        transactionalId: `${id}-${version}`,
        timeoutMs: 60_000,
        version,
        retryEnd: true,
        onProducer: (event) => named.push(event),
      },
    });
  const client = open(0, 'own');
  try {
    await client.open();
  } catch (thrown) {
    await client.close();
    throw thrown;
  }
  const reader = createReader({ endpoint, topic, partitions: 2, clock });
  await reader.open();
  const writes: string[] = [];
  const ends: TransactionEnded[] = [];
  let seq = 0;
  const write = async (partition: number, records = 1) => {
    const first = seq;
    seq += records;
    const { outcome, error } = await client.write({ worker: 0, seq: first, partition, records });
    writes.push(error ?? outcome);
  };

  await client.begin();
  await Promise.all([write(0, 2), write(1), write(0)]);
  ends.push(await client.end('commit'));

  await client.begin();
  await write(0);
  const whileOpen = (await reader.endOffsets({ stable: true }))[0]!;
  ends.push(await client.end('abort'));
  const whenEnded = await settled(reader);

  await client.begin();
  ends.push(await client.end('commit'));

  const kafka = new Kafka({ clientId: 'test', brokers: endpoint.brokers });
  const groups = kafka.admin();
  await groups.connect();
  const offsets: string[] = [];
  const committed = async (expected: string) => {
    // An end is answered before its markers are written, and offsets of open transactions are not told.
    for (let left = 50; left > 0; left--) {
      const [first] = await groups.fetchOffsets({ groupId: group, topics: [topic] });
      const offset = first?.partitions.find(({ partition }) => partition === 0)?.offset ?? '-1';
      if (offset === expected || left === 1) return offset;
      await clock.sleep(100);
    }
    return 'none';
  };
  const position = (offset: number) => ({ group, offsets: [{ topic, partition: 0, offset }] });
  await client.begin();
  await write(1);
  writes.push((await client.sendOffsets(position(3))) ?? 'ok');
  await client.end('abort');
  offsets.push(await committed('-1'));
  await client.begin();
  writes.push((await client.sendOffsets(position(4))) ?? 'ok');
  ends.push(await client.end('commit'));
  offsets.push(await committed('4'));
  await client.begin();
  const member = { id: 'nobody-1', generation: 7 };
  const strayMember = await client.sendOffsets({ ...position(5), member });
  await client.end('abort');
  offsets.push(await committed('4'));
  await groups.disconnect();

  const first = open(1, 'shared');
  const second = open(2, 'shared');
  await first.begin();
  await first.write({ worker: 1, seq: 0, partition: 1 });
  await second.begin();
  const late = await first.write({ worker: 1, seq: 1, partition: 1 });
  const end = await first.end('commit');
  await second.write({ worker: 2, seq: 0, partition: 1 });
  const next = await second.end('commit');
  const fenced = { write: late.outcome, error: late.error, end, next };

  const log: Told['log'] = [];
  const { end: logEnd } = await settled(reader);
  await reader.scan(
    { partition: 0, from: 0, end: logEnd, markers: (each) => log.push(...each) },
    (records) => {
      for (const { offset, value, batch } of records) {
        const { producerId, epoch } = batch!;
        log.push({ offset, value: Buffer.from(value ?? '').toString(), producerId, epoch });
      }
    },
  );
  log.sort((one, other) => one.offset - other.offset);
  for (const each of [client, first, second, reader]) await each.close();
  await admin.deleteTopic(topic);
  return {
    version,
    writes,
    ends,
    named: named.map(({ producerId, epoch }) => ({ producerId, epoch })),
    log,
    whileOpen,
    whenEnded,
    offsets,
    strayMember,
    fenced,
  };
}

/** The ends of the first partition once nothing in it is open: markers come after the answer to the end. */
async function settled(reader: Reader): Promise<EndOffset> {
  for (let left = 100; ; left--) {
    const first = (await reader.endOffsets({ stable: true }))[0]!;
    if (first.stable === first.end || left === 0) return first;
    await clock.sleep(100);
  }
}
