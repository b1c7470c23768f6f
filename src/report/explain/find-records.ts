import { EXIT, Failure } from '../../core/failure.ts';
import { grouped, valueName } from '../../core/words.ts';
import { readAt, writeAt } from '../../history/columns/columns.ts';
import { int64At, type Run } from '../../history/run.ts';
import { INTEGRITIES } from '../../history/write.ts';
import type { Place, RecordRows } from './life.ts';

const VALID = INTEGRITIES.indexOf('valid');

export interface Value {
  worker: number;
  seq: number;
}

/** Rows of a few values, and what the history has, so that a question about something else can be answered. */
export class Records {
  readonly #byWorker = new Map<number, Map<number, RecordRows>>();

  constructor(values: Iterable<Value>) {
    for (const { worker, seq } of values) {
      const known = this.#byWorker.get(worker) ?? new Map<number, RecordRows>();
      this.#byWorker.set(worker, known);
      if (!known.has(seq)) known.set(seq, { worker, seq, writes: [], reads: [] });
    }
  }

  get(worker: number, seq: number): RecordRows | undefined {
    return this.#byWorker.get(worker)?.get(seq);
  }

  get all(): RecordRows[] {
    return [...this.#byWorker.values()].flatMap((bySeq) => [...bySeq.values()]);
  }
}

/**
 * One pass over the writes and one over the reads: all rows of these values.
 * @throws Failure (usage) where no row is about one of them.
 */
export function findRecords(run: Run, values: readonly Value[]): RecordRows[] {
  const records = new Records(values);
  /** By worker: the highest seq. Workers are few. */
  const highest = new Map<number, number>();
  for (const batch of run.writes()) {
    for (let row = 0; row < batch.length; row++) {
      const worker = batch.worker[row]!;
      const seq = int64At(batch.seq, row);
      if (seq > (highest.get(worker) ?? -1)) highest.set(worker, seq);
      records.get(worker, seq)?.writes.push(writeAt(batch, row));
    }
  }
  for (const batch of run.reads()) {
    for (let row = 0; row < batch.length; row++) {
      if (batch.integrity[row] !== VALID) continue;
      records.get(batch.worker[row]!, int64At(batch.seq, row))?.reads.push(readAt(batch, row));
    }
  }
  for (const { worker, seq, writes, reads } of records.all)
    if (writes.length + reads.length === 0) throw neverWritten(run, valueName(worker, seq), worker, highest);
  return records.all;
}

function neverWritten(run: Run, name: string, worker: number, highest: ReadonlyMap<number, number>): Failure {
  const workers = [...highest.keys()];
  const own = highest.get(worker);
  const there =
    workers.length === 0
      ? 'it has no writes at all'
      : own === undefined
        ? `its workers are ${grouped(Math.min(...workers))} to ${grouped(Math.max(...workers))}`
        : `worker ${worker} wrote ${worker}:0 to ${worker}:${own}`;
  const damaged = run.damage().map(({ file }) => file);
  const missing = damaged.length === 0 ? '' : `; ${damaged.join(', ')} is damaged, so it may have had it`;
  return new Failure(`no write and no read of ${name} is in this history`, {
    hint: `${there}${missing}`,
    exitStatus: EXIT.usage,
  });
}

/** So many values that are told of one offset: more only a history has that contradicts itself. */
const VALUES_MAX = 16;

/**
 * Which values were acknowledged at this offset, or returned from it: a pass over the writes, one over the reads, and one over the ends.
 * @throws Failure (usage) where the history has no such partition, or nothing tells that its log reached so far.
 */
export function valuesAt(run: Run, { partition, offset }: Place): Value[] {
  const values = new Map<string, Value>();
  const note = (worker: number, seq: number) => {
    if (values.size < VALUES_MAX) values.set(valueName(worker, seq), { worker, seq });
  };
  let end = -1;
  let isTold = false;
  const reached = (next: number) => {
    if (next > end) end = next;
  };
  for (const batch of run.writes()) {
    for (let row = 0; row < batch.length; row++) {
      if (batch.partition[row] !== partition) continue;
      isTold = true;
      const own = int64At(batch.offset, row);
      if (own >= 0) reached(own + 1);
      if (own === offset) note(batch.worker[row]!, int64At(batch.seq, row));
    }
  }
  for (const batch of run.reads()) {
    for (let row = 0; row < batch.length; row++) {
      if (batch.partition[row] !== partition) continue;
      const own = int64At(batch.offset, row);
      reached(own + 1);
      if (own === offset && batch.integrity[row] === VALID) note(batch.worker[row]!, int64At(batch.seq, row));
    }
  }
  for (const batch of run.ends())
    for (let row = 0; row < batch.length; row++)
      if (batch.partition[row] === partition) reached(int64At(batch.offset, row));
  for (const event of run.events)
    if (event.type === 'scan' && event.partition === partition) reached(event.end);
  assertThere(run, { partition, offset }, { end, isTold });
  return [...values.values()];
}

function assertThere(
  run: Run,
  { partition, offset }: Place,
  { end, isTold }: { end: number; isTold: boolean },
): void {
  if (end < 0 && !isTold && partition >= run.info.partitions) {
    throw new Failure(`there is no partition ${partition} in this history`, {
      hint:
        run.info.partitions === 1
          ? 'its only partition is 0'
          : `its partitions are 0 to ${run.info.partitions - 1}`,
      exitStatus: EXIT.usage,
    });
  }
  if (offset < end) return;
  throw new Failure(`nothing in this history is at offset ${grouped(offset)} of partition ${partition}`, {
    hint:
      end <= 0
        ? 'nothing was ever seen in that partition'
        : `the highest offset that was ever seen there is ${grouped(end - 1)}`,
    exitStatus: EXIT.usage,
  });
}
