/** A produce request with one batch in it, and what its answer says. */
import { drawSequences, type ProducerIdentity } from './identity.ts';
import type { Acks } from '../outcome.ts';
import { API, negotiated, requests, undecoded, type Call, type ProduceArguments } from './kafkajs.ts';
import type { Session } from './session.ts';

export interface Batch {
  topic: string;
  partition: number;
  /** Of its records, in their order. */
  values: readonly Buffer[];
  /** The key of each of them; none has one if absent. */
  keys?: readonly Buffer[];
}

/** What the broker answered: an error code, and the offset of the batch's first record; -1 when it does not say. */
export interface Answer {
  code: number;
  offset: number;
}

/** As numbers, the way the protocol writes them. */
const ACKS = { 0: 0, 1: 1, all: -1 } as const;

interface ProduceOptions {
  acks: Acks;
  timeoutMs: number;
  /** Null for a producer that is not idempotent. */
  identity: ProducerIdentity | null;
  /** Set where the batch is a part of a transaction, which its partition has been added to. */
  transactionalId?: string;
}

/**
 * The request for one batch. With an identity, the sequence numbers are drawn when the request is encoded, so that
 * numbers stand on the wire in the order in which they were drawn.
 */
export function produceCall(session: Session, batch: Batch, options: ProduceOptions): Call<Buffer> {
  const build = negotiated(session.versions, API.produce, requests.Produce);
  const { identity } = options;
  const call = (firstSequence: number): Call<Buffer> =>
    undecoded(build(argumentsFor(batch, options, firstSequence)));
  if (identity === null) return call(0);
  const { request, response } = call(0);
  const encode = () => {
    return call(drawSequences(identity, batch.partition, batch.values.length)).request.encode();
  };
  return { request: { ...request, encode }, response };
}

function argumentsFor(
  { topic, partition, values, keys }: Batch,
  { acks, timeoutMs, identity, transactionalId }: ProduceOptions,
  firstSequence: number,
): ProduceArguments {
  return {
    acks: ACKS[acks],
    timeout: timeoutMs,
    ...(transactionalId !== undefined && { transactionalId }),
    ...(identity === null ? {} : { producerId: identity.id, producerEpoch: identity.epoch }),
    topicData: [
      {
        topic,
        partitions: [
          {
            partition,
            firstSequence,
            messages: values.map((value, index) =>
              keys === undefined ? { value } : { key: keys[index]!, value },
            ),
          },
        ],
      },
    ],
  };
}

/**
 * The layout up to the offset is the same in all versions: responses => topic [partition error_code base_offset ...].
 * @returns null when it does not speak of exactly this topic and partition
 */
export function readAnswer(payload: Buffer, batch: Pick<Batch, 'topic' | 'partition'>): Answer | null {
  const nameLength = payload.readInt16BE(4);
  const at = 6 + nameLength;
  const about =
    payload.readInt32BE(0) === 1 &&
    payload.toString('utf8', 6, at) === batch.topic &&
    payload.readInt32BE(at) === 1 &&
    payload.readInt32BE(at + 4) === batch.partition;
  if (!about) return null;
  return { code: payload.readInt16BE(at + 8), offset: Number(payload.readBigInt64BE(at + 10)) };
}
