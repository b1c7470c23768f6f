import { seededRandom } from '../../../src/core/random.ts';
import { virtualClock } from '../../../src/core/virtual-clock.ts';
import type { Broker } from '../../../src/sim/broker.ts';
import type { Bug } from '../../../src/sim/bugs.ts';
import { Cluster } from '../../../src/sim/cluster.ts';
import { CODE } from '../../../src/sim/model.ts';
import { RECORD_BITS, TRANSACTIONAL, type Batch } from '../../../src/sim/records.ts';
import type { Named } from '../../../src/sim/transactions/requests.ts';
import { transactionsPartition } from '../../../src/sim/coordinators/internal-topics.ts';

/** A modelled cluster of three brokers with two partitions, to be asked directly, without any client. */
export function clusterOfThree(
  options: { verifies?: boolean; strictMarkers?: boolean; hasGroups?: boolean; bug?: Bug } = {},
) {
  const clock = virtualClock();
  const names = ['kafka1', 'kafka2', 'kafka3'];
  const cluster = new Cluster({
    nodes: [
      ...names.map((name, index) => ({ name, id: index + 1, address: name, roles: ['broker' as const] })),
      { name: 'zookeeper', id: null, address: 'zookeeper', roles: ['zookeeper' as const] },
    ],
    mode: 'zookeeper',
    topic: { partitions: 2, replicationFactor: 3, minInsyncReplicas: 2, uncleanLeaderElection: false },
    timeouts: {
      zookeeperSessionTimeoutMs: 3_000,
      replicaLagTimeMaxMs: 4_000,
      brokerSessionTimeoutMs: 3_000,
      brokerHeartbeatIntervalMs: 500,
    },
    flushMessages: null,
    fetchMinRecords: 1,
    transactions: {
      log: { partitions: 3, replicationFactor: 3, minInsyncReplicas: 2 },
      verifies: options.verifies ?? true,
      strictMarkers: options.strictMarkers ?? true,
    },
    ...(options.hasGroups === true && {
      groups: { offsets: { partitions: 1, replicationFactor: 3, minInsyncReplicas: 2 } },
    }),
    staleEnds: false,
    bug: options.bug ?? null,
    clock,
    random: seededRandom(1),
    onEvent: () => undefined,
  });
  cluster.begin();

  function leaderOf(partition: number): Broker {
    return cluster.brokers[cluster.coordination.states[partition]!.leader]!;
  }
  const coordinatorOf = (id: string) => leaderOf(transactionsPartition(cluster.options, id));

  /** Has something asked, and waits for its answer; by name of the code. */
  async function answerTo(ask: (answer: (code: number) => void) => void): Promise<string> {
    const answered = new AbortController();
    let told: number | null = null as number | null;
    ask((code) => {
      told ??= code;
      clock.wake();
      answered.abort();
    });
    await clock.sleep(20_000, answered.signal);
    return told === null ? 'nothing' : nameOf(told);
  }

  return {
    clock,
    cluster,
    leaderOf,
    coordinatorOf,
    answerTo,
    /** A name for the id, once the coordinator gives one. */
    async named(id: string, timeoutMs = 60_000): Promise<Named> {
      for (;;) {
        let named: Named | undefined;
        await answerTo((answer) =>
          coordinatorOf(id).transactions.name(id, timeoutMs, (code, producer) => {
            named = producer;
            answer(code);
          }),
        );
        if (named !== undefined) return named;
        await clock.sleep(50);
      }
    },
    add: (id: string, { producerId, epoch }: Named, partition: number) =>
      answerTo((answer) =>
        coordinatorOf(id).transactions.add(
          { id, producer: producerId, epoch, partition, version: 1 },
          answer,
        ),
      ),
    end: (id: string, { producerId, epoch }: Named, end: 'commit' | 'abort', version: 1 | 2) =>
      answerTo((answer) =>
        coordinatorOf(id).transactions.end({ id, producer: producerId, epoch, end, version }, answer),
      ),
    /** One record of a transaction, to the partition's leader. */
    produce(
      id: string,
      { producerId, epoch }: Named,
      of: { partition: number; sequence: number; version: 1 | 2 },
    ): Promise<string> {
      const { records } = cluster;
      const first = records.add(0, records.count, of.partition, producerId, of.sequence);
      records.epoch[first] = epoch;
      records.kind[first] = TRANSACTIONAL;
      const batch: Batch = { first, count: 1, transaction: { id, version: of.version } };
      return answerTo((answer) =>
        leaderOf(of.partition).produce(batch, of.partition, 'all', 1_500, { answer }),
      );
    },
    /** What stands in the leader's log: `r` for a record, `C` and `A` for markers, each with its epoch. */
    log(partition: number): string {
      const { log } = leaderOf(partition).replicas[partition]!;
      const { kind, epoch } = cluster.records;
      return Array.from(log.entries.subarray(0, log.end), (entry) => {
        const record = entry & RECORD_BITS;
        return `${'?rAC'[kind[record]!]}${epoch[record]}`;
      }).join(' ');
    },
    /** Has a leader leave requests for markers alone; the function that is returned ends that. */
    withoutMarkers(partition: number): () => void {
      const leader = leaderOf(partition);
      const mark = leader.mark.bind(leader);
      leader.mark = () => undefined;
      return () => (leader.mark = mark);
    },
    stable: (partition: number) => leaderOf(partition).lastStableOffset(partition),
    drive: <T>(work: () => Promise<T>): Promise<T> => clock.drive(clock.sleep(1_000).then(work)),
  };
}

function nameOf(code: number): string {
  return Object.entries(CODE).find(([, each]) => each === code)![0];
}
