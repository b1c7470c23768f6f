import type { Clock } from '../../core/clock.ts';
import { Failure } from '../../core/failure.ts';
import { joinAddress, type Endpoint } from '../endpoint.ts';
import {
  API,
  type Call,
  DecoderClass,
  type Encoder,
  EncoderClass,
  errorNameOf,
  negotiated,
  requests,
  unjudged,
} from './kafkajs.ts';
import { metadataCall, type Metadata } from './metadata.ts';
import { openSession, type Session } from './session.ts';

/**
 * Lets other replicas lead, as kafka-reassign-partitions.sh and kafka-leader-election.sh do it: the same replicas with the
 * wanted one first, which copies nothing, and then a preferred election. Both are requests to the controller; with KRaft any
 * broker passes them on.
 */
export async function moveLeaders(
  options: { endpoint: Endpoint; topic: string; timeoutMs: number; clock: Clock },
  moves: readonly { partition: number; to: number }[],
): Promise<void> {
  const { topic, timeoutMs } = options;
  const open = (address: string) =>
    openSession(address, {
      security: options.endpoint,
      connectionTimeoutMs: timeoutMs,
      requestTimeoutMs: timeoutMs,
      clock: options.clock,
    });
  const metadata = await metadataBy(options.endpoint, open, topic);
  const controller = metadata.brokers.find(({ nodeId }) => nodeId === metadata.controllerId);
  if (controller === undefined) throw new Failure('no broker knows of a controller');
  const session = await open(joinAddress(controller.host, controller.port));
  try {
    if (
      session.versions[API.electLeaders] === undefined ||
      session.versions[API.alterReassignments] === undefined
    )
      throw new Failure('the brokers know no request that moves leaders (Kafka 2.4 or later does)');
    const replicas = replicasIn(metadata, topic);
    const assigned = moves.flatMap(({ partition, to }) => {
      const others = (replicas.get(partition) ?? []).filter((id) => id !== to);
      return others.length === 0 ? [] : [{ partition, replicas: [to, ...others] }];
    });
    const alter = negotiated(session.versions, API.alterReassignments, requests.AlterPartitionReassignments);
    const altered = await session.request(
      unjudged(alter({ topics: [{ topic, partitionAssignment: assigned }], timeout: timeoutMs })),
    );
    const refused = altered.responses.flatMap(({ partitions }) => partitions);
    assertDone('the order of the replicas could not be changed', altered.errorCode, refused);
    const elected = await session.request(
      electPreferred({ topic, partitions: moves.map(({ partition }) => partition), timeoutMs }),
    );
    assertDone('the election was refused', elected.errorCode, elected.partitions);
  } finally {
    session.destroy('CLOSED');
  }
}

/** By the first broker that answers. */
async function metadataBy(
  { brokers }: Endpoint,
  open: (address: string) => Promise<Session>,
  topic: string,
): Promise<Metadata> {
  let last: unknown = null;
  for (const address of brokers) {
    try {
      const session = await open(address);
      try {
        return await session.request(metadataCall(session, topic));
      } finally {
        session.destroy('CLOSED');
      }
    } catch (error) {
      last = error;
    }
  }
  throw new Failure('no broker answered', { cause: last });
}

function replicasIn({ topicMetadata }: Metadata, topic: string): Map<number, number[]> {
  const partitions = topicMetadata.find((each) => each.topic === topic)?.partitionMetadata ?? [];
  return new Map(partitions.map(({ partitionId, replicas }) => [partitionId, replicas]));
}

/** The partition has that leader already. */
const ELECTION_NOT_NEEDED = 84;

/** Where some were done, the others are seen by their leaders. */
function assertDone(
  what: string,
  errorCode: number,
  partitions: readonly { partition: number; errorCode: number }[],
): void {
  const bad = partitions.filter((each) => each.errorCode !== 0 && each.errorCode !== ELECTION_NOT_NEEDED);
  const isRefused = errorCode !== 0 || (bad.length > 0 && bad.length === partitions.length);
  if (isRefused)
    throw new Failure(`${what}: ${errorNameOf(errorCode === 0 ? bad[0]!.errorCode : errorCode)}`);
}

interface Elected {
  errorCode: number;
  partitions: { partition: number; errorCode: number }[];
}

const PREFERRED = 0;

/** ElectLeaders, version 1 (Kafka 2.4), which the library lacks. */
function electPreferred(of: {
  topic: string;
  partitions: readonly number[];
  timeoutMs: number;
}): Call<Elected> {
  return {
    request: {
      apiKey: API.electLeaders,
      apiVersion: 1,
      apiName: 'ElectLeaders',
      async encode(): Promise<Encoder> {
        return new EncoderClass()
          .writeInt8(PREFERRED)
          .writeInt32(1)
          .writeString(of.topic)
          .writeArray(of.partitions)
          .writeInt32(of.timeoutMs);
      },
    },
    response: {
      async decode(payload) {
        const decoder = new DecoderClass(payload);
        decoder.readInt32(); // throttle time
        const errorCode = decoder.readInt16();
        const topics = decoder.readArray(() => {
          decoder.readString();
          return decoder.readArray(() => {
            const partition = decoder.readInt32();
            const read = { partition, errorCode: decoder.readInt16() };
            decoder.readString(); // in words
            return read;
          });
        });
        return { errorCode, partitions: topics.flat() };
      },
      parse: async (decoded) => decoded,
    },
  };
}
