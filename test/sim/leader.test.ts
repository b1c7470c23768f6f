import test from 'ava';
import { seededRandom } from '../../src/core/random.ts';
import { virtualClock } from '../../src/core/virtual-clock.ts';
import { Leader } from '../../src/sim/leader.ts';
import { maskOf } from '../../src/sim/partitions.ts';
import { Process } from '../../src/sim/process.ts';
import { Records } from '../../src/sim/records.ts';
import { Replica } from '../../src/sim/replica.ts';
import type { Surroundings } from '../../src/sim/surroundings.ts';

/**
 * kafka1 leads, kafka2 is in sync, and kafka3 has just caught up with the ten records that there are: kafka1 asks for
 * it to be added. `answers` are the refusals of its requests, in the order in which it asked.
 */
function expanding() {
  const clock = virtualClock();
  const answers: (() => void)[] = [];
  const surroundings = {
    options: { topic: { minInsyncReplicas: 1 }, bug: null, onEvent: () => {} },
    clock,
    random: seededRandom(1),
    brokers: [{ process: new Process('kafka1', 0) }],
    coordination: {
      alter: (_broker: unknown, _alteration: unknown, refused: () => void) => answers.push(refused),
    },
  } as unknown as Surroundings;
  const replica = new Replica(0, new Records());
  const isr = maskOf([0, 1]);
  replica.role = 'leader';
  replica.state = { partition: 0, replicas: [0, 1, 2], leader: 0, epoch: 0, isr, version: 0 };
  replica.remotes = [0, 1, 2].map(() => ({ end: 0, caughtUpNs: 0, fetchedNs: 0, endAtFetch: Infinity }));
  const leader = new Leader(surroundings, 0);
  const write = () => replica.log.append(replica.log.end, 0);
  for (let count = 0; count < 10; count++) write();
  leader.fetched(replica, 1, 10);
  leader.fetched(replica, 2, 10);
  return { clock, answers, replica, leader, write };
}

test('a replica that was asked for counts until its refusal, so that what is readable is on it too (KIP-497)', (t) => {
  const { answers, replica, leader, write } = expanding();
  t.is(answers.length, 1);
  write();
  leader.fetched(replica, 1, 11);
  t.is(replica.highWatermark, 10, 'kafka3 may be in sync already');
  answers[0]!();
  leader.advance(replica);
  t.is(replica.highWatermark, 11);
});

test('the refusal of a request says nothing about its repetition', async (t) => {
  const { clock, answers, replica, leader, write } = expanding();
  await clock.drive(clock.sleep(2_000));
  leader.askAgain(replica);
  t.is(answers.length, 2);
  write();
  leader.fetched(replica, 1, 11);
  answers[0]!();
  leader.advance(replica);
  t.is(replica.highWatermark, 10);
  answers[1]!();
  leader.advance(replica);
  t.is(replica.highWatermark, 11);
});
