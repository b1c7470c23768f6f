import { counted, grouped, valueName } from '../../core/words.ts';
import type { ScanEvent } from '../../history/event.ts';
import { eventsOf } from '../../history/events-of.ts';
import { int64At } from '../../history/run.ts';
import { INTEGRITIES } from '../../history/write.ts';
import { ValueTable } from '../columns/values.ts';
import type { Examination } from '../examination.ts';
import type { Accuse } from './committed-readers.ts';
import { cyclesOf } from './cycles.ts';
import type { GivenFacts } from './judge-given.ts';

const VALID = INTEGRITIES.indexOf('valid');

/** A transaction was given a record that another one wrote, or it itself. */
interface ReadFrom {
  writer: number;
  reader: number;
  worker: number;
  seq: number;
  partition: number;
  offset: number;
  timeNs: number;
  isolation: ScanEvent['isolation'];
}

/**
 * Did transactions that read what is committed read from each other? What one of them was given was committed before, and its own
 * commit came after, so a way from a transaction back to itself proves that somebody in it was given a record too early (G1c of
 * Adya; of one alone Jepsen's "precommitted read"). No clock is needed for that, and so it holds over several.
 *
 * The order of records in the log makes no edges: writes of open transactions stand in it side by side, so that a cycle of these
 * alone (G0) is right.
 */
export function judgeCycles(
  examination: Examination,
  facts: Pick<GivenFacts, 'run' | 'transactions'>,
  accuse: Accuse,
): void {
  const reads = readsFromOf(facts);
  if (reads.length === 0) return;
  const proven = reads.filter(({ isolation }) => isolation === 'read_committed');
  const cycles = cyclesAmong(proven);
  for (const cycle of cycles) tell(cycle, facts, accuse);
  const possible = cyclesAmong(reads.filter(({ isolation }) => isolation !== 'read_uncommitted')).length;
  if (proven.length < reads.length && possible > cycles.length)
    examination.doubts.push(
      `${counted(possible, 'group')} of transactions read from each other, or one from itself, which is wrong only where they were to be given what is committed, and the history does not tell that (--isolation).`,
    );
}

function readsFromOf({ run, transactions }: Pick<GivenFacts, 'run' | 'transactions'>): ReadFrom[] {
  const readers = new Map<number, { reader: number; isolation: ScanEvent['isolation'] }>();
  for (const { scan, within, isolation } of eventsOf(run.events, 'scan'))
    if (within !== undefined)
      readers.set(scan, { reader: transactions.idOf(within.worker, within.number), isolation });
  if (readers.size === 0) return [];
  const values = new ValueTable();
  const given = new Map<number, Omit<ReadFrom, 'writer'>[]>();
  for (const batch of run.reads()) {
    for (let row = 0; row < batch.length; row++) {
      const by = readers.get(batch.scan[row]!);
      if (by === undefined || by.reader < 0 || batch.integrity[row] !== VALID) continue;
      const [worker, seq] = [batch.worker[row]!, int64At(batch.seq, row)];
      const id = values.add(worker, seq);
      const place = { partition: batch.partition[row]!, offset: int64At(batch.offset, row) };
      const read = { ...by, worker, seq, ...place, timeNs: int64At(batch.timeNs, row) };
      given.set(id, [...(given.get(id) ?? []), read]);
    }
  }
  const found: ReadFrom[] = [];
  for (const batch of run.writes()) {
    const { transaction, worker } = batch;
    if (transaction === undefined) continue;
    for (let row = 0; row < batch.length; row++) {
      const id = values.idOf(worker[row]!, int64At(batch.seq, row));
      const writer = transactions.idOf(worker[row]!, int64At(transaction, row));
      if (id < 0 || writer < 0) continue;
      for (const read of given.get(id) ?? []) found.push({ ...read, writer });
    }
  }
  return found;
}

/** Those of the reads that lie on cycles, by cycle. */
function cyclesAmong(reads: readonly ReadFrom[]): ReadFrom[][] {
  const nodes = new Map<number, number>();
  const edges: number[][] = [];
  const nodeOf = (transaction: number) => {
    let node = nodes.get(transaction);
    if (node === undefined) {
      nodes.set(transaction, (node = nodes.size));
      edges.push([]);
    }
    return node;
  };
  for (const { writer, reader } of reads) {
    const to = nodeOf(reader);
    edges[nodeOf(writer)]!.push(to);
  }
  const cycleOf = new Map<number, number>();
  const cycles = cyclesOf(edges);
  for (const [cycle, members] of cycles.entries()) for (const node of members) cycleOf.set(node, cycle);
  const found: ReadFrom[][] = cycles.map(() => []);
  for (const read of reads) {
    const cycle = cycleOf.get(nodes.get(read.writer)!);
    if (cycle !== undefined && cycle === cycleOf.get(nodes.get(read.reader)!)) found[cycle]!.push(read);
  }
  return found;
}

/** So many reads of a cycle are told. */
const READS_TOLD = 8;

function tell(
  reads: readonly ReadFrom[],
  { transactions }: Pick<GivenFacts, 'transactions'>,
  accuse: Accuse,
): void {
  const name = (id: number) =>
    `transaction ${grouped(transactions.numberOf(id))} of worker ${transactions.workerOf(id)}`;
  const [first] = reads as [ReadFrom];
  const told = reads
    .slice(0, READS_TOLD)
    .map(({ writer, reader, worker, seq }) =>
      writer === reader
        ? `${name(reader)} was given ${valueName(worker, seq)}, which it wrote itself`
        : `${name(reader)} was given ${valueName(worker, seq)} of ${name(writer)}`,
    );
  const { partition, offset, timeNs, worker, seq } = first;
  accuse({ kind: 'dirty-read', isGiven: true }, partition, {
    offset,
    timeNs,
    worker,
    seq,
    value: valueName(worker, seq),
    detail: `${told.join('; ')}${reads.length > READS_TOLD ? '; …' : ''}`,
  });
}
