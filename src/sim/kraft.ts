import type { Alteration, Coordination } from './coordination.ts';
import { has, Partitions, type PartitionState } from './partitions.ts';
import type { Peer } from './peer.ts';
import { Process } from './process.ts';
import { TICK_NS, type Surroundings } from './surroundings.ts';

/**
 * KRaft: controllers among which a majority elects one, which commits a change only when a majority has it, fences
 * brokers whose heartbeats stay away, and tells the others. The controllers are nodes of their own or the brokers
 * themselves.
 *
 * Coarser than the original: there is no log of the metadata. A change happens when a majority has answered for the
 * epoch of the controller that wants it, so no two controllers can ever change anything at the same time.
 */
const FETCH_TIMEOUT_NS = 2e9;
const RESIGN_NS = 3e9;
const BACKOFF_NS = 1e9;
const BEAT_NS = 500e6;
const ANSWER_TIMEOUT_NS = 1e9;

/** Sends an answer; `receive` is what its receiver does with it. */
type Answer = (receive: () => void) => void;

interface Voter {
  readonly number: number;
  readonly process: Process;
  readonly nodeId: number;
  /** The newest epoch it has heard of, and for whom it voted in it. */
  epoch: number;
  votedFor: number;
  /** Which one it follows, -1 for none; itself when it is active. */
  follows: number;
  heardNs: number;
  candidateAtNs: number;
  /** As active controller: when each voter last answered, and each broker's last heartbeat. */
  answeredNs: number[];
  brokerHeardNs: number[];
  beatNs: number;
}

export class Kraft implements Coordination {
  readonly processes: readonly Process[];
  readonly #around: Surroundings;
  readonly #partitions: Partitions;
  readonly #voters: Voter[];
  readonly #majority: number;
  /** Brokers that may lead: registered and not fenced. */
  #unfenced = 0;
  /** By broker: the voter it talks to, when it last sent, since when it waits for an answer, the life that registered. */
  readonly #contact: { voter: number; sentNs: number; waitingNs: number | null; life: number }[];
  /** Requests for another in-sync set so far; by partition, the latest that was decided. */
  #requests = 0;
  readonly #decided: number[] = [];

  constructor(around: Surroundings, partitions: Partitions) {
    this.#around = around;
    this.#partitions = partitions;
    const { nodes } = around.options;
    const separate: Process[] = [];
    this.#voters = nodes
      .flatMap((node, place) => {
        if (!node.roles.includes('controller')) return [];
        let process = around.brokers.find((broker) => broker.process.place === place)?.process;
        if (process === undefined) {
          process = new Process(node.name, place);
          separate.push(process);
        }
        return [{ process, nodeId: node.id ?? -1 }];
      })
      .map(({ process, nodeId }, number) => ({
        number,
        process,
        nodeId,
        epoch: 0,
        votedFor: -1,
        follows: -1,
        heardNs: 0,
        candidateAtNs: Infinity,
        answeredNs: [],
        brokerHeardNs: [],
        beatNs: 0,
      }));
    this.#majority = Math.floor(this.#voters.length / 2) + 1;
    this.processes = separate;
    this.#contact = around.brokers.map(() => ({ voter: 0, sentNs: 0, waitingNs: null, life: 0 }));
  }

  get states(): readonly PartitionState[] {
    return this.#partitions.states;
  }

  get controllerId(): number {
    return this.#active?.nodeId ?? -1;
  }

  /** The one that a majority believes in: of several that think so, the one with the newest epoch. */
  get #active(): Voter | null {
    let found: Voter | null = null;
    for (const voter of this.#voters) {
      if (voter.follows !== voter.number || voter.process.state === 'down') continue;
      if (found === null || voter.epoch > found.epoch) found = voter;
    }
    return found;
  }

  begin(): void {
    const { brokers, random, clock } = this.#around;
    for (const process of this.processes) process.start();
    const first = this.#voters[random.int(this.#voters.length)]!;
    for (const voter of this.#voters) {
      voter.epoch = 1;
      voter.follows = first.number;
      voter.heardNs = clock.nowNs();
    }
    this.#unfenced = (1 << brokers.length) - 1;
    this.#lead(first);
    for (const broker of brokers) {
      const contact = this.#contact[broker.number]!;
      contact.life = broker.process.life;
      contact.voter = first.number;
      broker.learn(this.states, first.nodeId);
    }
    for (const voter of this.#voters) {
      let { life } = voter.process;
      const tick = () => {
        if (voter.process.life !== life) {
          life = voter.process.life;
          this.#forget(voter);
        }
        if (voter.process.state === 'up') this.#tick(voter);
        clock.at(clock.nowNs() + TICK_NS, tick);
      };
      clock.at(clock.nowNs() + random.int(TICK_NS), tick);
    }
  }

  /** Epoch and vote are on disk, all else was in memory. */
  #forget(voter: Voter): void {
    voter.follows = -1;
    voter.heardNs = this.#around.clock.nowNs();
    voter.candidateAtNs = Infinity;
  }

  #lead(voter: Voter): void {
    const nowNs = this.#around.clock.nowNs();
    voter.follows = voter.number;
    voter.answeredNs = this.#voters.map(() => nowNs);
    voter.brokerHeardNs = this.#around.brokers.map(() => nowNs);
    voter.beatNs = 0;
  }

  /**
   * A message over a connection between these lives of both processes. The answer comes back over the same one: a later
   * life of the sender never gets it.
   */
  #send(from: Process, to: Process, work: (answer: Answer) => void, refused?: () => void): void {
    const { network } = this.#around;
    const [fromLife, toLife] = [from.life, to.life];
    const answer = (receive: () => void) =>
      network.send(to.place, from.place, () =>
        from.run(() => {
          if (from.life === fromLife) receive();
        }),
      );
    network.send(from.place, to.place, () => {
      const taken = to.run(() => {
        if (to.life === toLife) work(answer);
      });
      if (!taken && refused !== undefined) answer(refused);
    });
  }

  #tick(voter: Voter): void {
    const nowNs = this.#around.clock.nowNs();
    if (voter.follows === voter.number) this.#tickActive(voter, nowNs);
    else if (nowNs - voter.heardNs > FETCH_TIMEOUT_NS) this.#tickCandidate(voter, nowNs);
  }

  #tickActive(voter: Voter, nowNs: number): void {
    const heard = this.#voters.filter(
      (other) => other === voter || nowNs - voter.answeredNs[other.number]! < RESIGN_NS,
    );
    if (heard.length < this.#majority) {
      voter.follows = -1;
      voter.heardNs = nowNs;
      return;
    }
    if (nowNs - voter.beatNs >= BEAT_NS) {
      voter.beatNs = nowNs;
      for (const other of this.#voters) if (other !== voter) this.#beat(voter, other, () => {});
    }
    const timeoutNs = this.#around.options.timeouts.brokerSessionTimeoutMs * 1e6;
    for (const broker of this.#around.brokers) {
      const { number } = broker;
      if (!has(this.#unfenced, number) || nowNs - voter.brokerHeardNs[number]! < timeoutNs) continue;
      this.#commit(voter, () => {
        if (this.#around.clock.nowNs() - voter.brokerHeardNs[number]! < timeoutNs) return [];
        this.#unfenced &= ~(1 << number);
        return this.#partitions.elect(this.#unfenced);
      });
    }
  }

  #beat(voter: Voter, other: Voter, answered: () => void): void {
    const { epoch } = voter;
    this.#send(voter.process, other.process, (answer) => {
      if (other.epoch > epoch) {
        // The answer names the newer epoch, and the old controller steps down.
        answer(() => this.#heardOf(voter, other.epoch));
        return;
      }
      this.#heardOf(other, epoch);
      other.follows = voter.number;
      other.heardNs = this.#around.clock.nowNs();
      other.candidateAtNs = Infinity;
      answer(() => {
        if (voter.epoch !== epoch || voter.follows !== voter.number) return;
        voter.answeredNs[other.number] = this.#around.clock.nowNs();
        answered();
      });
    });
  }

  #heardOf(voter: Voter, epoch: number): void {
    if (epoch <= voter.epoch) return;
    voter.epoch = epoch;
    voter.votedFor = -1;
    if (voter.follows === voter.number) {
      voter.follows = -1;
      voter.heardNs = this.#around.clock.nowNs();
    }
  }

  /** Asks first whether it would be elected, so that one that was cut off does not unseat anybody on its return. */
  #tickCandidate(voter: Voter, nowNs: number): void {
    if (voter.candidateAtNs === Infinity) voter.candidateAtNs = nowNs + this.#around.random.int(BACKOFF_NS);
    if (nowNs < voter.candidateAtNs) return;
    voter.candidateAtNs = Infinity;
    voter.follows = -1;
    let willing = 1;
    const stand = () => {
      if (willing < this.#majority || voter.follows >= 0) return;
      willing = -Infinity;
      this.#stand(voter);
    };
    for (const other of this.#voters) {
      if (other === voter) continue;
      this.#send(voter.process, other.process, (answer) => {
        const content = this.#around.clock.nowNs() - other.heardNs < FETCH_TIMEOUT_NS;
        if (content || other.follows === other.number) return;
        answer(() => {
          willing++;
          stand();
        });
      });
    }
    stand();
  }

  #stand(voter: Voter): void {
    const epoch = ++voter.epoch;
    voter.votedFor = voter.number;
    let votes = 1;
    const count = () => {
      if (votes < this.#majority || voter.epoch !== epoch || voter.follows === voter.number) return;
      this.#lead(voter);
      const { clock, options } = this.#around;
      options.onEvent({
        type: 'controller',
        timeNs: clock.nowNs(),
        observer: `log:${voter.process.name}`,
        controller: voter.nodeId,
      });
      this.#commit(voter, () => this.#partitions.elect(this.#unfenced));
    };
    for (const other of this.#voters) {
      if (other === voter) continue;
      this.#send(voter.process, other.process, (answer) => {
        this.#heardOf(other, epoch);
        if (other.epoch !== epoch || (other.votedFor >= 0 && other.votedFor !== voter.number)) return;
        other.votedFor = voter.number;
        answer(() => {
          votes++;
          count();
        });
      });
    }
    count();
  }

  /** The change happens when a majority, the controller included, has answered for its epoch. */
  #commit(voter: Voter, change: () => readonly PartitionState[], committed: () => void = () => {}): void {
    let answers = 1;
    const settle = () => {
      if (answers < this.#majority) return;
      answers = -Infinity;
      this.#publish(voter, change());
      committed();
    };
    if (answers < this.#majority) {
      for (const other of this.#voters) {
        if (other === voter) continue;
        this.#beat(voter, other, () => {
          answers++;
          settle();
        });
      }
    }
    settle();
  }

  #publish(voter: Voter, states: readonly PartitionState[]): void {
    if (states.length === 0) return;
    for (const broker of this.#around.brokers) {
      // Brokers fetch the metadata: without their requests there are no answers. The next heartbeat brings the rest.
      if (!this.#around.network.connects(voter.process.place, broker.process.place)) continue;
      this.#send(voter.process, broker.process, () => {
        // A new life neither leads nor follows before it is registered (KIP-380, KIP-841).
        const isRegistered = this.#contact[broker.number]!.life === broker.process.life;
        if (isRegistered) broker.learn(states, voter.nodeId);
      });
    }
  }

  joined(broker: Peer): void {
    const contact = this.#contact[broker.number]!;
    contact.sentNs = 0;
    contact.waitingNs = null;
  }

  heartbeat(broker: Peer): void {
    const { clock, options } = this.#around;
    const contact = this.#contact[broker.number]!;
    const nowNs = clock.nowNs();
    if (nowNs - contact.sentNs < options.timeouts.brokerHeartbeatIntervalMs * 1e6) return;
    if (contact.waitingNs !== null && nowNs - contact.waitingNs > ANSWER_TIMEOUT_NS)
      this.#tryAnother(contact);
    const voter = this.#voters[contact.voter]!;
    contact.waitingNs ??= nowNs;
    // Without an answer the connection is given up, and a new one needs both directions.
    if (!this.#around.network.connects(broker.process.place, voter.process.place)) return;
    contact.sentNs = nowNs;
    const { life } = broker.process;
    this.#send(
      broker.process,
      voter.process,
      (answer) => {
        if (voter.follows === voter.number) return this.#heard(voter, broker, life, answer);
        const { follows } = voter;
        answer(() => {
          if (follows < 0) return;
          contact.voter = follows;
          contact.waitingNs = null;
        });
      },
      () => this.#tryAnother(contact),
    );
  }

  #tryAnother(contact: { voter: number; sentNs: number; waitingNs: number | null }): void {
    contact.voter = (contact.voter + 1) % this.#voters.length;
    contact.waitingNs = null;
    contact.sentNs = 0;
  }

  #heard(voter: Voter, broker: Peer, life: number, respond: Answer): void {
    const { number } = broker;
    const contact = this.#contact[number]!;
    // What an earlier life had sent and something held up: its registration is over.
    if (life < contact.life) return;
    voter.brokerHeardNs[number] = this.#around.clock.nowNs();
    const answer = () => {
      const states = this.states.slice();
      respond(() => {
        contact.waitingNs = null;
        broker.learn(states, voter.nodeId);
      });
    };
    if (contact.life !== life) {
      // A new life of a broker that had not been missed yet: the old one is fenced first (KIP-841).
      this.#commit(
        voter,
        () => {
          contact.life = life;
          const lost = this.#partitions.elect(this.#unfenced & ~(1 << number));
          this.#unfenced |= 1 << number;
          return [...lost, ...this.#partitions.elect(this.#unfenced)];
        },
        answer,
      );
    } else if (!has(this.#unfenced, number)) {
      this.#commit(
        voter,
        () => {
          this.#unfenced |= 1 << number;
          return this.#partitions.elect(this.#unfenced);
        },
        answer,
      );
    } else answer();
  }

  #ask(broker: Peer, work: (active: Voter, answer: Answer) => void): void {
    const voter = this.#voters[this.#contact[broker.number]!.voter]!;
    this.#send(broker.process, voter.process, (answer) => {
      if (voter.follows === voter.number) work(voter, answer);
    });
  }

  /**
   * A fenced broker cannot be in sync. Only that refusal tells the leader that nothing has happened, as in Kafka: a
   * request that is outdated may be so because an earlier one was accepted, of which the leader has yet to hear. A
   * request that a later one has overtaken is dropped, since the later one's answer speaks for both.
   */
  alter(broker: Peer, alteration: Alteration, refused: () => void): void {
    const { partition } = alteration;
    const request = ++this.#requests;
    this.#ask(broker, (active, answer) => {
      let outcome: PartitionState[] | 'outdated' | 'ineligible' = 'outdated';
      this.#commit(
        active,
        () => {
          if (request < (this.#decided[partition] ?? 0)) return [];
          this.#decided[partition] = request;
          outcome = this.#partitions.alter(broker.number, alteration, this.#unfenced);
          return typeof outcome === 'string' ? [] : outcome;
        },
        () =>
          answer(() => {
            if (outcome === 'ineligible') refused();
            else if (outcome !== 'outdated') broker.learn(outcome, active.nodeId);
          }),
      );
    });
  }

  moveLeaders(broker: Peer, moves: readonly { partition: number; leader: number }[], done: () => void): void {
    this.#ask(broker, (active, answer) =>
      this.#commit(
        active,
        () => this.#partitions.move(moves, this.#unfenced),
        () => answer(done),
      ),
    );
  }

  leave(broker: Peer, done: () => void): void {
    this.#ask(broker, (active, answer) =>
      this.#commit(
        active,
        () => this.#partitions.moveAwayFrom(broker.number, this.#unfenced),
        () => answer(done),
      ),
    );
  }
}
