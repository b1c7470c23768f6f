/**
 * OffsetFetch from outside of the group, by requests of kept's own: no client's memory of what it has committed stands in between.
 * Version 7 (Kafka 2.5) can be told not to answer while a transaction may still commit offsets; older brokers are asked without that.
 */
import { OTHER_CLIENT_ID } from '../../core/client-id.ts';
import type { Clock } from '../../core/clock.ts';
import type { CommittedOffsets, FetchedOffsets } from '../committed-offsets.ts';
import type { Endpoint } from '../endpoint.ts';
import { nameOfTransactionCode } from '../transaction-outcome.ts';
import { API, negotiated, requests, unjudged, type Call } from './kafkajs.ts';
import { createPool } from './pool.ts';
import type { Session } from './session.ts';
import { askCoordinator } from './transactions/asking.ts';
import { createCoordinators } from './transactions/coordinators.ts';
import { flexibleCall } from './transactions/flexible.ts';

const WITH_REQUIRE_STABLE = 7;
const REQUEST_TIMEOUT_MS = 2_000;

export function createCommittedOffsets(options: {
  endpoint: Endpoint;
  group: string;
  topic: string;
  partitions: number;
  connectionTimeoutMs: number;
  clock: Clock;
}): CommittedOffsets {
  const { endpoint, group, clock, connectionTimeoutMs } = options;
  const pool = createPool({
    clientId: OTHER_CLIENT_ID,
    security: endpoint,
    connectionTimeoutMs,
    requestTimeoutMs: REQUEST_TIMEOUT_MS,
    clock,
  });
  const coordinators = createCoordinators({ endpoint, pool });
  return {
    async fetch() {
      const { tries, answer } = await askCoordinator(
        { coordinators, clock },
        {
          of: { kind: 'group', id: group },
          call: (session) => fetchCall(session, options),
          codeOf: ({ code }) => code,
          forMs: 0,
          again: { answered: false, unanswered: false },
        },
      );
      if (answer !== null) return toldIn(answer);
      const last = tries.at(-1)!;
      return { offsets: [], error: 'error' in last ? last.error : 'NO_ANSWER', stable: false };
    },
    close: () => pool.close(),
  };
}

interface Answer {
  partitions: { partition: number; offset: number; code: number }[];
  /** Of the whole; else the first of a partition; 0: there is none. */
  code: number;
  stable: boolean;
}

function toldIn({ partitions, code, stable }: Answer): FetchedOffsets {
  return {
    offsets: partitions
      .filter((each) => each.code === 0)
      .map(({ partition, offset }) => ({ partition, offset }))
      .toSorted((one, other) => one.partition - other.partition),
    error: code === 0 ? null : nameOfTransactionCode(code),
    stable,
  };
}

interface Asked {
  group: string;
  topic: string;
  partitions: number;
}

function fetchCall(session: Session, asked: Asked): Call<Answer> {
  const range = session.versions[API.offsetFetch];
  return range !== undefined && range.maxVersion >= WITH_REQUIRE_STABLE
    ? stableCall(asked)
    : plainCall(session, asked);
}

function stableCall({ group, topic, partitions }: Asked): Call<Answer> {
  const numbers = Array.from({ length: partitions }, (_, partition) => partition);
  return flexibleCall({
    apiKey: API.offsetFetch,
    apiVersion: WITH_REQUIRE_STABLE,
    apiName: 'OffsetFetch',
    write: (writer) =>
      void writer
        .text(group)
        .array([topic], (name) => {
          writer.text(name).array(numbers, (partition) => void writer.int32(partition));
          writer.tags();
        })
        .int8(1),
    read: (reader): Answer => {
      reader.int32(); // throttle time
      const told = reader
        .array(() => {
          reader.text();
          const of = reader.array(() => {
            const partition = reader.int32();
            const offset = reader.int64();
            reader.int32(); // leader epoch
            reader.text(); // metadata
            const code = reader.int16();
            reader.tags();
            return { partition, offset, code };
          });
          reader.tags();
          return of;
        })
        .flat();
      const whole = reader.int16();
      return { partitions: told, code: whole || firstCode(told), stable: true };
    },
  });
}

function plainCall(session: Session, { group, topic, partitions }: Asked): Call<Answer> {
  const build = negotiated(session.versions, API.offsetFetch, requests.OffsetFetch);
  const numbers = Array.from({ length: partitions }, (_, partition) => ({ partition }));
  const { request, response } = unjudged(build({ groupId: group, topics: [{ topic, partitions: numbers }] }));
  return {
    request,
    response: {
      async decode(payload) {
        const { responses, errorCode = 0 } = await response.decode(payload);
        const told = responses
          .flatMap((each) => each.partitions)
          .map(({ partition, offset, errorCode: code }) => ({ partition, offset: Number(offset), code }));
        return { partitions: told, code: errorCode || firstCode(told), stable: false };
      },
      parse: async (decoded) => decoded,
    },
  };
}

function firstCode(partitions: readonly { code: number }[]): number {
  return partitions.find(({ code }) => code !== 0)?.code ?? 0;
}
