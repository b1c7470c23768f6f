import type { Decoder, Encoder } from '../history/value.ts';
import type { Integrity } from '../history/write.ts';
import { FLIPPED, RECORD_BITS, STRAY, type Records } from './records.ts';

/** Gives the bytes of what a broker stored. */
export type StoredEncoder = (records: Records, stored: number) => Uint8Array;

/**
 * A modelled record's bytes: whose it is and what is wrong with it, in thirteen bytes. Checksums are history's
 * business and tested there; here it counts that reading costs little.
 */
const BYTES = 13;

export const compactValue: StoredEncoder = (records, stored) => {
  const record = stored & RECORD_BITS;
  const value = new Uint8Array(BYTES);
  put(value, 0, records.worker[record]!);
  put(value, 4, records.seq[record]!);
  put(value, 8, records.partition[record]!);
  value[12] = (stored & FLIPPED) !== 0 ? 1 : (stored & STRAY) !== 0 ? 2 : 0;
  return value;
};

/** The bytes that a real broker would have stored, for runs that are recorded as real ones are. */
export function realValue(encode: Encoder): StoredEncoder {
  return (records, stored) => {
    const record = stored & RECORD_BITS;
    const stray = (stored & STRAY) !== 0;
    const value = encode({
      worker: records.worker[record]!,
      seq: records.seq[record]!,
      partition: records.partition[record]! + (stray ? 1 : 0),
    });
    if ((stored & FLIPPED) !== 0) value[value.length >> 1]! ^= 1;
    return value;
  };
}

/** The counterpart of `compactValue`: says of each value what the real decoder would say of such a record. */
export function modelDecoder(): Decoder {
  const decoded: { worker: number | null; seq: number | null; integrity: Integrity } = {
    worker: null,
    seq: null,
    integrity: 'unreadable',
  };
  return (partition, value) => {
    decoded.worker = null;
    decoded.seq = null;
    if (value === null || value.length !== BYTES) decoded.integrity = 'unreadable';
    else if (value[12] === 1) decoded.integrity = 'bad-checksum';
    else {
      decoded.integrity = value[12] === 2 || get(value, 8) !== partition ? 'wrong-place' : 'valid';
      decoded.worker = get(value, 0);
      decoded.seq = get(value, 4);
    }
    return decoded;
  };
}

function put(value: Uint8Array, at: number, number: number): void {
  value[at] = number;
  value[at + 1] = number >>> 8;
  value[at + 2] = number >>> 16;
  value[at + 3] = number >>> 24;
}

function get(value: Uint8Array, at: number): number {
  return (value[at]! | (value[at + 1]! << 8) | (value[at + 2]! << 16) | (value[at + 3]! << 24)) >>> 0;
}
