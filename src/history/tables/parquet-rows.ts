import { decompress } from 'fzstd';
import { asyncBufferFromFile, type FileMetaData, parquetMetadataAsync, parquetRead } from 'hyparquet';
import * as zlib from 'node:zlib';
import { Failure, messageOf } from '../../core/failure.ts';
import { clause } from '../../core/words.ts';

const { zstdDecompressSync } = zlib as { zstdDecompressSync?: (bytes: Uint8Array) => Uint8Array };

/** What to do about tables that are not whole. */
export const WRITE_ANEW = 'write them anew: kept export RUN --to parquet --output DIRECTORY';

/** What a Parquet file says of itself at its end. */
export interface ParquetFooter {
  path: string;
  rows: number;
  /** Their names, and how Parquet stores them. */
  columns: ReadonlyMap<string, string>;
}

/** @throws Error with what is wrong with the file. */
export async function footerOf(path: string): Promise<ParquetFooter> {
  const metadata = await parquetMetadataAsync(await asyncBufferFromFile(path));
  const columns = new Map(elementsOf(metadata).map(({ name, type }) => [name, type ?? 'group']));
  return { path, rows: Number(metadata.num_rows), columns };
}

/** All but the root. */
function elementsOf({ schema }: FileMetaData): FileMetaData['schema'] {
  return schema.slice(1);
}

/** One row group, by the names of its columns. */
export interface RowGroup {
  length: number;
  columns: Record<string, ArrayLike<unknown>>;
}

/**
 * The rows of a file, a row group in memory at a time.
 * @throws Failure where they are not what the end of the file promises.
 */
export async function* rowGroupsOf(path: string): AsyncGenerator<RowGroup> {
  const file = await asyncBufferFromFile(path);
  const metadata = await parquetMetadataAsync(file);
  const names = elementsOf(metadata).map(({ name }) => name);
  let rowStart = 0;
  for (const group of metadata.row_groups) {
    const length = Number(group.num_rows);
    const rowEnd = rowStart + length;
    const columns: Record<string, unknown[]> = Object.fromEntries(
      names.map((name) => [name, Array.from<unknown>({ length })]),
    );
    try {
      await parquetRead({
        file,
        metadata,
        rowStart,
        rowEnd,
        compressors: { ZSTD: unpack },
        onChunk: ({ columnName, columnData, rowStart: from }) => {
          const column = columns[columnName]!;
          for (let at = 0; at < columnData.length; at++) {
            const row = from + at - rowStart;
            if (row >= 0 && row < length) column[row] = columnData[at];
          }
        },
      });
    } catch (error) {
      throw new Failure(`the file ${path} cannot be read as Parquet: ${clause(messageOf(error))}`, {
        hint: `it was cut or changed; ${WRITE_ANEW}`,
        cause: error,
      });
    }
    yield { length, columns };
    rowStart = rowEnd;
  }
}

function unpack(bytes: Uint8Array, length: number): Uint8Array {
  return zstdDecompressSync === undefined
    ? decompress(bytes, new Uint8Array(length))
    : zstdDecompressSync(bytes);
}
