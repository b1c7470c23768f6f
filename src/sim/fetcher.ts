import type { EpochAnswer, FetchAnswer, FetchRequest } from './fetch.ts';
import type { Peer } from './peer.ts';
import type { Replica } from './replica.ts';
import type { Surroundings } from './surroundings.ts';

const GIVE_UP_NS = 2e9;
/** replica.fetch.backoff.ms of the lab. */
const BACKOFF_NS = 100e6;

/**
 * A follower's loop towards one leader: first it asks for every partition where its log and the leader's diverge and
 * cuts off what the leader does not have (KIP-101, KIP-279), then it fetches, over and over. One request at a time;
 * one that gets no answer is given up after a while, and its answer, should it come yet, is ignored.
 */
export class Fetcher {
  readonly #around: Surroundings;
  readonly #self: Peer;
  readonly #leader: number;
  #serial = 0;
  #inFlight = false;
  #sentNs = 0;
  #notBeforeNs = 0;

  constructor(around: Surroundings, self: Peer, leader: number) {
    this.#around = around;
    this.#self = self;
    this.#leader = leader;
  }

  /** Forgets what is under way: the process died, or was told something new. */
  reset(): void {
    this.#serial++;
    this.#inFlight = false;
    this.#notBeforeNs = 0;
  }

  /** Called now and then, and whenever there may be something to fetch. */
  kick(): void {
    const nowNs = this.#around.clock.nowNs();
    if (this.#inFlight && nowNs - this.#sentNs > GIVE_UP_NS) {
      this.#serial++;
      this.#inFlight = false;
    }
    if (this.#inFlight || nowNs < this.#notBeforeNs) return;
    if (this.#self.replicas.some((replica) => replica?.diverging && this.#follows(replica))) {
      const diverging = this.#request(true);
      this.#send<EpochAnswer>(
        diverging,
        (leader, respond) => respond(leader.endsOfEpochs(diverging)),
        (answer) => this.#take(diverging, answer, this.#truncate),
      );
      return;
    }
    const request = this.#request(false);
    if (request.partitions.length === 0) return;
    this.#send<FetchAnswer>(
      request,
      (leader, respond) => leader.fetch(request, respond),
      (answer) => this.#take(request, answer, this.#append),
    );
  }

  #request(diverging: boolean): FetchRequest {
    const request: FetchRequest = {
      follower: this.#self.number,
      serial: ++this.#serial,
      partitions: [],
      epochs: [],
      offsets: [],
      logEpochs: [],
    };
    for (const replica of this.#self.replicas) {
      if (replica === null || replica.diverging !== diverging || !this.#follows(replica)) continue;
      request.partitions.push(replica.partition);
      request.epochs.push(replica.state!.epoch);
      request.offsets.push(replica.log.end);
      request.logEpochs.push(replica.log.lastEpoch);
    }
    return request;
  }

  #follows(replica: Replica): boolean {
    return replica.role === 'follower' && replica.state!.leader === this.#leader;
  }

  #send<Answer>(
    request: FetchRequest,
    ask: (leader: Peer, respond: (answer: Answer) => void) => void,
    receive: (answer: Answer) => void,
  ): void {
    const { network, brokers, clock } = this.#around;
    const self = this.#self.process;
    const leader = brokers[this.#leader]!;
    const { life } = self;
    this.#inFlight = true;
    this.#sentNs = clock.nowNs();
    network.send(self.place, leader.process.place, () => {
      const taken = leader.process.run(() =>
        ask(leader, (answer) => this.#bringHome(request, life, answer, receive)),
      );
      // Nothing listens there: the connection is refused.
      if (!taken) this.#bringHome<Answer>(request, life, null, receive);
    });
  }

  #bringHome<Answer>(
    request: FetchRequest,
    life: number,
    answer: Answer | null,
    receive: (answer: Answer) => void,
  ): void {
    const self = this.#self.process;
    const leader = this.#around.brokers[this.#leader]!.process;
    this.#around.network.send(leader.place, self.place, () =>
      self.run(() => {
        if (self.life !== life || request.serial !== this.#serial || !this.#inFlight) return;
        this.#inFlight = false;
        if (answer === null) this.#backOff();
        else receive(answer);
        this.kick();
      }),
    );
  }

  #backOff(): void {
    this.#notBeforeNs = this.#around.clock.nowNs() + BACKOFF_NS;
  }

  /** Gives each partition's answer to `use`, where this broker still follows as it did when it asked. */
  #take<Found>(
    request: FetchRequest,
    answer: readonly (Found | null)[],
    use: (replica: Replica, found: Found) => void,
  ): void {
    for (let index = 0; index < request.partitions.length; index++) {
      const replica = this.#self.replicas[request.partitions[index]!]!;
      if (replica.role !== 'follower' || replica.state!.epoch !== request.epochs[index]) continue;
      const found = answer[index];
      if (found == null) this.#backOff();
      else use(replica, found);
    }
  }

  readonly #truncate = (replica: Replica, found: { epoch: number; end: number }): void => {
    const own = replica.log.endOf(found.epoch);
    this.#self.truncate(replica, found.epoch < 0 ? replica.highWatermark : Math.min(found.end, own.end));
    // Unless both know the epoch whose ends were compared, there may be more to cut.
    replica.diverging = found.epoch >= 0 && own.epoch !== found.epoch;
  };

  readonly #append = (replica: Replica, found: NonNullable<FetchAnswer[number]>): void => {
    const { log } = replica;
    if (found === 'out-of-range') {
      replica.diverging = true;
      return;
    }
    if (found.slice !== null && found.slice.from === log.end) log.extend(found.slice);
    replica.highWatermark = Math.max(replica.highWatermark, Math.min(found.highWatermark, log.end));
    const { flushMessages } = this.#around.options;
    if (flushMessages !== null && log.end - log.flushed >= flushMessages) log.flushed = log.end;
  };
}
