/** A Fetch request for one partition, and the layout of its answer in every version from 4 to 11. */
import { API, negotiated, requests, undecoded, type Call } from './kafkajs.ts';
import type { Session } from './session.ts';

export interface FetchAnswer {
  code: number;
  /** Whole record batches, the last one possibly cut off. A view of the answer's bytes. */
  batches: Buffer;
}

const READ_UNCOMMITTED = 0;
const CONSUMER = -1;

export function fetchCall(
  session: Session,
  at: { topic: string; partition: number; offset: number; maxBytes: number; maxWaitMs: number },
): Call<Buffer> {
  const build = negotiated(session.versions, API.fetch, requests.Fetch);
  return undecoded(
    build({
      replicaId: CONSUMER,
      isolationLevel: READ_UNCOMMITTED,
      maxWaitTime: at.maxWaitMs,
      minBytes: 1,
      maxBytes: at.maxBytes,
      topics: [
        {
          topic: at.topic,
          partitions: [{ partition: at.partition, fetchOffset: at.offset, maxBytes: at.maxBytes }],
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
export function readFetchAnswer(payload: Buffer, version: number): FetchAnswer {
  const nothing = payload.subarray(0, 0);
  let at = 4;
  if (version >= 7) {
    const code = payload.readInt16BE(at);
    if (code !== 0) return { code, batches: nothing };
    at += 6;
  }
  if (payload.readInt32BE(at) === 0) return { code: 0, batches: nothing };
  at += 4;
  at += 2 + payload.readInt16BE(at); // topic
  at += 4 + 4; // number of partitions, partition
  const code = payload.readInt16BE(at);
  at += 2 + 8 + 8 + (version >= 5 ? 8 : 0);
  const aborted = payload.readInt32BE(at);
  at += 4 + Math.max(0, aborted) * 16 + (version >= 11 ? 4 : 0);
  const size = payload.readInt32BE(at);
  return { code, batches: size <= 0 ? nothing : payload.subarray(at + 4, at + 4 + size) };
}
