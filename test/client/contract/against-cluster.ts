/**
 * Asks a client library, against the real cluster in BOOTSTRAP_SERVERS, what the contract is about, and prints the facts
 * as a line of JSON: `against-cluster.ts [LIBRARY ...]`, all of them if none is named. For inside `kept lab`.
 */
import { realClock } from '../../../src/core/clock.ts';
import type { Completion, FetchedMarker } from '../../../src/client/client.ts';
import { openLibrary } from '../../../src/client/libraries.ts';
import { createAdmin } from '../../../src/client/kafkajs/admin.ts';
import { createReader } from '../../../src/client/kafkajs/reader.ts';
import type { Library, PreparedClient } from '../../../src/client/library.ts';
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
  /** What became of three transactions: a commit of two writes, an abort of one, and a commit of one. */
  ends: string[];
  /** Their records and markers in the order of the log. */
  transactions: string[];
}

interface Kept {
  acknowledged: number;
  values: number;
  records: number;
}

const endpoint = { brokers: process.env['BOOTSTRAP_SERVERS']!.split(',') };
const clock = realClock();
const common = {
  endpoint,
  acks: 'all',
  requestTimeoutMs: 10_000,
  produceTimeoutMs: 5_000,
  connectionTimeoutMs: 10_000,
} as const;
/** An end is answered before its markers are written. */
const MARKERS_WITHIN_MS = 1_000;
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
      ...common,
      worker,
      topic,
      idempotence,
      retries: prepared.mode === 'audit' ? 0 : 3,
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
  const ends = await inTransactions(library, topic);
  await library.close();

  const log: string[] = [];
  const reader = createReader({ endpoint, topic, partitions: 1, clock });
  await reader.open();
  const end = (await reader.endOffsets())[0]!.end;
  const markers = (found: FetchedMarker[]) => found.forEach(({ offset, kind }) => (log[offset] = kind));
  await reader.scan({ partition: 0, from: 0, end, markers }, (records) => {
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
    ends,
    transactions: log.slice(log.indexOf('3:0')),
  };
}

async function inTransactions(library: Library, topic: string): Promise<string[]> {
  const client = library.openTransactional({
    ...common,
    worker: 3,
    topic,
    idempotence: true,
    retries: 3,
    encode: ({ seq }) => Buffer.from(`3:${seq}`),
    transactions: { transactionalId: topic, timeoutMs: 30_000, version: 1, retryEnd: true },
  });
  await client.open();
  const ends: string[] = [];
  let seq = 0;
  for (const [writes, how] of [
    [2, 'commit'],
    [1, 'abort'],
    [1, 'commit'],
  ] as const) {
    // prettier-ignore
    const { error } = await client.begin();
    const outcomes: string[] = [];
    for (let left = writes; left > 0; left--)
      outcomes.push((await client.write({ worker: 3, seq: seq++, partition: 0 })).outcome);
    const { outcome } = await client.end(how);
    ends.push([error ?? 'begun', ...outcomes, outcome].join(' '));
  }
  await client.close();
  await clock.sleep(MARKERS_WITHIN_MS);
  return ends;
}
