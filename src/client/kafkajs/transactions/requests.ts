/**
 * The requests of a transaction: by the library's encoders where it has the version (transaction.version 1), and by our
 * own where it has not.
 */
import { API, negotiated, requests, unjudged, type Call } from '../kafkajs.ts';
import type { Session } from '../session.ts';
import type { ProducerName, TransactionOffsets } from '../../transactional-client.ts';
import { flexibleCall } from './flexible.ts';

/** EndTxn that ends a transaction with a new epoch, and Produce that adds its partition. */
export const END_WITH_EPOCH = 5;
/** TxnOffsetCommit with a member's generation (KIP-447), and such that adds the group's partition of offsets. */
const OFFSETS_WITH_MEMBER = 3;
export const OFFSETS_THAT_ADD = 5;

/** Whose transaction it is. */
export interface Owner extends ProducerName {
  transactionalId: string;
}

/** What InitProducerId and EndTxn are answered. */
export interface Named {
  code: number;
  /** Whose the transactional id is from now on; null where the answer does not tell. */
  producer: ProducerName | null;
}

/** InitProducerId: gives the transactional id a new epoch, which ends what an earlier one has left open. */
export function nameCall(
  session: Session,
  { transactionalId, timeoutMs }: { transactionalId: string; timeoutMs: number },
): Call<Named> {
  const build = negotiated(session.versions, API.initProducerId, requests.InitProducerId);
  const call = unjudged(build({ transactionalId, transactionTimeout: timeoutMs }));
  return answering<{ errorCode: number; producerId: string; producerEpoch: number }, Named>(
    call,
    ({ errorCode, producerId, producerEpoch }) => ({
      code: errorCode,
      producer: errorCode === 0 ? { producerId: Number(producerId), epoch: producerEpoch } : null,
    }),
  );
}

export function endCall(
  session: Session,
  { transactionalId, producerId, epoch }: Owner,
  { commit, version }: { commit: boolean; version: 1 | 2 },
): Call<Named> {
  if (version === 1) {
    const build = negotiated(session.versions, API.endTxn, requests.EndTxn);
    const call = unjudged(
      build({
        transactionalId,
        producerId: String(producerId),
        producerEpoch: epoch,
        transactionResult: commit,
      }),
    );
    return answering<{ errorCode: number }, Named>(call, ({ errorCode }) => ({
      code: errorCode,
      producer: null,
    }));
  }
  return flexibleCall<Named>({
    apiKey: API.endTxn,
    apiVersion: END_WITH_EPOCH,
    apiName: 'EndTxn',
    write: (writer) =>
      void writer
        .text(transactionalId)
        .int64(producerId)
        .int16(epoch)
        .int8(commit ? 1 : 0),
    read: (reader) => {
      reader.int32(); // throttle time
      const code = reader.int16();
      return { code, producer: { producerId: reader.int64(), epoch: reader.int16() } };
    },
  });
}

/** AddPartitionsToTxn, for one partition: its error code. */
export function addPartitionCall(
  session: Session,
  { transactionalId, producerId, epoch }: Owner,
  { topic, partition }: { topic: string; partition: number },
): Call<number> {
  const build = negotiated(session.versions, API.addPartitionsToTxn, requests.AddPartitionsToTxn);
  const call = build({
    transactionalId,
    producerId: String(producerId),
    producerEpoch: epoch,
    topics: [{ topic, partitions: [partition] }],
  });
  return answering(unjudged(call), ({ errors }) =>
    firstError(errors.flatMap(({ partitionErrors }) => partitionErrors)),
  );
}

/** AddOffsetsToTxn: its error code. */
export function addOffsetsCall(
  session: Session,
  { transactionalId, producerId, epoch }: Owner,
  group: string,
): Call<number> {
  const build = negotiated(session.versions, API.addOffsetsToTxn, requests.AddOffsetsToTxn);
  const call = build({
    transactionalId,
    producerId: String(producerId),
    producerEpoch: epoch,
    groupId: group,
  });
  return answering(unjudged(call), ({ errorCode }) => errorCode);
}

/** TxnOffsetCommit: the first error code of its partitions, 0 where there is none. */
export function offsetsCall(
  session: Session,
  owner: Owner,
  { sent, version }: { sent: TransactionOffsets; version: 1 | 2 },
): Call<number> {
  return version === 1 && sent.member === undefined
    ? plainOffsetsCall(session, owner, sent)
    : flexibleOffsetsCall(owner, sent, version === 2 ? OFFSETS_THAT_ADD : OFFSETS_WITH_MEMBER);
}

function plainOffsetsCall(
  session: Session,
  { transactionalId, producerId, epoch }: Owner,
  sent: TransactionOffsets,
): Call<number> {
  const build = negotiated(session.versions, API.txnOffsetCommit, requests.TxnOffsetCommit);
  const call = build({
    transactionalId,
    groupId: sent.group,
    producerId: String(producerId),
    producerEpoch: epoch,
    topics: byTopic(sent).map(([topic, partitions]) => ({
      topic,
      partitions: partitions.map(({ partition, offset }) => ({ partition, offset, metadata: null })),
    })),
  });
  return answering(unjudged(call), ({ topics }) =>
    firstError(topics.flatMap(({ partitions }) => partitions)),
  );
}

const NO_GENERATION = -1;
const NO_LEADER_EPOCH = -1;

function flexibleOffsetsCall(
  { transactionalId, producerId, epoch }: Owner,
  sent: TransactionOffsets,
  apiVersion: number,
): Call<number> {
  const { member } = sent;
  return flexibleCall({
    apiKey: API.txnOffsetCommit,
    apiVersion,
    apiName: 'TxnOffsetCommit',
    write: (writer) =>
      void writer
        .text(transactionalId)
        .text(sent.group)
        .int64(producerId)
        .int16(epoch)
        .int32(member?.generation ?? NO_GENERATION)
        .text(member?.id ?? '')
        .text(member?.instance ?? null)
        .array(byTopic(sent), ([topic, partitions]) => {
          writer.text(topic).array(partitions, ({ partition, offset }) => {
            writer.int32(partition).int64(offset).int32(NO_LEADER_EPOCH).text(null).tags();
          });
          writer.tags();
        }),
    read: (reader) => {
      reader.int32(); // throttle time
      const topics = reader.array(() => {
        reader.text();
        const partitions = reader.array(() => {
          reader.int32();
          const errorCode = reader.int16();
          reader.tags();
          return { errorCode };
        });
        reader.tags();
        return partitions;
      });
      return firstError(topics.flat());
    },
  });
}

function byTopic({ offsets }: TransactionOffsets): [string, { partition: number; offset: number }[]][] {
  const topics = new Map<string, { partition: number; offset: number }[]>();
  for (const { topic, ...position } of offsets) topics.set(topic, [...(topics.get(topic) ?? []), position]);
  return [...topics];
}

function firstError(partitions: readonly { errorCode: number }[]): number {
  return partitions.find(({ errorCode }) => errorCode !== 0)?.errorCode ?? 0;
}

/** The same request; what its answer says is all that is wanted of it. */
function answering<T, U>({ request, response }: Call<T>, say: (answer: T) => U): Call<U> {
  return {
    request,
    response: {
      decode: async (payload) => say(await response.decode(payload)),
      parse: async (decoded) => decoded,
    },
  };
}
