import type { ViewEvent } from '../../history/event.ts';
import type { PowerLosses } from './power.ts';

/** Brokers are asked some times a second, and one that does not answer holds the others' answers up for a moment. */
export const SAMPLED_BLUR_NS = 4e9;

/**
 * Whether views that were sampled from the brokers' metadata tell of every term. Each election makes the epoch one higher,
 * so none is missing where no number is. A broker that lost power may come back and lead on in its epoch, which only its
 * own log would tell.
 *
 * @param views of one partition.
 */
export function areAllTold(views: readonly ViewEvent[], power: PowerLosses): boolean {
  if (power.occurred) return false;
  const epochs = new Set<number>();
  for (const { epoch, leader } of views) {
    if (epoch !== null) epochs.add(epoch);
    // Brokers before Kafka 2.1 do not tell it; then A, B and A again may look like A.
    else if (leader >= 0) return false;
  }
  if (epochs.size === 0) return false;
  let lowest = Infinity;
  let highest = -Infinity;
  for (const epoch of epochs) {
    lowest = Math.min(lowest, epoch);
    highest = Math.max(highest, epoch);
  }
  return highest - lowest + 1 === epochs.size;
}
