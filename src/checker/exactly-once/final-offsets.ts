import { listed } from '../../core/words.ts';
import { eventsOf } from '../../history/events-of.ts';
import type { Run } from '../../history/run.ts';

/**
 * The offsets that a group had committed when all was over, by partition, as its coordinator told them: -1 where it had none counts
 * as 0. Where it did not tell one, that is a doubt.
 */
export function finalOffsetsOf(run: Pick<Run, 'events' | 'info'>): {
  offsets: ReadonlyMap<number, number>;
  doubts: string[];
} {
  const offsets = new Map<number, number>();
  for (const { final, error, offsets: told } of eventsOf(run.events, 'offset-fetch'))
    if (final === true && error === null)
      for (const { partition, offset } of told) offsets.set(partition, Math.max(0, offset));
  const { partitions } = run.info.copies!;
  const unknown = Array.from({ length: partitions }, (_, partition) => partition).filter(
    (partition) => !offsets.has(partition),
  );
  if (unknown.length === 0) return { offsets, doubts: [] };
  const where = `${unknown.length === 1 ? 'partition' : 'partitions'} ${listed(unknown.map(String))}`;
  return {
    offsets,
    doubts: [
      `The committed offset of ${where} is not known, so that it is not known whether everything up to there was copied.`,
    ],
  };
}
