import { join } from 'node:path';
import { createAppendFile } from './append-file.ts';
import { BATCH_ROWS, ColumnWriter } from '../columns/column-writer.ts';
import {
  type Columns,
  type ColumnSchema,
  MARKER_COLUMNS,
  schemasOf,
  TRANSACTION_COLUMNS,
} from '../columns/columns.ts';
import { encodeLine } from './event-lines.ts';
import {
  ENDS_FILE,
  ERROR_NAMES_KEY,
  EVENTS_FILE,
  MARKERS_FILE,
  READS_FILE,
  RUN_FILE,
  TRANSACTIONS_FILE,
  WRITES_FILE,
} from '../layout.ts';
import { asNewRecording, recordingOf } from './recording.ts';
import { writeRunFile } from './run-file.ts';
import type { Run } from '../run.ts';
import { STREAM_CODES } from './stream-codes.ts';

/**
 * Writes a run that is known as a whole into a directory: what a recorder does while a run goes on, done at once.
 * @param directory exists, and holds no history yet.
 * @throws Failure when the disk is full or broken.
 */
export async function recordRun(run: Run, directory: string): Promise<void> {
  const info = asNewRecording(run.info);
  let errorNames: readonly string[] = [''];
  const open = <Schema extends ColumnSchema>(
    name: string,
    schema: Schema,
    codes: Record<string, string>,
  ): ColumnWriter<Schema> => {
    const path = join(directory, name);
    return new ColumnWriter({
      schema,
      file: createAppendFile(path),
      path,
      recording: recordingOf(info),
      streamMetadata: { 'kept.version': '2', 'kept.run': info.run, ...codes },
      batchMetadata: () =>
        name === WRITES_FILE || name === TRANSACTIONS_FILE
          ? { [ERROR_NAMES_KEY]: JSON.stringify(errorNames) }
          : {},
    });
  };

  const schemas = schemasOf({ transactions: run.transactions, copies: info.copies });
  const writes = open(WRITES_FILE, schemas.writes, STREAM_CODES.writes);
  for (const batch of run.writes()) {
    errorNames = batch.errorNames;
    append(writes, schemas.writes, batch, batch.length);
  }
  writes.close();
  const reads = open(READS_FILE, schemas.reads, STREAM_CODES.reads);
  for (const batch of run.reads()) append(reads, schemas.reads, batch, batch.length);
  reads.close();
  const ends = open(ENDS_FILE, schemas.ends, STREAM_CODES.ends);
  for (const batch of run.ends()) append(ends, schemas.ends, batch, batch.length);
  ends.close();
  if (run.transactions !== undefined) {
    const transactions = open(TRANSACTIONS_FILE, TRANSACTION_COLUMNS, STREAM_CODES.transactions);
    for (const batch of run.transactions()) {
      errorNames = batch.errorNames;
      append(transactions, TRANSACTION_COLUMNS, batch, batch.length);
    }
    transactions.close();
    const markers = open(MARKERS_FILE, MARKER_COLUMNS, STREAM_CODES.markers);
    for (const batch of run.markers?.() ?? []) append(markers, MARKER_COLUMNS, batch, batch.length);
    markers.close();
  }
  recordEvents({ ...run, info }, join(directory, EVENTS_FILE));
  writeRunFile(join(directory, RUN_FILE), info);
}

/** A column that the batch does not have has no values. Flushes at the end, because the next batch may have other names of errors. */
function append<Schema extends ColumnSchema>(
  writer: ColumnWriter<Schema>,
  schema: Schema,
  batch: object,
  length: number,
): void {
  for (let from = 0; from < length; from += BATCH_ROWS) {
    const to = Math.min(length, from + BATCH_ROWS);
    for (const name of Object.keys(schema) as (keyof Schema & string)[]) {
      const width = schema[name] === 'int64' ? 2 : 1;
      const column = (batch as Partial<Columns<Schema>>)[name];
      if (column === undefined) writer.columns[name].fill(-1);
      else writer.columns[name].set(column.subarray(width * from, width * to));
    }
    writer.row = to - from;
    writer.flush();
  }
}

function recordEvents({ info, events }: Run, path: string): void {
  const file = createAppendFile(path);
  let number = 0;
  let text = encodeLine({ type: 'run', info, endsApart: true }, number++);
  for (const event of events) {
    text += encodeLine(event, number++);
    if (text.length < CHUNK_CHARACTERS) continue;
    file.append([Buffer.from(text)]);
    text = '';
  }
  file.append([Buffer.from(text + encodeLine({ type: 'closed' }, number))]);
  file.close();
}

const CHUNK_CHARACTERS = 1 << 20;
