import fc from 'fast-check';
import type { Event } from '../../src/history/event.ts';
import { type Rows, runOf } from '../../src/history/memory.ts';
import type { Run, RunInfo } from '../../src/history/run.ts';
import { anyHistories, nearlyGoodHistories } from './histories.ts';

/**
 * Many histories as one: each has partitions and workers of its own, so that none has anything to do with another, and one
 * pass of an engine tells what it makes of all of them.
 */
export function unionOf(count: number, seed: number, info: Partial<RunInfo>): Run {
  const histories = [
    ...fc.sample(anyHistories, { numRuns: Math.ceil(count / 4), seed }),
    ...fc.sample(nearlyGoodHistories, { numRuns: count - Math.ceil(count / 4), seed }),
  ];
  const all = histories.map((rows, index) => apart(rows, index));
  return runOf({
    info,
    writes: all.flatMap(({ writes = [] }) => writes),
    reads: all.flatMap(({ reads = [] }) => reads),
    events: all.flatMap(({ events = [] }) => events),
  });
}

const PARTITIONS_EACH = 2;
const WORKERS_EACH = 5;

function apart({ writes = [], reads = [], events = [] }: Rows, index: number): Rows {
  const shift = PARTITIONS_EACH * index;
  const workers = WORKERS_EACH * index;
  return {
    writes: writes.map((write) => ({
      ...write,
      worker: write.worker + workers,
      partition: write.partition + shift,
    })),
    reads: reads.map((read) => ({
      ...read,
      worker: read.worker === null ? null : read.worker + workers,
      partition: read.partition + shift,
    })),
    // Faults are of the whole run, and would be those of all histories.
    events: events.flatMap((event): Event[] =>
      'partition' in event && event.partition !== null
        ? [{ ...event, partition: event.partition + shift }]
        : [],
    ),
  };
}
