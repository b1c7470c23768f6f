import type { Clock } from '../core/clock.ts';
import type { CommittedOffsets } from '../client/committed-offsets.ts';
import { type Endpoint, rotatedEndpoint } from '../client/endpoint.ts';
import type { GroupMember } from '../client/group-member.ts';
import { createCommittedOffsets } from '../client/kafkajs/committed-offsets.ts';
import { openLibrary } from '../client/libraries.ts';
import type { PreparedClient } from '../client/library.ts';
import { nameOfClient } from '../history/client-info.ts';
import { groupIdOf } from '../scenario/group.ts';
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
  strike(signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void;
  /** Ends the process. It does not leave the group by that. */
  close(): Promise<void>;
}

/** A member may be stopped by whatever stops kept, too; only one that is silent for long is given up. */
const SPARE_MS = 30_000;

/** What a world says of its group; nothing where the scenario has none. */
export function openGroup(
  { scenario, topic, seed }: { scenario: Scenario; topic: string; seed: number },
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
  const { partitions } = scenario.topic;
  const id = groupIdOf({ topic, seed });
  const group: Group = {
    clientName: nameOfClient(consumer),
    openMember({ member, number }) {
      const library = openLibrary(consumer, { clock, note });
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
        strike: (signal) => library.strike!(signal),
        close: () => library.close(),
      };
    },
    openOffsets: () =>
      createCommittedOffsets({ endpoint, group: id, topic, partitions, connectionTimeoutMs, clock }),
  };
  return { group };
}
