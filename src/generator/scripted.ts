import type { Generator, Op } from './generator.ts';

/** One step of a load that is written out: each begins when the one before is done, whichever worker that was. */
export type Step =
  | { do: 'begin' | 'commit' | 'abort'; worker: number }
  | {
      do: 'write';
      worker: number;
      partition: number;
      /** How many records the request has. */
      records: number;
      /** Of each of them, as hexadecimal digits; none if absent. */
      key?: string | undefined;
    }
  | { do: 'pause'; worker: number; forMs: number };

/** A load that is written out, step by step. Each worker counts its writes and transactions from 0. */
export function scripted(steps: readonly Step[]): Generator {
  const plan = opsOf(steps);
  return from(0);

  function from(index: number): Generator {
    return {
      next({ nowNs, free }) {
        const before = plan[index - 1];
        if (before !== undefined && !free.includes(before.worker)) return 'pending';
        const op = plan[index];
        if (op === undefined) return null;
        return [{ ...op, intendedNs: nowNs }, from(index + 1)];
      },
    };
  }
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
        return { kind: 'begin', worker, transaction, end: endOf(steps.slice(index), worker) };
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
    if (step.do === 'pause' || isOpen || (step.do === 'write' && !transactional.has(worker))) return [];
    return [{ index, what: `worker ${worker} has no transaction open` }];
  });
}
