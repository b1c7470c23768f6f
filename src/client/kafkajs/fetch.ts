/** A Fetch request for partitions of one topic, and the layout of its answer in every version from 4 to 11. */
import { API, negotiated, requests, undecoded, type Call } from './kafkajs.ts';
import type { Session } from './session.ts';

export interface FetchAnswer {
  code: number;
  /** Whole record batches, the last one possibly cut off. A view of the answer's bytes. */
  batches: Buffer;
}

export interface FetchAnswers {
  /** Of the whole request. */
  code: number;
  /** By partition. */
  answers: Map<number, FetchAnswer>;
}

const READ_UNCOMMITTED = 0;
const CONSUMER = -1;
/** What a partition may get at least, however many there are: as much as consumers usually ask for. */
const PARTITION_BYTES_MIN = 1024 * 1024;

export function fetchCall(
  session: Session,
  {
    topic,
    positions,
    maxBytes,
    maxWaitMs,
  }: {
    topic: string;
    /** Where space is short the first ones get it. */
    positions: readonly { partition: number; offset: number }[];
    maxBytes: number;
    maxWaitMs: number;
  },
): Call<Buffer> {
  const build = negotiated(session.versions, API.fetch, requests.Fetch);
  return undecoded(
    build({
      replicaId: CONSUMER,
      isolationLevel: READ_UNCOMMITTED,
      maxWaitTime: maxWaitMs,
      minBytes: 1,
      maxBytes,
      topics: [
        {
          topic,
          partitions: positions.map(({ partition, offset }) => ({
            partition,
            fetchOffset: offset,
            maxBytes: Math.max(PARTITION_BYTES_MIN, Math.floor(maxBytes / positions.length)),
          })),
        },
      ],
    }),
  );
}

/**
 * throttle_time (4), v7+: error_code (2) and session_id (4), then topics: name, partitions: partition (4),
 * error_code (2), high_watermark (8), last_stable_offset (8), v5+: log_start_offset (8), aborted transactions
 * (producer_id 8, first_offset 8), v11+: preferred_read_replica (4), records.
 */
export function readFetchAnswers(payload: Buffer, version: number): FetchAnswers {
  const answers = new Map<number, FetchAnswer>();
  let at = 4;
  if (version >= 7) {
    const code = payload.readInt16BE(at);
    if (code !== 0) return { code, answers };
    at += 6;
  }
  let topics = payload.readInt32BE(at);
  at += 4;
  for (; topics > 0; topics--) {
    at += 2 + payload.readInt16BE(at); // topic
    let partitions = payload.readInt32BE(at);
    at += 4;
    for (; partitions > 0; partitions--) {
      const partition = payload.readInt32BE(at);
      const code = payload.readInt16BE(at + 4);
      at += 4 + 2 + 8 + 8 + (version >= 5 ? 8 : 0);
      const aborted = payload.readInt32BE(at);
      at += 4 + Math.max(0, aborted) * 16 + (version >= 11 ? 4 : 0);
      const size = Math.max(0, payload.readInt32BE(at));
      at += 4;
      answers.set(partition, { code, batches: payload.subarray(at, at + size) });
      at += size;
    }
  }
  return { code: 0, answers };
}
