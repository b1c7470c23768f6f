/**
 * The audit driver in transactions: as there, each request is one attempt, and what is said of it rests on its own answer.
 * A transaction belongs to a producer (id and epoch) that the coordinator names. Where something about it is in doubt, the
 * producer is given up, and the next transaction begins with a new epoch, which ends what was left open and refuses what
 * is late. What less careful clients do instead can be asked for: `retryEnd`, `keepProducer`.
 */
import { workerClientId } from '../../../core/client-id.ts';
import type { Clock } from '../../../core/clock.ts';
import { Failure } from '../../../core/failure.ts';
import { outcomeOfEnd } from '../../transaction-outcome.ts';
import type {
  ProducerName,
  TransactionalClient,
  TransactionalDriverOptions,
} from '../../transactional-client.ts';
import type { ProducerIdentity } from '../identity.ts';
import { createPool } from '../pool.ts';
import { createTopology } from '../topology.ts';
import { askCoordinator } from './asking.ts';
import { createCoordinators } from './coordinators.ts';
import { createWriting, errorIn, nameOf, type Ask, type OpenTransaction } from './open-transaction.ts';
import { endCall, nameCall } from './requests.ts';
import { assertSpeaks } from './speaks.ts';

const RETRY_END_MS = 60_000;

/** @param options.endpoint already rotated for the worker */
export function createTransactionalDriver(
  options: TransactionalDriverOptions & { clock: Clock },
): TransactionalClient {
  const { topic, clock, endpoint, requestTimeoutMs } = options;
  const { transactionalId, version, ...transactions } = options.transactions;
  const clientId = workerClientId(options.worker);
  const timeoutMs = options.connectionTimeoutMs;
  const topology = createTopology({ endpoint, topic, timeoutMs, clientId, clock });
  const connecting = { ...options, clientId, security: endpoint };
  const pool = createPool({ ...connecting, ended: () => topology.suspect() });
  // Connections of their own: what goes to a coordinator must not wait behind what waits for followers.
  const coordinatorPool = createPool(connecting);
  const coordinators = createCoordinators({ endpoint, pool: coordinatorPool });
  const own = { kind: 'transaction', id: transactionalId } as const;
  /** The producer of the next transaction; null: there is none, or it was given up. */
  let current: ProducerIdentity | null = null;
  let open: OpenTransaction | null = null;

  const ask: Ask = (question) =>
    askCoordinator(
      { coordinators, clock },
      { of: own, forMs: requestTimeoutMs, again: { answered: true, unanswered: false }, ...question },
    );
  const writing = createWriting(options, { topology, pool, ask });

  /** Gets a new epoch from the coordinator, which ends what an earlier one left open. */
  const name = async (): Promise<string | null> => {
    const invokeNs = clock.nowNs();
    const { tries, answer } = await ask({
      call: (session) => nameCall(session, { transactionalId, timeoutMs: transactions.timeoutMs }),
      codeOf: ({ code }) => code,
      again: { answered: true, unanswered: true },
    });
    const producer = answer?.producer ?? null;
    if (producer === null) return errorIn(tries) ?? 'NO_PRODUCER';
    current = identityOf(producer);
    transactions.onProducer?.({
      type: 'producer',
      invokeNs,
      timeNs: clock.nowNs(),
      worker: options.worker,
      transactionalId,
      ...producer,
    });
    return null;
  };

  /** What is under way is waited for before the transaction ends. */
  const within = async <T>(act: (transaction: OpenTransaction) => Promise<T>): Promise<T> => {
    if (open === null) throw new TypeError('no transaction has begun: call begin first');
    const { underWay } = open;
    const acting = act(open);
    underWay.add(acting);
    return acting.finally(() => underWay.delete(acting));
  };

  return {
    async open() {
      try {
        const { address } = await topology.leaderOf(0);
        await assertSpeaks(await coordinatorPool.to(address), version);
      } catch (thrown) {
        if (thrown instanceof Failure) throw thrown;
        throw new Failure(
          `No broker of ${endpoint.brokers.join(', ')} could tell who leads ${topic}-0, and what it speaks.`,
          {
            hint: 'Check that the cluster runs, that the topic exists, and that its brokers can be reached from here.',
            cause: thrown,
          },
        );
      }
    },

    async begin({ newInstance } = { newInstance: false }) {
      if (open !== null) throw new TypeError('the transaction before is still open: call end first');
      const next: OpenTransaction = {
        identity: null,
        error: null,
        mayBeKnown: false,
        added: new Map(),
        groups: new Set(),
        underWay: new Set(),
      };
      open = next;
      if (newInstance || current?.retired === true) current = null;
      if (current === null) next.error = await name();
      next.identity = current;
      return current === null
        ? { producer: null, error: next.error ?? 'NO_PRODUCER' }
        : { producer: nameOf(current), error: null };
    },

    write: (invocation) => within((transaction) => writing.write(transaction, invocation)),

    sendOffsets: (sent) => within((transaction) => writing.sendOffsets(transaction, sent)),

    async end(how) {
      if (open === null) throw new TypeError('no transaction has begun: call begin first');
      await Promise.all(open.underWay);
      const { identity, mayBeKnown, error } = open;
      open = null;
      const before = identity === null ? null : nameOf(identity);
      if (before === null || !mayBeKnown) {
        const nothing = how === 'commit' ? 'NOTHING_TO_END' : null;
        return { ...outcomeOfEnd(how, []), error: error ?? nothing, before, after: before };
      }
      const { tries, answer } = await ask({
        call: (session) =>
          endCall(session, { ...before, transactionalId }, { commit: how === 'commit', version }),
        codeOf: ({ code }) => code,
        ...(transactions.retryEnd
          ? {
              forMs: transactions.retryEndMs ?? RETRY_END_MS,
              again: { answered: true, unanswered: true },
            }
          : { again: { answered: false, unanswered: false } }),
      });
      const verdict = outcomeOfEnd(how, tries);
      if (answer?.code !== 0) {
        current = null;
        return { ...verdict, before, after: null };
      }
      // A new epoch begins to count anew, and refuses what the one before may still have under way.
      if (answer.producer !== null) current = identityOf(answer.producer);
      return { ...verdict, before, after: answer.producer ?? before };
    },

    async close() {
      topology.close();
      await Promise.all([pool.close(), coordinatorPool.close()]);
    },
  };
}

function identityOf({ producerId, epoch }: ProducerName): ProducerIdentity {
  return { id: String(producerId), epoch, sequences: new Map(), retired: false };
}
