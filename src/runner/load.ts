import { NS_PER_MS, type Clock } from '../core/clock.ts';
import type { Client, Completion, Fate } from '../client/client.ts';
import type { BeginOp, Generator, Op, SendOp, WriteOp } from '../generator/generator.ts';
import { ANY_PARTITION } from '../history/value.ts';
import type { Write } from '../history/write.ts';
import type { Transactions } from './transactions.ts';

/** How many requests may begin before everything else in the process has its turn. */
const REQUESTS_PER_TURN = 64;

/**
 * Turns a generator's plan into writes. One loop for all workers: completions are taken before the generator is
 * asked again, so that a worker counts as free as soon as it is (otherwise the history would claim concurrency that
 * never was).
 */
export interface Load {
  /** Resolves when the generator has ended or `stop` aborted, and every outstanding write has its outcome. */
  run(): Promise<void>;
  /** Resolves when so many writes have been invoked, or when the load is over. */
  invoked(count: number): Promise<void>;
  /** The longest time by which a write was invoked later than intended. */
  behindMs(): number;
  /** Whether outcomes may have become known that have not arrived here; never if absent. */
  isBlind?(): boolean;
}

/** Given as the reason of a wake-up: without one each would cost an exception with a stack trace. */
const WOKEN = 'woken';

export function load(options: {
  generator: Generator;
  /** By worker; a worker without a client belongs to another process. */
  clients: readonly (Client | undefined)[];
  /** Requests that one worker may have outstanding. */
  inFlight: number;
  /** Where the generator has workers begin and end transactions. */
  transactions?: Transactions;
  /** Where a record came to be of which the client library chose the partition; null where that is not known. */
  partitionOf?: (worker: number, seq: number) => number | null;
  clock: Clock;
  record: (write: Write) => void;
  stop: AbortSignal;
}): Load {
  const { clients, transactions, clock, stop } = options;
  const outstanding = new Array<number>(clients.length).fill(0);
  const underWay = clients.map(() => new Set<Promise<void>>());
  /** Workers that wait for a transaction to begin or to end, or for the end of a pause. */
  const busy = new Set<number>();
  const free = new Set(Object.keys(clients).map(Number));
  const waiting: { count: number; resolve: () => void }[] = [];
  let generator = options.generator;
  let invokedCount = 0;
  let behindNs = 0;
  let over = false;
  let wake = new AbortController();
  let sinceTurn = 0;

  function release(): void {
    for (let index = waiting.length - 1; index >= 0; index--) {
      if (!over && waiting[index]!.count > invokedCount) continue;
      waiting.splice(index, 1)[0]!.resolve();
    }
  }

  /** So many writes of a worker are under way. @returns since when */
  function begun(worker: number, { records, intendedNs }: { records: number; intendedNs: number }): number {
    const invokeNs = clock.nowNs();
    invokedCount += records;
    behindNs = Math.max(behindNs, invokeNs - intendedNs);
    if (++outstanding[worker]! >= options.inFlight) free.delete(worker);
    if (waiting.length > 0) release();
    return invokeNs;
  }

  function done(worker: number): void {
    // Only a worker that could not write before changes what the generator has to say.
    if (outstanding[worker]!-- !== options.inFlight || busy.has(worker)) return;
    free.add(worker);
    wakeUp();
  }

  async function write(op: WriteOp): Promise<void> {
    const { worker, seq, records, partition, intendedNs } = op;
    const transaction = transactions?.openOf(worker);
    const invokeNs = begun(worker, op);
    const completion = await clients[worker]!.write(op);
    const { attempts, broker } = completion;
    const completeNs = clock.nowNs();
    for (let index = 0; index < records; index++) {
      const fate = fateOf(completion, index);
      options.record({
        worker,
        seq: seq + index,
        partition,
        intendedNs,
        invokeNs,
        completeNs,
        ...fate,
        attempts,
        broker,
        ...(transaction !== undefined && { transaction }),
      });
      if (transaction !== undefined && fate.outcome !== 'ok') transactions!.failed(worker);
    }
    done(worker);
  }

  async function send(op: SendOp): Promise<void> {
    const { worker, seq, partitions, intendedNs } = op;
    const invokeNs = begun(worker, { records: partitions.length, intendedNs });
    const values = partitions.map((partition, index) => ({ worker, seq: seq + index, partition }));
    const completions = await clients[worker]!.send!(values);
    const completeNs = clock.nowNs();
    for (const [index, { partition, ...value }] of values.entries()) {
      // Only the brokers can say where the library had it stored.
      const place = partition === ANY_PARTITION ? (options.partitionOf?.(worker, value.seq) ?? 0) : partition;
      options.record({
        ...value,
        partition: place,
        intendedNs,
        invokeNs,
        completeNs,
        ...fateOf(completions[index]!, 0),
        attempts: completions[index]!.attempts,
        broker: completions[index]!.broker,
      });
    }
    done(worker);
  }

  async function begin(op: BeginOp): Promise<void> {
    await turn(op.worker, () => transactions!.begin(op));
  }

  async function end(worker: number): Promise<void> {
    const written = [...underWay[worker]!];
    await turn(worker, async () => {
      await Promise.all(written);
      await transactions!.end(worker);
    });
  }

  /** Until a transaction has begun, or ended, or a pause is over, its worker does nothing else. */
  async function turn(worker: number, act: () => Promise<void>): Promise<void> {
    busy.add(worker);
    free.delete(worker);
    await act();
    busy.delete(worker);
    free.add(worker);
    wakeUp();
  }

  function attempt(op: Op): Promise<void> {
    switch (op.kind) {
      case 'write':
        return write(op);
      case 'send':
        return send(op);
      case 'begin':
        return begin(op);
      case 'end':
        return end(op.worker);
      case 'pause':
        return turn(op.worker, () => clock.sleep(op.forMs, stop));
    }
  }

  function wakeUp(): void {
    wake.abort(WOKEN);
  }

  /** Until a worker is free again, `stop`, or `ms` have passed. */
  async function pause(ms: number): Promise<void> {
    if (!stop.aborted) await clock.sleep(ms, wake.signal);
    if (wake.signal.aborted) wake = new AbortController();
  }

  return {
    behindMs: () => behindNs / NS_PER_MS,
    invoked: (count) =>
      over || invokedCount >= count
        ? Promise.resolve()
        : new Promise((resolve) => waiting.push({ count, resolve })),
    async run() {
      stop.addEventListener('abort', wakeUp, { once: true });
      try {
        while (!stop.aborted) {
          const nowNs = clock.nowNs();
          const next = generator.next({ nowNs, free: [...free] });
          if (next === null) break;
          if (next === 'pending') {
            await pause(60_000);
            continue;
          }
          const [op, after] = next;
          if (op.intendedNs > nowNs) {
            await pause((op.intendedNs - nowNs) / NS_PER_MS);
            continue;
          }
          generator = after;
          const own = underWay[op.worker]!;
          const pending = attempt(op).finally(() => own.delete(pending));
          own.add(pending);
          // Lets completions in that are already there: the loop must not run ahead of them. Writes that complete
          // without waiting for anybody (acks=0) would otherwise keep timers and sockets from their turn for ever.
          if (++sinceTurn < REQUESTS_PER_TURN) await Promise.resolve();
          else {
            await clock.sleep(0);
            sinceTurn = 0;
          }
        }
      } finally {
        over = true;
        stop.removeEventListener('abort', wakeUp);
        release();
      }
      await Promise.all(underWay.flatMap((own) => [...own]));
      // The load may be over in the middle of a transaction.
      const open = clients.flatMap((_, worker) =>
        transactions?.openOf(worker) === undefined ? [] : [worker],
      );
      await Promise.all(open.map((worker) => transactions!.end(worker)));
    },
  };
}

/** What became of the nth value of a request. */
export function fateOf({ outcome, error, offset, each }: Completion, index: number): Fate {
  return each?.[index] ?? { outcome, error, offset: offset === null ? null : offset + index };
}
