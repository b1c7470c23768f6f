import { COLUMN_ARRAYS, WRITE_COLUMNS } from '../../history/columns/columns.ts';
import type { WriteBatch } from '../../history/run.ts';
import type { FromLoader, ToLoader } from './protocol.ts';

/**
 * What the process of a run and one that writes on another host say to each other, as files in a directory of that host. So
 * nothing is lost while the host is out of reach: what it tells lies there until it is fetched.
 *
 * To the host: a file for each message, whole when it ends with a line break. From it: lines, in files that are begun anew when
 * one is large, so that what was fetched can be removed. Columns of rows are bytes in base64.
 */
export const messageFile = (kind: ToLoader['kind']) => `${kind}.json`;
export const outboxFile = (number: number) => `outbox-${number}.ndjson`;
export const OUTBOX_BYTES_MAX = 8 * 2 ** 20;
/** A number a worker, as in `claims.ts`. */
export const CLAIMS_FILE = 'claims';
export const PROGRAM_FILE = 'load.cjs';
/** What the process prints: nothing, unless it fails. */
export const OUTPUT_FILE = 'output.txt';

const BIG = '$big';

/** One line. */
export function encode(message: ToLoader | FromLoader): string {
  return `${JSON.stringify(message, (_, value: unknown) => {
    if (typeof value === 'bigint') return { [BIG]: String(value) };
    if (ArrayBuffer.isView(value))
      return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64');
    return value;
  })}\n`;
}

export function decodeToLoader(line: string): ToLoader {
  return parse(line) as ToLoader;
}

export function decodeFromLoader(line: string): FromLoader {
  const message = parse(line) as FromLoader;
  return message.kind === 'report' ? { ...message, batches: message.batches.map(withColumns) } : message;
}

function parse(line: string): unknown {
  return JSON.parse(line, (_, value: unknown) =>
    typeof value === 'object' && value !== null && BIG in value ? BigInt(value[BIG] as string) : value,
  );
}

function withColumns(told: WriteBatch): WriteBatch {
  const columns = Object.entries(WRITE_COLUMNS).map(([name, type]) => {
    const bytes = Buffer.from(told[name as keyof WriteBatch] as unknown as string, 'base64');
    // A copy, since columns begin where their width allows it.
    return [name, new COLUMN_ARRAYS[type](new Uint8Array(bytes).buffer)];
  });
  return { ...told, ...(Object.fromEntries(columns) as Omit<WriteBatch, 'length' | 'errorNames'>) };
}
