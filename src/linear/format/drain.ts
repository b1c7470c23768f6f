import { Failure } from '../../core/failure.ts';
import type { Operation, Value } from '../operation.ts';

/**
 * A `drain` as Jepsen means it: a client that dequeued until there was no more, and tells all that it got. Each of
 * these values was a dequeue of its own, somewhere between the call and the return of the drain. That it ended does
 * not say that the queue was empty: it may have given up, and others may have enqueued meanwhile. A drain of unknown
 * outcome may have taken any number of values, so it is as many dequeues of unknown outcome as there are enqueues.
 */
export function withoutDrains(history: readonly Operation[]): Operation[] {
  const enqueues = history.filter(({ f }) => f === 'enqueue').length;
  return history.flatMap((operation) => {
    if (operation.f !== 'drain') return [operation];
    const dequeue = { ...operation, f: 'dequeue' };
    return operation.outcome === 'ok'
      ? valuesOf(operation).map((output) => ({ ...dequeue, output }))
      : Array.from({ length: enqueues }, () => ({ ...dequeue, output: null }));
  });
}

function valuesOf({ output, process, line }: Operation): readonly Value[] {
  if (Array.isArray(output)) return output as readonly Value[];
  const where = line === undefined ? '' : ` of line ${line}`;
  throw new Failure(`The drain${where} by process ${process} does not return a list of values.`);
}
