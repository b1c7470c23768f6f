/**
 * What one broker says about a topic. kafkajs speaks Metadata up to version 6; version 7 (Kafka 2.1) adds the leader
 * epoch, which tells a zombie from its successor, so its answer is decoded here. Its request is the same.
 */
import { API, DecoderClass, negotiated, requests, unjudged, type Call, type Decoder } from './kafkajs.ts';
import type { Session } from './session.ts';

/** A topic through the eyes of one broker. Error codes are left as they come. */
export interface Metadata {
  brokers: { nodeId: number; host: string; port: number }[];
  controllerId: number;
  topicMetadata: { topicErrorCode: number; topic: string; partitionMetadata: PartitionMetadata[] }[];
}

export interface PartitionMetadata {
  partitionErrorCode: number;
  partitionId: number;
  /** -1 when there is none. */
  leader: number;
  /** Absent before Kafka 2.1. */
  leaderEpoch?: number;
  replicas: number[];
  isr: number[];
}

const WITH_EPOCH = 7;

/** Metadata of one topic, errors left as data, and without making the topic. */
export function metadataCall(session: Session, topic: string): Call<Metadata> {
  const build = negotiated(session.versions, API.metadata, requests.Metadata);
  const call = unjudged(build({ topics: [topic], allowAutoTopicCreation: false }));
  if ((session.versions[API.metadata]?.maxVersion ?? 0) < WITH_EPOCH) return call;
  return {
    request: { ...call.request, apiVersion: WITH_EPOCH },
    response: { decode: async (payload) => decode(new DecoderClass(payload)), parse: call.response.parse },
  };
}

function decode(decoder: Decoder): Metadata {
  decoder.readInt32(); // throttle time
  const brokers = decoder.readArray(() => {
    const broker = { nodeId: decoder.readInt32(), host: decoder.readString(), port: decoder.readInt32() };
    decoder.readString(); // rack
    return broker;
  });
  decoder.readString(); // cluster id
  return {
    brokers,
    controllerId: decoder.readInt32(),
    topicMetadata: decoder.readArray(() => {
      const topicErrorCode = decoder.readInt16();
      const topic = decoder.readString();
      decoder.readInt8(); // is it internal?
      return { topicErrorCode, topic, partitionMetadata: decoder.readArray(() => partition(decoder)) };
    }),
  };
}

function partition(decoder: Decoder): PartitionMetadata {
  const ids = () => decoder.readArray(() => decoder.readInt32());
  const read = {
    partitionErrorCode: decoder.readInt16(),
    partitionId: decoder.readInt32(),
    leader: decoder.readInt32(),
    leaderEpoch: decoder.readInt32(),
    replicas: ids(),
    isr: ids(),
  };
  ids(); // offline replicas
  return read;
}
