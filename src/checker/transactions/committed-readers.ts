import { counted, grouped, listed, moment, valueName } from '../../core/words.ts';
import type { ScanEvent } from '../../history/event.ts';
import { eventsOf } from '../../history/events-of.ts';
import { int64At, type ReadBatch, type Run } from '../../history/run.ts';
import { INTEGRITIES } from '../../history/write.ts';
import { ValueTable } from '../columns/values.ts';
import type { Examination } from '../examination.ts';
import { isCommittedReader } from './promises.ts';
import type { TransactionCase } from './rulings.ts';
import { ABORTED, COMMITTED, OUTSIDE, type Segments } from './segments.ts';
import type { TransactionTable } from './transaction-table.ts';

const VALID = INTEGRITIES.indexOf('valid');

/** What is told of a finding about transactions. */
export interface TransactionAnomaly {
  offset: number;
  timeNs: number;
  worker: number;
  seq: number;
  value: string;
  detail: string;
}

/** Adds a finding. */
export type Accuse = (of: TransactionCase, partition: number, told: TransactionAnomaly) => void;

export interface ReaderFacts {
  run: Run;
  transactions: TransactionTable;
  segments: Segments;
  /** By partition: the final scan that read the whole log. */
  scans: ReadonlyMap<number, ScanEvent>;
}

/**
 * Readers that promise to hand out what is committed, and nothing else: what they were given is held against the log. One that
 * did not come to the last record that it is to hand out has not been tested up to there, which is a doubt.
 */
export function judgeCommittedReaders(examination: Examination, facts: ReaderFacts, accuse: Accuse): void {
  const positions = eventsOf(facts.run.events, 'scan').filter(isCommittedReader);
  if (positions.length > 0) new ReaderJudge(examination, facts, positions, accuse).judge();
}

interface Given {
  scan: number;
  partition: number;
  offset: number;
  timeNs: number;
}

class ReaderJudge {
  readonly #examination: Examination;
  readonly #facts: ReaderFacts;
  readonly #positions: readonly ScanEvent[];
  readonly #accuse: Accuse;
  readonly #names = new Map<number, string>();
  /** What readers were given, by the id of the value here. */
  readonly #values = new ValueTable();
  readonly #given: Given[][] = [];

  constructor(examination: Examination, facts: ReaderFacts, positions: readonly ScanEvent[], accuse: Accuse) {
    this.#examination = examination;
    this.#facts = facts;
    this.#positions = positions;
    this.#accuse = accuse;
    for (const { scan, client, name } of positions) this.#names.set(scan, client ?? name);
  }

  judge(): void {
    this.#gather();
    this.#judgeGiven();
    this.#judgeHidden();
  }

  #gather(): void {
    for (const batch of this.#facts.run.reads()) {
      for (let row = 0; row < batch.length; row++) {
        if (!this.#names.has(batch.scan[row]!) || batch.integrity[row] !== VALID) continue;
        const id = this.#values.add(batch.worker[row]!, int64At(batch.seq, row));
        (this.#given[id] ??= []).push({
          scan: batch.scan[row]!,
          partition: batch.partition[row]!,
          offset: int64At(batch.offset, row),
          timeNs: int64At(batch.timeNs, row),
        });
      }
    }
  }

  #givenOf(worker: number, seq: number): readonly Given[] {
    const id = this.#values.idOf(worker, seq);
    return id < 0 ? [] : (this.#given[id] ?? []);
  }

  #judgeGiven(): void {
    const { run, transactions } = this.#facts;
    for (const batch of run.writes()) {
      const { transaction, worker } = batch;
      if (transaction === undefined) continue;
      for (let row = 0; row < batch.length; row++) {
        const seq = int64At(batch.seq, row);
        const reads = this.#givenOf(worker[row]!, seq);
        if (reads.length === 0) continue;
        const id = transactions.idOf(worker[row]!, int64At(transaction, row));
        if (id < 0) continue;
        for (const read of reads) this.#judgeRead({ ...read, worker: worker[row]!, seq, id });
      }
    }
  }

  #judgeRead(read: Given & { worker: number; seq: number; id: number }): void {
    const { scan, partition, offset, timeNs, worker, seq, id } = read;
    const { transactions, segments, scans } = this.#facts;
    const reader = this.#names.get(scan)!;
    const places = [...segments.segmentsOf(worker, seq)];
    const isKnown = places.length > 0 && scans.has(partition);
    const name = `transaction ${grouped(transactions.numberOf(id))} of worker ${worker}`;
    const common = { offset, timeNs, worker, seq, value: valueName(worker, seq) };
    if (transactions.outcomeOf(id) === 'aborted' && isKnown && !isVisible(places, segments)) {
      const fate = places.some((segment) => segments.fateOf(segment) === ABORTED) ? 'aborted' : 'still open';
      const detail = `the reader “${reader}” was given it, and ${name} is ${fate} in the log`;
      this.#accuse({ kind: 'aborted-read', reader }, partition, { ...common, detail });
      return;
    }
    const commitNs = transactions.commitInvokeNsOf(id);
    // A reader's time and a worker's are compared only where they are of one clock.
    if (timeNs >= commitNs || this.#examination.clocks.clockOf(worker) !== 0) return;
    const when = commitNs === Infinity ? 'was never asked for' : `was first asked for at ${moment(commitNs)}`;
    this.#accuse({ kind: 'dirty-read', reader }, partition, {
      ...common,
      detail: `it was given at ${moment(timeNs)}, and the commit of ${name} ${when}`,
    });
  }

  /** What is committed, and was not handed out. */
  #judgeHidden(): void {
    const { run } = this.#facts;
    const { counts } = this.#examination;
    // Where the log was cut off, another record may have stood there when the reader came by.
    const isStable = counts.lost + counts['lost-after-read'] + counts.divergent === 0;
    /** By partition: the highest offset of a record that everybody is to see. */
    const last = new Map<number, number>();
    for (const batch of run.reads()) {
      for (let row = 0; row < batch.length; row++) {
        if (batch.integrity[row] !== VALID || !this.#isOfLog(batch, row)) continue;
        const [worker, seq] = [batch.worker[row]!, int64At(batch.seq, row)];
        const places = [...this.#facts.segments.segmentsOf(worker, seq)];
        // Which of several copies it is that everybody is to see is not known here.
        if (places.length !== 1 || !isVisible(places, this.#facts.segments)) continue;
        const [partition, offset] = [batch.partition[row]!, int64At(batch.offset, row)];
        last.set(partition, Math.max(last.get(partition) ?? -1, offset));
        if (isStable) this.#judgeSkips({ partition, offset, worker, seq });
      }
    }
    this.#doubtShort(last);
  }

  #isOfLog(batch: ReadBatch, row: number): boolean {
    return this.#facts.scans.get(batch.partition[row]!)?.scan === batch.scan[row];
  }

  #judgeSkips(record: { partition: number; offset: number; worker: number; seq: number }): void {
    const { partition, offset, worker, seq } = record;
    for (const { scan, partition: of, from, end, covered } of this.#positions) {
      if (of !== partition || !covered || offset < from || offset >= end) continue;
      if (this.#givenOf(worker, seq).some((read) => read.scan === scan)) continue;
      const reader = this.#names.get(scan)!;
      this.#accuse({ kind: 'skipped', reader }, partition, {
        offset,
        timeNs: -1,
        worker,
        seq,
        value: valueName(worker, seq),
        detail: `it is committed, and the reader “${reader}” handed out records behind it, but not this one`,
      });
    }
  }

  #doubtShort(last: ReadonlyMap<number, number>): void {
    const short = new Map<string, number[]>();
    for (const { scan, name, partition, end } of this.#positions) {
      if (end > (last.get(partition) ?? -1)) continue;
      const library = this.#names.get(scan)!;
      const reader = library === name ? name : `${name}” (${library})`;
      short.set(reader, [...(short.get(reader) ?? []), partition]);
    }
    for (const [reader, partitions] of short)
      this.#examination.doubts.push(
        `“${reader}${reader.endsWith(')') ? '' : '”'} did not hand out the last committed record of ${partitions.length === 1 ? `partition ${partitions[0]}` : `${counted(partitions.length, 'partition')} (${listed(partitions.map(String))})`}: what else it would have hidden or shown is not known.`,
      );
  }
}

function isVisible(places: readonly number[], segments: Segments): boolean {
  return places.some((segment) => segment === OUTSIDE || segments.fateOf(segment) === COMMITTED);
}
