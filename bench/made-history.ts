import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createAppendFile } from '../src/history/recorder/append-file.ts';
import { ColumnWriter } from '../src/history/columns/column-writer.ts';
import { END_COLUMNS, putEnd, READ_COLUMNS, WRITE_COLUMNS } from '../src/history/columns/columns.ts';
import { encodeLine, type Line } from '../src/history/recorder/event-lines.ts';
import type { EndEvent, Event } from '../src/history/event.ts';
import {
  ENDS_FILE,
  ERROR_NAMES_KEY,
  EVENTS_FILE,
  READS_FILE,
  RUN_FILE,
  WRITES_FILE,
} from '../src/history/layout.ts';
import { runOf } from '../src/history/memory.ts';
import { writeRunFile } from '../src/history/recorder/run-file.ts';
import type { Int64Column, RunInfo } from '../src/history/run.ts';

/**
 * Makes run directories of any size, with anomalies or without: the same rows that a recorder would have written,
 * put straight into columns, so that a hundred million take a minute and not ten.
 *
 * Fifty workers write to twelve partitions, two hundred thousand records a second, unless it is told otherwise, each
 * acknowledged after 2 to 6 ms: answers come out of order, as they do.
 */
export interface Making {
  writes: number;
  /** Of a hundred acknowledged records, how many are nowhere, and how many are there twice. */
  lostPercent: number;
  duplicatedPercent: number;
  partitions?: number;
  /** Between two writes. */
  gapNs?: number;
  /**
   * Leaders that follow each other, one partition after the other, as they are told by three brokers and by the leader's
   * own log. A fault strikes the one before, a third of all partitions at a time. Without it nothing is said about
   * leaders.
   */
  terms?: number;
  /** How many of these faults there are, spread evenly; by default as many as fit. */
  faults?: number;
  /** How often the end of every partition is asked for; never if absent. */
  endsEveryNs?: number;
}

const WORKERS = 50;
const PARTITIONS = 12;
const GAP_NS = 5_000;
const BROKERS = 3;
const LATENCY_NS_MIN = 2_000_000;
const LATENCY_NS_SPREAD = 4_000_000;

/** What becomes of the write with this number: pseudo-random, and the same for everybody who asks. */
function fateOf(index: number, { lostPercent, duplicatedPercent }: Making): 'lost' | 'twice' | 'kept' {
  const draw = ((Math.imul(index ^ (index >>> 15), 0x2c1b3c6d) >>> 7) % 100_000) / 1_000;
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
  const { partitions = PARTITIONS, gapNs = GAP_NS } = making;
  const made: Made = { ...making, partitions, gapNs };
  const endNs = making.writes * gapNs + 1e9;
  const info: RunInfo = {
    ...runOf({}).info,
    run: 'bench',
    world: 'simulated',
    scenario: { name: 'bench', title: 'A made history' },
    partitions,
    workers: WORKERS,
    nodes: [1, 2, 3].map((id) => ({ name: `kafka${id}`, id, roles: ['broker'], address: `192.0.2.${id}` })),
  };
  const { ends, changing } = makeWrites(directory, info, made);
  makeReads(directory, info, made, ends, endNs);
  writeRunFile(join(directory, RUN_FILE), info);
  const lines: Line[] = [
    { type: 'run', info, endsApart: true },
    ...eventsOf(ends, endNs, changing),
    { type: 'closed' },
  ];
  writeFileSync(join(directory, EVENTS_FILE), lines.map((line, number) => encodeLine(line, number)).join(''));
}

type Made = Making & Required<Pick<Making, 'partitions' | 'gapNs'>>;

function eventsOf(ends: Float64Array, endNs: number, changing: readonly Event[]): Event[] {
  return [
    { type: 'phase', timeNs: 0, name: 'warm-up' },
    ...changing,
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

/** What happens while the writes go on: leaders change, and ends are asked for. */
function courseOf(
  { writes, partitions, gapNs, terms = 0, faults, endsEveryNs = Infinity }: Made,
  told: (end: EndEvent) => void,
) {
  const faultEvery = faults === undefined ? Math.ceil(partitions / BROKERS) : Math.ceil(terms / faults);
  const events: Event[] = [];
  const leaders = new Int32Array(partitions).fill(-1);
  const epochs = new Int32Array(partitions).fill(-1);
  let led = 0;
  const lead = (partition: number, timeNs: number, startOffset: number) => {
    const before = leaders[partition]!;
    const index = before < 0 ? partition % BROKERS : before % BROKERS;
    const leader = (leaders[partition] = index + 1);
    const epoch = ++epochs[partition]!;
    const node = `kafka${leader}`;
    if (before >= 0 && led % faultEvery === 0) {
      const fault = { kind: 'pause' as const, target: 'leader', partition };
      const targets = [`kafka${before}`];
      const id = `f${events.length}`;
      const facts = { id, requestedNs: timeNs, timeNs, evidence: 'made' };
      events.push({ type: 'fault-start', fault, targets, links: [], ...facts });
      events.push({ type: 'node', timeNs, node: targets[0]!, state: 'paused' });
      events.push({ type: 'node', timeNs: timeNs + gapNs, node: targets[0]!, state: 'up' });
      events.push({ type: 'fault-stop', ...facts, timeNs: timeNs + gapNs });
    }
    const view = { type: 'view' as const, timeNs, partition, leader, epoch, isr: [1, 2, 3] };
    events.push({ ...view, observer: `log:${node}`, startOffset });
    for (let broker = 1; broker <= BROKERS; broker++) events.push({ ...view, observer: `kafka${broker}` });
  };
  let endsNs = endsEveryNs;
  return {
    events,
    leaderOf: (partition: number) => (terms === 0 ? 1 + (partition % BROKERS) : leaders[partition]!),
    /** Before the write of this number. */
    goTo(index: number, next: Float64Array) {
      const timeNs = index * gapNs;
      // Every partition has a leader from the beginning; the other terms are spread over the time.
      const first = terms === 0 ? 0 : partitions;
      for (; led < first; led++) lead(led, 0, 0);
      for (; led < terms && (led * writes) / terms <= index; led++)
        lead(led % partitions, timeNs, next[led % partitions]!);
      for (; endsNs <= timeNs; endsNs += endsEveryNs) {
        const asked = { invokeNs: endsNs, completeNs: endsNs + 1_000 };
        for (let partition = 0; partition < partitions; partition++) {
          const broker = this.leaderOf(partition);
          told({ type: 'end', partition, offset: next[partition]!, broker, ...asked });
        }
      }
    },
  };
}

/** @returns by partition: the end of its log. And what happened meanwhile. */
function makeWrites(
  directory: string,
  info: RunInfo,
  made: Made,
): { ends: Float64Array; changing: readonly Event[] } {
  const { writes, partitions, gapNs } = made;
  const path = join(directory, WRITES_FILE);
  const writer = new ColumnWriter({
    schema: WRITE_COLUMNS,
    file: createAppendFile(path),
    path,
    recording: info.run,
    streamMetadata: { 'kept.version': '1', 'kept.run': info.run },
    batchMetadata: () => ({ [ERROR_NAMES_KEY]: '[""]' }),
  });
  const next = new Float64Array(partitions);
  const offsets = new Float64Array(WINDOW);
  const brokers = new Int32Array(WINDOW);
  const endsPath = join(directory, ENDS_FILE);
  const endsWriter = new ColumnWriter({
    schema: END_COLUMNS,
    file: createAppendFile(endsPath),
    path: endsPath,
    recording: info.run,
    streamMetadata: { 'kept.version': '1', 'kept.run': info.run },
  });
  const course = courseOf(made, (end) => {
    putEnd(endsWriter.columns, endsWriter.row, end);
    endsWriter.advance();
  });
  // A calendar of answers: a slot for every gap of time, each a list of writes by number.
  const calendar: number[][] = Array.from({ length: WINDOW }, () => []);
  const answer = (index: number) => {
    const { columns, row } = writer;
    const invokeNs = index * gapNs;
    columns.worker[row] = index % WORKERS;
    put(columns.seq, row, Math.floor(index / WORKERS));
    columns.partition[row] = partitionOf(index, partitions);
    put(columns.intendedNs, row, invokeNs - 1_000);
    put(columns.invokeNs, row, invokeNs);
    put(columns.completeNs, row, invokeNs + latencyNsOf(index));
    put(columns.offset, row, offsets[index % WINDOW]!);
    columns.attempts[row] = 1;
    columns.broker[row] = brokers[index % WINDOW]!;
    writer.advance();
  };
  for (let index = 0; index < writes + WINDOW; index++) {
    const due = calendar[index % WINDOW]!;
    if (due.length > 1) due.sort((a, b) => a * gapNs + latencyNsOf(a) - b * gapNs - latencyNsOf(b));
    for (const ready of due) answer(ready);
    due.length = 0;
    if (index >= writes) continue;
    course.goTo(index, next);
    const partition = partitionOf(index, partitions);
    offsets[index % WINDOW] = next[partition]!;
    brokers[index % WINDOW] = course.leaderOf(partition);
    next[partition]! += fateOf(index, made) === 'twice' ? 2 : 1;
    calendar[(index + 1 + Math.floor(latencyNsOf(index) / gapNs)) % WINDOW]!.push(index);
  }
  writer.close();
  endsWriter.close();
  return { ends: next, changing: course.events };
}

/** The partitions are read back side by side, a fetch of a thousand records at a time. */
function makeReads(directory: string, info: RunInfo, made: Made, ends: Float64Array, endNs: number): void {
  const { writes, partitions } = made;
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
    put(columns.timeNs, row, endNs + 1_000 * fetches);
    writer.advance();
  };
  // All records of a fetch arrive at the same time.
  let fetches = 0;
  for (let open = partitions; open > 0;) {
    open = 0;
    for (const position of positions) {
      const { partition } = position;
      fetches++;
      for (let count = 0; count < 1000 && position.index < writes; count++) {
        const fate = fateOf(position.index, made);
        if (fate !== 'lost') returned(partition, position.offset, position.index);
        position.offset++;
        if (fate === 'twice') returned(partition, position.offset++, position.index);
        position.index++;
        if (position.index % WORKERS === 0) position.index += WORKERS * (partitions - 1);
      }
      if (position.index < writes) open++;
    }
  }
  writer.close();
}

function partitionOf(index: number, partitions: number): number {
  return Math.floor(index / WORKERS) % partitions;
}

function put(column: Int64Column, row: number, value: number): void {
  column[2 * row] = value;
  column[2 * row + 1] = Math.floor(value / 4294967296);
}
