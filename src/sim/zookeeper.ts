import type { Alteration, Coordination } from './coordination.ts';
import { has, Partitions, type PartitionState } from './partitions.ts';
import type { Peer } from './peer.ts';
import { Process } from './process.ts';
import { TICK_NS, type Surroundings } from './surroundings.ts';

/**
 * A ZooKeeper server, and the broker that is controller. Sessions live by pings; when one expires, the controller
 * learns of it, elects, and tells every broker with a session. A broker without one is told nothing: it goes on
 * leading until it connects again. When the controller's own session expires, the first broker to claim the place
 * gets it and looks through everything once.
 *
 * Coarser than the original: what the controller writes is decided where it is stored, in one step.
 */
const CLAIM_WORK_NS = 100e6;

export class ZooKeeper implements Coordination {
  readonly processes: readonly Process[];
  readonly #around: Surroundings;
  readonly #partitions: Partitions;
  readonly #server: Process;
  /** By broker: when its session expires; 0 for none. */
  readonly #expiresNs: number[];
  /** By broker: when it last sent a ping, and the life of the process that its session belongs to. */
  readonly #pingedNs: number[];
  readonly #lifeOf: number[];
  /** By broker: how many sessions it has had. */
  readonly #sessionOf: number[];
  #controller = -1;
  #claimable = false;

  constructor(around: Surroundings, partitions: Partitions) {
    this.#around = around;
    this.#partitions = partitions;
    const place = around.options.nodes.findIndex((node) => node.roles.includes('zookeeper'));
    this.#server = new Process(around.options.nodes[place]!.name, place);
    this.processes = [this.#server];
    this.#expiresNs = around.brokers.map(() => 0);
    this.#pingedNs = around.brokers.map(() => 0);
    this.#lifeOf = around.brokers.map(() => 0);
    this.#sessionOf = around.brokers.map(() => 0);
  }

  get states(): readonly PartitionState[] {
    return this.#partitions.states;
  }

  get controllerId(): number {
    return this.#controller < 0 ? -1 : this.#controller + 1;
  }

  begin(): void {
    const { brokers, random, clock } = this.#around;
    this.#server.start();
    this.#controller = random.int(brokers.length);
    for (const broker of brokers) {
      this.#lifeOf[broker.number] = broker.process.life;
      this.#expiresNs[broker.number] = clock.nowNs() + this.#timeoutNs;
      broker.learn(this.states, this.controllerId);
    }
    const tick = () => {
      if (this.#server.state === 'up') this.#expire();
      clock.at(clock.nowNs() + TICK_NS, tick);
    };
    clock.at(clock.nowNs() + random.int(TICK_NS), tick);
  }

  get #timeoutNs(): number {
    return this.#around.options.timeouts.zookeeperSessionTimeoutMs * 1e6;
  }

  get #alive(): number {
    return this.#expiresNs.reduce(
      (mask, expiresNs, broker) => (expiresNs > 0 ? mask | (1 << broker) : mask),
      0,
    );
  }

  /** A session needs a connection, and that needs both directions. */
  #reaches(broker: Peer): boolean {
    return this.#around.network.connects(broker.process.place, this.#server.place);
  }

  #atServer(broker: Peer, work: () => void): void {
    this.#around.network.send(broker.process.place, this.#server.place, () => this.#server.run(work));
  }

  /** @param life the one that has the session, or that asked: no other life hears of it */
  #atBroker(broker: Peer, work: () => void, life = this.#lifeOf[broker.number]!): void {
    this.#around.network.send(this.#server.place, broker.process.place, () =>
      broker.process.run(() => {
        if (broker.process.life === life) work();
      }),
    );
  }

  heartbeat(broker: Peer): void {
    const { clock } = this.#around;
    const { number } = broker;
    const nowNs = clock.nowNs();
    if (nowNs - this.#pingedNs[number]! < this.#timeoutNs / 3 || !this.#reaches(broker)) return;
    this.#pingedNs[number] = nowNs;
    const { life } = broker.process;
    this.#atServer(broker, () => this.#ping(broker, life));
  }

  #ping(broker: Peer, life: number): void {
    const { number } = broker;
    const expiresNs = this.#around.clock.nowNs() + this.#timeoutNs;
    const known = this.#expiresNs[number]! > 0;
    // Its earlier life still has a session: the broker has to wait until that has expired. And what an earlier life had
    // sent, held up until now, makes no session.
    if (known ? this.#lifeOf[number] !== life : life < this.#lifeOf[number]!) return;
    this.#expiresNs[number] = expiresNs;
    this.#lifeOf[number] = life;
    if (known) return;
    this.#sessionOf[number]!++;
    this.#changed(broker);
  }

  joined(broker: Peer): void {
    this.#pingedNs[broker.number] = 0;
    this.heartbeat(broker);
  }

  #expire(): void {
    const nowNs = this.#around.clock.nowNs();
    let gone = false;
    for (const [number, expiresNs] of this.#expiresNs.entries()) {
      if (expiresNs === 0 || expiresNs > nowNs) continue;
      this.#expiresNs[number] = 0;
      gone = true;
      if (number === this.#controller) {
        this.#controller = -1;
        this.#claimable = true;
      }
    }
    if (this.#claimable && this.#controller < 0) this.#offer();
    else if (gone) this.#changed(null);
  }

  /** Every broker with a session hears that the place is free; whose claim comes first has it. */
  #offer(): void {
    for (const broker of this.#around.brokers) {
      if (!has(this.#alive, broker.number)) continue;
      this.#atBroker(broker, () =>
        this.#atServer(broker, () => {
          if (this.#controller >= 0 || !has(this.#alive, broker.number)) return;
          this.#controller = broker.number;
          this.#claimable = false;
          const { clock, options } = this.#around;
          options.onEvent({
            type: 'controller',
            timeNs: clock.nowNs(),
            observer: `log:${broker.process.name}`,
            controller: broker.id,
          });
          clock.at(clock.nowNs() + CLAIM_WORK_NS, () => this.#changed(null, true));
        }),
      );
    }
  }

  /** Brokers came or went: the controller is told, decides, stores, and tells those whom it may concern. */
  #changed(newcomer: Peer | null, everything = false): void {
    const controller = this.#around.brokers[this.#controller];
    if (controller === undefined) {
      this.#claimable = true;
      return;
    }
    this.#atBroker(controller, () =>
      this.#atServer(controller, () => {
        if (this.#controller !== controller.number) return;
        const changed = this.#partitions.elect(this.#alive);
        this.#publish(everything ? this.states : changed, newcomer);
      }),
    );
  }

  /** The controller sends the news to every broker with a session; who has just come gets everything. */
  #publish(states: readonly PartitionState[], newcomer: Peer | null): void {
    const controller = this.#around.brokers[this.#controller];
    if (controller === undefined) return;
    const { controllerId } = this;
    const all = this.states.slice();
    const session = this.#sessionOf[controller.number];
    this.#atBroker(controller, () => {
      // The connection of a session that has expired is closed at both ends: what was under way on it never arrives.
      const expired = !has(this.#alive, controller.number) || session !== this.#sessionOf[controller.number];
      if (expired) return;
      for (const broker of this.#around.brokers) {
        if (!has(this.#alive, broker.number)) continue;
        this.#tell(controller, broker, broker === newcomer ? all : states, controllerId);
      }
    });
  }

  #tell(from: Peer, to: Peer, states: readonly PartitionState[], controllerId: number): void {
    const { life } = to.process;
    this.#around.network.send(from.process.place, to.process.place, () =>
      to.process.run(() => {
        // A new life neither leads nor follows before it has a session of its own.
        if (to.process.life === life && this.#lifeOf[to.number] === life) to.learn(states, controllerId);
      }),
    );
  }

  /** There is one server, whose answers keep their order: a refusal is the answer to every earlier request, too. */
  alter(broker: Peer, alteration: Alteration, refused: () => void): void {
    const { life } = broker.process;
    this.#atServer(broker, () => {
      const changed = this.#partitions.alter(broker.number, alteration);
      const { controllerId } = this;
      const learn = () => {
        if (typeof changed === 'string') refused();
        else broker.learn(changed, controllerId);
      };
      this.#atBroker(broker, learn, life);
      if (typeof changed !== 'string') this.#publish(changed, null);
    });
  }

  moveLeaders(broker: Peer, moves: readonly { partition: number; leader: number }[], done: () => void): void {
    const { life } = broker.process;
    this.#atServer(broker, () => {
      const changed = this.#partitions.move(moves, this.#alive);
      this.#publish(changed, null);
      this.#atBroker(broker, done, life);
    });
  }

  leave(broker: Peer, done: () => void): void {
    const { life } = broker.process;
    this.#atServer(broker, () => {
      const changed = this.#partitions.moveAwayFrom(broker.number, this.#alive);
      this.#publish(changed, null);
      this.#atBroker(broker, done, life);
    });
  }
}
