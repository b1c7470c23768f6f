/**
 * Asks a client library, against the real cluster in BOOTSTRAP_SERVERS, what the contract is about, and prints the facts
 * as a line of JSON: `against-cluster.ts [LIBRARY ...]`, all of them if none is named. For inside `kept lab`.
 */
import { NS_PER_SECOND, realClock } from '../../../src/core/clock.ts';
import type { Completion, FetchedMarker } from '../../../src/client/client.ts';
import type { GroupMember } from '../../../src/client/group-member.ts';
import type { GroupProtocol } from '../../../src/history/group.ts';
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
  /** By protocol: what a member of a group and the one after it came by; why there is none, where there is none. */
  groups: Partial<Record<GroupProtocol, string>>;
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
/** Those that each library has, of those that can have members at all. */
const PROTOCOLS: Partial<Record<PreparedClient['kind'], readonly GroupProtocol[]>> = {
  java: ['classic', 'consumer'],
  librdkafka: ['classic'],
  command: ['classic'],
};
const FIRST_RECORD_WITHIN_NS = 60 * NS_PER_SECOND;
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
  const groups: Told['groups'] = {};
  for (const protocol of PROTOCOLS[prepared.kind] ?? [])
    groups[protocol] = await inGroup(library, topic, protocol);
  await library.close();
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
    groups,
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

/**
 * A member commits offset 3, goes back to that, and has a transaction commit offset 4; the member after it begins there.
 * @returns where each of them began to read, and what became of the commits
 */
async function inGroup(library: Library, topic: string, protocol: GroupProtocol): Promise<string> {
  const join = async (number: number): Promise<GroupMember | string> => {
    const member = library.openMember!({
      number,
      endpoint,
      topic,
      partitions: 1,
      isolation: 'read_committed',
      group: `${topic}-${protocol}`,
      requestTimeoutMs: 10_000,
      connectionTimeoutMs: 10_000,
      membership: { protocol, sessionTimeoutMs: 6_000, instance: null, commit: 'manual' },
    });
    return (await member.join()) ?? member;
  };
  const first = await join(1);
  if (typeof first === 'string') return first;
  const said = [await firstOffset(first)];
  said.push((await first.commit([{ partition: 0, offset: 3 }], 10_000)).outcome);
  said.push((await first.rewind()) ?? (await firstOffset(first)));
  const worker = library.openTransactional({
    ...common,
    worker: 4,
    topic,
    idempotence: true,
    retries: 3,
    encode: ({ seq }) => Buffer.from(`4:${seq}`),
    transactions: { transactionalId: `${topic}-${protocol}`, timeoutMs: 30_000, version: 1, retryEnd: true },
  });
  await worker.open();
  await worker.begin();
  const offsets = [{ topic, partition: 0, offset: 4 }];
  said.push((await worker.sendOffsets({ group: `${topic}-${protocol}`, offsets, reader: 1 })) ?? 'sent');
  said.push((await worker.end('commit')).outcome);
  await worker.close();
  said.push((await first.leave()) ?? 'left');
  const second = await join(2);
  if (typeof second === 'string') return second;
  said.push(await firstOffset(second));
  await second.leave();
  return said.join(' ');
}

/** The offset of the first record that it hands out, with the partitions that it owns then. */
async function firstOffset(member: GroupMember): Promise<string> {
  const untilNs = clock.nowNs() + FIRST_RECORD_WITHIN_NS;
  while (clock.nowNs() < untilNs) {
    const { error, records, assigned } = await member.poll(200);
    if (error !== null) return error;
    if (records.length > 0) return `${records[0]!.offset} of [${assigned.join()}]`;
  }
  return 'nothing';
}
