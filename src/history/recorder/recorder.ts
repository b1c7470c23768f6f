import { join } from 'node:path';
import type { Clock } from '../../core/clock.ts';
import { wallClock } from '../../core/clock.ts';
import { messageOf } from '../../core/failure.ts';
import { type AppendFile, createAppendFile } from './append-file.ts';
import { ColumnWriter } from '../columns/column-writer.ts';
import {
  type ColumnSchema,
  ErrorNames,
  MARKER_COLUMNS,
  putEnd,
  putMarker,
  putRead,
  putTransaction,
  putWrite,
  schemasOf,
  TRANSACTION_COLUMNS,
} from '../columns/columns.ts';
import { encodeLine, type Line } from './event-lines.ts';
import type { Event } from '../event.ts';
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
import type { Marker, Transaction } from '../transaction.ts';
import { STREAM_CODES } from './stream-codes.ts';
import type { RunInfo } from '../run.ts';
import { asNewRecording, recordingOf } from './recording.ts';
import { writeRunFile } from './run-file.ts';
import type { Read, Write } from '../write.ts';

/**
 * Writes a run directory while the run goes on, in constant memory. Rows become columns as they come; a full batch,
 * or whatever there is after a second, is appended to its file. Killing the program at any moment costs what came
 * after the last flush.
 */
export interface Recorder {
  write(row: Write): void;
  read(row: Read): void;
  event(event: Event): void;
  /** Only where run.json says that there are transactions; so with markers. */
  transaction(row: Transaction): void;
  marker(row: Marker): void;
  /** Appends whatever is still in memory. Rejects as `failed` does. */
  flush(): Promise<void>;
  /** Changes run.json. */
  update(info: Partial<RunInfo>): Promise<void>;
  /**
   * Ends the history. Rejects as `failed` does; run.json has the status all the same, if the disk allows it.
   * @param failure why, when the status is `failed`.
   */
  close(status: RunInfo['status'], failure?: unknown): Promise<void>;
  /**
   * Rejects, once, with a Failure when the disk is full or broken. What was recorded before stays readable; rows
   * and events after that are dropped, so the run should end. Never resolves.
   */
  readonly failed: Promise<never>;
}

const FLUSH_MS = 1_000;
/**
 * End offsets come once a second, a few at a time, and a batch has a head of a kilobyte: so they wait for this many
 * flushes of the others. No verdict depends on the last ones of a run that was killed.
 */
const ENDS_FLUSHES = 10;
const EVENT_BUFFER_CHARACTERS = 1 << 16;

/**
 * @param directory exists, and holds no history yet.
 * @param openFile another way to create the files, for tests.
 */
export async function openRecorder(
  directory: string,
  run: RunInfo,
  clock: Clock,
  openFile: (path: string) => AppendFile = createAppendFile,
): Promise<Recorder> {
  const info = asNewRecording(run);
  let current = info;
  let failure: unknown = null;
  let fail!: (error: unknown) => void;
  const failed = new Promise<never>((_, reject) => (fail = reject));
  // Without a listener, flush and close tell of it.
  failed.catch(() => {});

  const errors = new ErrorNames();
  const schemas = schemasOf(info);
  const writes = columnWriter(WRITES_FILE, schemas.writes, {
    streamMetadata: STREAM_CODES.writes,
    batchMetadata: () => ({ [ERROR_NAMES_KEY]: JSON.stringify(errors.names) }),
  });
  const reads = columnWriter(READS_FILE, schemas.reads, {
    streamMetadata: STREAM_CODES.reads,
  });
  const ends = columnWriter(ENDS_FILE, schemas.ends, { streamMetadata: STREAM_CODES.ends });
  const inTransactions =
    info.transactions === undefined
      ? null
      : {
          transactions: columnWriter(TRANSACTIONS_FILE, TRANSACTION_COLUMNS, {
            streamMetadata: STREAM_CODES.transactions,
            batchMetadata: () => ({ [ERROR_NAMES_KEY]: JSON.stringify(errors.names) }),
          }),
          markers: columnWriter(MARKERS_FILE, MARKER_COLUMNS, {
            streamMetadata: STREAM_CODES.markers,
          }),
        };
  /** Those that are flushed every second. */
  const rowFiles = [writes, reads, ...(inTransactions === null ? [] : Object.values(inTransactions))];
  const events = openFile(join(directory, EVENTS_FILE));
  let lines = '';
  let lineCount = 0;
  const stop = new AbortController();
  let saved: Promise<void> = Promise.resolve();

  line({ type: 'run', info, endsApart: true });
  flushLines();
  await saveInfo();
  const flushing = flushRegularly();

  function columnWriter<Schema extends ColumnSchema>(
    name: string,
    schema: Schema,
    metadata: { streamMetadata: Record<string, string>; batchMetadata?: () => Record<string, string> },
  ) {
    const path = join(directory, name);
    const streamMetadata = { 'kept.version': '2', 'kept.run': info.run, ...metadata.streamMetadata };
    return new ColumnWriter({
      ...metadata,
      schema,
      file: openFile(path),
      path,
      recording: recordingOf(info),
      streamMetadata,
    });
  }

  /** Runs what may hit the disk; the first failure ends all recording. */
  function attempt(action: () => void): void {
    if (failure !== null) return;
    try {
      action();
    } catch (error) {
      failure = error;
      fail(error);
      stop.abort();
      rescue();
      // Often there is room for this: it replaces a file of about the same size.
      update({ status: 'failed', failure: messageOf(error) }).catch(() => {
        // The failure itself is reported; the status on disk stays `running`, which readers take as unfinished.
      });
    }
  }

  /** The files are not alike: where one has no room, a smaller piece may still fit into another. */
  function rescue(): void {
    for (const save of [flushLines, ...[...rowFiles, ends].map((file) => () => file.flush())]) {
      try {
        save();
      } catch {
        // Only the first failure is told: the others have the same cause.
      }
    }
  }

  function line(content: Line): void {
    lines += encodeLine(content, lineCount++);
    if (lines.length >= EVENT_BUFFER_CHARACTERS) flushLines();
  }

  function flushLines(): void {
    if (lines === '') return;
    const bytes = Buffer.from(lines);
    lines = '';
    events.append([bytes]);
  }

  function flushAll(): void {
    flushMost();
    ends.flush();
  }

  function flushMost(): void {
    flushLines();
    for (const file of rowFiles) file.flush();
  }

  async function flushRegularly(): Promise<void> {
    for (let turn = 1; !stop.signal.aborted; turn++) {
      await clock.sleep(FLUSH_MS, stop.signal);
      attempt(turn % ENDS_FLUSHES === 0 ? flushAll : flushMost);
    }
  }

  /** One at a time, so that the last one wins. */
  function saveInfo(): Promise<void> {
    const content = current;
    saved = saved.catch(() => {}).then(() => writeRunFile(join(directory, RUN_FILE), content));
    return saved;
  }

  function update(changes: Partial<RunInfo>): Promise<void> {
    current = { ...current, ...changes };
    attempt(() => line({ type: 'run', info: current, endsApart: true }));
    return saveInfo();
  }

  return {
    failed,
    write: (row) =>
      attempt(() => {
        putWrite(writes.columns, writes.row, row, errors);
        writes.advance();
      }),
    read: (row) =>
      attempt(() => {
        putRead(reads.columns, reads.row, row);
        reads.advance();
      }),
    transaction: (row) =>
      attempt(() => {
        const { transactions } = inTransactions!;
        putTransaction(transactions.columns, transactions.row, row, errors);
        transactions.advance();
      }),
    marker: (row) =>
      attempt(() => {
        const { markers } = inTransactions!;
        putMarker(markers.columns, markers.row, row);
        markers.advance();
      }),
    event: (event) =>
      attempt(() => {
        if (event.type !== 'end') return line(event);
        putEnd(ends.columns, ends.row, event);
        ends.advance();
      }),
    async flush() {
      attempt(flushAll);
      if (failure !== null) throw failure;
    },
    update,
    async close(status, reason) {
      stop.abort();
      await flushing;
      const hasFailed = failure !== null || status === 'failed';
      const why = failure ?? reason;
      await update({
        status: hasFailed ? 'failed' : status,
        ...(hasFailed && why !== undefined && why !== null ? { failure: messageOf(why) } : {}),
        endedAt: wallClock(),
      }).catch((error: unknown) => (failure ??= error));
      attempt(() => {
        flushAll();
        for (const file of [...rowFiles, ends]) file.close();
        line({ type: 'closed' });
        flushLines();
        events.close();
      });
      if (failure !== null) throw failure;
    },
  };
}
