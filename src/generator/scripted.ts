import { ANY_PARTITION } from '../history/value.ts';
import type { Generator, Op } from './generator.ts';

/** One step of a load that is written out: each begins when the one before is done, whichever worker that was. */
export type Step =
  | {
      do: 'begin';
      worker: number;
      /** With a new producer, as an instance of the application that has just started; false if absent. */
      newInstance?: boolean;
    }
  | { do: 'commit' | 'abort'; worker: number }
  | {
      do: 'write';
      worker: number;
      partition: number;
      /** How many records the request has. */
      records: number;
      /** Of each of them, as hexadecimal digits; none if absent. */
      key?: string | undefined;
      /** Whether the next step waits until it is answered; it does if absent. */
      wait?: boolean;
    }
  | {
      do: 'send';
      worker: number;
      /** Where each record of the call goes; null: the library chooses. */
      partitions: readonly (number | null)[];
    }
  | { do: 'pause'; worker: number; forMs: number };

/**
 * A load that is written out, step by step. What a worker has under way when a step of it does not wait, its next step that is
 * waited for waits for, too. Each worker counts its writes and transactions from 0.
 */
export function scripted(steps: readonly Step[]): Generator {
  const plan = opsOf(steps);
  return from(0);

  function from(index: number): Generator {
    return {
      next({ nowNs, free }) {
        const before = steps[index - 1];
        if (before !== undefined && isWaitedFor(before) && !free.includes(before.worker)) return 'pending';
        const op = plan[index];
        if (op === undefined) return null;
        return [{ ...op, intendedNs: nowNs }, from(index + 1)];
      },
    };
  }
}

function isWaitedFor(step: Step): boolean {
  return step.do !== 'write' || step.wait !== false;
}

type Unscheduled = Op extends infer Each ? (Each extends Op ? Omit<Each, 'intendedNs'> : never) : never;

function opsOf(steps: readonly Step[]): Unscheduled[] {
  const written = new Map<number, number>();
  const begun = new Map<number, number>();
  return steps.map((step, index): Unscheduled => {
    const { worker } = step;
    switch (step.do) {
      case 'begin': {
        const transaction = begun.get(worker) ?? 0;
        begun.set(worker, transaction + 1);
        return {
          kind: 'begin',
          worker,
          transaction,
          end: endOf(steps.slice(index), worker),
          ...(step.newInstance === true && { newInstance: true }),
        };
      }
      case 'commit':
      case 'abort':
        return { kind: 'end', worker };
      case 'pause':
        return { kind: 'pause', worker, forMs: step.forMs };
      case 'write': {
        const { partition, records, key } = step;
        const seq = written.get(worker) ?? 0;
        written.set(worker, seq + records);
        return { kind: 'write', worker, seq, partition, records, ...(key !== undefined && { key }) };
      }
      case 'send': {
        const partitions = step.partitions.map((partition) => partition ?? ANY_PARTITION);
        const seq = written.get(worker) ?? 0;
        written.set(worker, seq + partitions.length);
        return { kind: 'send', worker, seq, partitions };
      }
    }
  });
}

/** How a transaction ends that begins with the first of these steps. One that the script leaves open is committed. */
function endOf(steps: readonly Step[], worker: number): 'commit' | 'abort' {
  const end = steps.find((step) => step.worker === worker && (step.do === 'commit' || step.do === 'abort'));
  return end?.do === 'abort' ? 'abort' : 'commit';
}

/** The workers of a script that have transactions; the others write without. */
export function transactionalWorkers(steps: readonly Step[]): ReadonlySet<number> {
  return new Set(steps.filter((step) => step.do === 'begin').map(({ worker }) => worker));
}

/** What is out of order in a script, each with the number of its step. */
export function disorderIn(steps: readonly Step[]): { index: number; what: string }[] {
  const open = new Set<number>();
  const transactional = transactionalWorkers(steps);
  return steps.flatMap((step, index) => {
    const { worker } = step;
    const isOpen = open.has(worker);
    if (step.do === 'begin') {
      open.add(worker);
      return isOpen ? [{ index, what: `worker ${worker} has a transaction open already` }] : [];
    }
    if (step.do === 'commit' || step.do === 'abort') open.delete(worker);
    const isWrite = step.do === 'write' || step.do === 'send';
    if (step.do === 'pause' || isOpen || (isWrite && !transactional.has(worker))) return [];
    return [{ index, what: `worker ${worker} has no transaction open` }];
  });
}
