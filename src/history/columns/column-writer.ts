import { basename } from 'node:path';
import type { AppendFile } from '../recorder/append-file.ts';
import { arrowEncoder, END_OF_STREAM } from './arrow.ts';
import { allocateColumns, type Columns, type ColumnSchema } from './columns.ts';
import { COLUMN_NAMES_KEY } from '../layout.ts';
import { seal, streamId } from './seal.ts';

/** Rows a batch: small enough for a processor's cache and a short write, large enough to be read fast. */
export const BATCH_ROWS = 16_384;

/**
 * Collects rows in columns and appends them to an Arrow file, a sealed batch at a time. Its memory is one batch's.
 */
export class ColumnWriter<Schema extends ColumnSchema> {
  /** Row `row` of these is the next to be filled; then `advance`. */
  readonly columns: Columns<Schema>;
  row = 0;
  readonly #file: AppendFile;
  readonly #encoder;
  readonly #stream: number;
  readonly #metadata: () => Record<string, string>;
  readonly #columnNames: string;
  #firstRow = 0;

  /**
   * @param options.path its last part names the stream, with `recording`.
   * @param options.batchMetadata asked for each batch: what a reader of that batch needs besides its columns.
   */
  constructor(options: {
    schema: Schema;
    file: AppendFile;
    path: string;
    recording: string;
    streamMetadata: Record<string, string>;
    batchMetadata?: () => Record<string, string>;
  }) {
    this.columns = allocateColumns(options.schema, BATCH_ROWS);
    this.#file = options.file;
    this.#encoder = arrowEncoder(options.schema, options.streamMetadata);
    this.#stream = streamId(options.recording, basename(options.path));
    this.#metadata = options.batchMetadata ?? (() => ({}));
    this.#columnNames = Object.keys(options.schema).join(' ');
    this.#file.append(
      seal(this.#encoder.schema, { kind: 'schema', stream: this.#stream, rows: 0, firstRow: 0 }),
    );
  }

  /** Counts the row that was just filled; a full batch goes to the disk at once. */
  advance(): void {
    if (++this.row === BATCH_ROWS) this.flush();
  }

  flush(): void {
    if (this.row > 0) this.#append('batch');
  }

  /** The last batch is an empty one: a file without it has lost its end. */
  close(): void {
    this.flush();
    this.#append('end');
    this.#file.append([END_OF_STREAM]);
    this.#file.close();
  }

  #append(kind: 'batch' | 'end'): void {
    const rows = this.row;
    // In each batch, so that none of them depends on another part of the file.
    const metadata = { [COLUMN_NAMES_KEY]: this.#columnNames, ...this.#metadata() };
    const message = this.#encoder.batch(this.columns, rows, metadata);
    const facts = { kind, stream: this.#stream, rows, firstRow: this.#firstRow };
    // Reset first: after a failed append the rows are given up, and the next row must find room.
    this.row = 0;
    this.#file.append(seal(message, facts));
    this.#firstRow += rows;
  }
}
