import type { Generator, WriteOp } from './generator.ts';
import type { Pace } from './pace.ts';

/**
 * Every worker counts its own writes from 0: the pairs (worker, seq) are the unique values of the run. Each worker
 * follows its own timetable, so that one that waits for a dead broker does not hold up the others.
 *
 * The partition is a hash of seed, worker and the number of the request, so all writes of a request go to one
 * partition. It needs no state: the plan is the same whatever the timing.
 */
export function uniqueValues(options: {
  workers: number;
  partitions: number;
  seed: number;
  /** Of requests. */
  pace: Pace;
  /** How many writes a request is; 1 if absent. */
  recordsPerRequest?: number;
}): Generator<WriteOp> {
  return from(options, new Array<number>(options.workers).fill(0));
}

function from(
  options: Parameters<typeof uniqueValues>[0],
  nextRequest: readonly number[],
): Generator<WriteOp> {
  const { seed, partitions, pace, recordsPerRequest: records = 1 } = options;
  return {
    next({ nowNs, free }) {
      let chosen = -1;
      let chosenNs = Infinity;
      for (const worker of free) {
        const intendedNs = pace.intendedNs(worker, nextRequest[worker]!, nowNs);
        if (intendedNs < chosenNs) {
          chosen = worker;
          chosenNs = intendedNs;
        }
      }
      if (chosen < 0) return 'pending';
      const request = nextRequest[chosen]!;
      const op: WriteOp = {
        kind: 'write',
        worker: chosen,
        seq: request * records,
        records,
        partition: partitionOf(seed, chosen, request, partitions),
        intendedNs: chosenNs,
      };
      return [op, from(options, nextRequest.with(chosen, request + 1))];
    },
  };
}

/** Spreads requests evenly over the partitions. The mixing steps are MurmurHash3's finalizer. */
export function partitionOf(seed: number, worker: number, request: number, partitions: number): number {
  if (partitions === 1) return 0;
  let mixed = seed ^ Math.imul(worker + 1, 0x9e3779b1) ^ Math.imul(request + 1, 0x85ebca77);
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return ((mixed ^ (mixed >>> 16)) >>> 0) % partitions;
}
