/**
 * Asks a client library, against the real cluster in BOOTSTRAP_SERVERS, what the contract is about, and prints the facts
 * as a line of JSON: `against-cluster.ts [LIBRARY ...]`, all of them if none is named. For inside `kept lab`.
 */
import { realClock } from '../../../src/core/clock.ts';
import type { Completion } from '../../../src/client/client.ts';
import { openLibrary } from '../../../src/client/libraries.ts';
import { createAdmin } from '../../../src/client/kafkajs/admin.ts';
import { createReader } from '../../../src/client/kafkajs/reader.ts';
import type { PreparedClient } from '../../../src/client/library.ts';
import { JAVA_VERSION, javaClients, LIBRARIES } from './libraries.ts';

/** What is known of one library, to be compared with what it must be. */
export interface Told {
  library: string;
  /** For each acknowledged value: whether the log holds it at the offset that was named. */
  inPlace: boolean[];
  /** Outcomes of the values of one request. */
  batch: string[];
  /** What became of a record that is larger than a broker takes, and whether the log has it. */
  tooLarge: { outcome: string; isThere: boolean };
  /** Of idempotent writes, one after the other: how many are there, and how many copies. */
  inTurn: Kept;
  /** The same of twenty idempotent writes of two workers, all at once. */
  atOnce: Kept;
}

interface Kept {
  acknowledged: number;
  values: number;
  records: number;
}

const endpoint = { brokers: process.env['BOOTSTRAP_SERVERS']!.split(',') };
const clock = realClock();
const wanted = process.argv.slice(2);
const told: Told[] = [];
for (const library of [...LIBRARIES, ...(await javaClients([JAVA_VERSION]))])
  if (wanted.length === 0 || wanted.includes(library.library)) told.push(await tell(library));
process.stdout.write(`\n${JSON.stringify(told)}\n`);

async function tell(prepared: PreparedClient): Promise<Told> {
  const topic = `contract-${prepared.library.replaceAll(/\W/g, '-')}`;
  const admin = createAdmin({ endpoint, clock });
  await admin.createTopic({ name: topic, partitions: 1, replicationFactor: 3, settings: {} });
  const library = openLibrary(prepared);
  const sizes = new Map<number, number>();
  const open = (worker: number, idempotence: boolean) =>
    library.open({
      worker,
      endpoint,
      topic,
      acks: 'all',
      idempotence,
      retries: prepared.mode === 'audit' ? 0 : 3,
      requestTimeoutMs: 10_000,
      produceTimeoutMs: 5_000,
      connectionTimeoutMs: 10_000,
      encode: ({ worker: who, seq }) => Buffer.from(`${who}:${seq}`.padEnd(sizes.get(seq) ?? 0, '.')),
    });
  const [plain, first, second] = [open(0, false), open(1, true), open(2, true)];
  for (const client of [plain, first, second]) await client.open();

  const acknowledged: [value: string, offset: number | null][] = [];
  for (let seq = 0; seq < 5; seq++) {
    const { outcome, offset } = await plain.write({ worker: 0, seq, partition: 0 });
    if (outcome === 'ok') acknowledged.push([`0:${seq}`, offset]);
  }
  const batch = await plain.write({ worker: 0, seq: 5, partition: 0, records: 5 });
  sizes.set(99, 2_000_000);
  const { outcome: ofTooLarge } = await plain.write({ worker: 0, seq: 99, partition: 0 });
  const inTurn: Completion[] = [];
  for (let seq = 10; seq < 15; seq++) inTurn.push(await first.write({ worker: 1, seq, partition: 0 }));
  const both = await Promise.all(
    [first, second].flatMap((client, index) =>
      Array.from({ length: 10 }, (_, seq) => client.write({ worker: index + 1, seq, partition: 0 })),
    ),
  );
  for (const client of [plain, first, second]) await client.close();
  await library.close();

  const log: string[] = [];
  const reader = createReader({ endpoint, topic, partitions: 1, clock });
  await reader.open();
  const end = (await reader.endOffsets())[0]!.end;
  await reader.scan({ partition: 0, from: 0, end }, (records) => {
    for (const { offset, value } of records)
      log[offset] = Buffer.from(value ?? '')
        .toString('latin1')
        .replace(/\.+$/, '');
  });
  await reader.close();
  await admin.deleteTopic(topic);
  await admin.close();
  const keptOf = (completions: Completion[], which: RegExp): Kept => {
    const found = log.filter((value) => which.test(value));
    return {
      acknowledged: completions.filter(({ outcome }) => outcome === 'ok').length,
      values: new Set(found).size,
      records: found.length,
    };
  };
  return {
    library: prepared.library,
    inPlace: acknowledged.map(([value, offset]) => offset === null || log[offset] === value),
    batch: Array.from({ length: 5 }, (_, index) => batch.each?.[index]?.outcome ?? batch.outcome),
    tooLarge: { outcome: ofTooLarge, isThere: log.includes('0:99') },
    inTurn: keptOf(inTurn, /^1:\d\d$/),
    atOnce: keptOf(both, /^[12]:\d$/),
  };
}
