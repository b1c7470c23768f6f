import type { Fetched, FetchedMarker, ProducedBatch } from '../client/client.ts';
import { COMMIT, RECORD_BITS, type Records } from './records.ts';
import type { StoredEncoder } from './value.ts';

/** A piece of a log, as a broker hands it out. */
export interface Piece {
  stored: Int32Array;
  partition: number;
  /** The offset of its first entry. */
  from: number;
}

/** The records in a piece of a log, without its markers. @param isLeftOut by place in the piece; none is if absent */
export function recordsIn(
  records: Records,
  { stored, partition, from }: Piece,
  valueOf: StoredEncoder,
  isLeftOut: ((index: number) => boolean) | null = null,
): Fetched[] {
  const { inBatch, producer, sequence, epoch } = records;
  const found: Fetched[] = [];
  let batch = null as ProducedBatch | null;
  for (let index = 0; index < stored.length; index++) {
    if (isLeftOut?.(index) === true) continue;
    const record = stored[index]! & RECORD_BITS;
    if (records.isMarker(record)) continue;
    const producerId = producer[record]!;
    const baseOffset = from + index - inBatch[record]!;
    if (batch === null || batch.baseOffset !== baseOffset || batch.producerId !== producerId) {
      const first = sequence[record]! - inBatch[record]!;
      batch = { producerId, epoch: epoch[record]!, sequence: first, baseOffset };
    }
    found.push({
      partition,
      offset: from + index,
      value: valueOf(records, stored[index]!),
      ...(producerId >= 0 && { batch }),
    });
  }
  return found;
}

/** The markers in a piece of a log. */
export function markersIn(records: Records, { stored, partition, from }: Piece): FetchedMarker[] {
  const { producer, epoch, kind, seq } = records;
  const found: FetchedMarker[] = [];
  for (let index = 0; index < stored.length; index++) {
    const record = stored[index]! & RECORD_BITS;
    if (!records.isMarker(record)) continue;
    found.push({
      partition,
      offset: from + index,
      producerId: producer[record]!,
      epoch: epoch[record]!,
      kind: kind[record] === COMMIT ? 'commit' : 'abort',
      coordinatorEpoch: seq[record]!,
    });
  }
  return found;
}
