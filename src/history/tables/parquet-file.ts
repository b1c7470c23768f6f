import * as zlib from 'node:zlib';
import { fileWriter, ParquetWriter } from 'hyparquet-writer';
import type { TableColumn } from './table-columns.ts';

/** One column of a row group. */
export type Cells = BigInt64Array | Int32Array | (string | number | bigint | null)[];

/** Node has zstd from 22.15 on; its types here are those of an older one. */
const { zstdCompressSync } = zlib as { zstdCompressSync?: (bytes: Uint8Array) => Uint8Array };

/** How the tables are packed: zstd, or Snappy where this Node.js has no zstd. */
export const TABLE_CODEC = zstdCompressSync === undefined ? 'SNAPPY' : 'ZSTD';

/** A Parquet file in the making, a row group after the other. */
export class ParquetFile {
  readonly #columns: readonly TableColumn[];
  readonly #writer: ParquetWriter;

  constructor(path: string, columns: readonly TableColumn[]) {
    this.#columns = columns;
    this.#writer = new ParquetWriter({
      writer: fileWriter(path),
      codec: TABLE_CODEC,
      ...(zstdCompressSync !== undefined && { compressors: { ZSTD: zstdCompressSync } }),
      schema: [{ name: 'root', num_children: columns.length }, ...columns.map(elementOf)],
    });
  }

  /** @param cells by column; all of one length, which is above 0. */
  async addGroup(cells: readonly Cells[]): Promise<void> {
    // Times, offsets and numbers of neighbours differ by little: that takes a few bits each.
    const columnData = this.#columns.map(({ name, type }, at) => ({
      name,
      data: cells[at]!,
      ...(type !== 'TEXT' && { encoding: 'DELTA_BINARY_PACKED' as const }),
    }));
    await this.#writer.write({ columnData, rowGroupSize: cells[0]!.length });
  }

  async finish(): Promise<void> {
    await this.#writer.finish();
  }
}

function elementOf({ name, type, optional }: TableColumn) {
  const repetition_type = optional ? ('OPTIONAL' as const) : ('REQUIRED' as const);
  return type === 'TEXT'
    ? ({ name, repetition_type, type: 'BYTE_ARRAY', converted_type: 'UTF8' } as const)
    : ({ name, repetition_type, type } as const);
}
