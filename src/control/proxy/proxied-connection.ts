import { connect, type Socket } from 'node:net';
import { NS_PER_MS, NS_PER_SECOND, type Clock } from '../../core/clock.ts';
import { KAFKA_APIS } from '../../core/kafka-apis.ts';
import type { Place } from '../place.ts';
import { createConversation, type Conversation, type Message, type SeenRequest } from './conversation.ts';
import { Lane } from './lane.ts';
import { touchedOf, type RequestRule, type Touched } from './rule.ts';

/** What a connection asks its proxy. */
export interface ProxySide {
  clock: Clock;
  nextNumber(): number;
  /** The first rule that strikes this message; null where it goes its way. */
  ruleFor(message: 'request' | 'answer', node: string, request: SeenRequest): RuleStrike | null;
  /** A request was answered to its client. */
  answered(request: SeenRequest, connection: ProxiedConnection): void;
  /**
   * Waits until a later request of this client has been answered on another connection.
   * @returns in words what was answered; null when the rule was lifted before.
   */
  untilAnswered(
    api: number,
    after: SeenRequest,
    connection: ProxiedConnection,
    lifted: AbortSignal,
  ): Promise<string | null>;
  /** Whether somebody wants to know what brokers answer to Produce requests. */
  readonly isWatched: boolean;
  /** A broker has answered a Produce request, whatever becomes of its answer. */
  produced(told: ProduceAnswered): void;
  /** Told once, when nothing of it is left. */
  closed(connection: ProxiedConnection): void;
}

/** A Produce request that a broker has answered: both as they came, with their lengths in front. */
export interface ProduceAnswered {
  node: string;
  request: SeenRequest;
  asked: Buffer;
  answer: Buffer;
}

/** A rule that strikes a message. */
export interface RuleStrike {
  rule: RequestRule;
  /** Aborts when the rule is no longer in force: what it holds goes its way. */
  lifted: AbortSignal;
  readonly touched: (what: Touched) => void;
  /** Something is held until then. */
  readonly holding: (gone: Promise<void>) => void;
}

/** How long a message waits for one that passes it, where the rule does not say it. */
const REORDER_WITHIN_MS = 1_000;

/**
 * One connection of a client through the proxy, to one broker. When the client closes it, what the client had sent still
 * goes to the broker, held messages in their time; as it would from the kernel's own buffers.
 */
export class ProxiedConnection {
  readonly node: string;
  readonly #proxy: ProxySide;
  readonly #client: Socket;
  readonly #broker: Socket;
  readonly #conversation: Conversation;
  readonly #toBroker: Lane;
  readonly #toClient: Lane;
  /** What was done to requests. */
  readonly #touched = new WeakMap<SeenRequest, Touched>();
  /** The bytes of Produce requests that are not answered yet, where somebody watches. */
  readonly #asked = new WeakMap<SeenRequest, Buffer>();
  #isConnected = false;
  #isClientGone = false;

  constructor(proxy: ProxySide, client: Socket, { node, place }: { node: string; place: Place }) {
    this.node = node;
    this.#proxy = proxy;
    this.#client = client;
    this.#conversation = createConversation(() => proxy.nextNumber());
    this.#broker = connect({ ...place, allowHalfOpen: true, noDelay: true });
    this.#toBroker = new Lane(
      (bytes) => write(bytes, this.#broker, client),
      () => this.#broker.end(),
    );
    this.#toClient = new Lane(
      (bytes) => write(bytes, client, this.#broker),
      () => client.end(),
    );
    client.setNoDelay(true);
    client.on('data', (chunk) => this.#fromClient(chunk));
    client.on('end', () => this.#endOf('client'));
    client.on('error', () => undefined);
    client.on('close', () => this.#clientGone());
    this.#broker.on('connect', () => (this.#isConnected = true));
    this.#broker.on('data', (chunk) => this.#fromBroker(chunk));
    this.#broker.on('end', () => this.#endOf('broker'));
    // The broker's refusal or reset is the client's, too.
    this.#broker.on('error', () => client.resetAndDestroy());
    this.#broker.on('close', () => {
      this.#toBroker.cut();
      if (!this.#broker.readableEnded) client.resetAndDestroy();
      this.#closedOne();
    });
  }

  /** Whether its messages can be told apart. */
  get isReadable(): boolean {
    return this.#conversation.isReadable;
  }

  /** Ends both sides at once, and loses what is under way. */
  reset(): void {
    this.#toBroker.cut();
    this.#toClient.cut();
    this.#client.resetAndDestroy();
    if (this.#isConnected) this.#broker.resetAndDestroy();
    else this.#broker.destroy();
  }

  #fromClient(chunk: Buffer): void {
    for (const message of this.#conversation.fromClient(chunk)) {
      const { bytes, request } = message;
      if (request === null) {
        this.#toBroker.push(bytes);
        continue;
      }
      if (this.#proxy.isWatched && request.api === KAFKA_APIS.Produce) this.#asked.set(request, bytes);
      const sent = () => this.#conversation.sent(request);
      this.#carry({ message: 'request', bytes, request, lane: this.#toBroker, leaving: sent });
    }
  }

  #fromBroker(chunk: Buffer): void {
    for (const { bytes, request, answersCopy } of this.#conversation.fromBroker(chunk)) {
      if (request !== null) {
        const touched = this.#touched.get(request);
        if (touched !== undefined) touched.isAnswered = true;
        const asked = this.#asked.get(request);
        if (asked !== undefined) this.#proxy.produced({ node: this.node, request, asked, answer: bytes });
      }
      // The client has asked once.
      if (answersCopy === true) continue;
      this.#answer({ bytes, request });
    }
  }

  #answer({ bytes, request }: Message): void {
    if (request === null) {
      this.#toClient.push(bytes);
      return;
    }
    const answered = () => {
      if (!this.#isClientGone) this.#proxy.answered(request, this);
    };
    this.#carry({ message: 'answer', bytes, request, lane: this.#toClient, leaving: answered });
  }

  /** Lets a message go its way, unless a rule strikes it. */
  #carry(carried: Carried): void {
    const { message, bytes, request, lane, leaving } = carried;
    const strike = this.#proxy.ruleFor(message, this.node, request);
    if (strike === null) {
      lane.push(bytes, { leaving });
      return;
    }
    const { clock } = this.#proxy;
    const { rule, lifted } = strike;
    const touch = (did: string) => {
      const touched = touchedOf(request, this.node, clock.nowNs(), did);
      if (message === 'request') this.#touched.set(request, touched);
      strike.touched(touched);
      return touched;
    };
    switch (rule.do) {
      case 'drop':
        touch('dropped');
        return;
      case 'reset':
        touch('connection reset');
        this.reset();
        return;
      case 'duplicate':
        touch('sent twice');
        lane.push(bytes, { leaving });
        lane.push(bytes, {
          ...(message === 'request' && {
            leaving: () => this.#conversation.sent(request, { isCopy: true }),
          }),
        });
        return;
      case 'reorder':
        this.#letPass(carried, strike, touch);
        return;
      case 'delay':
        this.#hold(carried, strike, touch(`delayed by ${rule.delayMs} ms`), async () => {
          await clock.sleep(rule.delayMs!, lifted);
          return lifted.aborted ? 'delayed until the end of the fault' : null;
        });
        return;
      case 'throttle': {
        const beginNs = Math.max(clock.nowNs(), lane.busyUntilNs);
        lane.busyUntilNs = beginNs + (bytes.length / rule.bytesPerSecond!) * NS_PER_SECOND;
        const waitMs = (lane.busyUntilNs - clock.nowNs()) / NS_PER_MS;
        this.#hold(carried, strike, touch(`slowed by ${Math.round(waitMs)} ms`), async () => {
          await clock.sleep(waitMs, lifted);
          return null;
        });
        return;
      }
      case 'hold':
        this.#hold(carried, strike, touch('held'), () => this.#holding(request, strike));
    }
  }

  /** @param wait resolves when it is to go on, to what was done to it then, where that is not known before */
  #hold(
    { bytes, lane, leaving }: Carried,
    strike: RuleStrike,
    touched: Touched,
    wait: () => Promise<string | null>,
  ): void {
    const { waiting } = lane.push(bytes, { isHeld: true, leaving });
    const gone = wait().then((did) => {
      if (did !== null) touched.did = did;
      lane.release(waiting);
    });
    strike.holding(gone);
  }

  async #holding(request: SeenRequest, { rule, lifted }: RuleStrike): Promise<string> {
    const { clock } = this.#proxy;
    const sinceNs = clock.nowNs();
    const because = await this.#proxy.untilAnswered(
      rule.until === undefined ? request.api : KAFKA_APIS[rule.until],
      request,
      this,
      lifted,
    );
    if (because !== null && rule.delayMs !== undefined) await clock.sleep(rule.delayMs, lifted);
    const heldMs = Math.round((clock.nowNs() - sinceNs) / NS_PER_MS);
    return `held for ${heldMs} ms, ${because === null ? 'until the end of the fault' : `until after ${because}`}`;
  }

  #letPass(
    { bytes, lane, leaving }: Carried,
    { rule, lifted, holding }: RuleStrike,
    touch: (did: string) => Touched,
  ): void {
    const passed = new AbortController();
    const touched = touch('waiting for the next one to pass');
    const { waiting, hasPassed } = lane.push(bytes, {
      leaving,
      lets: () => {
        touched.did = 'passed by the next one';
        passed.abort();
      },
    });
    if (hasPassed) {
      touched.did = 'passed the one before it';
      return;
    }
    const gone = this.#proxy.clock
      .sleep(rule.delayMs ?? REORDER_WITHIN_MS, AbortSignal.any([passed.signal, lifted]))
      .then(() => {
        if (passed.signal.aborted) return;
        touched.did = 'not passed by any other one';
        lane.release(waiting);
      });
    holding(gone);
  }

  #closedOne(): void {
    if (this.#client.closed && this.#broker.closed) this.#proxy.closed(this);
  }

  #endOf(side: 'client' | 'broker'): void {
    const lane = side === 'client' ? this.#toBroker : this.#toClient;
    const rest = this.#conversation.rest(side);
    if (rest.length > 0) lane.push(rest);
    lane.end();
  }

  /** What it has sent still goes to the broker, unless there never was a connection to the broker. */
  #clientGone(): void {
    this.#isClientGone = true;
    this.#toClient.cut();
    this.#closedOne();
    if (!this.#isConnected) {
      this.#broker.destroy();
      return;
    }
    this.#broker.resume();
    this.#endOf('client');
  }
}

/** A message, and the way that it would go. */
interface Carried {
  message: 'request' | 'answer';
  bytes: Buffer;
  request: SeenRequest;
  lane: Lane;
  /** Called when it leaves. */
  leaving: () => void;
}

/** Takes no more from one side than the other side takes. */
function write(bytes: Buffer, to: Socket, from: Socket): void {
  if (!to.writable || to.write(bytes)) return;
  from.pause();
  const goOn = () => from.resume();
  to.once('drain', goOn);
  to.once('close', goOn);
}
