/**
 * Which broker leads which partition, as one client believes it. Like any client it believes the first broker of its
 * list that answers, and goes on believing until something fails: that is how writes keep flowing to a zombie leader,
 * which answers as if nothing had happened. Each worker's list starts at another broker, so their beliefs differ.
 */
import type { Clock } from '../../core/clock.ts';
import { NS_PER_MS } from '../../core/clock.ts';
import { joinAddress, type Endpoint } from '../endpoint.ts';
import { metadataCall, type Metadata } from './metadata.ts';
import { openSession, type Session } from './session.ts';

export interface TopologyOptions {
  /** Its first broker is asked first. */
  endpoint: Endpoint;
  topic: string;
  /** Bounds connecting to one broker, and again its answer. */
  timeoutMs: number;
  /** How it calls itself; as what administers and observes if absent. */
  clientId?: string;
  clock: Clock;
}

export interface Leader {
  id: number;
  address: string;
}

/** There is no leader to write to or read from, as far as this client knows. Nothing was sent. */
export class NoLeader extends Error {
  override readonly name = 'NoLeader';
  readonly reason: 'METADATA_UNAVAILABLE' | 'LEADER_NOT_AVAILABLE';

  constructor(reason: NoLeader['reason']) {
    super(reason);
    this.reason = reason;
  }
}

export interface Topology {
  /** @throws NoLeader */
  leaderOf(partition: number): Promise<Leader>;
  /** What is believed must be asked for again before the next use. */
  suspect(): void;
  close(): void;
}

/** As in kafkajs: beliefs are renewed after five minutes even if nothing failed. */
const MAX_AGE_MS = 300_000;

export function createTopology(options: TopologyOptions): Topology {
  const { clock } = options;
  let leaders = new Map<number, Leader>();
  let staleAtNs = -1;
  let refreshing: Promise<void> | null = null;
  let session: Session | null = null;

  const askOne = async (address: string): Promise<Metadata> => {
    // A connection of its own: behind a produce request that waits for followers, the question would wait as well.
    if (session?.address !== address || !session.usable) {
      session?.destroy('REPLACED');
      session = null;
      session = await openSession(address, {
        connectionTimeoutMs: options.timeoutMs,
        requestTimeoutMs: options.timeoutMs,
        security: options.endpoint,
        ...(options.clientId !== undefined && { clientId: options.clientId }),
        clock,
      });
    }
    return session.request(metadataCall(session, options.topic));
  };

  const refresh = async (): Promise<void> => {
    for (const address of options.endpoint.brokers) {
      try {
        const metadata = await askOne(address);
        const partitions = metadata.topicMetadata.find(({ topic }) => topic === options.topic);
        if (partitions === undefined || partitions.partitionMetadata.length === 0) continue;
        leaders = leadersIn(metadata, options.topic);
        staleAtNs = clock.nowNs() + MAX_AGE_MS * NS_PER_MS;
        return;
      } catch {
        // Not reachable, or not answering: the next one of the list is asked.
        session?.destroy('REPLACED');
      }
    }
    throw new NoLeader('METADATA_UNAVAILABLE');
  };

  return {
    async leaderOf(partition) {
      if (clock.nowNs() > staleAtNs) {
        refreshing ??= refresh().finally(() => (refreshing = null));
        await refreshing;
      }
      const leader = leaders.get(partition);
      if (leader === undefined) {
        staleAtNs = -1;
        throw new NoLeader('LEADER_NOT_AVAILABLE');
      }
      return leader;
    },
    suspect() {
      staleAtNs = -1;
    },
    close() {
      session?.destroy('CLOSED');
    },
  };
}

function leadersIn(metadata: Metadata, topic: string): Map<number, Leader> {
  const addresses = new Map(
    metadata.brokers.map(({ nodeId, host, port }) => [nodeId, joinAddress(host, port)]),
  );
  const leaders = new Map<number, Leader>();
  for (const { topic: name, partitionMetadata } of metadata.topicMetadata) {
    if (name !== topic) continue;
    for (const { partitionId, leader } of partitionMetadata) {
      const address = addresses.get(leader);
      if (address !== undefined) leaders.set(partitionId, { id: leader, address });
    }
  }
  return leaders;
}
