/** A produce request with one record in it, and what its answer says. */
import type { ProducerIdentity } from './identity.ts';
import type { Acks } from '../outcome.ts';
import { API, negotiated, requests, undecoded, type Call, type ProduceArguments } from './kafkajs.ts';
import type { Session } from './session.ts';

export interface Record {
  topic: string;
  partition: number;
  value: Buffer;
}

/** What the broker answered: an error code, and the offset where it put the record; -1 when it does not say. */
export interface Answer {
  code: number;
  offset: number;
}

/** As numbers, the way the protocol writes them. */
const ACKS = { 0: 0, 1: 1, all: -1 } as const;

/**
 * The request for one record. With an identity, the sequence number is drawn when the request is encoded, so that
 * numbers stand on the wire in the order in which they were drawn.
 */
export function produceCall(
  session: Session,
  record: Record,
  options: { acks: Acks; timeoutMs: number; identity: ProducerIdentity | null },
): Call<Buffer> {
  const build = negotiated(session.versions, API.produce, requests.Produce);
  const { identity } = options;
  const call = (firstSequence: number): Call<Buffer> =>
    undecoded(build(argumentsFor(record, options, firstSequence)));
  if (identity === null) return call(0);
  const { request, response } = call(0);
  const encode = () => {
    const sequence = identity.sequences.get(record.partition) ?? 0;
    identity.sequences.set(record.partition, sequence + 1);
    return call(sequence).request.encode();
  };
  return { request: { ...request, encode }, response };
}

function argumentsFor(
  { topic, partition, value }: Record,
  { acks, timeoutMs, identity }: { acks: Acks; timeoutMs: number; identity: ProducerIdentity | null },
  firstSequence: number,
): ProduceArguments {
  return {
    acks: ACKS[acks],
    timeout: timeoutMs,
    ...(identity === null ? {} : { producerId: identity.id, producerEpoch: identity.epoch }),
    topicData: [{ topic, partitions: [{ partition, firstSequence, messages: [{ value }] }] }],
  };
}

/**
 * The layout up to the offset is the same in all versions: responses => topic [partition error_code base_offset ...].
 * @returns null when it does not speak of exactly this topic and partition
 */
export function readAnswer(payload: Buffer, record: Record): Answer | null {
  const nameLength = payload.readInt16BE(4);
  const at = 6 + nameLength;
  const about =
    payload.readInt32BE(0) === 1 &&
    payload.toString('utf8', 6, at) === record.topic &&
    payload.readInt32BE(at) === 1 &&
    payload.readInt32BE(at + 4) === record.partition;
  if (!about) return null;
  return { code: payload.readInt16BE(at + 8), offset: Number(payload.readBigInt64BE(at + 10)) };
}
