import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { check } from '../src/checker/check.ts';
import { allocateColumns, READ_COLUMNS, WRITE_COLUMNS } from '../src/history/columns.ts';
import { runOf } from '../src/history/memory.ts';
import type { Int64Column, ReadBatch, Run, WriteBatch } from '../src/history/run.ts';

/**
 * How long the checker takes, and how much memory, for histories that are made on the fly, a batch at a time, so that
 * only the checker's own memory counts: `tsx bench/checking.ts [WRITES]` (default: five million).
 *
 * The three histories: nothing is lost; a zombie acknowledges half of the writes in vain; and nothing at all is found.
 */
const WRITES = Number(process.argv[2] ?? 5_000_000);
const WORKERS = 8;
const PARTITIONS = 4;
const BATCH_ROWS = 65_536;
const LATENCY_NS = 4_000_000;
const GAP_NS = 10_000;

/** Whether the write with this number survives. */
type Survives = (index: number) => boolean;

function runOfMany(survives: Survives): Run {
  const offsetsOf = (visit: (index: number, offset: number) => void) => {
    const next = new Float64Array(PARTITIONS);
    const zombie = new Float64Array(PARTITIONS);
    for (let index = 0; index < WRITES; index++) {
      const partition = partitionOf(index);
      const kept = survives(index);
      if (kept) zombie[partition] = Math.max(zombie[partition]!, next[partition]! + 1);
      visit(index, kept ? next[partition]!++ : zombie[partition]!++);
    }
    return next;
  };
  const ends = offsetsOf(() => undefined);
  const base = runOf({ info: { partitions: PARTITIONS, workers: WORKERS } });
  return {
    ...base,
    events: Array.from(ends, (end, partition) => ({
      type: 'scan' as const,
      scan: 0,
      name: 'final',
      partition,
      from: 0,
      end,
      covered: true,
      final: true,
      invokeNs: WRITES * GAP_NS + LATENCY_NS,
      completeNs: WRITES * GAP_NS + 2 * LATENCY_NS,
    })),
    writes: () =>
      batches<WriteBatch>((emit) => {
        let batch = { length: 0, errorNames: [''], ...allocateColumns(WRITE_COLUMNS, BATCH_ROWS) };
        offsetsOf((index, offset) => {
          const row = batch.length++;
          batch.worker[row] = index % WORKERS;
          put(batch.seq, row, Math.floor(index / WORKERS));
          batch.partition[row] = partitionOf(index);
          put(batch.invokeNs, row, index * GAP_NS);
          put(batch.completeNs, row, index * GAP_NS + LATENCY_NS);
          put(batch.offset, row, offset);
          batch.broker[row] = 1;
          if (batch.length < BATCH_ROWS) return;
          emit(batch);
          batch = { ...batch, length: 0 };
        });
        emit(batch);
      }),
    reads: () =>
      batches<ReadBatch>((emit) => {
        let batch = { length: 0, ...allocateColumns(READ_COLUMNS, BATCH_ROWS) };
        offsetsOf((index, offset) => {
          if (!survives(index)) return;
          const row = batch.length++;
          batch.partition[row] = partitionOf(index);
          put(batch.offset, row, offset);
          batch.worker[row] = index % WORKERS;
          put(batch.seq, row, Math.floor(index / WORKERS));
          put(batch.timeNs, row, WRITES * GAP_NS + 2 * LATENCY_NS);
          if (batch.length < BATCH_ROWS) return;
          emit(batch);
          batch = { ...batch, length: 0 };
        });
        emit(batch);
      }),
  };
}

function partitionOf(index: number): number {
  return Math.floor(index / WORKERS) % PARTITIONS;
}

function put(column: Int64Column, row: number, value: number): void {
  column[2 * row] = value;
  column[2 * row + 1] = Math.floor(value / 4294967296);
}

/** All batches at once, with columns copied: making them is not what is measured. */
function batches<Batch extends { length: number }>(
  make: (emit: (batch: Batch) => void) => void,
): Iterable<Batch> {
  const made: Batch[] = [];
  make((batch) => {
    const copies = Object.entries(batch).map(([name, column]) => [
      name,
      ArrayBuffer.isView(column) ? (column as unknown as Uint8Array).slice() : column,
    ]);
    made.push(Object.fromEntries(copies) as Batch);
  });
  return made;
}

/** Made once, so that every pass reads the same memory. */
function remembered(run: Run): Run {
  const [writes, reads] = [run.writes(), run.reads()];
  return { ...run, writes: () => writes, reads: () => reads };
}

const HISTORIES: Record<string, Survives> = {
  'nothing lost': () => true,
  'half lost to a zombie': (index) => index < WRITES / 4 || index % 3 === 0,
  'all lost': () => false,
};

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

for (const [name, survives] of Object.entries(HISTORIES)) {
  const run = remembered(runOfMany(survives));
  collectGarbage();
  const before = process.memoryUsage().arrayBuffers;
  const cpu = process.cpuUsage();
  const began = performance.now();
  const { verdict, counts, findings } = check(run, { claim: 'kept' });
  const seconds = (performance.now() - began) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const { rss, arrayBuffers } = process.memoryUsage();
  console.log(
    `${name}: ${verdict}, ${counts.ok} acknowledged, ${counts.lost} lost, ${findings.length} findings; ` +
      `${seconds.toFixed(2)} s (${((user + system) / 1e6).toFixed(2)} CPU seconds), ${Math.round(WRITES / seconds / 1000)} thousand writes a second; ` +
      `checker's columns at the end ${Math.round((arrayBuffers - before) / 2 ** 20)} MB, process ${Math.round(rss / 2 ** 20)} MB`,
  );
}
