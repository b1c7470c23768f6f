import type { Model } from '../model.ts';
import { identity, type Operation } from '../operation.ts';
import { queueSweep } from '../fast/queue-sweep.ts';
import { QueueTurns } from '../search/queue-turns.ts';

/**
 * A first-in-first-out queue: `enqueue v`, `dequeue → v`, and `dequeue → null` of an empty queue. A dequeue of
 * unknown outcome may have taken whatever was first.
 */
export const fifoQueue: Model = {
  name: 'fifo-queue',
  operations: ['enqueue', 'dequeue'],
  fault: ({ f, input }) => (f === 'enqueue' && input === null ? 'enqueue expects a value' : null),
  answers: ({ f }) => f === 'dequeue',
  prune(history) {
    const seen = new Set(history.filter(({ f }) => f === 'dequeue').map(({ output }) => identity(output)));
    return history.filter(
      ({ f, input, outcome }) => outcome === 'ok' || f === 'dequeue' || seen.has(identity(input)),
    );
  },
  shortcut: queueSweep,
  search: { method: 'turns', begin: (history, memory) => new QueueTurns(history, memory) },
  open(history) {
    const numbers = new Map<number | string, number>();
    for (const { f, input, output } of history) {
      const value = identity(f === 'enqueue' ? input : output);
      if (!numbers.has(value)) numbers.set(value, numbers.size);
    }
    const item = (operation: Operation) =>
      `${numbers.get(identity(operation.f === 'enqueue' ? operation.input : operation.output))},`;
    return {
      start: '',
      step(state, operation) {
        const items = String(state);
        if (operation.f === 'enqueue') return items + item(operation);
        if (operation.outcome === 'info') return items === '' ? null : items.slice(items.indexOf(',') + 1);
        if (operation.output === null) return items === '' ? items : null;
        const first = item(operation);
        return items.startsWith(first) ? items.slice(first.length) : null;
      },
      observes: ({ f, output, outcome }) => f === 'dequeue' && outcome === 'ok' && output === null,
      letter: (operation) =>
        operation.f === 'enqueue'
          ? `e${item(operation)}`
          : operation.outcome === 'info'
            ? 'd?'
            : `d${operation.output === null ? '' : item(operation)}`,
    };
  },
};
