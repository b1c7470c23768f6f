import { closeSync, fstatSync } from 'node:fs';
import { basename } from 'node:path';
import { statOf } from '../../core/paths.ts';
import { openRegular } from '../../core/regular-file.ts';
import { decodeBatch } from './arrow-batch.ts';
import type { Columns, ColumnSchema } from './columns.ts';
import type { Damages } from '../damage.ts';
import { errnoOf } from '../errno.ts';
import { findMessage, readMessage, type SealedMessage, type Source } from './message-reader.ts';
import { openPacked, PACKED_SUFFIX, type PackedFile } from './packed-file.ts';
import { openReadAhead } from './read-ahead.ts';
import { type Seal, streamId } from './seal.ts';

/**
 * Reads an Arrow file of sealed batches, one batch in memory at a time. The first pass verifies every seal and
 * remembers where the batches are; later passes go straight to them.
 *
 * A batch whose seal does not hold is left out, and the next seal is looked for byte by byte: damage costs the
 * batches that it touches and no others. The row numbers in the seals tell how many rows are gone.
 */
export interface Batch<Schema extends ColumnSchema> {
  rows: number;
  columns: Columns<Schema>;
  metadata: Map<string, string>;
}

export class ColumnReader<Schema extends ColumnSchema> {
  readonly #schema: Schema;
  readonly #path: string;
  readonly #stream: number;
  readonly #damages: Damages;
  readonly #readAheadFromBytes: number;
  readonly #verify: boolean;
  /** The batches found so far, and where and with which row the next one should start. */
  readonly #found: { position: number; seal: Seal }[] = [];
  #position = 0;
  #row = 0;
  #scanned = false;
  /** As it was when it was first opened: a run that is still going on is read up to here in every pass. */
  #size: number | null = null;

  constructor(options: {
    schema: Schema;
    path: string;
    recording: string;
    damages: Damages;
    readAheadFromBytes: number;
    verify: boolean;
  }) {
    this.#schema = options.schema;
    this.#path = options.path;
    this.#stream = streamId(options.recording, basename(options.path));
    this.#damages = options.damages;
    this.#readAheadFromBytes = options.readAheadFromBytes;
    this.#verify = options.verify;
  }

  /** A batch's memory is valid until the next one is asked for. */
  *batches(): Generator<Batch<Schema>> {
    const file = this.#open();
    if (file === null) return;
    const size = this.#size ?? 0;
    const ahead =
      size < this.#readAheadFromBytes || typeof file !== 'number'
        ? null
        : openReadAhead(this.#path, {
            position: this.#found[0]?.position ?? 0,
            size,
            verify: this.#verify && !this.#scanned,
          });
    const source: Source = { file, size, stream: this.#stream, ahead, memory: Buffer.alloc(0) };
    try {
      for (let index = 0; ; index++) {
        const known = this.#found[index];
        const message =
          known === undefined ? this.#scan(source) : readMessage(source, known.position, { verify: false });
        if (message === null) return;
        yield decodeBatch(this.#schema, message.head, message.body);
      }
    } finally {
      ahead?.close();
      if (typeof file === 'number') closeSync(file);
      else file.close();
    }
  }

  #open(): number | PackedFile | null {
    try {
      const packed = this.#openPacked();
      if (packed !== null) {
        this.#size ??= packed.size;
        return packed;
      }
      const file = openRegular(this.#path);
      this.#size ??= fstatSync(file).size;
      return file;
    } catch (error) {
      const code = errnoOf(error);
      if (code === 'ENOENT') this.#report('missing', 'The file is missing, and all of its rows with it.');
      else this.#report('corrupt', `The file cannot be read (${code}).`);
      return null;
    }
  }

  /** Where the file itself is there, it counts: it was being packed when the tool was killed. */
  #openPacked(): PackedFile | null {
    const path = `${this.#path}${PACKED_SUFFIX}`;
    return statOf(this.#path) === null && statOf(path) !== null ? openPacked(path) : null;
  }

  /** The next batch whose seal holds, wherever it is; null at the end. */
  #scan(source: Source): SealedMessage | null {
    while (!this.#scanned) {
      const message =
        readMessage(source, this.#position, { verify: this.#verify }) ??
        findMessage(source, this.#position + 1);
      if (message === null) {
        this.#reportEnd(source.size);
        return null;
      }
      const { position, seal } = message;
      this.#reportGap(position, seal.firstRow);
      this.#position = position + seal.headBytes + seal.bodyBytes;
      const isRepeated = seal.firstRow < this.#row;
      if (isRepeated || seal.kind === 'schema') continue;
      this.#row = seal.firstRow + seal.rows;
      if (seal.kind === 'end') this.#scanned = true;
      else {
        this.#found.push({ position, seal });
        return message;
      }
    }
    return null;
  }

  #reportGap(position: number, firstRow: number): void {
    const rows = firstRow - this.#row;
    if (position === this.#position && rows === 0) return;
    const bytes = `bytes ${this.#position} to ${position}`;
    if (rows > 0)
      this.#report('corrupt', `Rows ${this.#row} to ${firstRow - 1} are left out: ${bytes} are damaged.`);
    else if (rows < 0)
      this.#report('corrupt', `Row ${firstRow} comes a second time at byte ${position}; it is left out.`);
    else this.#report('corrupt', `There are foreign bytes, ${bytes}; no row is lost by them.`);
  }

  /** Behind the last good message: nothing but the end of a file that was not closed, or damage. */
  #reportEnd(size: number): void {
    this.#scanned = true;
    const left = size - this.#position;
    const detail =
      left === 0
        ? `The file ends after row ${this.#row} without its end mark; what was recorded after that is gone.`
        : `Whatever follows row ${this.#row} is gone: the last ${left} bytes, from byte ${this.#position} on, are not a whole batch.`;
    this.#report('torn', detail);
  }

  #report(kind: 'torn' | 'corrupt' | 'missing', detail: string): void {
    this.#damages.add({ file: this.#path, kind, detail });
  }
}
