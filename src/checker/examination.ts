import type { ScanEvent } from '../history/event.ts';
import { int64At, type Run } from '../history/run.ts';
import { OUTCOMES } from '../history/write.ts';
import { countsDisagree, mayMissLines, mayMissRows, wasChanged } from './facts/completeness.ts';
import { doneByHand } from './facts/by-hand.ts';
import { LossCauses } from './facts/attribution.ts';
import { Copies } from './questions/copies.ts';
import type { FaultSpan } from '../history/fault-spans.ts';
import { type EndList, endListsOf } from './facts/end-list.ts';
import { FaultIndex } from './facts/fault-index.ts';
import { Truncations } from './facts/truncations.ts';
import { Findings, type Anomaly } from './findings/grouping.ts';
import { leadershipsOf, type Leadership } from './facts/leadership.ts';
import { PagedColumn, SPARSE_KEYS_MAX } from './columns/paged.ts';
import { PartitionLog } from './facts/partition.ts';
import { PowerLosses } from './facts/power.ts';
import { RequestLog } from './facts/request-log.ts';
import { Unwatched } from './facts/unwatched.ts';
import { WorkerClocks } from './facts/worker-clocks.ts';
import type { GivenRecords } from './facts/given.ts';
import {
  type Counts,
  emptyCounts,
  type GroupFigures,
  type CopyCounts,
  type TransactionCounts,
} from './result.ts';
import { decidingScan, finalScansOf } from './facts/scans.ts';
import { NARROW_PAGES_MAX, type SlotKind } from './columns/slots.ts';
import { Suspects, SUSPECTS_MAX } from './columns/suspects.ts';
import { NARROW_HOME_MAX, ValueTable } from './columns/values.ts';

/** What memory is spent on. The result is the same for any; only tests have a reason to choose. */
export interface Tuning {
  /** A page of a column with more keys is dense. */
  sparseKeysMax: number;
  /** So many suspicious writes are kept at hand. */
  suspectsMax: number;
}

export const TUNING: Tuning = { sparseKeysMax: SPARSE_KEYS_MAX, suspectsMax: SUSPECTS_MAX };

/** What the passes over a history share: the questions write here what they found out. */
export class Examination {
  readonly run: Run;
  readonly counts: Counts = emptyCounts();
  readonly findings: Findings;
  /** Why the run may prove less than it seems to, in sentences. */
  readonly doubts: string[] = [];
  /** Null where there are none. */
  transactions: TransactionCounts | null = null;
  /** Null where nothing is copied. */
  copied: CopyCounts | null = null;
  /** Null where there is none. */
  group: GroupFigures | null = null;
  faults: readonly FaultSpan[] = [];
  readonly power: PowerLosses;
  readonly copies: Copies;
  readonly requestLog: RequestLog;
  readonly unwatched: Unwatched;
  readonly leadershipOf: (partition: number) => Leadership;
  readonly clocks: WorkerClocks;
  readonly truncations: Truncations;
  readonly values: ValueTable;
  /** The logs of partitions by number, where that is a sensible one: `logOf` finds the others. */
  readonly nearLogs: (PartitionLog | undefined)[] = [];
  /** Whether some write was begun while a fault was in force. */
  testedUnderFault = false;
  /** Values that other readers than the deciding scans were given, and those of them that a final scan returned too. */
  seen = 0;
  seenAndFound = 0;
  /** What readers were given and no final scan returned; null where there is nothing of the kind. */
  given: GivenRecords | null = null;
  /** Of the lost records: those that had not been acknowledged, and of these the ones that were only sent. */
  lostUnacknowledged = 0;
  lostSent = 0;
  /** Values that a reader was given before they were sent, and one of them in words. */
  readBeforeSent: { count: number; example: string } = { count: 0, example: '' };
  /** By value id: 1 where a write made several attempts and nothing keeps each of them from being stored. */
  readonly sentAgain = new PagedColumn('uint8');
  /** Writes with more than one row. */
  repeated = 0;
  /** Readable records of this run without a write, where rows of writes may be missing. */
  unexplained = 0;
  /** Acknowledged or sent writes out of place, and failed ones in it: worth a closer look. */
  suspicious = 0;
  /** Those writes. */
  readonly suspects: Suspects;
  /** Whether rows may be missing that were once there. */
  writesIncomplete = false;
  readsIncomplete = false;
  /** The same of events: changes of leader, resets of readers and scans may have been among them. */
  readonly eventsIncomplete: boolean;
  /** Of a history in a file: whether its counts of writes do not agree, and whether any lines may be missing. */
  readonly writesDisagree: boolean;
  readonly linesIncomplete: boolean;
  /** Whether lines of the file were changed, and nothing says which. */
  readonly wasChanged: boolean;
  /** What would be a finding if no row of a write were missing. */
  readonly unproven = { lost: 0, misplaced: 0 };

  readonly #finalScans: ReadonlyMap<number, readonly ScanEvent[]>;
  #faultIndex: FaultIndex | null = null;
  #unknownInvokeNs: Map<number, number> | null = null;
  #ends: ObservedEnds | null = null;
  readonly #logs = new Map<number, PartitionLog>();
  readonly #causes = new Map<PartitionLog, LossCauses>();
  readonly #sparseKeysMax: number;
  #slotKind: SlotKind = 'uint32';

  /** @param onAnomaly see `Findings`. */
  constructor(
    run: Run,
    { sparseKeysMax, suspectsMax }: Tuning = TUNING,
    onAnomaly: ((anomaly: Anomaly) => void) | null = null,
  ) {
    this.run = run;
    this.eventsIncomplete = mayMissRows(run, 'events');
    this.writesDisagree = countsDisagree(run, 'writes');
    this.linesIncomplete = mayMissLines(run);
    this.wasChanged = wasChanged(run);
    this.findings = new Findings(this.wasChanged ? null : onAnomaly);
    this.#sparseKeysMax = sparseKeysMax;
    this.suspects = new Suspects(suspectsMax);
    this.values = new ValueTable(sparseKeysMax);
    this.clocks = new WorkerClocks(run.info);
    this.power = new PowerLosses(run.events, run.info.kafkaMode, run.info.nodes);
    this.copies = new Copies(run);
    this.requestLog = new RequestLog(run, this.eventsIncomplete);
    this.unwatched = new Unwatched(run.events);
    this.leadershipOf = leadershipsOf(run, this.power, !this.eventsIncomplete, this.unwatched);
    this.truncations = new Truncations(run.events);
    this.#finalScans = finalScansOf(run.events);
  }

  /** By value of unknown outcome: when it was sent. A pass over all writes, when it is first asked for. */
  get unknownInvokeNs(): { get(id: number): number } {
    this.#unknownInvokeNs ??= this.#invokeNsOfUnknown();
    const known = this.#unknownInvokeNs;
    return { get: (id) => known.get(id) ?? Infinity };
  }

  #invokeNsOfUnknown(): Map<number, number> {
    const known = new Map<number, number>();
    for (const batch of this.run.writes())
      for (let row = 0; row < batch.length; row++)
        if (batch.outcome[row] === INFO)
          known.set(
            this.values.idOf(batch.worker[row]!, int64At(batch.seq, row)),
            int64At(batch.invokeNs, row),
          );
    return known;
  }

  /** The faults, once it is known which were in force. */
  get faultIndex(): FaultIndex {
    return (this.#faultIndex ??= new FaultIndex(this.faults));
  }

  /** The end offsets of each partition: a pass over all of them, when they are first asked for. */
  get ends(): ObservedEnds {
    if (this.#ends === null) {
      const lists = endListsOf(this.run.ends());
      const damage = this.run.damage();
      const isIncomplete =
        this.eventsIncomplete ||
        damage.some(({ rows, file }) => rows === undefined && file.startsWith('ends'));
      this.#ends = { lists, isIncomplete };
    }
    return this.#ends;
  }

  /** The final scans of a partition, in the order of the history. */
  finalScans(partition: number): readonly ScanEvent[] {
    return this.#finalScans.get(partition) ?? [];
  }

  /** Every partition that was met so far, by number. */
  get logs(): PartitionLog[] {
    return [...this.#logs.values()].toSorted((a, b) => a.partition - b.partition);
  }

  logOf(partition: number): PartitionLog {
    return this.nearLogs[partition] ?? this.#logs.get(partition) ?? this.#newLog(partition);
  }

  #newLog(partition: number): PartitionLog {
    if (this.#logs.size >= PARTITIONS_MAX) throw new RangeError(`more than ${PARTITIONS_MAX} partitions`);
    const index = this.#logs.size;
    if (index === NARROW_HOME_MAX + 1) this.values.cells.widen('uint32');
    const scans = this.finalScans(partition);
    const log = new PartitionLog(partition, index, scans.length === 0 ? null : decidingScan(scans), {
      slotKind: this.#slotKind,
      sparseKeysMax: this.#sparseKeysMax,
    });
    this.#logs.set(partition, log);
    if (partition >= 0 && partition < PARTITIONS_MAX) this.nearLogs[partition] = log;
    return log;
  }

  causesOf(log: PartitionLog): LossCauses {
    let causes = this.#causes.get(log);
    if (causes === undefined) {
      causes = new LossCauses(
        this.leadershipOf(log.partition),
        this.run.info.contract,
        this.faultIndex,
        this.power,
        this.eventsIncomplete,
        this.unwatched,
        doneByHand(this.run.events),
      );
      this.#causes.set(log, causes);
    }
    return causes;
  }

  /** The id of a value that was written; it gets one if it had none. Slots get as many bytes as the ids need. */
  addValue(worker: number, seq: number): number {
    const id = this.values.add(worker, seq);
    if (this.#slotKind === 'uint32' && this.values.pages >= NARROW_PAGES_MAX / 2) {
      this.#slotKind = 'float64';
      for (const log of this.#logs.values()) log.slots.cells.widen('float64');
    }
    return id;
  }

  /** Whether a value that was never written can have an id, so that it can be told from another one. */
  get hasRoomForStrangers(): boolean {
    return this.#slotKind === 'float64' || this.values.pages < NARROW_PAGES_MAX;
  }
}

/** End offsets by partition, and whether some may be missing. */
export interface ObservedEnds {
  lists: ReadonlyMap<number, EndList>;
  isIncomplete: boolean;
}

const PARTITIONS_MAX = 65_535;
const INFO = OUTCOMES.indexOf('info');
