import type { Columns, ColumnSchema } from './columns.ts';
import { COLUMN_ARRAYS } from './columns.ts';
import { COLUMN_NAMES_KEY } from '../layout.ts';
import { PREFIX_BYTES } from './seal.ts';

/**
 * The columns of one record batch out of its message. A checker asks three facts of the metadata: how many rows there
 * are, where the columns lie, and what was noted with the batch. They are read straight from the FlatBuffer
 * (https://flatbuffers.dev/internals, Arrow's Message.fbs), because a check of a small run would otherwise spend more
 * time on loading the library than on anything else.
 */

/** The numbers of fields in their tables, and of a message's kind. */
const MESSAGE = { headerType: 1, header: 2, customMetadata: 4 };
const RECORD_BATCH = { length: 0, buffers: 2 };
const KEY_VALUE = { key: 0, value: 1 };
const IS_RECORD_BATCH = 3;
/** A buffer is a struct of two int64: where it begins, and its length. */
const BUFFER_BYTES = 16;

/**
 * Views of `body`; nothing is copied. Columns are found by their names: one that the batch does not have is left out.
 * @param head the prefix and the metadata. Its checksum must have been verified: the metadata is trusted.
 * @param body must lie at a multiple of 8 in its memory.
 * @throws RangeError when it is no record batch.
 */
export function decodeBatch<Schema extends ColumnSchema>(
  columnTypes: Schema,
  head: Uint8Array,
  body: Uint8Array,
): { rows: number; columns: Columns<Schema>; metadata: Map<string, string> } {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const message = tableAt(view, PREFIX_BYTES);
  const headerType = fieldAt(view, message, MESSAGE.headerType);
  if (headerType === 0 || view.getUint8(headerType) !== IS_RECORD_BATCH)
    throw new RangeError('not a record batch');
  const batch = tableAt(view, fieldAt(view, message, MESSAGE.header));
  const length = fieldAt(view, batch, RECORD_BATCH.length);
  const rows = length === 0 ? 0 : int64At(view, length);
  const buffers = vectorAt(view, fieldAt(view, batch, RECORD_BATCH.buffers));
  const metadata = metadataOf(view, message);
  const columns: Record<string, unknown> = {};
  const places = placesOf(metadata.get(COLUMN_NAMES_KEY), columnTypes);
  for (const name in columnTypes) {
    const place = places.get(name);
    if (place === undefined) continue;
    const type = columnTypes[name]!;
    // Each column has two buffers: the validity bitmap, which is empty, and the values.
    const buffer = buffers + (2 * place + 1) * BUFFER_BYTES;
    const from = body.byteOffset + int64At(view, buffer);
    // The memory may be shared with a thread that reads ahead; to a column that makes no difference.
    columns[name] = new COLUMN_ARRAYS[type](
      body.buffer as ArrayBuffer,
      from,
      type === 'int64' ? 2 * rows : rows,
    );
  }
  return { rows, columns: columns as Columns<Schema>, metadata };
}

/** Asked for every batch of a file, whose names are nearly always those of the batch before. */
let lastNames = '';
let lastPlaces: ReadonlyMap<string, number> = new Map();

/** @param names those of all columns of a batch, in their order; in format 1 there are none, and the order is the known one. */
function placesOf(names: string | undefined, known: ColumnSchema): ReadonlyMap<string, number> {
  const text = names ?? Object.keys(known).join(' ');
  if (text !== lastNames) {
    lastPlaces = new Map(text.split(' ').map((name, place) => [name, place]));
    lastNames = text;
  }
  return lastPlaces;
}

function metadataOf(view: DataView, message: number): Map<string, string> {
  const metadata = new Map<string, string>();
  const field = fieldAt(view, message, MESSAGE.customMetadata);
  if (field === 0) return metadata;
  const entries = vectorAt(view, field);
  for (let index = 0; index < view.getUint32(entries - 4, true); index++) {
    const entry = tableAt(view, entries + 4 * index);
    metadata.set(textAt(view, entry, KEY_VALUE.key), textAt(view, entry, KEY_VALUE.value));
  }
  return metadata;
}

/** Where the table begins that is pointed at from here. */
function tableAt(view: DataView, at: number): number {
  return at + view.getUint32(at, true);
}

/** Where a field of a table is; 0 when it has its default value. */
function fieldAt(view: DataView, table: number, field: number): number {
  const fields = table - view.getInt32(table, true);
  const place = 4 + 2 * field;
  const offset = place < view.getUint16(fields, true) ? view.getUint16(fields + place, true) : 0;
  return offset === 0 ? 0 : table + offset;
}

/** Where the first element is of the vector that is pointed at from here; its length stands before it. */
function vectorAt(view: DataView, at: number): number {
  return at + view.getUint32(at, true) + 4;
}

function textAt(view: DataView, table: number, field: number): string {
  const at = fieldAt(view, table, field);
  if (at === 0) return '';
  const from = vectorAt(view, at);
  const bytes = new Uint8Array(view.buffer, view.byteOffset + from, view.getUint32(from - 4, true));
  return Buffer.from(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}

function int64At(view: DataView, at: number): number {
  return view.getInt32(at + 4, true) * 4294967296 + view.getUint32(at, true);
}
