import test from 'ava';
import type { Event } from '../../src/history/event.ts';
import type { NodeInfo } from '../../src/history/run.ts';
import {
  acked,
  anomalies,
  consumed,
  CONSUMER,
  end,
  finalScan,
  found,
  GOOD,
  judge,
  leads,
  NODES,
  only,
  S,
  truncated,
  unknown,
  type Story,
} from './story.ts';

/**
 * What a loss of power explains, and what it does not. An excuse has to be shown: that the power of one broker failed
 * says nothing yet where two copies are promised, unless the broker came back without being missed and led.
 */
function unpowered(targets: string[], from: number, to: number | null): Event[] {
  const id = `power-${targets.join('-')}-${from}`;
  const fault = { kind: 'power-loss' as const, target: targets[0]! };
  return [
    {
      type: 'fault-start',
      id,
      fault,
      requestedNs: from * S,
      timeNs: from * S,
      targets,
      links: [],
      evidence: 'off',
    },
    ...(to === null
      ? []
      : [
          {
            type: 'fault-stop' as const,
            id,
            requestedNs: to * S,
            timeNs: to * S,
            evidence: 'answers',
          },
        ]),
  ];
}

const ZOOKEEPER = { kafkaMode: 'zookeeper' };

/** kafka1 takes three records in epoch 0, loses power from 5 s to 7 s, leads on in epoch 0, and all three are gone. */
const UNNOTICED: Story & { events: Event[] } = {
  writes: GOOD.writes,
  events: [leads(1, 0, 0), ...unpowered(['kafka1'], 5, 7), leads(1, 0, 8, { startOffset: 0 }), finalScan(0)],
  info: ZOOKEEPER,
};

const having = (story: Story, events: Event[]): Story => ({ ...story, events });

test('with ZooKeeper a leader that lost power leads on in its epoch, and what it lost is gone', (t) => {
  const lost = only(judge(UNNOTICED), 'lost');
  t.is(lost.count, 3);
  t.is(lost.judgement, 'permitted');
  t.regex(lost.reason, /^kafka1 lost power and came back before .* it led on in epoch 0 .*KIP-903/);
});

test('with KRaft that cannot happen, so it is a violation', (t) => {
  const lost = only(judge({ ...UNNOTICED, info: { kafkaMode: 'kraft-separate' } }), 'lost');
  t.is(lost.judgement, 'violation');
});

test('a history that does not say how the cluster kept its metadata may be of ZooKeeper', (t) => {
  const { kafkaMode: _, ...info } = ZOOKEEPER;
  t.is(only(judge({ ...UNNOTICED, info }), 'lost').judgement, 'permitted');
});

test('a broker that syncs each record has no such excuse', (t) => {
  const lost = only(judge({ ...UNNOTICED, contract: { flushMessages: 1 } }), 'lost');
  t.is(lost.judgement, 'violation');
});

test('a broker that never led again has taken nothing with it', (t) => {
  const events = [leads(1, 0, 0), ...unpowered(['kafka1'], 5, 7), leads(2, 1, 8), finalScan(0)];
  t.is(only(judge(having(UNNOTICED, events)), 'lost').judgement, 'violation');
});

test('what other brokers say of it while it is off is no sign that it leads again', (t) => {
  const rumour = leads(1, 0, 6, { observer: 'kafka2' });
  const events = [leads(1, 0, 0), ...unpowered(['kafka1'], 5, 9), rumour, leads(2, 1, 8), finalScan(0)];
  t.is(only(judge(having(UNNOTICED, events)), 'lost').judgement, 'violation');
});

test('the broker itself may say so when it is asked', (t) => {
  const events = [leads(1, 0, 0), ...unpowered(['kafka1'], 5, 7), finalScan(0)];
  const asked = leads(1, 0, 8, { observer: 'kafka1' });
  t.is(only(judge(having(UNNOTICED, [...events, asked])), 'lost').judgement, 'permitted');
});

test('a follower that lost power and was not missed is elected, and what it lost is gone', (t) => {
  const events = [leads(1, 0, 0), ...unpowered(['kafka3'], 5, 7), leads(3, 1, 8, { startOffset: 0 })];
  const lost = only(judge(having(UNNOTICED, [...events, finalScan(0)])), 'lost');
  t.is(lost.judgement, 'permitted');
  t.regex(lost.reason, /kafka3 lost power and came back .* it became leader in epoch 1 without/);
});

test('one that was taken out of the in-sync set meanwhile had to catch up first', (t) => {
  const events = [leads(1, 0, 0), ...unpowered(['kafka3'], 5, 7), leads(1, 0, 6, { isr: [1, 2] })];
  const missed = [...events, leads(1, 0, 8), leads(3, 1, 9, { startOffset: 0 }), finalScan(0)];
  t.is(only(judge(having(UNNOTICED, missed)), 'lost').judgement, 'violation');
});

test('so had one that was not in sync when it lost power', (t) => {
  const out = leads(1, 0, 4, { isr: [1, 2] });
  const events = [leads(1, 0, 0), out, ...unpowered(['kafka3'], 5, 7), leads(3, 1, 9), finalScan(0)];
  t.is(only(judge(having(UNNOTICED, events)), 'lost').judgement, 'violation');
});

test('but a leader may take it into the in-sync set in the moment in which its power fails', (t) => {
  const told = (joins: number, observer = 'log:kafka1'): Event[] => [
    leads(1, 0, 0),
    leads(1, 0, 4, { isr: [1, 2] }),
    ...unpowered(['kafka3'], 5, 7),
    leads(1, 0, joins, { observer }),
    leads(3, 1, 9, { startOffset: 0 }),
    finalScan(0),
  ];
  const judgementOf = (events: Event[]) => only(judge(having(UNNOTICED, events)), 'lost').judgement;
  t.is(judgementOf(told(5.01)), 'permitted');
  t.is(judgementOf(told(8)), 'violation', 'it was back by then, and had caught up');
  t.is(judgementOf(told(5.01, 'kafka2')), 'violation', 'others may tell old news');
  const missedAgain = told(5.01).toSpliced(-2, 0, leads(1, 0, 6, { isr: [1, 2] }));
  t.is(judgementOf(missedAgain), 'violation', 'then it was taken out, and had to catch up first');
});

test('what the log of the leader says of the in-sync set is newer than what the others say', (t) => {
  const late = leads(1, 0, 4.5, { isr: [1, 2], observer: 'kafka2' });
  const events = [leads(1, 0, 0), leads(1, 0, 4, { isr: [1, 2, 3] }), late];
  const elected = [...unpowered(['kafka3'], 5, 7), leads(3, 1, 9), finalScan(0)];
  t.is(only(judge(having(UNNOTICED, [...events, ...elected])), 'lost').judgement, 'permitted');
});

test('news of an earlier epoch do not say that it was missed', (t) => {
  const late = leads(2, 0, 6, { isr: [1, 2], observer: 'kafka2' });
  const events = [leads(2, 0, 0), leads(1, 1, 0.5), ...unpowered(['kafka3'], 5, 7), late];
  const elected = [leads(3, 2, 9), finalScan(0)];
  t.is(only(judge(having(UNNOTICED, [...events, ...elected])), 'lost').judgement, 'permitted');
});

test('views are taken in the order of their times, not in that of the file', (t) => {
  const events = [leads(3, 1, 9, { startOffset: 0 }), leads(1, 0, 8), leads(1, 0, 6, { isr: [1, 2] })];
  const missed = [...events, leads(1, 0, 0), ...unpowered(['kafka3'], 5, 7), finalScan(0)];
  t.is(only(judge(having(UNNOTICED, missed)), 'lost').judgement, 'violation');
});

const LATE = { writes: [acked('0:0', 0, { at: 8.5 })] };

test('in the same epoch the others cannot tell their logs apart, so what came after the return may go too', (t) => {
  const lost = only(judge({ ...UNNOTICED, ...LATE }), 'lost');
  t.is(lost.judgement, 'permitted');
});

test('but not what another leader took in a later epoch', (t) => {
  const writes = [acked('0:0', 0, { at: 12, broker: 2 })];
  const events = [...UNNOTICED.events.slice(0, -1), leads(2, 1, 10), finalScan(0)];
  t.is(only(judge({ ...UNNOTICED, writes, events }), 'lost').judgement, 'violation');
});

test('but what it took itself, until it learns that another one leads', (t) => {
  const writes = [acked('0:0', 0, { at: 12, broker: 1 })];
  const events = [...UNNOTICED.events.slice(0, -1), leads(2, 1, 10), finalScan(0)];
  const lost = only(judge({ ...UNNOTICED, writes, events }), 'lost');
  t.is(lost.judgement, 'permitted');
  t.regex(lost.reason, /led on in epoch 0/);
  const powered = UNNOTICED.events.filter(({ type }) => !type.startsWith('fault'));
  const withPower = [...powered.slice(0, -1), leads(2, 1, 10), finalScan(0)];
  t.is(only(judge({ ...UNNOTICED, writes, events: withPower }), 'lost').judgement, 'violation');
});

test('nor what was begun after the power of a broker had failed that was elected later', (t) => {
  const events = [leads(1, 0, 0), ...unpowered(['kafka3'], 5, 7), leads(3, 1, 9), finalScan(0)];
  const lost = only(judge({ ...UNNOTICED, ...LATE, events }), 'lost');
  t.is(lost.judgement, 'violation');
});

test('a leader that is alone in sync only after its return was not the last replica standing', (t) => {
  const alone = leads(1, 2, 8.04, { isr: [1] });
  const lost = only(
    judge(having(UNNOTICED, [...UNNOTICED.events.slice(0, -1), alone, finalScan(0)])),
    'lost',
  );
  t.is(lost.judgement, 'permitted');
  t.regex(lost.reason, /it led on in epoch 0/);
});

const LAST: Story & { events: Event[] } = {
  ...UNNOTICED,
  events: [
    leads(1, 0, 0),
    leads(1, 0, 0.5, { isr: [1] }),
    ...unpowered(['kafka1'], 5, 7),
    leads(1, 2, 8),
    finalScan(0),
  ],
  contract: { minInsyncReplicas: 2 },
  info: { kafkaMode: 'kraft-separate' },
};

test('one that was alone before was', (t) => {
  const lost = only(judge(LAST), 'lost');
  t.is(lost.judgement, 'permitted');
  t.regex(lost.reason, /last replica standing/);
});

test('and it has not taken what was begun after it was back', (t) => {
  t.is(only(judge({ ...LAST, ...LATE }), 'lost').judgement, 'violation');
});

test('a follower that was off does not make the lonely leader the last one without power', (t) => {
  const events = [leads(1, 0, 0, { isr: [1] }), ...unpowered(['kafka2'], 5, 7), finalScan(0)];
  t.is(only(judge({ ...LAST, events }), 'lost').judgement, 'violation');
});

/** It was not known that kafka1 was the last one in sync until it led again. */
const ONLY_ONE_LEFT = (isr: number[]): Story => ({
  ...LAST,
  events: [leads(1, 0, 0), ...unpowered(['kafka1'], 5, 7), leads(1, 2, 8, { isr }), finalScan(0)],
});

test('with KRaft too it may be elected as the only one that is left in sync', (t) => {
  const lost = only(judge(ONLY_ONE_LEFT([1])), 'lost');
  t.is(lost.judgement, 'permitted');
  t.regex(lost.reason, /kafka1 lost power, and it became leader in epoch 2 .* only one .* left in sync/);
});

test('a broker that starts may tell first of the epoch in which it lost power, and then of its election', (t) => {
  const told = (isr: number[]): Story => ({
    ...LAST,
    events: [
      leads(1, 0, 0),
      ...unpowered(['kafka1'], 5, 7),
      leads(1, 0, 8, { isr: [1] }),
      leads(1, 2, 8.001, { isr }),
      finalScan(0),
    ],
  });
  const lost = only(judge(told([1])), 'lost');
  t.is(lost.judgement, 'permitted');
  t.regex(lost.reason, /became leader in epoch 2 .* only one .* left in sync/);
  t.is(only(judge(told([1, 2])), 'lost').judgement, 'violation', 'others were in sync');
  t.is(only(judge({ ...told([1]), ...LATE }), 'lost').judgement, 'violation', 'it was begun later');
});

test('but not while others are in sync', (t) => {
  t.is(only(judge(ONLY_ONE_LEFT([1, 2])), 'lost').judgement, 'violation');
});

test('nor alone if it had been taken out, so that it had to catch up first', (t) => {
  const story = ONLY_ONE_LEFT([1]);
  const events = [...story.events!, leads(2, 1, 7.5, { isr: [2, 3] })];
  t.is(only(judge({ ...story, events }), 'lost').judgement, 'violation');
});

test('nor was it missed by a broker that had not heard yet that it was taken back into the in-sync set', (t) => {
  const asked = (at: number, isr: number[]) => leads(2, 1, at, { isr, observer: 'kafka2' });
  const told = (...more: Event[]): Story => ({
    ...LAST,
    events: [
      leads(1, 0, 0),
      leads(2, 1, 3, { isr: [2, 3] }),
      leads(2, 1, 4.9, { isr: [1, 2, 3] }),
      ...unpowered(['kafka1'], 5, 7),
      ...more,
      leads(1, 2, 8, { isr: [1] }),
      finalScan(0),
    ],
  });
  t.is(only(judge(told(asked(5.1, [2, 3]))), 'lost').judgement, 'permitted');
  const isNews = 'it had heard of that, so what it says now is newer';
  t.is(only(judge(told(asked(5.1, [1, 2, 3]), asked(6, [2, 3]))), 'lost').judgement, 'violation', isNews);
  const ofLeader = leads(2, 1, 6, { isr: [2, 3] });
  t.is(only(judge(told(ofLeader)), 'lost').judgement, 'violation', 'the leader itself knows');
});

test('nor in the epoch in which it had lost power: with KRaft it cannot keep it', (t) => {
  const events = [leads(1, 0, 0), ...unpowered(['kafka1'], 5, 7), leads(1, 0, 8, { isr: [1] })];
  t.is(only(judge({ ...LAST, events: [...events, finalScan(0)] }), 'lost').judgement, 'violation');
});

test('where the history does not say who led, a broker may have returned unnoticed', (t) => {
  const events = [...unpowered(['kafka1'], 5, 7), finalScan(0)];
  const result = judge({ ...UNNOTICED, events, claim: 'contract' });
  t.is(only(result, 'lost').judgement, 'permitted');
  t.regex(only(result, 'lost').reason, /may have come back .* the history does not tell who led/);
  t.is(result.verdict, 'inconclusive');
});

test('but not with KRaft, nor before anything was written, nor where each record is synced', (t) => {
  const events = [...unpowered(['kafka1'], 5, 7), finalScan(0)];
  const story = { ...UNNOTICED, events };
  t.is(only(judge({ ...story, info: { kafkaMode: 'kraft-combined' } }), 'lost').judgement, 'violation');
  t.is(only(judge({ ...story, ...LATE }), 'lost').judgement, 'violation');
  t.is(only(judge({ ...story, contract: { flushMessages: 1 } }), 'lost').judgement, 'violation');
});

const TOGETHER: Story & { events: Event[] } = {
  ...UNNOTICED,
  events: [leads(1, 0, 0), ...unpowered(['kafka1', 'kafka2'], 5, 7), leads(1, 1, 8), finalScan(0)],
  info: { kafkaMode: 'kraft-separate' },
};

test('two brokers that lose power together take what they held, and nothing that came later', (t) => {
  const lost = only(judge(TOGETHER), 'lost');
  t.is(lost.judgement, 'permitted');
  t.regex(lost.reason, /kafka1 and kafka2 lost power together/);
  t.is(only(judge({ ...TOGETHER, ...LATE }), 'lost').judgement, 'violation');
});

test('of several such times the one counts that came after the record', (t) => {
  const events = [leads(1, 0, 0), ...unpowered(['kafka1', 'kafka2', 'kafka3'], 5, 7), finalScan(0)];
  const later = { ...TOGETHER, ...LATE, events: [...events, ...unpowered(['kafka2', 'kafka3'], 30, 32)] };
  const lost = only(judge(later), 'lost');
  t.is(lost.judgement, 'permitted');
  t.regex(lost.reason, /and kafka2 and kafka3 lost power together/);
});

test('an end offset goes back after a loss of power, not before it', (t) => {
  const ends = (at: number) => [end(3, at), end(0, at + 1)];
  const regressed = (at: number) =>
    only(judge({ ...UNNOTICED, writes: [], events: [...UNNOTICED.events, ...ends(at)] }), 'end-regressed');
  t.is(regressed(7.5).judgement, 'permitted');
  t.is(regressed(2).judgement, 'violation');
  const many = (at: number) =>
    only(judge({ ...TOGETHER, writes: [], events: [...TOGETHER.events, ...ends(at)] }), 'end-regressed');
  t.is(many(7.5).judgement, 'permitted');
  t.is(many(2).judgement, 'violation');
});

/** With acks=1 a consumer was given a record, and so every replica in sync had it. */
const GIVEN: Story & { events: Event[] } = {
  writes: [acked('0:0', 0, { at: 2 })],
  reads: [consumed(0, '0:0', { at: 3 })],
  events: [
    leads(1, 0, 0),
    ...unpowered(['kafka1'], 5, 7),
    leads(2, 1, 6, { startOffset: 0 }),
    { ...finalScan(1), scan: CONSUMER, name: 'consumer 1', final: false, completeNs: 50 * S },
    finalScan(0),
  ],
  contract: { acks: 1, minInsyncReplicas: 1 },
  info: { kafkaMode: 'kraft-separate' },
};
const given = (more: Story) => only(judge({ ...GIVEN, ...more }), 'lost-after-read');

test('one loss of power does not take what a consumer was given, whatever acks the producer used', (t) => {
  t.is(given({}).judgement, 'violation');
});

test('two at once may have taken all of its copies', (t) => {
  const lost = given({ events: [...GIVEN.events, ...unpowered(['kafka2'], 6, 9)] });
  t.is(lost.judgement, 'permitted');
  t.regex(lost.reason, /kafka1 and kafka2 lost power together/);
});

test('one takes the only copy', (t) => {
  const lost = given({ contract: { ...GIVEN.contract, replicationFactor: 1 } });
  t.is(lost.judgement, 'permitted');
  t.regex(lost.reason, /kafka1 lost power$/);
});

test('and that of a leader that was alone in sync', (t) => {
  const lost = given({ events: [...GIVEN.events, leads(1, 0, 4, { isr: [1] })] });
  t.is(lost.judgement, 'permitted');
  t.regex(lost.reason, /last replica standing/);
});

test('where the history does not say who led, it may be one that lost power', (t) => {
  const events = GIVEN.events.filter(({ type }) => type !== 'view');
  const lost = given({ events });
  t.is(lost.judgement, 'permitted');
  t.regex(lost.reason, /kafka1 lost power, and the history does not tell who led/);
  const powered = events.filter(({ type }) => type === 'scan');
  t.is(given({ events: powered }).judgement, 'violation');
});

/** Others led meanwhile that were never asked, and an unclean election made kafka1 leader again. */
const ELECTED_AGAIN: Story & { events: Event[] } = {
  ...UNNOTICED,
  events: [leads(1, 0, 0), leads(1, 4, 8, { isr: [1] }), finalScan(0)],
  contract: { uncleanLeaderElection: true },
  info: { kafkaMode: 'kraft-separate' },
};

test('an unclean election may cut the log off although it makes the same leader lead again', (t) => {
  const lost = only(judge(ELECTED_AGAIN), 'lost');
  t.is(lost.judgement, 'permitted');
  t.regex(lost.reason, /unclean leader election is on, .* and kafka1 was elected again in a later epoch/);
});

test('where no unclean election is allowed, no replica may', (t) => {
  const contract = { uncleanLeaderElection: false };
  t.is(only(judge({ ...ELECTED_AGAIN, contract }), 'lost').judgement, 'violation');
});

test('nor may one that was not elected again', (t) => {
  const events = [leads(1, 0, 0), leads(1, 0, 8), finalScan(0)];
  t.is(only(judge({ ...ELECTED_AGAIN, events }), 'lost').judgement, 'violation');
});

test('the end offset goes back with it', (t) => {
  const ends = [end(3, 4), end(0, 9)];
  const events = [...ELECTED_AGAIN.events.filter(({ type }) => type === 'view'), ...ends, finalScan(0)];
  const story = { ...ELECTED_AGAIN, writes: [], events };
  t.is(only(judge(story), 'end-regressed').judgement, 'permitted');
  const contract = { uncleanLeaderElection: false };
  t.is(only(judge({ ...story, contract }), 'end-regressed').judgement, 'violation');
});

/** Two records of one worker at one offset, the first answered when its leader had already lost power. */
const ONE_OFFSET: Story & { events: Event[] } = {
  writes: [acked('0:0', 0, { at: 4.9, until: 5.1 }), acked('0:1', 0, { at: 9 })],
  reads: [found(0, '0:1')],
  events: [leads(1, 0, 0), ...unpowered(['kafka1'], 5, 7), leads(1, 0, 8, { startOffset: 0 }), finalScan(1)],
  contract: { acks: 1 },
  info: ZOOKEEPER,
};

test('an answer that was on its way when the power failed is of the life before', (t) => {
  const lost = only(judge(ONE_OFFSET), 'lost');
  t.is(lost.blame, 'broker');
  t.is(lost.judgement, 'permitted');
});

test('nor can it be told for the record that stayed, if that one was under way when the power failed', (t) => {
  const writes = [acked('0:0', 0, { at: 8 }), acked('0:1', 0, { at: 4.9, until: 8.5 })];
  const lost = only(judge({ ...ONE_OFFSET, writes }), 'lost');
  t.is(lost.blame, 'broker');
});

test('two answers of one life with one offset are the mistake of the client', (t) => {
  const writes = [acked('0:0', 0, { at: 8.5 }), acked('0:1', 0, { at: 9 })];
  const lost = only(judge({ ...ONE_OFFSET, writes }), 'lost');
  t.is(lost.blame, 'client');
  t.is(lost.judgement, 'violation');
});

/** An idempotent record was acknowledged where another one of its producer stands, to which no answer had come. */
const DEDUPLICATED: Story & { events: Event[] } = {
  writes: [unknown('0:0', { at: 4 }), acked('0:1', 0, { at: 4.9, until: 7.5 })],
  reads: [found(0, '0:0')],
  events: [leads(1, 0, 0), finalScan(1)],
  contract: { idempotence: true, acks: 'all' },
};

test('it is the client that took the answer for the other record as its own', (t) => {
  t.is(only(judge(DEDUPLICATED), 'lost').blame, 'client');
});

test('so it is where the other record was under way at the same time, in an application that numbers them itself', (t) => {
  const application = {
    client: { library: 'kafkajs', version: '2.2.4', mode: 'application' as const },
    world: 'real' as const,
  };
  const later = (at: number): Story => ({
    ...DEDUPLICATED,
    writes: [acked('0:0', 0, { at: 4.9, until: 7.5 }), unknown('0:1', { at })],
    reads: [found(0, '0:1')],
    info: application,
  });
  t.is(only(judge(later(5)), 'lost').blame, 'client');
  t.is(only(judge(later(8)), 'lost').blame, 'broker', 'it was sent after the answer');
  t.is(
    only(judge({ ...later(5), info: { world: 'real' } }), 'lost').blame,
    'broker',
    'no number is given twice by kept',
  );
});

test('an application was told that a record is stored that was never sent: its library is to blame', (t) => {
  const client = { library: 'kafkajs', version: '2.2.4', mode: 'application' as const };
  const story = (attempts: number): Story => ({
    writes: [acked('0:0', 0, { attempts })],
    events: [leads(1, 0, 0), finalScan(0)],
    info: { client, world: 'real' },
    contract: { acks: 'all' },
  });
  t.like(only(judge(story(0)), 'lost'), { blame: 'client', judgement: 'violation' });
  t.regex(only(judge(story(0)), 'lost').reason, /no request with this record ever reached a socket/);
  t.is(only(judge(story(1)), 'lost').blame, 'broker');
});

test('unless the leader lost power or cut its log between the question and the answer', (t) => {
  const struck = [leads(1, 0, 0), ...unpowered(['kafka1'], 5, 7), finalScan(1)];
  t.is(only(judge(having(DEDUPLICATED, struck)), 'lost').blame, 'broker');
  const cut = [leads(1, 0, 0), truncated('kafka1', 0, 6), finalScan(1)];
  t.is(only(judge(having(DEDUPLICATED, cut)), 'lost').blame, 'broker');
});

test('or had lost power before, and led on in its epoch: its followers keep what it took in its former life', (t) => {
  const story = {
    ...having(DEDUPLICATED, [
      leads(1, 0, 0),
      ...unpowered(['kafka1'], 4.2, 4.5),
      leads(1, 0, 4.7, { startOffset: 0 }),
      leads(2, 1, 9, { startOffset: 1 }),
      finalScan(1),
    ]),
    info: ZOOKEEPER,
  };
  const lost = only(judge(story), 'lost');
  t.is(lost.blame, 'broker');
  t.is(lost.judgement, 'permitted', lost.reason);
  t.regex(lost.reason, /led on in epoch 0/);
});

test('but not where it was elected anew, since then its followers cut off what it does not have', (t) => {
  const story = having(DEDUPLICATED, [
    leads(1, 0, 0),
    ...unpowered(['kafka1'], 4.2, 4.5),
    leads(1, 1, 4.7, { startOffset: 0 }),
    finalScan(1),
  ]);
  t.is(only(judge({ ...story, info: ZOOKEEPER }), 'lost').blame, 'client');
});

/**
 * A consumer was given 0:0 at offset 1. Then the log was cut off and with it the number of 0:0; the client, which had
 * had no answer, sent it once more, and it was stored at offset 0.
 */
const REPEATED_AFTER_CUT: Story & { events: Event[] } = {
  writes: [acked('0:0', 0, { at: 2, until: 9, broker: 2 }), acked('0:1', 1, { at: 10, broker: 2 })],
  reads: [consumed(1, '0:0', { at: 4 }), found(0, '0:0'), found(1, '0:1')],
  events: [
    leads(1, 0, 0),
    leads(2, 1, 6, { isr: [2], startOffset: 0 }),
    { ...finalScan(2), sequences: true },
    {
      ...finalScan(2),
      scan: CONSUMER,
      name: 'consumer 1',
      final: false,
      invokeNs: 2 * S,
      completeNs: 50 * S,
    },
  ],
  contract: { idempotence: true, clientRetries: true, uncleanLeaderElection: true },
};

test('a log that was cut off has forgotten the numbers: a repetition after that is stored again', (t) => {
  const duplicate = only(judge(REPEATED_AFTER_CUT), 'duplicate');
  t.is(duplicate.judgement, 'permitted');
  t.regex(duplicate.reason, /cut off .* unclean leader election/);
});

test('but nothing is cut off where no leader may do so', (t) => {
  const contract = { ...REPEATED_AFTER_CUT.contract, uncleanLeaderElection: false };
  t.is(only(judge({ ...REPEATED_AFTER_CUT, contract }), 'duplicate').judgement, 'violation');
});

test('nor is a record appended twice that was sent once', (t) => {
  const contract = { ...REPEATED_AFTER_CUT.contract, clientRetries: false };
  t.is(only(judge({ ...REPEATED_AFTER_CUT, contract }), 'duplicate').judgement, 'violation');
});

test('nor are two copies excused that are both still there', (t) => {
  const reads = [found(0, '0:0'), found(1, '0:0')];
  const story = { ...REPEATED_AFTER_CUT, reads, writes: REPEATED_AFTER_CUT.writes!.slice(0, 1) };
  t.is(only(judge(story), 'duplicate').judgement, 'violation');
});

test('nor one that the final scan may have passed over, below where it began', (t) => {
  const reads = [consumed(0, '0:0', { at: 4 }), found(5, '0:0'), found(6, '0:1')];
  const writes = [acked('0:0', 5, { at: 2, until: 9, broker: 2 }), acked('0:1', 6, { at: 10, broker: 2 })];
  const events = REPEATED_AFTER_CUT.events.map((event) =>
    event.type === 'scan' && event.final ? { ...event, from: 5, end: 7 } : event,
  );
  t.is(only(judge({ ...REPEATED_AFTER_CUT, reads, writes, events }), 'duplicate').judgement, 'violation');
});

test('nor one where no final scan covered the log', (t) => {
  const events = REPEATED_AFTER_CUT.events.map((event) =>
    event.type === 'scan' && event.final ? { ...event, covered: false } : event,
  );
  const result = judge({ ...REPEATED_AFTER_CUT, events });
  t.is(only(result, 'duplicate').judgement, 'violation');
  t.is(anomalies(result)['duplicate'], 1);
});

test('a controller holds no record, so its loss of power excuses no loss', (t) => {
  const controller: NodeInfo = { name: 'controller1', id: 100, roles: ['controller'], address: '192.0.2.9' };
  const lossWithout = (targets: string[]) =>
    only(
      judge({
        contract: { minInsyncReplicas: 1 },
        info: { nodes: [...NODES, controller], kafkaMode: 'kraft-separate' },
        writes: GOOD.writes,
        events: [leads(1, 0, 0), ...unpowered(targets, 5, 7), finalScan(0)],
      }),
      'lost',
    ).judgement;
  t.is(lossWithout(['controller1']), 'violation');
  t.is(lossWithout(['kafka1']), 'permitted');
  t.is(lossWithout(['kafka1', 'controller1']), 'permitted');
});

test('of two that lost power together only brokers count as copies', (t) => {
  const controller: NodeInfo = { name: 'controller1', id: 100, roles: ['controller'], address: '192.0.2.9' };
  const { judgement } = only(
    judge({
      info: { nodes: [...NODES, controller], kafkaMode: 'kraft-separate' },
      writes: GOOD.writes,
      events: [leads(1, 0, 0), ...unpowered(['kafka2', 'controller1'], 5, 7), finalScan(0)],
    }),
    'lost',
  );
  t.is(judgement, 'violation');
});

test('a leader that leads on in its epoch after a loss of power may miss what came before a younger record', (t) => {
  // kafka1 comes back empty and leads on in epoch 0. kafka2, which still holds 0:0, was away until 0:8 stood at
  // offset 0 and 0:9 at offset 1: it asks for offset 1 next, and never learns that offset 0 changed.
  const story: Story & { events: Event[] } = {
    claim: 'contract',
    contract: { acks: 1, minInsyncReplicas: 1 },
    info: ZOOKEEPER,
    writes: [
      acked('0:0', 0, { at: 1 }),
      unknown('0:1', { at: 6 }),
      acked('0:8', 0, { at: 8 }),
      acked('0:9', 1, { at: 9 }),
    ],
    reads: [found(0, '0:0'), found(1, '0:9')],
    events: [leads(1, 0, 0), leads(2, 1, 20, { startOffset: 2 }), finalScan(2)],
  };
  const result = judge({ ...story, events: [...unpowered(['kafka1'], 5, 7), ...story.events] });
  t.is(result.verdict, 'valid', result.reasons.join(' '));
  t.is(only(result, 'lost').judgement, 'permitted');
  t.regex(only(result, 'lost').reason, /need not have had/);
  t.is(only(judge(story), 'lost').judgement, 'violation', 'with power 0:9 proves that 0:8 was there');
  const elsewhere = judge({ ...story, events: [...unpowered(['kafka3'], 5, 7), ...story.events] });
  t.is(only(elsewhere, 'lost').judgement, 'violation', 'another broker lost power');
});
