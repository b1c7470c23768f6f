/**
 * What a Produce request bears, and what its answer says, in every version since Kafka 0.11: in which partitions, which
 * batches, and for each partition the error and the offset. Names of topics are not looked at (since version 13 they are ids).
 * https://kafka.apache.org/protocol#The_Messages_Produce
 */

/** What a request has for one partition: whole record batches, as the client wrote them. A view of the request's bytes. */
export interface ProducedPartition {
  partition: number;
  batches: Buffer;
}

/** What a broker said of one partition. */
export interface ProduceVerdict {
  partition: number;
  /** 0: it was taken. */
  code: number;
  /** Of the first record; -1 where it says none. */
  offset: number;
}

/** The first version that names a transaction, and that with record batches of today's format. */
const TRANSACTIONAL = 3;
const COMPACT = 9;
/** Topics are ids from here on. */
const TOPIC_IDS = 13;
const LOG_START = 5;
const RECORD_ERRORS = 8;
/** The newest version whose layout is known here. */
const KNOWN = 13;

const REQUEST_CLIENT_ID_AT = 12;
const ANSWER_BODY_AT = 8;
const TOPIC_ID_BYTES = 16;

/**
 * @param request with its length in front
 * @returns null for a version that is not known, and for what is none
 */
export function readProduceRequest(request: Buffer, version: number): ProducedPartition[] | null {
  return read(version, () => {
    const cursor = new Cursor(request, REQUEST_CLIENT_ID_AT, version >= COMPACT);
    cursor.shortText(); // client id: in every version with a length of two bytes
    cursor.tags();
    cursor.text(); // transactional id
    cursor.skip(2 + 4); // acks, timeout
    return cursor.array(() => {
      cursor.topic(version);
      const partitions = cursor.array((): ProducedPartition => {
        const partition = cursor.int32();
        const batches = cursor.bytes();
        cursor.tags();
        return { partition, batches };
      });
      cursor.tags();
      return partitions;
    });
  });
}

/**
 * @param answer with its length in front
 * @param version of the request that it answers
 * @returns null for a version that is not known, and for what is none
 */
export function readProduceAnswer(answer: Buffer, version: number): ProduceVerdict[] | null {
  return read(version, () => {
    const cursor = new Cursor(answer, ANSWER_BODY_AT, version >= COMPACT);
    cursor.tags();
    return cursor.array(() => {
      cursor.topic(version);
      const partitions = cursor.array((): ProduceVerdict => {
        const partition = cursor.int32();
        const code = cursor.int16();
        const offset = cursor.int64();
        cursor.skip(8); // the time of the append
        if (version >= LOG_START) cursor.skip(8);
        if (version >= RECORD_ERRORS) {
          cursor.array(() => {
            cursor.skip(4);
            cursor.text();
            cursor.tags();
            return [];
          });
          cursor.text();
        }
        cursor.tags();
        return { partition, code, offset };
      });
      cursor.tags();
      return partitions;
    });
  });
}

function read<T>(version: number, partitions: () => T[][]): T[] | null {
  if (version < TRANSACTIONAL || version > KNOWN) return null;
  try {
    return partitions().flat();
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/** Reads on from where it stands. @throws RangeError where the message ends before. */
class Cursor {
  readonly #bytes: Buffer;
  readonly #isCompact: boolean;
  #at: number;

  constructor(bytes: Buffer, at: number, isCompact: boolean) {
    this.#bytes = bytes;
    this.#at = at;
    this.#isCompact = isCompact;
  }

  skip(bytes: number): void {
    if (bytes < 0 || this.#at + bytes > this.#bytes.length) throw new RangeError('it ends before');
    this.#at += bytes;
  }

  int16(): number {
    this.skip(2);
    return this.#bytes.readInt16BE(this.#at - 2);
  }

  int32(): number {
    this.skip(4);
    return this.#bytes.readInt32BE(this.#at - 4);
  }

  int64(): number {
    this.skip(8);
    return Number(this.#bytes.readBigInt64BE(this.#at - 8));
  }

  /** A name, or none. */
  text(): void {
    if (this.#isCompact) this.skip(Math.max(0, this.#unsigned() - 1));
    else this.shortText();
  }

  shortText(): void {
    this.skip(Math.max(0, this.int16()));
  }

  bytes(): Buffer {
    const length = Math.max(0, this.#isCompact ? this.#unsigned() - 1 : this.int32());
    this.skip(length);
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  array<T>(item: () => T): T[] {
    const length = Math.max(0, this.#isCompact ? this.#unsigned() - 1 : this.int32());
    const items: T[] = [];
    // One after the other: a length that is none must not cost any memory.
    for (let index = 0; index < length; index++) items.push(item());
    return items;
  }

  topic(version: number): void {
    if (version >= TOPIC_IDS) this.skip(TOPIC_ID_BYTES);
    else this.text();
  }

  /** Fields that this version does not know; none in versions that are not compact. */
  tags(): void {
    if (!this.#isCompact) return;
    for (let left = this.#unsigned(); left > 0; left--) {
      this.#unsigned();
      this.skip(this.#unsigned());
    }
  }

  #unsigned(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      this.skip(1);
      const byte = this.#bytes[this.#at - 1]!;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
  }
}
