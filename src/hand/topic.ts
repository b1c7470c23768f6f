import { NS_PER_SECOND } from '../core/clock.ts';
import { Failure, messageOf } from '../core/failure.ts';
import type { Scenario } from '../scenario/schema.ts';
import { settingsOf } from '../world/kafka.ts';
import type { World } from '../world/world.ts';

const WAIT_NS = 60 * NS_PER_SECOND;
const RETRY_MS = 200;
/** What brokers still write about a topic that none of them names any more is over by then. */
const QUIET_MS = 1_000;

/**
 * Deletes a topic and makes it anew, under the same name. All brokers must run.
 * @param onGone called when none of them knows the old one any more.
 */
export async function freshTopic(
  world: World,
  topic: { name: string } & Scenario['topic'],
  onGone: () => void,
): Promise<void> {
  if (world.openAdmin === undefined) {
    throw new Failure('This lab has no way to make a fresh topic.', {
      hint: 'Leave it and start another one.',
    });
  }
  const { name, partitions, replicationFactor } = topic;
  const admin = world.openAdmin();
  try {
    await until(world, `some broker still knows the old topic ${name}`, async () => {
      const known = Object.values((await world.db.view()).observers).map(
        (observed) => observed === null || observed.partitions.length > 0,
      );
      if (!known.includes(true)) return true;
      if ((await admin.describeTopic(name)) !== null) await admin.deleteTopic(name);
      return false;
    });
    await world.clock.sleep(QUIET_MS);
    onGone();
    await until(world, `the topic ${name} could not be made anew`, async () => {
      if ((await admin.describeTopic(name)) !== null) return true;
      await admin.createTopic({ name, partitions, replicationFactor, settings: settingsOf(topic) });
      return true;
    });
    await until(world, `some broker sees no full ISR of the topic ${name}`, async () =>
      Object.values((await world.db.view()).observers).every(
        (observed) =>
          observed !== null &&
          observed.partitions.length === partitions &&
          observed.partitions.every(({ leader, isr }) => leader >= 0 && isr.length === replicationFactor),
      ),
    );
  } finally {
    await admin.close();
  }
}

async function until({ clock }: World, missing: string, attempt: () => Promise<boolean>): Promise<void> {
  const deadlineNs = clock.nowNs() + WAIT_NS;
  for (;;) {
    let why = '';
    try {
      if (await attempt()) return;
    } catch (error) {
      why = ` (${messageOf(error)})`;
    }
    if (clock.nowNs() > deadlineNs) {
      throw new Failure(`After ${WAIT_NS / NS_PER_SECOND} s ${missing}${why}`, {
        hint: '"status" shows what the brokers say, "logs NODE" what they write; "reset" tries again.',
      });
    }
    await clock.sleep(RETRY_MS);
  }
}
