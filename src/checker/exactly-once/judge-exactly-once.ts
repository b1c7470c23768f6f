import { counted, grouped, valueName } from '../../core/words.ts';
import type { ScanEvent } from '../../history/event.ts';
import type { Run } from '../../history/run.ts';
import { FIRST_VALUE, FOREIGN } from '../columns/slots.ts';
import type { Examination } from '../examination.ts';
import { excuseOf } from '../groups/rulings.ts';
import type { CopyCounts, FindingKind } from '../result.ts';
import type { Accuse } from '../transactions/committed-readers.ts';
import { shownBy, type Segments } from '../transactions/segments.ts';
import { changedUnderCopies, type Copied, gatherCopies, noneCopied } from './copied.ts';
import { finalOffsetsOf } from './final-offsets.ts';

/**
 * Exactly once: workers consume the records of a partition, and write a copy of each in the transaction that commits its offset.
 * So in the end each record below the committed offset has one copy that is visible, each other one has none, and copies stand
 * in the order of what they are copies of (Kafka's promise since KIP-98 and KIP-447). What was itself written in a transaction
 * that was not committed is not to be copied.
 *
 * Only the log and the committed offset decide, both read from outside when all is over; what a worker was told plays no part.
 */
export function judgeExactlyOnce(
  examination: Examination,
  run: Run,
  {
    segments,
    scans,
    accuse,
  }: {
    segments: Segments;
    /** By partition: the final scan that read the whole log. */
    scans: ReadonlyMap<number, ScanEvent>;
    accuse: Accuse;
  },
): void {
  if (run.info.copies === undefined) return;
  const { partitions } = run.info.copies;
  const { offsets, doubts } = finalOffsetsOf(run);
  examination.doubts.push(...doubts);
  const judged = new Set<number>();
  for (let from = 0; from < partitions; from++)
    if ([from, from + partitions].every((partition) => isSettled(scans.get(partition)))) judged.add(from);
  if (judged.size < partitions)
    examination.doubts.push(
      `What was copied is judged in ${grouped(judged.size)} of ${counted(partitions, 'partition')}: of the others the final scan did not return the whole log, or transactions were still open.`,
    );
  const to = new Map([...judged].map((from) => [from + partitions, scans.get(from + partitions)!] as const));
  const copies = gatherCopies(examination, run, segments, to);
  const changed = changedUnderCopies(examination, run);
  const excuse = excuseFor(examination, run);
  const counts = { records: 0, due: 0, copied: 0 };
  examination.copied = counts;
  for (const from of judged) {
    const copied = copies.get(from) ?? noneCopied();
    const judge = new PartitionJudge(examination, {
      from,
      to: from + partitions,
      copied,
      isShown: shownBy(segments),
      excuse,
      accuse,
      counts,
    });
    judge.judge(offsets.get(from) ?? null, changed.get(from) ?? null);
  }
  if (counts.due === 0)
    examination.doubts.push(
      'No offset of a record was committed with a copy of it, so nothing was tested of that.',
    );
}

/** Whether nothing is still on its way there. */
function isSettled(scan: ScanEvent | undefined): boolean {
  return scan !== undefined && (scan.stable === undefined || scan.stable >= scan.end);
}

/** Why committed offsets may rightly have been forgotten; null where they may not. */
function excuseFor({ power, faults }: Examination, { info }: Run): string | null {
  if (info.group !== undefined) return excuseOf(info.group, power, faults);
  return faults.length === 0 ? null : 'how the topic of offsets is kept is not known';
}

class PartitionJudge {
  readonly #examination: Examination;
  readonly #from: number;
  readonly #to: number;
  readonly #copied: Copied;
  readonly #isShown: (worker: number, seq: number) => boolean;
  readonly #excuse: string | null;
  readonly #accuse: Accuse;
  readonly #counts: CopyCounts;

  constructor(
    examination: Examination,
    options: {
      from: number;
      to: number;
      copied: Copied;
      isShown: (worker: number, seq: number) => boolean;
      excuse: string | null;
      accuse: Accuse;
      counts: CopyCounts;
    },
  ) {
    this.#examination = examination;
    this.#from = options.from;
    this.#to = options.to;
    this.#copied = options.copied;
    this.#isShown = options.isShown;
    this.#excuse = options.excuse;
    this.#accuse = options.accuse;
    this.#counts = options.counts;
  }

  /** @param committed the offset that the group committed; null: it is not known. */
  judge(committed: number | null, changed: { get(offset: number): number } | null): void {
    const { doubts } = this.#examination;
    const { unexplained } = this.#copied;
    if (unexplained > 0)
      doubts.push(
        `${counted(unexplained, 'record')} of partition ${this.#to} ${unexplained === 1 ? 'is' : 'are'} copies of which the history does not say of what: whether something was not copied to it is not judged.`,
      );
    let unjudged = 0;
    this.#examination.logOf(this.#from).slots.forEach((offset, code, isScanned) => {
      if (!isScanned || code === FOREIGN) return;
      if ((changed?.get(offset) ?? 0) !== 0) return void unjudged++;
      const copies = this.#copied.counts.get(offset);
      if (copies > 1)
        this.#tell('eos-duplicate', offset, code, `${copies === 255 ? 'at least 255' : copies} copies of it`);
      this.#counts.records++;
      if (copies > 0) this.#counts.copied++;
      if (committed === null) return;
      const isDue = offset < committed && this.#isCopied(code);
      if (isDue) this.#counts.due++;
      const of = `the committed offset is ${grouped(committed)}`;
      if (copies === 0 && isDue && unexplained === 0)
        this.#tell('eos-missing', offset, code, `no copy of it, although ${of}`);
      if (copies > 0 && offset >= committed)
        this.#tell('eos-ahead', offset, code, `a copy of it, although ${of}`);
    });
    for (const { offset, source } of this.#copied.reordered) {
      const code = this.#examination.logOf(this.#from).slots.scannedAt(source);
      if (code < FIRST_VALUE || (changed?.get(source) ?? 0) !== 0) continue;
      this.#tell(
        'eos-reordered',
        source,
        code,
        `a copy of it, at offset ${grouped(offset)}, behind that of a later record`,
      );
    }
    if (unjudged > 0)
      doubts.push(
        `${counted(unjudged, 'offset')} of partition ${this.#from} ${unjudged === 1 ? 'was' : 'were'} written again after a consumer had read ${unjudged === 1 ? 'it' : 'them'}, so that what was copied from there is not judged.`,
      );
  }

  /** Whether it is to be copied. */
  #isCopied(code: number): boolean {
    const { values } = this.#examination;
    const id = code - FIRST_VALUE;
    return this.#isShown(values.workerOf(id), values.seqOf(id));
  }

  #tell(kind: FindingKind, offset: number, code: number, found: string): void {
    const { values } = this.#examination;
    const id = code - FIRST_VALUE;
    const [worker, seq] = [values.workerOf(id), values.seqOf(id)];
    // A copy may also have been lost as any record may.
    const of = {
      kind,
      ...(kind === 'eos-missing' && { onlyMissing: true }),
      ...(this.#excuse !== null && { excuse: this.#excuse }),
    };
    this.#accuse(of, this.#from, {
      offset,
      timeNs: -1,
      worker,
      seq,
      value: valueName(worker, seq),
      detail: `in partition ${this.#to} there is ${found}`,
    });
  }
}
