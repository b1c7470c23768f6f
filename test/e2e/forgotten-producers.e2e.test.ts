import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import test from 'ava';
import { execa } from 'execa';
import type { Result } from '../../src/checker/result.ts';
import { joinAddress } from '../../src/client/endpoint.ts';
import { DecoderClass, EncoderClass, type Call } from '../../src/client/kafkajs/kafkajs.ts';
import { metadataCall } from '../../src/client/kafkajs/metadata.ts';
import { openSession, type Session } from '../../src/client/kafkajs/session.ts';
import { realClock } from '../../src/core/clock.ts';
import { SOAK } from '../../src/scenario/catalog/soak.ts';

/** Whether real brokers forget idempotent producers in the pauses of a soak, and what comes of it. */
const clock = realClock();
const TOPIC = 'kept';

interface CompactEncoder {
  writeUVarIntBytes(): CompactEncoder;
  writeUVarIntString(text: string): CompactEncoder;
  writeUVarIntArray(items: readonly CompactEncoder[]): CompactEncoder;
  writeInt32(value: number): CompactEncoder;
}
interface CompactDecoder {
  readTaggedFields(): void;
  readInt16(): number;
  readInt32(): number;
  readInt64(): { toString(): string };
  readUVarIntString(): string;
  readUVarIntArray<T>(item: (decoder: CompactDecoder) => T): T[];
}
const encoder = () => new EncoderClass() as unknown as CompactEncoder;

/** DescribeProducers, version 0, of partition 0: the ids of the producers that its leader remembers. */
const REMEMBERED: Call<string[]> = {
  request: {
    apiKey: 61,
    apiVersion: 0,
    apiName: 'DescribeProducers',
    async encode() {
      const partitions = [encoder().writeInt32(0)];
      const topic = encoder().writeUVarIntString(TOPIC).writeUVarIntArray(partitions).writeUVarIntBytes();
      // No tagged fields: of the header, and of the body.
      const body = encoder().writeUVarIntBytes().writeUVarIntArray([topic]).writeUVarIntBytes();
      return body as unknown as InstanceType<typeof EncoderClass>;
    },
  },
  response: {
    async decode(payload) {
      const decoder = new DecoderClass(payload) as unknown as CompactDecoder;
      decoder.readTaggedFields();
      decoder.readInt32(); // throttle time
      const producers = (of: CompactDecoder) => {
        const id = of.readInt64().toString();
        of.readInt32(); // epoch
        of.readInt32(); // last sequence
        of.readInt64(); // last timestamp
        of.readInt32(); // coordinator epoch
        of.readInt64(); // start of a transaction
        of.readTaggedFields();
        return id;
      };
      const topics = decoder.readUVarIntArray((topic) => {
        topic.readUVarIntString();
        const partitions = topic.readUVarIntArray((partition) => {
          partition.readInt32();
          partition.readInt16(); // error
          partition.readUVarIntString();
          const ids = partition.readUVarIntArray(producers);
          partition.readTaggedFields();
          return ids;
        });
        topic.readTaggedFields();
        return partitions;
      });
      return topics.flat(2);
    },
    parse: async (decoded) => decoded,
  },
};

/** Null where that is not known at the moment. */
async function remembered(address: string): Promise<string[] | null> {
  const open = (place: string) =>
    openSession(place, { connectionTimeoutMs: 1_000, requestTimeoutMs: 1_000, clock });
  const asking = async <T>(place: string, ask: (session: Session) => Promise<T>) => {
    const session = await open(place);
    try {
      return await ask(session);
    } finally {
      session.destroy('CLOSED');
    }
  };
  try {
    const { brokers, topicMetadata } = await asking(address, (session) =>
      session.request(metadataCall(session, TOPIC)),
    );
    const leader = topicMetadata[0]?.partitionMetadata[0]?.leader;
    const broker = brokers.find(({ nodeId }) => nodeId === leader);
    if (broker === undefined) return null;
    return await asking(joinAddress(broker.host, broker.port), (session) => session.request(REMEMBERED));
  } catch {
    return null;
  }
}

test('a producer that pauses is forgotten by the brokers, and nothing that it wrote is lost for it', async (t) => {
  t.timeout(180_000);
  const store = mkdtempSync(join(tmpdir(), 'kept-e2e-'));
  t.teardown(() => rmSync(store, { recursive: true, force: true }));
  const scenario = {
    topic: { partitions: 1, replicationFactor: 3, minInsyncReplicas: 2 },
    producer: { acks: 'all', idempotence: true },
    load: { workers: 2, ratePerSecond: 50, bursts: { everyMs: 10_000, forMs: 2_000 } },
    phases: { warmUpMs: 0, faultsMs: 22_000, recoveryMs: 1_000 },
    brokerSettings: SOAK.scenario.brokerSettings,
  };
  const file = join(store, 'idle.json');
  writeFileSync(file, JSON.stringify(scenario));
  const args = ['run', file, '--lab', 'loopback', '--store', store, '--json'];
  const running = execa(process.execPath, [resolve('bin/kept.js'), ...args], { reject: false });
  const runFile = join(store, 'run-1/run.json');
  const seen: string[][] = [];
  while (running.exitCode === null) {
    await clock.sleep(250);
    const address = existsSync(runFile) ? /127\.[\d.]+/.exec(readFileSync(runFile, 'utf8'))?.[0] : undefined;
    const ids = address === undefined ? null : await remembered(`${address}:9092`);
    if (ids !== null && ids.toSorted().join() !== seen.at(-1)?.join()) seen.push(ids.toSorted());
  }
  const { exitCode, stdout, stderr } = await running;
  t.is(exitCode, 0, stderr);
  t.is((JSON.parse(stdout) as Result).verdict, 'valid');
  const both = seen.findIndex((ids) => ids.length === 2);
  const gone = seen.findIndex((ids, index) => index > both && ids.length === 0);
  t.true(both >= 0 && gone > both, JSON.stringify(seen));
  t.true(
    seen.some((ids, index) => index > gone && ids.join() === seen[both]!.join()),
    `they go on with the numbers that they had: ${JSON.stringify(seen)}`,
  );
});
