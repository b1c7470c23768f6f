import type { Fetched } from '../client/client.ts';
import type { RunOptions } from './run-options.ts';

/**
 * Puts records into the history as what this reader was given.
 * @param onValue told of every one that is whole and of this run.
 */
export function recordsInto(
  { world, recorder, decode }: Pick<RunOptions, 'world' | 'recorder' | 'decode'>,
  scan: number,
  onValue: (value: { worker: number; seq: number; partition: number }) => void = () => {},
): (records: readonly Fetched[]) => void {
  return (records) => {
    const timeNs = world.clock.nowNs();
    for (const { partition, offset, value } of records) {
      const decoded = decode(partition, value);
      recorder.read({ scan, partition, offset, timeNs, ...decoded });
      const { worker, seq, integrity } = decoded;
      if (integrity === 'valid' && worker !== null && seq !== null) onValue({ worker, seq, partition });
    }
  };
}
