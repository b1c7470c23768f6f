import type { Clock } from '../../core/clock.ts';
import { API, negotiated, requests, unjudged } from './kafkajs.ts';
import { Unanswered, type Session } from './session.ts';

/** An idempotent producer's identity, as the broker gave it. */
export interface ProducerIdentity {
  readonly id: string;
  readonly epoch: number;
  /** The next sequence number by partition. Numbers are never used twice, and never given back. */
  readonly sequences: Map<number, number>;
  /** Set when a request under it was not acknowledged: which numbers the broker has seen is then unknown. */
  retired: boolean;
}

/**
 * A worker's identities, one at a time. kafkajs's own producer rolls the sequence back after an error and lets the
 * next record reuse the number, which the broker then takes for the first one; here a new identity begins instead.
 */
export interface Identities {
  /** @throws Unanswered with proof that nothing was produced: the broker gave no id */
  current(session: Session): Promise<ProducerIdentity>;
}

/** After the last number, 2^31 - 1, they begin at zero again. */
const SEQUENCES = 2 ** 31;

/** Takes the numbers of so many records of one partition. @returns the first of them */
export function drawSequences({ sequences }: ProducerIdentity, partition: number, records: number): number {
  const first = sequences.get(partition) ?? 0;
  sequences.set(partition, (first + records) % SEQUENCES);
  return first;
}

const TRIES = 20;
const PAUSE_MS = 100;

export function createIdentities(clock: Clock): Identities {
  let latest: Promise<ProducerIdentity> | null = null;
  return {
    async current(session) {
      for (;;) {
        const asked = (latest ??= freshIdentity(session, clock));
        const identity = await asked.catch(() => null);
        if (identity !== null && !identity.retired) return identity;
        if (latest === asked) latest = null;
        if (identity === null) throw new Unanswered('PRODUCER_ID_UNAVAILABLE', false);
      }
    },
  };
}

/** A broker that has just started has to get a block of ids first, and says so with an error code meanwhile. */
async function freshIdentity(session: Session, clock: Clock): Promise<ProducerIdentity> {
  const call = negotiated(session.versions, API.initProducerId, requests.InitProducerId);
  for (let left = TRIES; left > 0; left--) {
    const answer = await session.request(
      unjudged(call({ transactionalId: null, transactionTimeout: 30_000 })),
    );
    const { errorCode, producerId, producerEpoch } = answer;
    if (errorCode === 0)
      return { id: producerId, epoch: producerEpoch, sequences: new Map(), retired: false };
    await clock.sleep(PAUSE_MS);
  }
  throw new Unanswered('PRODUCER_ID_UNAVAILABLE', false);
}
