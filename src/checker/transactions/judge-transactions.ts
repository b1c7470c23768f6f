import { NS_PER_MS } from '../../core/clock.ts';
import { counted, grouped, listed, moment, valueName } from '../../core/words.ts';
import type { ScanEvent } from '../../history/event.ts';
import { eventsOf } from '../../history/events-of.ts';
import { int64At, type Run } from '../../history/run.ts';
import { TRANSACTION_CLEANUP_MS } from '../../history/transaction.ts';
import type { Examination } from '../examination.ts';
import { decidingScan, finalScansOf } from '../facts/scans.ts';
import { mayMissRows, mayMissTransactions } from '../facts/completeness.ts';
import { judgeExactlyOnce } from '../exactly-once/judge-exactly-once.ts';
import type { Cause } from '../findings/grouping.ts';
import type { FindingKind } from '../result.ts';
import { gather } from './gather.ts';
import { COMMITTED, OPEN, OUTSIDE, Segments } from './segments.ts';
import {
  HAS_ABORTED,
  HAS_COMMITTED,
  HAS_MISSING,
  HAS_OPEN,
  IS_MERGED,
  IS_SPLIT,
  type TransactionTable,
} from './transaction-table.ts';
import { judgeByGiven, rulingOnReader, rulingOnTransaction, type TransactionCase } from './rulings.ts';
import { judgeCycles } from './judge-cycles.ts';
import { judgeGiven } from './judge-given.ts';
import { judgeCommittedReaders, type TransactionAnomaly as Anomaly } from './committed-readers.ts';

/**
 * Did transactions keep what Kafka promises of them: all or nothing, and nothing to readers before the end? Offsets and markers
 * decide, in one pass over the records and one over the writes; whatever is only late is not held against anybody (markers
 * are written after the answer, and the last stable offset may lag until the transaction's timeout).
 *
 * The definitions stand in docs/findings.md. Where it is known when commits were asked for, no search for cycles is needed: with one
 * clock, and no record read before that, a cycle of transactions that read from each other cannot close. Else see `judge-cycles.ts`.
 */
export function judgeTransactions(examination: Examination, run: Run, transactions: TransactionTable): void {
  if (run.info.transactions === undefined) return;
  new TransactionJudge(examination, run, transactions).judge();
}

class TransactionJudge {
  readonly #examination: Examination;
  readonly #run: Run;
  readonly #transactions: TransactionTable;
  readonly #patienceNs: number;
  /** Partitions whose final scan read the whole log. */
  readonly #scans = new Map<number, ScanEvent>();
  /** Partitions of whose log is only known what readers were given. */
  readonly #given = new Map<number, ScanEvent>();
  readonly #causes = new Map<string, Cause>();

  constructor(examination: Examination, run: Run, transactions: TransactionTable) {
    this.#examination = examination;
    this.#run = run;
    this.#transactions = transactions;
    this.#patienceNs = (run.info.transactions!.timeoutMs + TRANSACTION_CLEANUP_MS) * NS_PER_MS;
  }

  judge(): void {
    const { doubts } = this.#examination;
    const partial: number[] = [];
    for (const [partition, scans] of finalScansOf(this.#run.events)) {
      const scan = decidingScan(scans);
      if (scan.covered && scan.isolation !== undefined) this.#given.set(partition, scan);
      else if (scan.covered && scan.from === 0) this.#scans.set(partition, scan);
      else if (scan.covered) partial.push(partition);
    }
    const segments = new Segments(this.#run, this.#scans);
    for (const partition of segments.unordered) this.#scans.delete(partition);
    const unjudged = [...partial, ...segments.unordered].toSorted((a, b) => a - b);
    if (unjudged.length > 0)
      doubts.push(
        `Transactions are not judged in ${unjudged.length === 1 ? 'partition' : 'partitions'} ${listed(unjudged.map(String))}: the final scan did not return the whole log in its order.`,
      );
    const isTorn = (['writes', 'reads', 'events'] as const).some((rows) => mayMissRows(this.#run, rows));
    const isIncomplete = isTorn || mayMissTransactions(this.#run);
    const { stillOpen, unpromised } = gather(this.#run, this.#transactions, segments, {
      scans: this.#scans,
      patienceNs: this.#patienceNs,
    });
    this.#examination.transactions = { ...this.#transactions.counts, unpromised };
    if (stillOpen > 0)
      doubts.push(
        `${counted(stillOpen, 'acknowledged record')} of transactions that may still have been on their way to an end ${stillOpen === 1 ? 'was' : 'were'} not judged.`,
      );
    if (isIncomplete) {
      doubts.push('Rows of the history are missing, so transactions are not judged.');
      return;
    }
    this.#judgeLogs(segments);
    this.#judgeLate(segments);
    judgeGiven(
      this.#examination,
      { run: this.#run, transactions: this.#transactions, scans: this.#given },
      (of, partition, told) => this.#count(of, partition, told),
    );
    judgeCycles(
      this.#examination,
      { run: this.#run, transactions: this.#transactions },
      (of, partition, told) => this.#count(of, partition, told),
    );
    judgeCommittedReaders(
      this.#examination,
      { run: this.#run, transactions: this.#transactions, segments, scans: this.#scans },
      (of, partition, told) => this.#count(of, partition, told),
    );
    judgeExactlyOnce(this.#examination, this.#run, {
      segments,
      scans: this.#scans,
      accuse: (of, partition, told) => this.#count(of, partition, told),
    });
    this.#judgeStable(segments);
    this.#judgeZombies();
  }

  /** What stands where, by the logs alone. */
  #judgeLogs(segments: Segments): void {
    const wanted = new Map<number, FindingKind[]>();
    this.#transactions.forEachFlagged((id, flags) => {
      const kinds = this.#kindsOf(id, flags);
      if (kinds.length > 0) wanted.set(id, kinds);
    });
    if (wanted.size === 0) return;
    const told = new Map<number, RecordPlace[]>();
    for (const batch of this.#run.writes()) {
      const { transaction, worker, partition } = batch;
      if (transaction === undefined) continue;
      for (let row = 0; row < batch.length; row++) {
        const id = this.#transactions.idOf(worker[row]!, int64At(transaction, row));
        if (!wanted.has(id)) continue;
        const seq = int64At(batch.seq, row);
        const record: RecordPlace = {
          seq,
          partition: partition[row]!,
          offset: int64At(batch.offset, row),
          segments: [...segments.segmentsOf(worker[row]!, seq)],
          isAcknowledged: batch.outcome[row] === 0,
        };
        const known = told.get(id) ?? [];
        told.set(id, known);
        if (known.length < RECORDS_TOLD) known.push(record);
      }
    }
    for (const [id, kinds] of wanted) {
      for (const kind of kinds) this.#add(kind, id, told.get(id) ?? [], segments);
    }
  }

  #kindsOf(id: number, flags: number): FindingKind[] {
    const outcome = this.#transactions.outcomeOf(id);
    const isHidden = (flags & (HAS_ABORTED | HAS_OPEN)) !== 0;
    const isCommitted = (flags & HAS_COMMITTED) !== 0;
    return [
      ...(outcome === 'aborted' && isCommitted ? (['aborted-read'] as const) : []),
      ...(outcome === 'committed' && isHidden ? (['lost-committed'] as const) : []),
      ...(isCommitted && (isHidden || (flags & HAS_MISSING) !== 0) ? (['torn'] as const) : []),
      ...((flags & IS_MERGED) !== 0 ? (['merged'] as const) : []),
      ...((flags & IS_SPLIT) !== 0 ? (['split'] as const) : []),
    ];
  }

  /** One finding for each transaction. */
  #add(kind: FindingKind, id: number, records: readonly RecordPlace[], segments: Segments): void {
    const flags = this.#transactions.flagsOf(id);
    const onlyMissing = kind === 'torn' && (flags & (HAS_ABORTED | HAS_OPEN)) === 0;
    const shown = records.find((record) => this.#shows(kind, record, segments)) ?? records[0];
    const worker = this.#transactions.workerOf(id);
    this.#count({ kind, onlyMissing }, shown?.partition ?? 0, {
      offset: shown?.offset ?? -1,
      timeNs: this.#transactions.completeNsOf(id),
      worker,
      seq: shown?.seq ?? -1,
      value: `transaction ${grouped(this.#transactions.numberOf(id))} of worker ${worker}`,
      detail: `${this.#transactions.outcomeOf(id)}: ${records.map((record) => wordsOf(worker, record, segments)).join('; ')}${records.length === RECORDS_TOLD ? '; …' : ''}`,
    });
  }

  /** The record that a finding is told by. */
  #shows(kind: FindingKind, { segments: places, isAcknowledged }: RecordPlace, segments: Segments): boolean {
    const fates = places.map((segment) => (segment === OUTSIDE ? COMMITTED : segments.fateOf(segment)));
    const isVisible = fates.includes(COMMITTED);
    return kind === 'aborted-read' ? isVisible : isAcknowledged && !isVisible;
  }

  /** Records of an instance that was fenced, behind those of a later one. */
  #judgeLate({ lateRecords }: Segments): void {
    for (const { partition, offset, worker, seq, producerId, epoch, laterEpoch } of lateRecords) {
      if (!this.#scans.has(partition)) continue;
      this.#count({ kind: 'zombie-commit' }, partition, {
        offset,
        timeNs: -1,
        worker,
        seq,
        value: valueName(worker, seq),
        detail: `it was written in epoch ${epoch} of producer ${producerId}, and stands behind a record of epoch ${laterEpoch}`,
      });
    }
  }

  /** Whether what is behind the last stable offset is there for longer than any transaction may be open. */
  #judgeStable(segments: Segments): void {
    // Takes a pass over all writes, and nearly always nothing is stuck.
    let lastNs: number | null = null;
    for (const [partition, { end, stable, invokeNs, completeNs }] of this.#scans) {
      if (stable === undefined || stable < 0 || stable >= end) continue;
      lastNs ??= this.#lastEndNs();
      if (invokeNs < lastNs + this.#patienceNs) {
        this.#examination.doubts.push(
          `The last stable offset of partition ${partition} was ${grouped(stable)}, and its end ${grouped(end)}; transactions may still have been open then.`,
        );
        continue;
      }
      let producer = '';
      for (let segment = 2; segment < segments.count + 2; segment++)
        if (segments.partitionOf(segment) === partition && segments.fateOf(segment) === OPEN)
          producer ||= ` by producer ${segments.producerIdOf(segment)}`;
      this.#count({ kind: 'lso-stuck' }, partition, {
        offset: stable,
        timeNs: completeNs,
        worker: -1,
        seq: -1,
        value: `offset ${grouped(stable)}`,
        detail: `the last stable offset is ${grouped(stable)} and the end ${grouped(end)}: a transaction${producer} has no end`,
      });
    }
  }

  /** When the last write was answered, or the last transaction ended. */
  #lastEndNs(): number {
    let last = 0;
    for (const batch of this.#run.transactions?.() ?? [])
      for (let row = 0; row < batch.length; row++)
        last = Math.max(last, int64At(batch.endCompleteNs, row), int64At(batch.beginNs, row));
    for (const batch of this.#run.writes())
      for (let row = 0; row < batch.length; row++)
        last = Math.max(last, int64At(batch.completeNs, row), int64At(batch.invokeNs, row));
    return last;
  }

  /** Commits of instances that had been fenced before. */
  #judgeZombies(): void {
    const { ids } = this.#run.info.transactions!;
    const fencings = eventsOf(this.#run.events, 'producer');
    if (fencings.length === 0) return;
    for (const batch of this.#run.transactions?.() ?? []) {
      for (let row = 0; row < batch.length; row++) {
        const worker = batch.worker[row]!;
        const id = this.#transactions.idOf(worker, int64At(batch.number, row));
        if (id < 0 || this.#transactions.outcomeOf(id) !== 'committed') continue;
        const [producerId, epoch] = [int64At(batch.producerId, row), batch.epoch[row]!];
        const invokeNs = this.#transactions.commitInvokeNsOf(id);
        if (invokeNs === Infinity) continue;
        const later = fencings.find(
          (each) =>
            each.transactionalId === ids[worker] &&
            each.worker !== worker &&
            each.producerId === producerId &&
            each.epoch > epoch &&
            each.timeNs < invokeNs,
        );
        if (later === undefined) continue;
        this.#count({ kind: 'zombie-commit' }, 0, {
          offset: -1,
          timeNs: invokeNs,
          worker,
          seq: -1,
          value: `transaction ${grouped(int64At(batch.number, row))} of worker ${worker}`,
          detail: `its commit was asked for at ${moment(invokeNs)} in epoch ${epoch} of producer ${producerId}, and answered without an error; worker ${later.worker} had been given epoch ${later.epoch} at ${moment(later.timeNs)}`,
        });
      }
    }
  }

  #count(of: TransactionCase, partition: number, told: Anomaly): void {
    const { findings, counts, power, faults } = this.#examination;
    const key = JSON.stringify(of);
    let cause = this.#causes.get(key);
    if (cause === undefined) {
      const circumstances = { info: this.#run.info, power, faults };
      cause =
        of.reader !== undefined
          ? { ruling: rulingOnReader(of, circumstances), reader: of.reader }
          : of.isGiven === true
            ? judgeByGiven(of, circumstances)
            : { ruling: rulingOnTransaction(of, circumstances) };
      this.#causes.set(key, cause);
    }
    counts[of.kind]++;
    const group = findings.add(
      of.kind,
      null,
      partition,
      cause,
      told.offset,
      told.timeNs,
      told.worker,
      told.seq,
    );
    if (group.wantsExample) group.examples.push({ value: told.value, detail: told.detail });
  }
}

/** So many records of a transaction are told. */
const RECORDS_TOLD = 12;

interface RecordPlace {
  seq: number;
  partition: number;
  offset: number;
  /** Where its copies stand. */
  segments: number[];
  isAcknowledged: boolean;
}

function wordsOf(
  worker: number,
  { seq, partition, segments: places }: RecordPlace,
  segments: Segments,
): string {
  const where =
    places.length === 0
      ? 'in no log'
      : places
          .map((segment) =>
            segment === OUTSIDE ? 'outside of any transaction' : FATES[segments.fateOf(segment)]!,
          )
          .join(' and ');
  return `${valueName(worker, seq)} in partition ${partition} ${where}`;
}

const FATES = ['open', 'committed', 'aborted'];
