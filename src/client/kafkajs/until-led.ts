import { NS_PER_SECOND, type Clock } from '../../core/clock.ts';
import { Failure } from '../../core/failure.ts';
import type { NewTopic, PartitionDescription } from '../admin.ts';
import { AdminRefusal } from './refusal.ts';

const LED_WITHIN_NS = 20 * NS_PER_SECOND;
const LOOK_MS = 100;

/**
 * Waits until every partition of a topic that was just made has a leader. Brokers hear of it one after the other, so one
 * that does not know it yet, or knows no leader, is asked again.
 * @param look null while there is no such topic.
 * @throws Failure if there is still none after twenty seconds
 */
export async function untilLed(
  { name, partitions }: Pick<NewTopic, 'name' | 'partitions'>,
  clock: Clock,
  look: () => Promise<PartitionDescription[] | null>,
): Promise<void> {
  const giveUpNs = clock.nowNs() + LED_WITHIN_NS;
  for (;;) {
    const seen = await look().catch((thrown: unknown) => {
      if (thrown instanceof AdminRefusal && thrown.codes.includes('LEADER_NOT_AVAILABLE')) return null;
      throw thrown;
    });
    if (seen?.length === partitions && seen.every(({ leader }) => leader >= 0)) return;
    if (clock.nowNs() >= giveUpNs)
      throw new Failure(`The topic ${name} was made, and not all of its partitions have a leader yet.`, {
        hint: 'Its cluster may have lost brokers, or be overloaded: see their logs.',
      });
    await clock.sleep(LOOK_MS);
  }
}
