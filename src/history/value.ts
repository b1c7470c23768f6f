import { crc32 } from 'node:zlib';
import { Failure } from '../core/failure.ts';
import type { Integrity } from './write.ts';

/**
 * The record that a worker writes: text, so that a person with kafka-console-consumer can read it.
 *
 *     kept RUN TOPIC PARTITION WORKER:SEQ .............. CRC32
 *
 * (without the blank between dots and checksum). The partition is * where the client library is to choose one. The checksum stands last and covers every byte before it: whose
 * record it is, where it belongs, its number and all of its padding. A record that a broker moved, mixed up, cut or
 * changed is therefore told from one that it kept. CRC-32 catches every change within 32 neighbouring bits, and any
 * other with a chance of 1 in 2^32 of being missed.
 */

/** Whose records: the id of the run and the topic. Neither may hold a blank or anything beyond ASCII. */
export interface ValuePlace {
  run: string;
  topic: string;
}

export interface Decoded {
  /** Null unless the checksum holds and the value is of this run. */
  worker: number | null;
  seq: number | null;
  integrity: Integrity;
}

/** The partition of a record that the client library is to choose one for: it is right wherever it stands. */
export const ANY_PARTITION = -1;

/** The record's bytes for one write. Each call gives a fresh buffer. */
export type Encoder = (invocation: { worker: number; seq: number; partition: number }) => Buffer;

/**
 * Says what a record that was found in `partition` holds. The result is one object, overwritten by the next call:
 * a scan decodes hundreds of thousands of records a second.
 */
export type Decoder = (partition: number, value: Uint8Array | null) => Readonly<Decoded>;

const MAGIC = 'kept ';
const CHECKSUM_BYTES = 8;
/** Room that is kept for the numbers, so that the size does not depend on how long the run lasts. */
const WIDEST = '99999 99999:9999999999 ';

/** The smallest record size, in bytes, that holds a value of this run. */
export function minimumValueBytes(place: ValuePlace): number {
  return headOf(place).length + WIDEST.length + CHECKSUM_BYTES;
}

/**
 * @param options.sizeBytes the size of every record. Only numbers beyond any likely run (worker or partition over
 *   99999, ten thousand million writes of one worker) make a record longer than that.
 */
export function createEncoder(options: ValuePlace & { sizeBytes: number }): Encoder {
  const { run, topic, sizeBytes } = options;
  const minimum = minimumValueBytes({ run, topic });
  if (sizeBytes < minimum) {
    throw new Failure(
      `a record of ${sizeBytes} bytes is too small: it must hold the run, the topic and its number`,
      { hint: `set the record size to ${minimum} bytes or more`, exitStatus: 64 },
    );
  }
  const head = headOf({ run, topic });
  const blank = Buffer.alloc(sizeBytes, '.');
  blank.write(head, 'latin1');
  return ({ worker, seq, partition }) => {
    const numbers = `${partition === ANY_PARTITION ? '*' : partition} ${worker}:${seq} `;
    const end = Math.max(sizeBytes - CHECKSUM_BYTES, head.length + numbers.length);
    const value = Buffer.allocUnsafe(end + CHECKSUM_BYTES);
    value.set(blank);
    for (let index = 0; index < numbers.length; index++) {
      value[head.length + index] = numbers.charCodeAt(index);
    }
    const checksum = crc32(value.subarray(0, end));
    for (let index = 0; index < CHECKSUM_BYTES; index++) {
      value[end + index] = HEX.charCodeAt((checksum >>> (28 - 4 * index)) & 15);
    }
    return value;
  };
}

/** The inverse of `createEncoder`, for any bytes whatsoever: it never throws. */
export function createDecoder(place: ValuePlace): Decoder {
  const head = Buffer.from(headOf(place), 'latin1');
  const runEnd = MAGIC.length + place.run.length + 1;
  const decoded: Decoded = { worker: null, seq: null, integrity: 'unreadable' };
  const verdict = (integrity: Integrity, worker: number | null = null, seq: number | null = null) => {
    decoded.integrity = integrity;
    decoded.worker = worker;
    decoded.seq = seq;
    return decoded;
  };

  return (partition, value) => {
    if (value === null || !startsLike(value, head, 0, MAGIC.length)) return verdict('unreadable');
    const end = value.length - CHECKSUM_BYTES;
    if (end < MAGIC.length || crc32(value.subarray(0, end)) !== hexAt(value, end)) {
      return verdict('bad-checksum');
    }
    if (!startsLike(value, head, MAGIC.length, runEnd)) return verdict('foreign-run');

    // The topic may be another one, of another length: whatever stands there up to the next blank.
    const sameTopic = startsLike(value, head, runEnd, head.length);
    const cursor = { at: sameTopic ? head.length : value.indexOf(BLANK, runEnd) + 1 };
    const isAnywhere = value[cursor.at] === STAR && value[cursor.at + 1] === BLANK;
    if (isAnywhere) cursor.at += 2;
    const writtenTo = isAnywhere ? partition : numberAt(value, cursor, BLANK);
    const worker = numberAt(value, cursor, COLON);
    const seq = numberAt(value, cursor, BLANK);
    if (writtenTo < 0 || worker < 0 || seq < 0) return verdict('unreadable');
    return verdict(sameTopic && writtenTo === partition ? 'valid' : 'wrong-place', worker, seq);
  };
}

const HEX = '0123456789abcdef';
const BLANK = 0x20;
const STAR = 0x2a;
const ZERO = 0x30;
const COLON = 0x3a;
const LETTER_A = 0x61;

function headOf({ run, topic }: ValuePlace): string {
  for (const word of [run, topic]) {
    if (!/^[!-~]+$/.test(word)) {
      throw new Failure(`"${word}" cannot stand in a record: it must be ASCII without blanks`, {
        hint: 'use letters, digits, dots, dashes and underscores',
        exitStatus: 64,
      });
    }
  }
  return `${MAGIC}${run} ${topic} `;
}

function startsLike(value: Uint8Array, head: Uint8Array, from: number, to: number): boolean {
  if (value.length < to) return false;
  for (let index = from; index < to; index++) if (value[index] !== head[index]) return false;
  return true;
}

/** Eight lower-case hex digits as a number; -1 for anything else. */
function hexAt(value: Uint8Array, at: number): number {
  let number = 0;
  for (let index = at; index < at + CHECKSUM_BYTES; index++) {
    const digit = value[index]! - ZERO;
    const letter = value[index]! - LETTER_A;
    if (digit >= 0 && digit <= 9) number = number * 16 + digit;
    else if (letter >= 0 && letter <= 5) number = number * 16 + 10 + letter;
    else return -1;
  }
  return number;
}

/** The decimal number at the cursor up to `stop`, which is skipped; -1 when there is none. */
function numberAt(value: Uint8Array, cursor: { at: number }, stop: number): number {
  const from = cursor.at;
  let number = 0;
  for (let index = from; index < value.length; index++) {
    const byte = value[index]!;
    if (byte === stop && index > from) {
      cursor.at = index + 1;
      return number <= Number.MAX_SAFE_INTEGER ? number : -1;
    }
    if (byte < ZERO || byte > ZERO + 9) return -1;
    number = number * 10 + (byte - ZERO);
  }
  return -1;
}
