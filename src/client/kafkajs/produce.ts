/** A produce request with one batch in it, and what its answer says. */
import type { ProducerIdentity } from './identity.ts';
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

/**
 * The request for one batch. With an identity, the sequence numbers are drawn when the request is encoded, so that
 * numbers stand on the wire in the order in which they were drawn.
 */
export function produceCall(
  session: Session,
  batch: Batch,
  options: { acks: Acks; timeoutMs: number; identity: ProducerIdentity | null },
): Call<Buffer> {
  const build = negotiated(session.versions, API.produce, requests.Produce);
  const { identity } = options;
  const call = (firstSequence: number): Call<Buffer> =>
    undecoded(build(argumentsFor(batch, options, firstSequence)));
  if (identity === null) return call(0);
  const { request, response } = call(0);
  const encode = () => {
    const sequence = identity.sequences.get(batch.partition) ?? 0;
    identity.sequences.set(batch.partition, (sequence + batch.values.length) % SEQUENCES);
    return call(sequence).request.encode();
  };
  return { request: { ...request, encode }, response };
}

/** After the last number, 2^31 - 1, they begin at zero again. */
const SEQUENCES = 2 ** 31;

function argumentsFor(
  { topic, partition, values, keys }: Batch,
  { acks, timeoutMs, identity }: { acks: Acks; timeoutMs: number; identity: ProducerIdentity | null },
  firstSequence: number,
): ProduceArguments {
  return {
    acks: ACKS[acks],
    timeout: timeoutMs,
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
