import { KAFKA_APIS } from '../../core/kafka-apis.ts';

/** What the header of a request says. */
export interface RequestHeader {
  api: number;
  version: number;
  correlationId: number;
  clientId: string | null;
  /** False for a Produce with acks=0, to which a broker says nothing. */
  isAnswered: boolean;
}

/** The least number of bytes behind the length of a request, and of an answer. */
export const REQUEST_BYTES_MIN = 8;
export const ANSWER_BYTES_MIN = 4;

const API_AT = 4;
const VERSION_AT = 6;
const CORRELATION_ID_AT = 8;
const CLIENT_ID_AT = 12;
/** Numbers of requests and their versions are small; what is larger is another protocol. */
const API_MAX = 1_000;
const VERSION_MAX = 100;
/** From these versions on a Produce names a transaction before its acks, and is written compactly. */
const PRODUCE_TRANSACTIONAL = 3;
const PRODUCE_COMPACT = 9;

/** @param request with its length in front. @returns null for what is no request. */
export function readRequestHeader(request: Buffer): RequestHeader | null {
  const api = request.readInt16BE(API_AT);
  const version = request.readInt16BE(VERSION_AT);
  if (api < 0 || api > API_MAX || version < 0 || version > VERSION_MAX) return null;
  const correlationId = request.readInt32BE(CORRELATION_ID_AT);
  try {
    const length = request.length >= CLIENT_ID_AT + 2 ? request.readInt16BE(CLIENT_ID_AT) : -1;
    const bodyAt = CLIENT_ID_AT + 2 + Math.max(0, length);
    if (bodyAt > request.length) return null;
    const clientId = length < 0 ? null : request.toString('utf8', CLIENT_ID_AT + 2, bodyAt);
    const isAnswered = api !== KAFKA_APIS.Produce || acksOf(request, version, bodyAt) !== 0;
    return { api, version, correlationId, clientId, isAnswered };
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/** @param answer with its length in front */
export function correlationIdOf(answer: Buffer): number {
  return answer.readInt32BE(4);
}

/** @throws RangeError where the request ends before it says them */
function acksOf(produce: Buffer, version: number, bodyAt: number): number {
  let at = bodyAt;
  const number = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = produce.readUInt8(at++);
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
  };
  if (version >= PRODUCE_COMPACT) {
    for (let tags = number(); tags > 0; tags--) {
      number();
      const length = number();
      at += length;
    }
    const length = Math.max(0, number() - 1);
    at += length;
  } else if (version >= PRODUCE_TRANSACTIONAL) {
    at += 2 + Math.max(0, produce.readInt16BE(at));
  }
  return produce.readInt16BE(at);
}
