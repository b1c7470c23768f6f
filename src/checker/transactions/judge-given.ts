import { counted, grouped, valueName } from '../../core/words.ts';
import type { ScanEvent } from '../../history/event.ts';
import { int64At, type Run, type WriteBatch } from '../../history/run.ts';
import { INTEGRITIES, OUTCOMES } from '../../history/write.ts';
import { PagedColumn } from '../columns/paged.ts';
import { ValueTable } from '../columns/values.ts';
import type { Examination } from '../examination.ts';
import type { FindingKind } from '../result.ts';
import type { Accuse } from './committed-readers.ts';
import type { TransactionTable } from './transaction-table.ts';

const VALID = INTEGRITIES.indexOf('valid');
const OK = OUTCOMES.indexOf('ok');

/** What of a transaction is known: records of it were given to somebody, or to nobody although all below them were. */
const GIVEN = 1;
/** The same where the reader was to be given only what is committed, so that it proves the transaction committed. */
const GIVEN_AS_COMMITTED = 2;
/** The same where it is not known whether it was. */
const GIVEN_AS_UNKNOWN = 4;
/** An acknowledged record of it was given to nobody. */
const MISSING = 8;

export interface GivenFacts {
  run: Run;
  transactions: TransactionTable;
  /** By partition: the final scan, where it is what readers were given. */
  scans: ReadonlyMap<number, ScanEvent>;
}

/**
 * Were transactions kept whole, by what readers were given alone? Histories of other tools have no markers and no
 * producer ids. What a reader of what is committed was given is committed: so a transaction that was aborted must not be
 * among it, and of any that is, every acknowledged record must be. Of a reader whose isolation is not told, a record proves
 * nothing about its transaction; what is committed is to be given to it as well.
 *
 * Which transaction ended which records (`merged`, `split`), and whether the last stable offset is stuck, cannot be known so.
 */
export function judgeGiven(examination: Examination, facts: GivenFacts, accuse: Accuse): void {
  if (facts.scans.size > 0) new GivenJudge(examination, facts, accuse).judge();
}

class GivenJudge {
  readonly #examination: Examination;
  readonly #facts: GivenFacts;
  readonly #accuse: Accuse;
  readonly #values = new ValueTable();
  /** Ids of values that were given. */
  readonly #given = new Set<number>();
  /** By transaction: what is known of it. */
  readonly #known = new PagedColumn('uint8');

  constructor(examination: Examination, facts: GivenFacts, accuse: Accuse) {
    this.#examination = examination;
    this.#facts = facts;
    this.#accuse = accuse;
  }

  judge(): void {
    this.#gather();
    const untold = { aborted: 0, inPart: 0 };
    const wanted = new Map<number, { kinds: FindingKind[]; records: RecordGiven[] }>();
    this.#known.forEach((id, known) => {
      const outcome = this.#facts.transactions.outcomeOf(id);
      const isShown = (known & GIVEN_AS_COMMITTED) !== 0;
      const mayBeShown = !isShown && (known & GIVEN_AS_UNKNOWN) !== 0;
      const isInPart = (known & GIVEN) !== 0 && (known & MISSING) !== 0;
      const kinds: FindingKind[] = [];
      if (outcome === 'aborted' && isShown) kinds.push('aborted-read');
      if (isInPart && (isShown || outcome === 'committed')) kinds.push('torn');
      if (kinds.length > 0) wanted.set(id, { kinds, records: [] });
      if (outcome === 'aborted' && mayBeShown) untold.aborted++;
      if (outcome === 'unknown' && mayBeShown && isInPart) untold.inPart++;
    });
    this.#doubt(untold);
    if (wanted.size > 0) this.#accuseOf(wanted);
  }

  #gather(): void {
    const { run, scans } = this.#facts;
    for (const batch of run.reads())
      for (let row = 0; row < batch.length; row++)
        if (batch.integrity[row] === VALID && scans.get(batch.partition[row]!)?.scan === batch.scan[row])
          this.#given.add(this.#values.add(batch.worker[row]!, int64At(batch.seq, row)));
    this.#forEachRecord((id, record) => {
      let flags = 0;
      if (record.isGiven) {
        const { isolation } = scans.get(record.partition)!;
        flags = GIVEN;
        if (isolation === 'read_committed') flags |= GIVEN_AS_COMMITTED;
        if (isolation === 'unknown') flags |= GIVEN_AS_UNKNOWN;
      } else if (record.isMissing) flags = MISSING;
      if (flags !== 0) this.#known.set(id, this.#known.get(id) | flags);
    });
  }

  /** Records of transactions in the partitions that are judged here. */
  #forEachRecord(visit: (id: number, record: RecordGiven) => void): void {
    const { run, transactions, scans } = this.#facts;
    for (const batch of run.writes()) {
      const { transaction, worker, partition } = batch;
      if (transaction === undefined) continue;
      for (let row = 0; row < batch.length; row++) {
        const scan = scans.get(partition[row]!);
        const id = transactions.idOf(worker[row]!, int64At(transaction, row));
        if (scan === undefined || id < 0) continue;
        const seq = int64At(batch.seq, row);
        const value = this.#values.idOf(worker[row]!, seq);
        const isGiven = value >= 0 && this.#given.has(value);
        const offset = int64At(batch.offset, row);
        const isMissing = !isGiven && isDue(batch, row, scan);
        visit(id, { worker: worker[row]!, seq, partition: partition[row]!, offset, isGiven, isMissing });
      }
    }
  }

  #doubt({ aborted, inPart }: { aborted: number; inPart: number }): void {
    const { doubts } = this.#examination;
    const why =
      'which is wrong only where its readers were to be given what is committed, and the history does not tell that (--isolation)';
    if (aborted > 0)
      doubts.push(`${counted(aborted, 'aborted transaction')} ${aborted === 1 ? 'has' : 'have'} records that somebody was given, ${why}.`); // prettier-ignore
    if (inPart > 0)
      doubts.push(`${counted(inPart, 'transaction')} of unknown outcome ${inPart === 1 ? 'was' : 'were'} given in part, ${why}.`); // prettier-ignore
  }

  #accuseOf(wanted: ReadonlyMap<number, { kinds: FindingKind[]; records: RecordGiven[] }>): void {
    this.#forEachRecord((id, record) => {
      const records = wanted.get(id)?.records;
      if (records !== undefined && records.length < RECORDS_TOLD) records.push(record);
    });
    const { transactions } = this.#facts;
    for (const [id, { kinds, records }] of wanted) {
      const worker = transactions.workerOf(id);
      for (const kind of kinds) {
        const first =
          records.find(({ isGiven, isMissing }) => (kind === 'torn' ? isMissing : isGiven)) ?? records[0]!;
        this.#accuse(
          { kind, isGiven: true, ...(kind === 'torn' && { onlyMissing: true }) },
          first.partition,
          {
            offset: first.offset,
            timeNs: transactions.completeNsOf(id),
            worker,
            seq: first.seq,
            value: `transaction ${grouped(transactions.numberOf(id))} of worker ${worker}`,
            detail: `${transactions.outcomeOf(id)}: ${records.map(wordsOf).join('; ')}${records.length === RECORDS_TOLD ? '; …' : ''}`,
          },
        );
      }
    }
  }
}

/** So many records of a transaction are told. */
const RECORDS_TOLD = 12;

interface RecordGiven {
  worker: number;
  seq: number;
  partition: number;
  /** Where its acknowledgement said that it is; -1: nowhere. */
  offset: number;
  isGiven: boolean;
  /** It was acknowledged, and somebody must have been given it, were it committed. */
  isMissing: boolean;
}

/** Whether it is known that the scan came past the record. */
function isDue(batch: WriteBatch, row: number, scan: ScanEvent): boolean {
  if (batch.outcome[row] !== OK) return false;
  const offset = int64At(batch.offset, row);
  if (offset >= 0) return offset >= scan.from && offset < scan.end;
  // Without an offset it may lie behind an end that is not the log's, or below the beginning.
  return scan.endIsOpen !== true && scan.from === 0 && int64At(batch.completeNs, row) <= scan.invokeNs;
}

function wordsOf({ worker, seq, partition, isGiven, isMissing }: RecordGiven): string {
  const what = isGiven ? 'was given to somebody' : isMissing ? 'was given to nobody' : 'is not known of';
  return `${valueName(worker, seq)} of partition ${partition} ${what}`;
}
