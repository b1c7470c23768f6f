import test from 'ava';
import { virtualClock } from '../../src/core/virtual-clock.ts';
import type { PartitionDescription } from '../../src/client/admin.ts';
import { AdminRefusal } from '../../src/client/kafkajs/refusal.ts';
import { untilLed } from '../../src/client/kafkajs/until-led.ts';
import { describeOwnTopic } from '../../src/world/own-topic.ts';

/** A topic that was just made is not known to every broker at once: which one is asked must not matter. */
const led = (...leaders: number[]): PartitionDescription[] =>
  leaders.map((leader, partition) => ({ partition, leader, replicas: [1], isr: [1] }));
const refused = (code: string) => new AdminRefusal(`no: ${code}`, [code], {});

/** @returns how often it looked. */
async function wait(answers: (PartitionDescription[] | Error | null)[], last: PartitionDescription[] | null) {
  const clock = virtualClock();
  let looks = 0;
  const look = async () => {
    const answer = looks < answers.length ? answers[looks]! : last;
    looks++;
    if (answer instanceof Error) throw answer;
    return answer;
  };
  await clock.drive(untilLed({ name: 'orders', partitions: 2 }, clock, look));
  return looks;
}

test('a broker that has not heard of the topic, or of all its leaders, is asked again', async (t) => {
  const answers = [null, led(1), led(1, -1), refused('LEADER_NOT_AVAILABLE')];
  t.is(await wait(answers, led(1, 2)), 5);
});

test('a topic that gets no leader, and one that may not be seen, are told', async (t) => {
  await t.throwsAsync(wait([], led(1, -1)), { message: /not all of its partitions have a leader/ });
  await t.throwsAsync(wait([refused('TOPIC_AUTHORIZATION_FAILED')], led(1, 2)), {
    message: /TOPIC_AUTHORIZATION_FAILED/,
  });
});

test('the settings of a topic that was just made are asked for until they are told, and not forever', async (t) => {
  const clock = virtualClock();
  const told = { partitions: led(1), settings: { 'min.insync.replicas': '2' } };
  let asked = 0;
  const describeTopic = async () => (++asked < 4 ? null : told);
  t.is(await clock.drive(describeOwnTopic({ describeTopic }, 'orders', clock)), told);
  t.is(asked, 4);
  t.is(await clock.drive(describeOwnTopic({ describeTopic: async () => null }, 'orders', clock)), null);
});
