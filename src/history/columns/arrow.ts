import * as arrow from 'apache-arrow';
import type { Columns, ColumnSchema, ColumnType } from './columns.ts';

/**
 * Columns as messages of an Arrow IPC stream (https://arrow.apache.org/docs/format/Columnar.html#ipc-streaming-format),
 * so that DuckDB, pandas, Polars or Spark read a history as it is. Nothing is copied: a message's body is the columns'
 * own memory. The way back is arrow-batch.ts.
 */

/** An encapsulated message. `head` is the 8 bytes of prefix and the metadata, padded to a multiple of 8. */
export interface Message {
  head: Uint8Array;
  body: Uint8Array[];
}

export interface ArrowEncoder<Schema extends ColumnSchema> {
  /** Stands first in the stream. */
  readonly schema: Message;
  /** The first `rows` rows. The message borrows the columns' memory: write it before they change. */
  batch(columns: Columns<Schema>, rows: number, metadata: Record<string, string>): Message;
}

/** Stands last in the stream. */
export const END_OF_STREAM = Uint8Array.of(255, 255, 255, 255, 0, 0, 0, 0);

const TYPES = {
  uint8: () => new arrow.Uint8(),
  uint16: () => new arrow.Uint16(),
  uint32: () => new arrow.Uint32(),
  int32: () => new arrow.Int32(),
  int64: () => new arrow.Int64(),
} as const satisfies Record<ColumnType, () => arrow.Int>;

/** @param metadata facts about the whole stream, for people and other tools. */
export function arrowEncoder<Schema extends ColumnSchema>(
  columnTypes: Schema,
  metadata: Record<string, string>,
): ArrowEncoder<Schema> {
  const fields = Object.entries(columnTypes).map(
    ([name, type]) => new arrow.Field(name, TYPES[type](), false),
  );
  const schema = new arrow.Schema(fields, new Map(Object.entries(metadata)));
  const struct = new arrow.Struct(fields);
  const writer = new ChunkWriter();
  writer.reset(undefined, schema);
  return {
    schema: toMessage(writer.takeChunks()),
    batch(columns, rows, batchMetadata) {
      const children = Object.entries(columnTypes).map(([name, type], index) => {
        const data = valuesOf(columns[name]!, type, rows);
        return arrow.makeData<arrow.Int>({ type: fields[index]!.type, length: rows, nullCount: 0, data });
      });
      const data = arrow.makeData({ type: struct, length: rows, nullCount: 0, children });
      writer.write(new arrow.RecordBatch(schema, data, new Map(Object.entries(batchMetadata))));
      return toMessage(writer.takeChunks());
    },
  };
}

/** The library's stream writer with its asynchronous queue replaced by a list that is taken at once. */
class ChunkWriter extends arrow.RecordBatchStreamWriter {
  #chunks: Uint8Array[] = [];

  protected override _write(chunk: ArrayBufferView): this {
    if (chunk.byteLength > 0) this.#chunks.push(bytesOf(chunk));
    return this;
  }

  takeChunks(): Uint8Array[] {
    const chunks = this.#chunks;
    this.#chunks = [];
    return chunks;
  }
}

/** Joins the small chunks at the start up to the end of the metadata, whose length stands in bytes 4 to 8. */
function toMessage(chunks: Uint8Array[]): Message {
  let joined = Buffer.alloc(0);
  let used = 0;
  while (joined.length < 8 || joined.length < 8 + joined.readInt32LE(4)) {
    joined = Buffer.concat([joined, chunks[used++]!]);
  }
  return { head: joined, body: chunks.slice(used) };
}

function valuesOf(
  column: Columns<ColumnSchema>[string],
  type: ColumnType,
  rows: number,
): arrow.Int['TArray'] {
  return type === 'int64'
    ? new BigInt64Array(column.buffer, column.byteOffset, rows)
    : column.subarray(0, rows);
}

function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}
