import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import {
  MARKER_COLUMNS,
  putInt64,
  schemasOf,
  TRANSACTION_COLUMNS,
  type ColumnSchema,
} from '../src/history/columns/columns.ts';
import { ColumnWriter } from '../src/history/columns/column-writer.ts';
import { openRun } from '../src/history/directory.ts';
import { exportParquet } from '../src/history/interchange/parquet.ts';
import {
  ENDS_FILE,
  ERROR_NAMES_KEY,
  EVENTS_FILE,
  MARKERS_FILE,
  READS_FILE,
  RUN_FILE,
  TRANSACTIONS_FILE,
  WRITES_FILE,
} from '../src/history/layout.ts';
import { runOf } from '../src/history/memory.ts';
import { createAppendFile } from '../src/history/recorder/append-file.ts';
import { encodeLine, type Line } from '../src/history/recorder/event-lines.ts';
import { writeRunFile } from '../src/history/recorder/run-file.ts';
import type { RunInfo } from '../src/history/run.ts';

/**
 * `kept check` of transactions, as a whole process: `tsx bench/transactions.ts [MILLIONS ...]` (default: 1). Fifty workers, each
 * with one transaction after the other, of four records in two of twelve partitions; the markers come while those of other
 * workers go on; one transaction in a hundred is aborted. Nothing is wrong, or one in a thousand is torn; and where nothing is, the
 * same from tables. Needs GNU time.
 */
const MILLIONS = process.argv.slice(2).map(Number);
const WORKERS = 50;
const PARTITIONS = 12;
const RECORDS = 4;
/** So many transactions begin before the markers of one are written. */
const MARKERS_LATER = 25;
const GAP_NS = 20_000;

const root = join(process.env['KEPT_BENCH_DIRECTORY'] ?? tmpdir(), `kept-bench-transactions-${process.pid}`);
mkdirSync(root, { recursive: true });
try {
  for (const millions of MILLIONS.length > 0 ? MILLIONS : [1]) {
    for (const tornEvery of [0, 1_000]) {
      const directory = join(root, 'run');
      make(directory, millions * 1e6, tornEvery);
      const { seconds, cpuSeconds, megabytes, verdict } = measure(['check', directory, '--json']);
      const what = tornEvery === 0 ? 'nothing wrong' : `1 in ${tornEvery} torn`;
      console.log(
        `${millions} million transactions, ${what}: ${seconds.toFixed(1)} s, ${cpuSeconds.toFixed(1)} CPU s, ${megabytes.toFixed(0)} MB, ${verdict}`,
      );
      if (tornEvery === 0) {
        const tables = join(root, 'tables');
        await exportParquet(await openRun(directory), tables);
        const cost = measure(['check', tables, '--json', '--engine', 'native']);
        console.log(
          `${millions} million transactions, from tables: ${cost.cpuSeconds.toFixed(1)} CPU s, ${cost.megabytes.toFixed(0)} MB, ${cost.verdict}`,
        );
        rmSync(tables, { recursive: true });
      }
      rmSync(directory, { recursive: true });
    }
  }
} finally {
  rmSync(root, { recursive: true });
}

function make(directory: string, transactions: number, tornEvery: number): void {
  mkdirSync(directory);
  const info: RunInfo = {
    ...runOf({}).info,
    run: 'bench',
    world: 'simulated',
    status: 'complete',
    scenario: { name: 'bench', title: 'Made transactions' },
    partitions: PARTITIONS,
    workers: WORKERS,
    transactions: {
      ids: Array.from({ length: WORKERS }, (_, worker) => `t${worker}`),
      version: 1,
      timeoutMs: 60_000,
      stateMinInsyncReplicas: 2,
    },
  };
  const open = <Schema extends ColumnSchema>(name: string, schema: Schema) =>
    new ColumnWriter({
      schema,
      file: createAppendFile(join(directory, name)),
      path: join(directory, name),
      recording: info.run,
      streamMetadata: { 'kept.version': '2' },
      batchMetadata: () => ({ [ERROR_NAMES_KEY]: '[""]' }),
    });
  const schemas = schemasOf(info);
  const writes = open(WRITES_FILE, schemas.writes) as unknown as ColumnWriter<Record<string, 'int64'>>;
  const rows = open(TRANSACTIONS_FILE, TRANSACTION_COLUMNS);
  const isAborted = (at: number) => at % 100 === 7;
  const isTorn = (at: number) => tornEvery > 0 && at % tornEvery === 3;
  /** By partition: 2 × transaction + 1 for a marker, 2 × (4 × transaction + record) for a record. */
  const logs = Array.from(
    { length: PARTITIONS },
    () => new Float64Array(Math.ceil((transactions * 7) / PARTITIONS) + 64),
  );
  const ends = new Array<number>(PARTITIONS).fill(0);
  const partitionOf = (at: number, record: number) => (at + (record < 2 ? 0 : 5)) % PARTITIONS;
  for (let at = 0; at < transactions + MARKERS_LATER; at++) {
    const ended = at - MARKERS_LATER;
    if (ended >= 0)
      for (const record of [0, 2])
        logs[partitionOf(ended, record)]![ends[partitionOf(ended, record)]!++] = 2 * ended + 1;
    if (at >= transactions) continue;
    const worker = at % WORKERS;
    const number = Math.floor(at / WORKERS);
    for (let record = 0; record < RECORDS; record++) {
      const partition = partitionOf(at, record);
      const offset = ends[partition]!++;
      logs[partition]![offset] = 2 * (RECORDS * at + record);
      const columns = writes.columns as unknown as Record<string, Int32Array>;
      const { row } = writes;
      columns['worker']![row] = worker;
      put(columns['seq']!, row, RECORDS * number + record);
      columns['partition']![row] = partition;
      for (const name of ['intendedNs', 'invokeNs']) put(columns[name]!, row, at * GAP_NS + record);
      put(columns['completeNs']!, row, at * GAP_NS + 1_000 + record);
      put(columns['offset']!, row, offset);
      columns['attempts']![row] = 1;
      columns['broker']![row] = 1;
      put(columns['transaction']!, row, number);
      writes.advance();
    }
    const { columns, row } = rows;
    columns.worker[row] = worker;
    put(columns.number, row, number);
    put(columns.producerId, row, 1_000 + worker);
    put(columns.beginNs, row, at * GAP_NS);
    columns.end[row] = isAborted(at) ? 2 : 1;
    put(columns.endInvokeNs, row, at * GAP_NS + 2_000);
    put(columns.endCompleteNs, row, at * GAP_NS + 3_000);
    columns.outcome[row] = isAborted(at) ? 1 : 0;
    columns.attempts[row] = 1;
    columns.answered[row] = 1;
    rows.advance();
  }
  writes.close();
  rows.close();
  const endNs = transactions * GAP_NS + 100e9;
  const reads = open(READS_FILE, schemas.reads) as unknown as ColumnWriter<Record<string, 'int64'>>;
  const markers = open(MARKERS_FILE, MARKER_COLUMNS);
  for (let partition = 0; partition < PARTITIONS; partition++) {
    for (let offset = 0; offset < ends[partition]!; offset++) {
      const item = logs[partition]![offset]!;
      if (item % 2 === 1) {
        const at = (item - 1) / 2;
        const { columns, row } = markers;
        columns.partition[row] = partition;
        put(columns.offset, row, offset);
        put(columns.producerId, row, 1_000 + (at % WORKERS));
        // The second of its two partitions gets the other marker.
        const isOther = isTorn(at) && partition === partitionOf(at, 2);
        columns.kind[row] = isAborted(at) !== isOther ? 0 : 1;
        put(columns.timeNs, row, endNs + 1);
        markers.advance();
        continue;
      }
      const at = Math.floor(item / 2 / RECORDS);
      const columns = reads.columns as unknown as Record<string, Int32Array>;
      const { row } = reads;
      columns['partition']![row] = partition;
      put(columns['offset']!, row, offset);
      columns['worker']![row] = at % WORKERS;
      put(columns['seq']!, row, RECORDS * Math.floor(at / WORKERS) + ((item / 2) % RECORDS));
      put(columns['timeNs']!, row, endNs + 1);
      put(columns['producerId']!, row, 1_000 + (at % WORKERS));
      reads.advance();
    }
  }
  reads.close();
  markers.close();
  open(ENDS_FILE, schemas.ends).close();
  writeRunFile(join(directory, RUN_FILE), info);
  const lines: Line[] = [
    { type: 'run', info, endsApart: true },
    { type: 'phase', timeNs: 0, name: 'warm-up' },
    ...ends.map((end, partition) => ({
      type: 'scan' as const,
      scan: 0,
      name: 'final',
      partition,
      from: 0,
      end,
      stable: end,
      covered: true,
      final: true,
      invokeNs: endNs,
      completeNs: endNs + 1e9,
    })),
    { type: 'phase', timeNs: endNs + 1e9, name: 'done' },
    { type: 'closed' },
  ];
  writeFileSync(join(directory, EVENTS_FILE), lines.map((line, at) => encodeLine(line, at)).join(''));
}

function put(column: Int32Array, row: number, value: number): void {
  putInt64(column, row, value);
}

function measure(args: readonly string[]) {
  const time = '/usr/bin/time';
  if (!existsSync(time)) throw new Error('GNU time is needed at /usr/bin/time');
  const { stderr, stdout, status } = spawnSync(
    time,
    ['-q', '-f', 'cost %e %U %S %M', 'node', resolve('bin/kept.js'), ...args],
    { encoding: 'utf8', maxBuffer: 1 << 28 },
  );
  const found = /^cost (\S+) (\S+) (\S+) (\S+)$/m.exec(stderr);
  if (found === null || ![0, 1].includes(status!))
    throw new Error(`kept ended with status ${status}: ${stderr}`);
  const [seconds, user, system, kilobytes] = found.slice(1).map(Number) as [number, number, number, number];
  const { verdict, counts } = JSON.parse(stdout) as { verdict: string; counts: { torn: number } };
  return {
    seconds,
    cpuSeconds: user + system,
    megabytes: kilobytes / 1024,
    verdict: `${verdict}, ${counts.torn} torn`,
  };
}
