import type { Client, Completion, Invocation } from '../client/client.ts';
import type { Cluster } from './cluster.ts';
import type { Batch } from './records.ts';
import { isMoved, Producer, type Attempt, type ClientOptions, type Identity } from './client.ts';

/**
 * An application's client: it retries by itself, so that a failure proves nothing any more. Idempotent, it sends one
 * batch at a time to each partition, and every repetition under the first one's sequence number.
 *
 * `kafkajs` has that library's defects S2 and S3: after an error the number is taken back, and the one that sends next
 * gets it. The broker takes that record for a repetition of the first one, and the client takes the answer for its own.
 */
const FIRST_BACKOFF_MS = 300;
const BACKOFF_MAX_MS = 30_000;

export function applicationClient(
  cluster: Cluster,
  options: ClientOptions,
  flavour: 'ideal' | 'kafkajs',
): Client {
  const producer = new Producer(cluster, options);
  const { bug } = cluster.options;
  const rollsBack = flavour === 'kafkajs' || bug === 'sequence-rollback';
  let identity = options.idempotence ? producer.freshIdentity() : null;
  const turns: (Promise<void> | undefined)[] = [];

  /** One after the other in each partition. */
  async function inTurn<T>(partition: number, work: () => Promise<T>): Promise<T> {
    const before = turns[partition];
    let done!: () => void;
    turns[partition] = new Promise((resolve) => (done = resolve));
    await before;
    try {
      return await work();
    } finally {
      done();
    }
  }

  async function retry(attemptOnce: () => Promise<Attempt>): Promise<Completion> {
    let attempts = 0;
    let backoffMs = FIRST_BACKOFF_MS;
    for (let left = options.retries; ; left--) {
      const attempt = await attemptOnce();
      if (attempt.evidence.kind !== 'unwritten') attempts++;
      const { outcome, error } = options.outcomeOf(attempt.evidence, options.acks);
      const { offset, broker } = attempt;
      if (outcome === 'ok' || outcome === 'sent') return { outcome, error, offset, attempts, broker };
      if (producer.losesTrust(attempt)) producer.topology.suspect();
      if (bug === 'resolved-without-sending' && isMoved(attempt.evidence)) {
        return { outcome: 'ok', error: null, offset: null, attempts, broker };
      }
      if (left === 0) return { outcome: 'info', error, offset: null, attempts, broker };
      await cluster.clock.sleep(backoffMs);
      backoffMs = Math.min(2 * backoffMs, BACKOFF_MAX_MS);
    }
  }

  function withoutIdentity(invocation: Invocation): Promise<Completion> {
    return retry(() => producer.attempt(invocation.partition, () => producer.newBatch(invocation, null)));
  }

  /** The same record, with the same number, until it is answered. If it never is, another identity begins. */
  function carefully(invocation: Invocation): Promise<Completion> {
    return inTurn(invocation.partition, async () => {
      const used = identity!;
      let batch: Batch | null = null;
      const completion = await retry(() =>
        producer.attempt(invocation.partition, () => (batch ??= producer.newBatch(invocation, used))),
      );
      if (completion.outcome === 'info' && identity === used) identity = producer.freshIdentity();
      return completion;
    });
  }

  function carelessly(invocation: Invocation): Promise<Completion> {
    const { partition } = invocation;
    return retry(() =>
      inTurn(partition, async () => {
        let used: Identity | null = null;
        const attempt = await producer.attempt(partition, () => {
          used = identity;
          return producer.newBatch(invocation, used);
        });
        const failed = options.outcomeOf(attempt.evidence, options.acks).outcome !== 'ok';
        if (failed && used !== null) (used as Identity).sequences[partition]! -= invocation.records ?? 1;
        return attempt;
      }),
    );
  }

  return {
    async open() {
      await producer.topology.leaderOf(0);
    },
    write(invocation) {
      if (identity === null) return withoutIdentity(invocation);
      return rollsBack ? carelessly(invocation) : carefully(invocation);
    },
    async close() {
      producer.close();
    },
  };
}
