import { createServer, type Server } from 'node:net';
import type { Clock } from '../../core/clock.ts';
import { Failure, messageOf } from '../../core/failure.ts';
import { apiName } from '../../core/kafka-apis.ts';
import type { Link } from '../../core/link.ts';
import type { Place } from '../place.ts';
import type { SeenRequest } from './conversation.ts';
import {
  ProxiedConnection,
  type ProduceAnswered,
  type ProxySide,
  type RuleStrike,
} from './proxied-connection.ts';
import { RuleInForce, type RequestRule, type Touched } from './rule.ts';

export type { ProduceAnswered, RequestRule, Touched };

/**
 * What the clients' connections to the brokers go through, in this very process. It can tell single requests and answers
 * apart, and do something to those that a rule names; everything else it passes on, byte by byte. The brokers advertise its
 * places to clients, so every client library comes this way, and none has to know of it.
 */
export interface RequestProxy {
  /** Where clients reach each broker, by its name. */
  readonly places: ReadonlyMap<string, Place>;
  /**
   * Puts a rule in force at once. Of several that would strike a message, the first one does.
   * @param links of the clients' place and the brokers that are meant
   */
  apply(rule: RequestRule, links: readonly Link[]): AppliedRule;
  /**
   * Tells of each Produce request from now on that a broker answers, before its client learns of the answer.
   * @returns ends that
   */
  watchProduce(tell: (told: ProduceAnswered) => void): () => void;
  /** Lifts all rules: what they hold goes its way. */
  liftAll(): Promise<void>;
  /** Ends all connections, and whatever is held in them. */
  close(): Promise<void>;
}

/** A rule in force. */
export interface AppliedRule {
  /** Resolves when it strikes a message for the first time. */
  readonly first: Promise<Touched>;
  account(): RuleAccount;
  /** Takes it out of force. Resolves when what it held goes its way. */
  lift(): Promise<void>;
}

/** What a rule has done so far. */
export interface RuleAccount {
  /** How many messages it has struck, and the first ones of these. */
  struck: number;
  first: readonly Touched[];
  /** How many came by that it was about, struck or not. */
  matched: number;
  /** Connections whose messages cannot be told apart, so that it strikes nothing there. */
  unreadable: number;
}

/** So many of the messages that a rule strikes are told one by one. */
const TOLD_MAX = 20;

/**
 * @param options.host the address of the clients' place that it listens at
 * @param options.brokers where it reaches each broker, by name
 * @throws Failure where it cannot listen
 */
export async function createRequestProxy({
  host,
  brokers,
  clock,
}: {
  host: string;
  brokers: ReadonlyMap<string, Place>;
  clock: Clock;
}): Promise<RequestProxy> {
  const connections = new Set<ProxiedConnection>();
  const inForce = new Set<{ rule: RuleInForce; strike: RuleStrike; lift: () => Promise<void> }>();
  const waiting = new Set<{
    isMeant(request: SeenRequest, on: ProxiedConnection): boolean;
    tell(what: string): void;
  }>();
  const watchers = new Set<(told: ProduceAnswered) => void>();
  /** Those that cannot be read and are closed by now. */
  let unreadable = 0;
  let requests = 0;

  const side: ProxySide = {
    clock,
    nextNumber: () => requests++,
    ruleFor(message, node, request) {
      for (const { rule, strike } of inForce) if (rule.strikes(message, node, request)) return strike;
      return null;
    },
    answered(request, connection) {
      for (const each of waiting) {
        if (each.isMeant(request, connection))
          each.tell(`${apiName(request.api)} ${request.correlationId} was answered on another connection`);
      }
    },
    untilAnswered: (api, after, connection, lifted) =>
      new Promise((resolve) => {
        const end = (what: string | null) => {
          waiting.delete(entry);
          resolve(what);
        };
        const entry = {
          isMeant: (request: SeenRequest, on: ProxiedConnection) =>
            request.api === api &&
            request.clientId === after.clientId &&
            request.number > after.number &&
            on !== connection,
          tell: end,
        };
        waiting.add(entry);
        if (lifted.aborted) end(null);
        else lifted.addEventListener('abort', () => end(null), { once: true });
      }),
    get isWatched() {
      return watchers.size > 0;
    },
    produced(told) {
      for (const tell of watchers) tell(told);
    },
    closed(connection) {
      if (connections.delete(connection) && !connection.isReadable) unreadable++;
    },
  };

  async function listen(node: string, place: Place): Promise<Server> {
    const server = createServer({ allowHalfOpen: true }, (client) =>
      connections.add(new ProxiedConnection(side, client, { node, place })),
    );
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error) =>
        reject(new Failure(`The proxy of ${node} could not listen at ${host}: ${messageOf(error)}`)),
      );
      server.listen({ host, port: 0 }, resolve);
    });
    return server;
  }

  const servers = await Promise.all(
    [...brokers].map(async ([node, place]) => [node, await listen(node, place)] as const),
  );

  return {
    places: new Map(servers.map(([node, server]) => [node, { host, port: portOf(server) }])),

    apply(rule, links) {
      const counted = new RuleInForce(rule, links);
      const lifted = new AbortController();
      const first: Touched[] = [];
      const held = new Set<Promise<void>>();
      let struck = 0;
      let tellFirst: (what: Touched) => void = () => undefined;
      const entry = {
        rule: counted,
        strike: {
          rule,
          lifted: lifted.signal,
          touched(what: Touched) {
            struck++;
            if (first.length < TOLD_MAX) first.push(what);
            tellFirst(what);
          },
          holding(gone: Promise<void>) {
            held.add(gone);
            void gone.then(() => held.delete(gone));
          },
        },
        async lift() {
          inForce.delete(entry);
          lifted.abort();
          await Promise.all(held);
        },
      };
      inForce.add(entry);
      return {
        first: new Promise((resolve) => (tellFirst = resolve)),
        account: () => ({
          struck,
          first,
          matched: counted.matched,
          unreadable: unreadable + [...connections].filter(({ isReadable }) => !isReadable).length,
        }),
        lift: () => entry.lift(),
      };
    },

    watchProduce(tell) {
      watchers.add(tell);
      return () => void watchers.delete(tell);
    },

    async liftAll() {
      await Promise.all([...inForce].map(({ lift }) => lift()));
    },

    async close() {
      // Nobody comes in any more while those that are here are ended.
      const closed = servers.map(
        ([, server]) => new Promise<void>((resolve) => server.close(() => resolve())),
      );
      for (const connection of connections) connection.reset();
      await Promise.all([...inForce].map(({ lift }) => lift()));
      await Promise.all(closed);
    },
  };
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('a TCP server has a port');
  return address.port;
}
