import type { Clock } from '../core/clock.ts';
import type { CommittedOffsets } from '../client/committed-offsets.ts';
import { type Endpoint, rotatedEndpoint } from '../client/endpoint.ts';
import type { GroupMember } from '../client/group-member.ts';
import { createCommittedOffsets } from '../client/kafkajs/committed-offsets.ts';
import { openLibrary } from '../client/libraries.ts';
import type { PreparedClient } from '../client/library.ts';
import type { TransactionalClient } from '../client/transactional-client.ts';
import { nameOfClient } from '../history/client-info.ts';
import type { GroupProtocol } from '../history/group.ts';
import type { Encoder } from '../history/value.ts';
import { defaultRetries } from '../scenario/client.ts';
import { isCopying, loadedPartitionsOf } from '../scenario/copying.ts';
import { groupIdOf } from '../scenario/group.ts';
import { transactionalIdOf } from '../scenario/transactions.ts';
import type { Scenario } from '../scenario/schema.ts';

/** The consumer group of a run: its members, each a program of its own, and what it has committed. */
export interface Group {
  /** `java 4.4.0`: what the members are. */
  clientName: string;
  /** @param number of the reader in the history; which of the members it is says `member`, from 0 on */
  openMember(life: { member: number; number: number }): MemberProcess;
  openOffsets(): CommittedOffsets;
}

/** A member, and the process that it is alone in. */
export interface MemberProcess {
  member: GroupMember;
  /** A producer in the same process, which can send the offsets of this member in its transactions. */
  openProducer(worker: number): TransactionalClient;
  strike(signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void;
  /** Ends the process. It does not leave the group by that. */
  close(): Promise<void>;
}

/** A member may be stopped by whatever stops kept, too; only one that is silent for long is given up. */
const SPARE_MS = 30_000;

/** What a world says of its group; nothing where the scenario has none. */
export function openGroup(
  { scenario, topic, seed, encode }: { scenario: Scenario; topic: string; seed: number; encode: Encoder },
  {
    consumer,
    endpoint,
    connectionTimeoutMs,
    clock,
    note,
  }: {
    consumer: PreparedClient | undefined;
    endpoint: Endpoint;
    connectionTimeoutMs: number;
    clock: Clock;
    note: (text: string) => void;
  },
): { group?: Group } {
  if (scenario.group === undefined || consumer === undefined) return {};
  const { protocol, commit, sessionTimeoutMs, staticMembership } = scenario.group;
  const partitions = loadedPartitionsOf(scenario);
  const id = groupIdOf({ topic, seed });
  const group: Group = {
    clientName: nameOfClient(consumer),
    openMember({ member, number }) {
      const library = openLibrary(isCopying(scenario) ? sharingAllOut(consumer, protocol) : consumer, {
        clock,
        note,
      });
      if (library.openMember === undefined || library.strike === undefined)
        throw new TypeError(`${consumer.library} has no members of groups`);
      return {
        member: library.openMember({
          number,
          endpoint: rotatedEndpoint(endpoint, member),
          topic,
          partitions,
          isolation: scenario.consumer!.isolation,
          group: id,
          requestTimeoutMs: scenario.producer.requestTimeoutMs,
          connectionTimeoutMs,
          membership: {
            protocol,
            sessionTimeoutMs,
            instance: staticMembership ? `member-${member}` : null,
            commit,
          },
          spareMs: SPARE_MS,
        }),
        openProducer: (worker) =>
          library.openTransactional({
            worker,
            endpoint,
            topic,
            acks: 'all',
            idempotence: true,
            retries: defaultRetries(consumer.kind),
            requestTimeoutMs: scenario.producer.requestTimeoutMs,
            produceTimeoutMs: scenario.producer.produceTimeoutMs,
            connectionTimeoutMs,
            encode,
            transactions: {
              transactionalId: transactionalIdOf({ topic, seed }, worker),
              timeoutMs: scenario.group!.transactions.timeoutMs,
              version: scenario.group!.transactions.version ?? 1,
              retryEnd: true,
            },
          }),
        strike: (signal) => library.strike!(signal),
        close: () => library.close(),
      };
    },
    openOffsets: () =>
      createCommittedOffsets({ endpoint, group: id, topic, partitions, connectionTimeoutMs, clock }),
  };
  return { group };
}

/** The setting by which a library's members share partitions out one by one, in its own words. */
const ONE_BY_ONE: Readonly<Record<string, string>> = {
  java: 'org.apache.kafka.clients.consumer.RoundRobinAssignor',
  librdkafka: 'roundrobin',
};

/**
 * Members that copy read the first half of the partitions only. Shared out in ranges, as libraries do by themselves, these would
 * all go to the first members.
 */
function sharingAllOut(consumer: PreparedClient, protocol: GroupProtocol): PreparedClient {
  const assignor = ONE_BY_ONE[consumer.kind];
  // In the protocol of KIP-848 the brokers share them out.
  if (assignor === undefined || protocol !== 'classic') return consumer;
  return { ...consumer, settings: { 'partition.assignment.strategy': assignor, ...consumer.settings } };
}
