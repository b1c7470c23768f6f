/**
 * Kafka's flexible versions, which the library speaks for two requests only: lengths are unsigned varints, one too high so
 * that 0 can mean null, and every structure ends with tagged fields (KIP-482). Both headers have such fields too: a request
 * begins with its own, and an answer as well.
 */
import { EncoderClass, type Call, type Encoder } from '../kafkajs.ts';

export class FlexibleWriter {
  readonly #parts: Buffer[] = [];

  int8(value: number): this {
    return this.#number(1, (buffer) => buffer.writeInt8(value));
  }

  int16(value: number): this {
    return this.#number(2, (buffer) => buffer.writeInt16BE(value));
  }

  int32(value: number): this {
    return this.#number(4, (buffer) => buffer.writeInt32BE(value));
  }

  int64(value: number | bigint): this {
    return this.#number(8, (buffer) => buffer.writeBigInt64BE(BigInt(value)));
  }

  varint(value: number): this {
    const bytes: number[] = [];
    let left = value;
    for (; left >= 0x80; left = Math.floor(left / 0x80)) bytes.push((left % 0x80) | 0x80);
    bytes.push(left);
    this.#parts.push(Buffer.from(bytes));
    return this;
  }

  text(value: string | null): this {
    return this.bytes(value === null ? null : Buffer.from(value));
  }

  bytes(value: Buffer | null): this {
    this.varint(value === null ? 0 : value.length + 1);
    if (value !== null) this.#parts.push(value);
    return this;
  }

  array<T>(items: readonly T[], write: (item: T) => void): this {
    this.varint(items.length + 1);
    for (const item of items) write(item);
    return this;
  }

  /** None: kept sends no tagged field. */
  tags(): this {
    return this.varint(0);
  }

  written(): Buffer {
    return Buffer.concat(this.#parts);
  }

  #number(size: number, write: (buffer: Buffer) => void): this {
    const buffer = Buffer.alloc(size);
    write(buffer);
    this.#parts.push(buffer);
    return this;
  }
}

export class FlexibleReader {
  readonly #buffer: Buffer;
  #at = 0;

  constructor(buffer: Buffer) {
    this.#buffer = buffer;
  }

  int8(): number {
    return this.#buffer.readInt8(this.#skip(1));
  }

  int16(): number {
    return this.#buffer.readInt16BE(this.#skip(2));
  }

  int32(): number {
    return this.#buffer.readInt32BE(this.#skip(4));
  }

  int64(): number {
    return Number(this.#buffer.readBigInt64BE(this.#skip(8)));
  }

  varint(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 0x80) {
      const byte = this.#buffer.readUInt8(this.#skip(1));
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
  }

  text(): string | null {
    return this.bytes()?.toString('utf8') ?? null;
  }

  bytes(): Buffer | null {
    const length = this.varint() - 1;
    if (length < 0) return null;
    const at = this.#skip(length);
    return this.#buffer.subarray(at, at + length);
  }

  array<T>(read: () => T): T[] {
    return Array.from({ length: Math.max(0, this.varint() - 1) }, read);
  }

  /** Hands each tagged field to `read`, which need not read all of it; without it all are passed over. */
  tags(read?: (tag: number, field: FlexibleReader) => void): void {
    for (let left = this.varint(); left > 0; left--) {
      const tag = this.varint();
      const length = this.varint();
      const at = this.#skip(length);
      read?.(tag, new FlexibleReader(this.#buffer.subarray(at, at + length)));
    }
  }

  #skip(size: number): number {
    const at = this.#at;
    this.#at += size;
    return at;
  }
}

/** A request of a flexible version, whose answer has a header of that kind too where `plainHeader` is not set. */
export function flexibleCall<T>(of: {
  apiKey: number;
  apiVersion: number;
  apiName: string;
  write: (writer: FlexibleWriter) => void | Promise<void>;
  read: (reader: FlexibleReader) => T;
  /** ApiVersions: whoever asks it may not know yet which headers the broker speaks. */
  plainHeader?: boolean;
}): Call<T> {
  const { apiKey, apiVersion, apiName } = of;
  return {
    request: {
      apiKey,
      apiVersion,
      apiName,
      async encode(): Promise<Encoder> {
        const writer = new FlexibleWriter().tags();
        await of.write(writer);
        return new EncoderClass().writeBuffer(writer.tags().written());
      },
    },
    response: {
      async decode(payload) {
        const reader = new FlexibleReader(payload);
        if (of.plainHeader !== true) reader.tags();
        return of.read(reader);
      },
      parse: async (decoded) => decoded,
    },
  };
}
