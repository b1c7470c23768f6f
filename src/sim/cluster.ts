import { CLIENT } from '../core/link.ts';
import { Broker } from './broker.ts';
import { internalTopicsOf } from './coordinators/internal-topics.ts';
import type { Coordination } from './coordination.ts';
import { Kraft } from './kraft.ts';
import type { ModelOptions } from './model.ts';
import { Network } from './network.ts';
import { Partitions } from './partitions.ts';
import { Process } from './process.ts';
import { Records } from './records.ts';
import type { Surroundings } from './surroundings.ts';
import { ZooKeeper } from './zookeeper.ts';

/** A modelled cluster: nodes in a network, and the topic on them. It lives from `begin` on. */
export class Cluster implements Surroundings {
  readonly options: ModelOptions;
  readonly clock: ModelOptions['clock'];
  readonly random: ModelOptions['random'];
  readonly network: Network;
  readonly records = new Records();
  readonly brokers: Broker[] = [];
  readonly coordination: Coordination;
  readonly client: number;
  producers = 0;
  groupMembers = 0;
  readers = 0;
  /** Told when a broker's process has ended: its sockets are closed. */
  readonly onDeath: ((broker: Broker) => void)[] = [];

  constructor(options: ModelOptions) {
    const { nodes, topic, clock, random } = options;
    this.options = options;
    this.clock = clock;
    this.random = random;
    const places = [...nodes.map(({ name }) => name), CLIENT];
    this.network = new Network(places, clock, random.fork('network'), options.bug);
    this.client = nodes.length;
    for (const [place, node] of nodes.entries()) {
      if (!node.roles.includes('broker')) continue;
      this.brokers.push(new Broker(this, this.brokers.length, new Process(node.name, place)));
    }
    const partitions = new Partitions(
      topic,
      this.brokers.length,
      random.int(this.brokers.length),
      options.bug,
      internalTopicsOf(options),
    );
    for (const { partition, replicas } of partitions.states) {
      for (const broker of replicas) this.brokers[broker]!.host(partition);
    }
    this.coordination =
      options.mode === 'zookeeper' ? new ZooKeeper(this, partitions) : new Kraft(this, partitions);
  }

  begin(): void {
    for (const broker of this.brokers) broker.start();
    this.coordination.begin();
  }

  brokerNamed(name: string): Broker | null {
    return this.brokers.find((broker) => broker.process.name === name) ?? null;
  }

  processNamed(name: string): Process {
    const processes = [...this.brokers.map(({ process }) => process), ...this.coordination.processes];
    const found = processes.find((process) => process.name === name);
    if (found === undefined) throw new Error(`There is no node ${name} in this cluster.`);
    return found;
  }

  /** Ends a process at once; its peers' kernels learn of it where the network lets them. */
  end(name: string, lost: 'memory' | 'page-cache'): void {
    if (lost === 'page-cache') this.network.losePower(this.network.placeOf(name));
    const broker = this.brokerNamed(name);
    if (broker === null) this.processNamed(name).die();
    else {
      broker.die(lost);
      for (const tell of this.onDeath) tell(broker);
    }
  }

  restart(name: string): void {
    const broker = this.brokerNamed(name);
    if (broker === null) return this.processNamed(name).start();
    if (this.options.bug === 'torn-tail') {
      for (const replica of broker.replicas)
        replica?.log.truncate(Math.max(0, replica.log.end - TORN_RECORDS));
    }
    broker.start();
    this.coordination.joined(broker);
  }
}

const TORN_RECORDS = 20;
