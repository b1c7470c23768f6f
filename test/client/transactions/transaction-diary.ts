import type { Clock } from '../../../src/core/clock.ts';
import type { Completion, Invocation, Reader } from '../../../src/client/client.ts';
import type { TransactionalClient } from '../../../src/client/transactional-client.ts';
import type { Event } from '../../../src/history/event.ts';
import { formatInterchange } from '../../../src/history/interchange/write.ts';
import { runOf } from '../../../src/history/memory.ts';
import type { Marker, Transaction } from '../../../src/history/transaction.ts';
import type { Read, Write } from '../../../src/history/write.ts';

/** What one worker does in transactions, and what a final scan finds of it, as a history. A value is its number. */
export class TransactionDiary {
  readonly events: Event[] = [];
  readonly #writes: Write[] = [];
  readonly #transactions: Transaction[] = [];
  readonly #reads: Read[] = [];
  readonly #markers: Marker[] = [];
  readonly #clock: Clock;
  readonly #info;
  #begun: { beginNs: number; producerId: number | null; epoch: number | null } | null = null;
  #number = -1;

  constructor({
    id,
    version,
    timeoutMs,
    clock,
  }: {
    id: string;
    version: 1 | 2;
    timeoutMs: number;
    clock: Clock;
  }) {
    this.#clock = clock;
    this.#info = {
      run: id,
      world: 'real' as const,
      transactions: { ids: [id], version, timeoutMs, stateMinInsyncReplicas: 2 },
    };
  }

  /** The same client, everything of which is noted. */
  of(client: TransactionalClient): TransactionalClient {
    return {
      open: () => client.open(),
      close: () => client.close(),
      sendOffsets: (sent) => client.sendOffsets(sent),
      begin: async () => {
        const beginNs = this.#clock.nowNs();
        this.#number++;
        const begun = await client.begin();
        const { producerId = null, epoch = null } = begun.producer ?? {};
        this.#begun = { beginNs, producerId, epoch };
        return begun;
      },
      write: async (invocation) => {
        const invokeNs = this.#clock.nowNs();
        const number = this.#number;
        const completion = await client.write(invocation);
        this.#noteWrite(invocation, completion, invokeNs, number);
        return completion;
      },
      end: async (how) => {
        const endInvokeNs = this.#clock.nowNs();
        const ended = await client.end(how);
        const { outcome, error, attempts, answered, after } = ended;
        this.#transactions.push({
          worker: 0,
          number: this.#number,
          ...this.#begun!,
          endProducerId: after?.producerId ?? null,
          endEpoch: after?.epoch ?? null,
          end: how,
          endInvokeNs,
          endCompleteNs: outcome === 'unknown' ? null : this.#clock.nowNs(),
          outcome,
          error,
          attempts,
          answered,
        });
        return ended;
      },
    };
  }

  /** Reads everything back, with what is not committed and with the markers. */
  async scan(reader: Reader): Promise<void> {
    for (const { partition, end, stable } of await reader.endOffsets({ stable: true })) {
      const invokeNs = this.#clock.nowNs();
      const timeNs = invokeNs;
      const { reached } = await reader.scan(
        {
          partition,
          from: 0,
          end,
          markers: (found) => {
            for (const { offset, producerId, epoch, kind, coordinatorEpoch } of found)
              this.#markers.push({
                scan: 0,
                partition,
                offset,
                producerId,
                epoch,
                kind,
                coordinatorEpoch,
                timeNs,
              });
          },
        },
        (records) => {
          for (const { offset, value, batch } of records)
            this.#reads.push({
              scan: 0,
              partition,
              offset,
              worker: 0,
              seq: Number(Buffer.from(value ?? '').toString()),
              timeNs,
              integrity: 'valid',
              ...(batch !== undefined && { producerId: batch.producerId, epoch: batch.epoch }),
            });
        },
      );
      this.events.push({
        type: 'scan',
        scan: 0,
        name: 'final',
        partition,
        from: 0,
        end,
        covered: reached >= end,
        final: true,
        invokeNs,
        completeNs: this.#clock.nowNs(),
        ...(stable !== undefined && { stable }),
      });
    }
  }

  /** As `kept check FILE.ndjson` reads it. */
  lines(): string {
    const rows = { writes: this.#writes, reads: this.#reads, events: this.events };
    const run = runOf({
      info: this.#info,
      ...rows,
      transactions: this.#transactions,
      markers: this.#markers,
    });
    return [...formatInterchange(run)].join('');
  }

  #noteWrite(
    { worker, seq, partition }: Invocation,
    { outcome, error, offset, attempts, broker }: Completion,
    invokeNs: number,
    transaction: number,
  ): void {
    const completeNs = this.#clock.nowNs();
    const place = { worker, seq, partition, intendedNs: invokeNs, invokeNs, completeNs };
    this.#writes.push({ ...place, outcome, error, offset, attempts, broker, transaction });
  }
}
