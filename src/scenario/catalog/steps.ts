import type { ScenarioInput } from '../schema.ts';

/** Steps of a load that is written out, of worker 0 if nothing else is said. */
export type Step = NonNullable<NonNullable<ScenarioInput['load']>['script']>[number];

export const write = (
  partition = 0,
  more: Partial<Omit<Extract<Step, { do: 'write' }>, 'do' | 'partition'>> = {},
): Step => ({ do: 'write', worker: 0, partition, ...more });
/** One call of a client library with so many records; null: it chooses the partition. */
export const send = (...partitions: (number | null)[]): Step => ({ do: 'send', worker: 0, partitions });
export const begin = (worker = 0, more: { newInstance?: boolean } = {}): Step => ({
  do: 'begin',
  worker,
  ...more,
});
export const commit = (worker = 0): Step => ({ do: 'commit', worker });
export const abort = (worker = 0): Step => ({ do: 'abort', worker });
export const pause = (forMs: number, worker = 0): Step => ({ do: 'pause', worker, forMs });
