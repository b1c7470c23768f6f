/**
 * Asks one given broker what it believes: who leads, under which epoch, with which ISR. The answer is that broker's
 * alone; a zombie's stands beside the others'. Sampled several times a second on every broker while they are being
 * killed, paused and cut off, so it keeps its connection, makes a new one by itself, and never waits longer than told.
 */
import { realClock, type Clock } from '../../core/clock.ts';
import type { Security } from '../endpoint.ts';
import { metadataCall, type Metadata } from './metadata.ts';
import { openSession, type Session } from './session.ts';

/** As `Observed` in db/db.ts. */
export interface Observation {
  /** Node id of the active controller, -1 when unknown. With KRaft: any broker that is alive (KIP-590). */
  controller: number;
  partitions: {
    partition: number;
    leader: number;
    epoch: number | null;
    isr: number[];
  }[];
}

export interface Observer {
  /** Null when the broker did not answer in time. Calls made while one is under way share its answer. */
  observe(): Promise<Observation | null>;
  close(): void;
}

/** @param address `host:port` of the broker that is to be asked */
export function createObserver(
  address: string,
  topic: string,
  options: { timeoutMs: number; clock?: Clock; security?: Security },
): Observer {
  const clock = options.clock ?? realClock();
  let session: Session | null = null;
  let asking: Promise<Observation | null> | null = null;

  const ask = async (): Promise<Observation | null> => {
    // One time for connecting and answering together; what is not there by then is abandoned with its connection.
    const deadline = new AbortController();
    const late = clock.sleep(options.timeoutMs, deadline.signal).then(() => null);
    const answer = askInTime().catch(() => {
      session?.destroy('NO_ANSWER');
      return null;
    });
    const observation = await Promise.race([answer, late]);
    if (observation === null) session?.destroy('NO_ANSWER');
    deadline.abort();
    return observation;
  };

  const askInTime = async (): Promise<Observation> => {
    if (session === null || !session.usable) {
      const { timeoutMs } = options;
      session = await openSession(address, {
        connectionTimeoutMs: timeoutMs,
        requestTimeoutMs: timeoutMs,
        clock,
        ...(options.security !== undefined && { security: options.security }),
      });
    }
    return observationIn(await session.request(metadataCall(session, topic)), topic);
  };

  return {
    observe: () => (asking ??= ask().finally(() => (asking = null))),
    close: () => session?.destroy('CLOSED'),
  };
}

/** One look at one broker, with a connection for it alone. Null when it did not answer in time. */
export async function observe(
  address: string,
  topic: string,
  options: { timeoutMs: number; clock?: Clock; security?: Security },
): Promise<Observation | null> {
  const observer = createObserver(address, topic, options);
  const observation = await observer.observe();
  observer.close();
  return observation;
}

function observationIn(metadata: Metadata, topic: string): Observation {
  const partitions = metadata.topicMetadata
    .filter(({ topic: name }) => name === topic)
    .flatMap(({ partitionMetadata }) => partitionMetadata)
    .map(({ partitionId, leader, leaderEpoch, isr }) => ({
      partition: partitionId,
      leader,
      epoch: leaderEpoch === undefined || leaderEpoch < 0 ? null : leaderEpoch,
      isr,
    }))
    .toSorted((one, other) => one.partition - other.partition);
  return { controller: metadata.controllerId, partitions };
}
