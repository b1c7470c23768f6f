import { NS_PER_SECOND, type Clock } from '../core/clock.ts';
import { messageOf } from '../core/failure.ts';
import type { EndOffset, Reader } from '../client/client.ts';
import type { Db, View } from '../db/db.ts';

/**
 * When may the final scan start? Not when some broker says that all is well: a zombie reports itself as leader with
 * a full ISR, and a new leader may give an end offset that is too low (Kafka 2.0 does, silently; KIP-207 made later
 * versions refuse until the high watermark has caught up). So: every broker is asked directly, all must agree on the
 * leader and on a full ISR, and the ends must stay the same over several replica fetch cycles.
 */
export interface Settled {
  settled: boolean;
  /** Why not, in words. */
  reason: string;
  ends: EndOffset[];
}

/** A follower fetches at least every 500 ms (replica.fetch.wait.max.ms). */
const STABLE_FOR_NS = 1.5 * NS_PER_SECOND;
const RETRY_MS = 250;

export async function settle(options: {
  db: Db;
  reader: Reader;
  clock: Clock;
  partitions: number;
  replicationFactor: number;
  timeoutMs: number;
  signal: AbortSignal;
}): Promise<Settled> {
  const { db, reader, clock, signal } = options;
  const deadlineNs = clock.nowNs() + options.timeoutMs * 1e6;
  const brokers = db.nodes.filter(({ roles }) => roles.includes('broker')).map(({ name }) => name);
  let reason = 'there was no time to ask';
  let ends: EndOffset[] = [];
  let seen = '';
  let sinceNs = clock.nowNs();
  while (clock.nowNs() < deadlineNs && !signal.aborted) {
    let view: View | null = null;
    let doubt: string | null;
    try {
      view = await db.view();
      doubt = disagreement(view, { ...options, brokers });
    } catch (error) {
      doubt = `the brokers could not be asked: ${messageOf(error)}`;
    }
    if (doubt === null) {
      reason = 'the end offsets were still moving';
      ends = await reader.endOffsets().catch((error: unknown) => {
        reason = messageOf(error);
        return [];
      });
      const now = fingerprint(view!, ends);
      if (ends.length < options.partitions || now !== seen) {
        seen = now;
        sinceNs = clock.nowNs();
      } else if (clock.nowNs() - sinceNs >= STABLE_FOR_NS) {
        return { settled: true, reason: '', ends };
      }
    } else {
      reason = doubt;
      seen = '';
    }
    await clock.sleep(RETRY_MS, signal);
  }
  if (signal.aborted) reason = 'the run was stopped before the cluster had settled';
  return { settled: false, reason, ends };
}

/** What the brokers do not agree on, in words; null when they agree and every replica is in sync. */
function disagreement(
  view: View,
  expected: { brokers: readonly string[]; partitions: number; replicationFactor: number },
): string | null {
  const entries = expected.brokers.map((name) => [name, view.observers[name] ?? null] as const);
  for (const [name, observed] of entries) {
    if (observed === null) return `${name} did not answer`;
  }
  for (let partition = 0; partition < expected.partitions; partition++) {
    const leaders = new Set<number>();
    for (const [name, observed] of entries) {
      const claim = observed!.partitions.find((candidate) => candidate.partition === partition);
      if (claim === undefined || claim.leader < 0)
        return `${name} knows of no leader for partition ${partition}`;
      if (claim.isr.length < expected.replicationFactor) {
        return `${name} says that only ${claim.isr.length} of ${expected.replicationFactor} replicas of partition ${partition} are in sync`;
      }
      leaders.add(claim.leader);
    }
    if (leaders.size > 1) return `the brokers do not agree on who leads partition ${partition}`;
  }
  return null;
}

function fingerprint(view: View, ends: readonly EndOffset[]): string {
  const leaders = Object.values(view.observers)[0]?.partitions.map((claim) => [
    claim.partition,
    claim.leader,
  ]);
  return JSON.stringify([leaders, ends]);
}
