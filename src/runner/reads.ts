import type { Fetched, FetchedMarker, ProducedBatch } from '../client/client.ts';
import { transactionTimeoutOf } from '../scenario/copying.ts';
import type { RunOptions } from './run-options.ts';

/**
 * Puts records into the history as what this reader was given.
 * @param onValue told of every one that is whole and of this run.
 */
export function recordsInto(
  { world, recorder, decode, scenario }: Pick<RunOptions, 'world' | 'recorder' | 'decode' | 'scenario'>,
  scan: number,
  onValue: (value: { worker: number; seq: number; partition: number }) => void = () => {},
): (records: readonly Fetched[]) => void {
  const isTransactional = transactionTimeoutOf(scenario) !== null;
  return (records) => {
    const timeNs = world.clock.nowNs();
    for (const { partition, offset, value, batch } of records) {
      const decoded = decode(partition, value);
      recorder.read({
        scan,
        partition,
        offset,
        timeNs,
        ...decoded,
        ...(isTransactional && batch !== undefined && producerOf(batch)),
      });
      const { worker, seq, integrity } = decoded;
      if (integrity === 'valid' && worker !== null && seq !== null) onValue({ worker, seq, partition });
    }
  };
}

/** Puts markers into the history, where its workers write in transactions; nothing elsewhere. */
export function markersInto(
  { world, recorder, scenario }: Pick<RunOptions, 'world' | 'recorder' | 'scenario'>,
  scan: number,
): { onMarkers?: (markers: readonly FetchedMarker[]) => void } {
  if (transactionTimeoutOf(scenario) === null) return {};
  return {
    onMarkers(markers) {
      const timeNs = world.clock.nowNs();
      for (const marker of markers) recorder.marker({ ...marker, scan, timeNs });
    },
  };
}

function producerOf({ producerId, epoch }: ProducedBatch): { producerId: number; epoch: number } {
  return { producerId, epoch };
}
