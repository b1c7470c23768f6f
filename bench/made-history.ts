import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createAppendFile } from '../src/history/recorder/append-file.ts';
import { ColumnWriter } from '../src/history/columns/column-writer.ts';
import { READ_COLUMNS, WRITE_COLUMNS } from '../src/history/columns/columns.ts';
import { encodeLine, type Line } from '../src/history/recorder/event-lines.ts';
import type { Event } from '../src/history/event.ts';
import { ERROR_NAMES_KEY, EVENTS_FILE, READS_FILE, RUN_FILE, WRITES_FILE } from '../src/history/layout.ts';
import { runOf } from '../src/history/memory.ts';
import { writeRunFile } from '../src/history/recorder/run-file.ts';
import type { Int64Column, RunInfo } from '../src/history/run.ts';

/**
 * Makes run directories of any size, with anomalies or without: the same rows that a recorder would have written,
 * put straight into columns, so that a hundred million take a minute and not ten.
 *
 * Fifty workers write to twelve partitions, two hundred thousand records a second, each acknowledged after 2 to 6 ms:
 * answers come out of order, as they do.
 */
export interface Making {
  writes: number;
  /** Of a hundred acknowledged records, how many are nowhere, and how many are there twice. */
  lostPercent: number;
  duplicatedPercent: number;
}

const WORKERS = 50;
const PARTITIONS = 12;
const GAP_NS = 5_000;
const LATENCY_NS_MIN = 2_000_000;
const LATENCY_NS_SPREAD = 4_000_000;

/** What becomes of the write with this number: pseudo-random, and the same for everybody who asks. */
function fateOf(index: number, { lostPercent, duplicatedPercent }: Making): 'lost' | 'twice' | 'kept' {
  const draw = (Math.imul(index ^ (index >>> 15), 0x2c1b3c6d) >>> 7) % 100;
  if (draw < lostPercent) return 'lost';
  return draw < lostPercent + duplicatedPercent ? 'twice' : 'kept';
}

function latencyNsOf(index: number): number {
  return LATENCY_NS_MIN + ((Math.imul(index, 0x9e3779b1) >>> 8) % LATENCY_NS_SPREAD);
}

/** Answers are recorded in the order in which they came: a window of the last writes, by the time of their answer. */
const WINDOW = 2048;

export async function makeHistory(directory: string, making: Making): Promise<void> {
  mkdirSync(directory, { recursive: true });
  const endNs = making.writes * GAP_NS + 1e9;
  const info: RunInfo = {
    ...runOf({}).info,
    run: 'bench',
    world: 'simulated',
    scenario: { name: 'bench', title: 'A made history' },
    partitions: PARTITIONS,
    workers: WORKERS,
    nodes: [1, 2, 3].map((id) => ({ name: `kafka${id}`, id, roles: ['broker'], address: `192.0.2.${id}` })),
  };
  const ends = makeWrites(directory, info, making);
  makeReads(directory, info, making, ends, endNs);
  writeRunFile(join(directory, RUN_FILE), info);
  const lines: Line[] = [{ type: 'run', info }, ...eventsOf(ends, endNs), { type: 'closed' }];
  writeFileSync(join(directory, EVENTS_FILE), lines.map((line, number) => encodeLine(line, number)).join(''));
}

function eventsOf(ends: Float64Array, endNs: number): Event[] {
  return [
    { type: 'phase', timeNs: 0, name: 'warm-up' },
    { type: 'phase', timeNs: endNs, name: 'scan' },
    ...Array.from(ends, (end, partition) => ({
      type: 'scan' as const,
      scan: 0,
      name: 'final',
      partition,
      from: 0,
      end,
      covered: true,
      final: true,
      invokeNs: endNs,
      completeNs: endNs + 1e9,
    })),
    { type: 'phase', timeNs: endNs + 1e9, name: 'done' },
  ];
}

/** @returns by partition: the end of its log. */
function makeWrites(directory: string, info: RunInfo, making: Making): Float64Array {
  const path = join(directory, WRITES_FILE);
  const writer = new ColumnWriter({
    schema: WRITE_COLUMNS,
    file: createAppendFile(path),
    path,
    recording: info.run,
    streamMetadata: { 'kept.version': '1', 'kept.run': info.run },
    batchMetadata: () => ({ [ERROR_NAMES_KEY]: '[""]' }),
  });
  const next = new Float64Array(PARTITIONS);
  const offsets = new Float64Array(WINDOW);
  // A calendar of answers: a slot for every gap of time, each a list of writes by number.
  const calendar: number[][] = Array.from({ length: WINDOW }, () => []);
  const answer = (index: number) => {
    const { columns, row } = writer;
    const invokeNs = index * GAP_NS;
    columns.worker[row] = index % WORKERS;
    put(columns.seq, row, Math.floor(index / WORKERS));
    columns.partition[row] = partitionOf(index);
    put(columns.intendedNs, row, invokeNs - 1_000);
    put(columns.invokeNs, row, invokeNs);
    put(columns.completeNs, row, invokeNs + latencyNsOf(index));
    put(columns.offset, row, offsets[index % WINDOW]!);
    columns.attempts[row] = 1;
    columns.broker[row] = 1 + (partitionOf(index) % 3);
    writer.advance();
  };
  for (let index = 0; index < making.writes + WINDOW; index++) {
    const due = calendar[index % WINDOW]!;
    if (due.length > 1) due.sort((a, b) => a * GAP_NS + latencyNsOf(a) - b * GAP_NS - latencyNsOf(b));
    for (const ready of due) answer(ready);
    due.length = 0;
    if (index >= making.writes) continue;
    const partition = partitionOf(index);
    offsets[index % WINDOW] = next[partition]!;
    next[partition]! += fateOf(index, making) === 'twice' ? 2 : 1;
    calendar[(index + 1 + Math.floor(latencyNsOf(index) / GAP_NS)) % WINDOW]!.push(index);
  }
  writer.close();
  return next;
}

/** The partitions are read back side by side, a fetch of a thousand records at a time. */
function makeReads(
  directory: string,
  info: RunInfo,
  making: Making,
  ends: Float64Array,
  endNs: number,
): void {
  const path = join(directory, READS_FILE);
  const writer = new ColumnWriter({
    schema: READ_COLUMNS,
    file: createAppendFile(path),
    path,
    recording: info.run,
    streamMetadata: { 'kept.version': '1', 'kept.run': info.run },
  });
  const positions = Array.from(ends, (_, partition) => ({
    partition,
    index: partition * WORKERS,
    offset: 0,
  }));
  const returned = (partition: number, offset: number, index: number) => {
    const { columns, row } = writer;
    columns.partition[row] = partition;
    put(columns.offset, row, offset);
    columns.worker[row] = index % WORKERS;
    put(columns.seq, row, Math.floor(index / WORKERS));
    put(columns.timeNs, row, endNs + offset);
    writer.advance();
  };
  for (let open = PARTITIONS; open > 0;) {
    open = 0;
    for (const position of positions) {
      const { partition } = position;
      for (let count = 0; count < 1000 && position.index < making.writes; count++) {
        const fate = fateOf(position.index, making);
        if (fate !== 'lost') returned(partition, position.offset, position.index);
        position.offset++;
        if (fate === 'twice') returned(partition, position.offset++, position.index);
        position.index++;
        if (position.index % WORKERS === 0) position.index += WORKERS * (PARTITIONS - 1);
      }
      if (position.index < making.writes) open++;
    }
  }
  writer.close();
}

function partitionOf(index: number): number {
  return Math.floor(index / WORKERS) % PARTITIONS;
}

function put(column: Int64Column, row: number, value: number): void {
  column[2 * row] = value;
  column[2 * row + 1] = Math.floor(value / 4294967296);
}
