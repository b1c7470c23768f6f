/**
 * The audit driver: one batch per produce request, and no retries, so that each verdict is about exactly one request,
 * and so about all its records: a broker appends a batch as a whole or not at all. It speaks through kafkajs's connections and encoders, and leaves out the producer on top of
 * them, which merges, retries, and hides the broker's answer behind a later error.
 */
import { workerClientId } from '../../core/client-id.ts';
import type { Clock } from '../../core/clock.ts';
import { Failure } from '../../core/failure.ts';
import { keysOf, valuesOf, type Client, type Completion } from '../client.ts';
import type { DriverOptions } from '../driver-options.ts';
import { evidenceIn } from './evidence.ts';
import { createIdentities, type ProducerIdentity } from './identity.ts';
import { outcomeOf, suspectsLeader, type Evidence } from '../outcome.ts';
import { createPool } from './pool.ts';
import { produceCall, readAnswer, type Batch } from './produce.ts';
import { Unanswered } from './session.ts';
import { createTopology } from './topology.ts';

/** A failed write is held back for this long, so that a dead leader is not hammered at full speed. */
const PAUSE_AFTER_FAIL_MS = 30;

/** Nothing about acks=0 waits for anything, so without a break now and then the process would do nothing else. */
const SENT_IN_A_ROW = 16;

/** acks=0 knows no back-pressure: beyond this much unsent data a write is refused (64 MiB). */
const MAX_BUFFERED_BYTES = 64 * 1024 * 1024;

/** @param options endpoint: already rotated for the worker */
export function createAuditDriver(options: DriverOptions & { clock: Clock }): Client {
  const { acks, topic, clock } = options;
  const timeoutMs = options.connectionTimeoutMs;
  const clientId = workerClientId(options.worker);
  const topology = createTopology({ endpoint: options.endpoint, topic, timeoutMs, clientId, clock });
  let sent = 0;
  // With acks=0 closing the connection is the broker's only way to say that something is wrong.
  const ended = () => topology.suspect();
  const pool = createPool({ ...options, clientId, security: options.endpoint, ended });
  const identities = options.idempotence ? createIdentities(clock) : null;

  /** From the first question (who leads?) to the last thing known about the one request. Never rejects. */
  const attempt = async (batch: Batch): Promise<Attempt> => {
    let broker: number | null = null;
    let identity: ProducerIdentity | null = null;
    try {
      const leader = await topology.leaderOf(batch.partition);
      const session = await pool.to(leader.address);
      if (session.bufferedBytes > MAX_BUFFERED_BYTES) throw new Unanswered('QUEUE_FULL', false);
      identity = (await identities?.current(session)) ?? null;
      broker = leader.id;
      const settings = { acks, timeoutMs: options.produceTimeoutMs, identity };
      const payload = await session.request(produceCall(session, batch, settings));
      if (acks === 0) return { evidence: { kind: 'handed-over' }, offset: null, broker };
      const answer = readAnswer(payload, batch);
      if (answer === null) throw new Unanswered('UNREADABLE_ANSWER', true);
      if (answer.code !== 0) retire(identity);
      const offset = answer.offset < 0 ? null : answer.offset;
      return { evidence: { kind: 'answered', code: answer.code }, offset, broker };
    } catch (thrown) {
      retire(identity);
      return { evidence: evidenceIn(thrown), offset: null, broker };
    }
  };

  return {
    async open() {
      await topology.leaderOf(0).catch((thrown: unknown) => {
        throw new Failure(
          `No broker of ${options.endpoint.brokers.join(', ')} could tell who leads ${topic}-0.`,
          {
            hint: 'Check that the cluster runs, that the topic exists, and that its brokers can be reached from here.',
            cause: thrown,
          },
        );
      });
    },
    async write(invocation): Promise<Completion> {
      const { partition } = invocation;
      const values = valuesOf(invocation).map(options.encode);
      const keys = keysOf(invocation, options.keyed);
      const { evidence, offset, broker } = await attempt({ topic, partition, values, ...keys });
      const { outcome, error } = outcomeOf(evidence, acks);
      const lostTrust = evidence.kind === 'answered' ? suspectsLeader(evidence.code) : outcome !== 'sent';
      if (lostTrust) topology.suspect();
      if (outcome === 'fail') await clock.sleep(PAUSE_AFTER_FAIL_MS);
      if (outcome === 'sent' && ++sent % SENT_IN_A_ROW === 0) await clock.sleep(0);
      return evidence.kind === 'unwritten'
        ? { outcome, error, offset, attempts: 0, broker: null }
        : { outcome, error, offset, attempts: 1, broker };
    },
    async close() {
      topology.close();
      await pool.close();
    },
  };
}

function retire(identity: ProducerIdentity | null): void {
  if (identity !== null) identity.retired = true;
}

interface Attempt {
  evidence: Evidence;
  offset: number | null;
  broker: number | null;
}
