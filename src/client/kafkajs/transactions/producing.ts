/** One batch of a transaction to the leader of its partition, and what is known of it then. */
import { NS_PER_MS, type Clock } from '../../../core/clock.ts';
import type { Evidence } from '../../outcome.ts';
import { evidenceIn } from '../evidence.ts';
import { drawSequences, type ProducerIdentity } from '../identity.ts';
import type { Pool } from '../pool.ts';
import { produceCall, readAnswer, type Answer, type Batch } from '../produce.ts';
import { Unanswered, type Session } from '../session.ts';
import type { Topology } from '../topology.ts';
import { produceThatAdds } from './produce-that-adds.ts';

export interface Produced {
  evidence: Evidence;
  offset: number | null;
  broker: number | null;
  /** Requests of which at least a byte may have been written. */
  attempts: number;
}

export interface Producing {
  topology: Topology;
  pool: Pool;
  clock: Clock;
  transactionalId: string;
  version: 1 | 2;
  /** How long the broker may wait for its followers. */
  produceTimeoutMs: number;
  /** How long the coordinator may be busy with the end of the transaction before. */
  patienceMs: number;
}

const PAUSE_MS = 20;
const CONCURRENT_TRANSACTIONS = 51;

/**
 * Under version 2 the leader has its partition added, and says CONCURRENT_TRANSACTIONS while the markers of the transaction
 * before are still being written. It says so before the append, so the batch is sent again with the same sequence number.
 * Never rejects.
 */
export async function produce(
  { topology, pool, clock, ...settings }: Producing,
  batch: Batch,
  identity: ProducerIdentity,
): Promise<Produced> {
  const untilNs = clock.nowNs() + settings.patienceMs * NS_PER_MS;
  const callFor = requestFor(batch, identity, settings);
  let broker: number | null = null;
  for (let attempts = 1; ; attempts++) {
    try {
      const leader = await topology.leaderOf(batch.partition);
      const session = await pool.to(leader.address);
      broker = leader.id;
      const answer = await callFor(session);
      if (answer === null) throw new Unanswered('UNREADABLE_ANSWER', true);
      const { code, offset } = answer;
      const isBusy = settings.version === 2 && code === CONCURRENT_TRANSACTIONS;
      if (!isBusy || clock.nowNs() >= untilNs)
        return {
          evidence: { kind: 'answered', code },
          offset: offset < 0 ? null : offset,
          broker,
          attempts,
        };
      await clock.sleep(PAUSE_MS);
    } catch (thrown) {
      const evidence = evidenceIn(thrown);
      const isWritten = evidence.kind === 'unanswered';
      return { evidence, offset: null, broker, attempts: isWritten ? attempts : attempts - 1 };
    }
  }
}

function requestFor(
  batch: Batch,
  identity: ProducerIdentity,
  settings: Pick<Producing, 'version' | 'transactionalId' | 'produceTimeoutMs'>,
): (session: Session) => Promise<Answer | null> {
  const { version, transactionalId, produceTimeoutMs: timeoutMs } = settings;
  if (version === 1) {
    const options = { acks: 'all', timeoutMs, identity, transactionalId } as const;
    return async (session) => readAnswer(await session.request(produceCall(session, batch, options)), batch);
  }
  let drawn: number | null = null;
  const firstSequence = () => (drawn ??= drawSequences(identity, batch.partition, batch.values.length));
  const call = { transactionalId, identity, firstSequence, timeoutMs };
  return (session) => session.request(produceThatAdds(batch, call));
}
