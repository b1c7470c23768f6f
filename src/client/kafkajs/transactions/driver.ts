/**
 * The audit driver in transactions: as there, each request is one attempt, and what is said of it rests on its own answer.
 * A transaction belongs to a producer (id and epoch) that the coordinator names. Where something about it is in doubt, the
 * producer is given up, and the next transaction begins with a new epoch, which ends what was left open and refuses what
 * is late. What less careful clients do instead can be asked for: `retryEnd`, `keepProducer`.
 */
import type { Clock } from '../../../core/clock.ts';
import { Failure } from '../../../core/failure.ts';
import { keyOf, valuesOf, type Completion, type Invocation } from '../../client.ts';
import { outcomeOf, suspectsLeader } from '../../outcome.ts';
import { nameOfTransactionCode, outcomeOfEnd, type EndEvidence } from '../../transaction-outcome.ts';
import type {
  ProducerName,
  TransactionalClient,
  TransactionalDriverOptions,
} from '../../transactional-client.ts';
import type { ProducerIdentity } from '../identity.ts';
import { createPool } from '../pool.ts';
import type { Batch } from '../produce.ts';
import { createTopology } from '../topology.ts';
import { askCoordinator, type Asked, type Question } from './asking.ts';
import { createCoordinators } from './coordinators.ts';
import { produce, type Produced } from './producing.ts';
import { addOffsetsCall, addPartitionCall, endCall, nameCall, offsetsCall, type Owner } from './requests.ts';
import { assertSpeaks } from './speaks.ts';

/** As in the audit driver: a dead leader is not hammered at full speed. */
const PAUSE_AFTER_FAIL_MS = 30;
const RETRY_END_MS = 60_000;

/** The transaction that is open. */
interface Open {
  /** Null where no producer was to be had, for this reason. */
  identity: ProducerIdentity | null;
  error: string | null;
  /** Whether the coordinator may know of it: a request that begins it there may have been written. */
  mayBeKnown: boolean;
  /** By partition: what came of adding it. What else is written there waits for that. */
  added: Map<number, Promise<string | null>>;
  /** Groups whose offsets were added. */
  groups: Set<string>;
  underWay: Set<Promise<unknown>>;
}

/** @param options.endpoint already rotated for the worker */
export function createTransactionalDriver(
  options: TransactionalDriverOptions & { clock: Clock },
): TransactionalClient {
  const { topic, clock, endpoint, requestTimeoutMs } = options;
  const { transactionalId, version, keepProducer = false, ...transactions } = options.transactions;
  const topology = createTopology({ endpoint, topic, timeoutMs: options.connectionTimeoutMs, clock });
  const pool = createPool({ ...options, security: endpoint, ended: () => topology.suspect() });
  // Connections of their own: what goes to a coordinator must not wait behind what waits for followers.
  const coordinatorPool = createPool({ ...options, security: endpoint });
  const coordinators = createCoordinators({ endpoint, pool: coordinatorPool });
  const own = { kind: 'transaction', id: transactionalId } as const;
  const producing = { ...options, topology, pool, transactionalId, version, patienceMs: requestTimeoutMs };
  /** The producer of the next transaction; null: there is none, or it was given up. */
  let current: ProducerIdentity | null = null;
  let open: Open | null = null;

  const ask = <T>(question: Pick<Question<T>, 'call' | 'codeOf'> & Partial<Question<T>>): Promise<Asked<T>> =>
    askCoordinator(
      { coordinators, clock },
      { of: own, forMs: requestTimeoutMs, again: { answered: true, unanswered: false }, ...question },
    );

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

  /** The name of the error with which a request that makes the transaction known was answered, if it was one. */
  const enter = async (
    transaction: Open,
    question: Pick<Question<number>, 'of' | 'call'> & Partial<Question<number>>,
  ): Promise<string | null> => {
    const { tries } = await ask({ codeOf: (code) => code, ...question });
    if (tries.some(({ kind }) => kind !== 'unwritten')) transaction.mayBeKnown = true;
    return errorIn(tries);
  };

  const addPartition = (transaction: Open, owner: Owner, partition: number): Promise<string | null> =>
    enter(transaction, {
      of: own,
      call: (session) => addPartitionCall(session, owner, { topic, partition }),
    });

  const attempt = async (transaction: Open, batch: Batch): Promise<Produced> => {
    const { identity, added } = transaction;
    const { partition } = batch;
    if (identity === null) return unwritten(transaction.error ?? 'NO_PRODUCER');
    const send = async (): Promise<Produced> => {
      const produced = await produce(producing, batch, identity);
      const { kind } = produced.evidence;
      if (version === 2 && (kind !== 'unwritten' || produced.attempts > 0)) transaction.mayBeKnown = true;
      // Without an answer a less careful client goes on; with an error each knows that its numbers are out of step.
      const isKept = kind === 'unanswered' && keepProducer;
      if (produced.evidence.kind !== 'answered' || produced.evidence.code !== 0) identity.retired ||= !isKept;
      return produced;
    };
    const adding = added.get(partition);
    if (version === 1) {
      const owner = { ...nameOf(identity), transactionalId };
      const entering = adding ?? addPartition(transaction, owner, partition);
      added.set(partition, entering);
      const error = await entering;
      if (error === null) return send();
      identity.retired = true;
      return unwritten(error);
    }
    if (adding !== undefined) {
      await adding;
      return send();
    }
    const sending = send();
    added.set(
      partition,
      sending.then(() => null),
    );
    return sending;
  };

  const write = async (transaction: Open, invocation: Invocation): Promise<Completion> => {
    const { partition } = invocation;
    const written = valuesOf(invocation);
    const values = written.map(options.encode);
    const keys = options.keyed === true ? { keys: written.map(keyOf) } : {};
    const produced = await attempt(transaction, { topic, partition, values, ...keys });
    const { evidence, offset, attempts } = produced;
    const { outcome, error } = outcomeOf(evidence, 'all');
    const isTold = evidence.kind === 'answered';
    if (isTold ? suspectsLeader(evidence.code) : attempts > 0) topology.suspect();
    if (outcome === 'fail') await clock.sleep(PAUSE_AFTER_FAIL_MS);
    return {
      outcome,
      error: isTold && error !== null ? nameOfTransactionCode(evidence.code) : error,
      offset,
      attempts,
      broker: attempts === 0 ? null : produced.broker,
    };
  };

  /** What is under way is waited for before the transaction ends. */
  const within = async <T>(act: (transaction: Open) => Promise<T>): Promise<T> => {
    if (open === null) throw new TypeError('no transaction has begun: call begin first');
    const { underWay } = open;
    const acting = act(open);
    underWay.add(acting);
    return acting.finally(() => underWay.delete(acting));
  };

  return {
    async open() {
      try {
        await topology.leaderOf(0);
        await assertSpeaks(await coordinatorPool.to((await topology.leaderOf(0)).address), version);
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

    async begin() {
      if (open !== null) throw new TypeError('the transaction before is still open: call end first');
      const next: Open = {
        identity: null,
        error: null,
        mayBeKnown: false,
        added: new Map(),
        groups: new Set(),
        underWay: new Set(),
      };
      open = next;
      if (current?.retired === true) current = null;
      if (current === null) next.error = await name();
      next.identity = current;
      return current === null
        ? { producer: null, error: next.error ?? 'NO_PRODUCER' }
        : { producer: nameOf(current), error: null };
    },

    write: (invocation) => within((transaction) => write(transaction, invocation)),

    sendOffsets: (sent) =>
      within(async (transaction) => {
        const { identity, groups } = transaction;
        if (identity === null) return transaction.error ?? 'NO_PRODUCER';
        const owner = { ...nameOf(identity), transactionalId };
        const { group } = sent;
        if (version === 1 && !groups.has(group)) {
          const error = await enter(transaction, {
            of: own,
            call: (session) => addOffsetsCall(session, owner, group),
          });
          if (error !== null) {
            identity.retired = true;
            return error;
          }
          groups.add(group);
        }
        const error = await enter(transaction, {
          of: { kind: 'group', id: group },
          call: (session) => offsetsCall(session, owner, { sent, version }),
        });
        if (error !== null) identity.retired = true;
        return error;
      }),

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

function nameOf({ id, epoch }: ProducerIdentity): ProducerName {
  return { producerId: Number(id), epoch };
}

function unwritten(error: string): Produced {
  return { evidence: { kind: 'unwritten', error }, offset: null, broker: null, attempts: 0 };
}

/** Of the last try; null where it was answered without an error. */
function errorIn(tries: readonly EndEvidence[]): string | null {
  const last = tries.at(-1)!;
  if (last.kind !== 'answered') return last.error;
  return last.code === 0 ? null : nameOfTransactionCode(last.code);
}
