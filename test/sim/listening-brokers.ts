import { seededRandom } from '../../src/core/random.ts';
import { virtualClock } from '../../src/core/virtual-clock.ts';
import type { Coordination } from '../../src/sim/coordination.ts';
import { Network } from '../../src/sim/network.ts';
import { Partitions, type PartitionState } from '../../src/sim/partitions.ts';
import type { Peer } from '../../src/sim/peer.ts';
import { Process } from '../../src/sim/process.ts';
import { TICK_NS, type Surroundings } from '../../src/sim/surroundings.ts';

/**
 * What a coordination of the model is tested with: kafka1, kafka2 and kafka3, which do nothing but note what they are told
 * of partition 0. kafka1 leads it.
 */
export function listeningBrokers(options: {
  /** Of the coordination's own nodes: names, and the role of each. */
  others: readonly string[];
  role: 'zookeeper' | 'controller';
  timeouts: Record<string, number>;
  /** What the coordination draws by chance. */
  chance: number;
  /** How a broker notes what it is told. */
  note: (state: PartitionState) => string;
}) {
  const clock = virtualClock();
  const kafka = ['kafka1', 'kafka2', 'kafka3'];
  const names = [...kafka, ...options.others];
  const network = new Network(names, clock, seededRandom(1));
  const told: string[][] = [[], [], []];
  const brokers = kafka.map((name, number) => {
    const process = new Process(name, number);
    process.start();
    const learn = ([state]: readonly PartitionState[]) => {
      if (state !== undefined) told[number]!.push(options.note(state));
    };
    return { number, id: number + 1, process, learn } as Partial<Peer> as Peer;
  });
  const surroundings = {
    options: {
      nodes: names.map((name, place) => ({
        name,
        id: place + 1,
        roles: [kafka.includes(name) ? 'broker' : options.role],
      })),
      timeouts: options.timeouts,
      onEvent: () => {},
    },
    clock,
    random: { int: () => options.chance },
    network,
    brokers,
  } as unknown as Surroundings;
  const topic = { partitions: 1, replicationFactor: 3, minInsyncReplicas: 1, uncleanLeaderElection: false };
  /** Brokers that send no heartbeat, by name. */
  const silent = new Set<string>();

  /** Begins, and has the brokers send heartbeats from now on. */
  function begin(coordination: Coordination): void {
    coordination.begin();
    const beat = () => {
      for (const broker of brokers)
        broker.process.run(() => {
          if (!silent.has(broker.process.name)) coordination.heartbeat(broker);
        });
      clock.at(clock.nowNs() + TICK_NS, beat);
    };
    beat();
  }

  return {
    clock,
    network,
    told,
    brokers,
    silent,
    surroundings,
    partitions: new Partitions(topic, 3, 0, null),
    begin,
  };
}
