import { NS_PER_SECOND, type Clock } from '../core/clock.ts';
import type { Admin, TopicDescription } from '../client/admin.ts';

/** A broker that is asked just after a topic was made may not have heard of it. */
const KNOWN_WITHIN_NS = 10 * NS_PER_SECOND;
const LOOK_MS = 100;

/** The topic that was just made, as the cluster tells it; null where it does not within ten seconds. */
export async function describeOwnTopic(
  admin: Pick<Admin, 'describeTopic'>,
  topic: string,
  clock: Clock,
): Promise<TopicDescription | null> {
  const giveUpNs = clock.nowNs() + KNOWN_WITHIN_NS;
  for (;;) {
    const described = await admin.describeTopic(topic);
    if (described !== null || clock.nowNs() >= giveUpNs) return described;
    await clock.sleep(LOOK_MS);
  }
}
