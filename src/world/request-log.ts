import { decodeRecords } from '../client/kafkajs/records.ts';
import { readProduceAnswer, readProduceRequest } from '../control/proxy/produce-messages.ts';
import type { ProduceAnswered } from '../control/proxy/request-proxy.ts';
import { isWorkersClientId } from '../core/client-id.ts';
import type { Clock } from '../core/clock.ts';
import { Failure } from '../core/failure.ts';
import type { ProducedEvent } from '../history/event.ts';
import type { Decoder } from '../history/value.ts';

/** Notes what brokers answer to the Produce requests of the workers. */
export interface RequestLog {
  answered(told: ProduceAnswered): void;
  /** Where a broker took this record first; else where the last request went that bore it and was answered; null: no such one. */
  partitionOf(worker: number, seq: number): number | null;
}

/** What the values of one request in one partition say, and how its producer numbered them. */
type Borne = Pick<ProducedEvent, 'values' | 'producerId' | 'epoch' | 'sequence'>;

/** @param options.decode says which record of the run a value is */
export function createRequestLog({
  decode,
  record,
  clock,
}: {
  decode: Decoder;
  record: (event: ProducedEvent) => void;
  clock: Clock;
}): RequestLog {
  const places = new Map<string, { partition: number; isTaken: boolean }>();

  function place({ values, partition, code }: ProducedEvent): void {
    if (values === null || partition === null) return;
    for (const [worker, seq] of values) {
      const key = keyOf(worker, seq);
      if (places.get(key)?.isTaken !== true) places.set(key, { partition, isTaken: code === 0 });
    }
  }

  return {
    answered({ node, request, asked, answer }) {
      if (!isWorkersClientId(request.clientId)) return;
      const note = (event: Omit<ProducedEvent, 'type' | 'timeNs' | 'node'>) => {
        const produced = { type: 'produced' as const, timeNs: clock.nowNs(), node, ...event };
        place(produced);
        record(produced);
      };
      const borne = readProduceRequest(asked, request.version);
      const verdicts = readProduceAnswer(answer, request.version);
      if (borne === null || verdicts === null) {
        note({ partition: null, values: null, code: null, offset: null });
        return;
      }
      for (const { partition, code, offset } of verdicts) {
        const batches = borne.find((each) => each.partition === partition)?.batches;
        note({
          partition,
          ...(batches === undefined ? UNREAD : readBatches(batches, partition, decode)),
          code,
          offset: offset < 0 ? null : offset,
        });
      }
    },
    partitionOf: (worker, seq) => places.get(keyOf(worker, seq))?.partition ?? null,
  };
}

const UNREAD: Borne = { values: null };

/** Clients send one batch for each partition. Records of other runs and of nobody are left out. */
function readBatches(batches: Buffer, partition: number, decode: Decoder): Borne {
  try {
    const { records } = decodeRecords(batches, { partition, from: 0, end: Infinity });
    const values = records.flatMap(({ value }): [number, number][] => {
      const { worker, seq } = decode(partition, value);
      return worker !== null && seq !== null ? [[worker, seq]] : [];
    });
    const batch = records[0]?.batch;
    if (batch === undefined) return { values };
    return { values, producerId: batch.producerId, epoch: batch.epoch, sequence: batch.sequence };
  } catch (error) {
    // Compressed in a way that cannot be read here.
    if (error instanceof Failure) return UNREAD;
    throw error;
  }
}

function keyOf(worker: number, seq: number): string {
  return `${worker}:${seq}`;
}
